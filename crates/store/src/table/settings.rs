//! `settings`: key to JSON value.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Fault;

/// The table.
pub(crate) const CREATE: &str = "
CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
";

/// The JSON text of `key`.
pub(crate) fn get(connection: &Connection, key: &str) -> Result<Option<String>, Fault> {
    let mut statement = connection.prepare_cached("SELECT value FROM settings WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

/// Makes `json` the value of `key`.
pub(crate) fn put(connection: &Connection, key: &str, json: &str) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?;
    statement.execute(params![key, json])?;
    Ok(())
}
