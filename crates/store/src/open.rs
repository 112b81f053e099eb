//! Opening a database file: whose it is, its version, the settings of each connection.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::{Fault, StoreError};
use crate::lock::OpeningLock;
use crate::migration::{APPLICATION_ID, LATEST, MIGRATIONS};

/// How long a connection waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The pages that a reading connection keeps in memory: enough for the indexes of a page of a long history.
const READ_CACHE_KIB: i64 = 16 * 1024;

/// The write-ahead log is cut to this size after a checkpoint.
const WAL_SIZE_LIMIT_BYTES: i64 = 64 << 20;

/// How a store is opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreOptions {
    /// The size that the database file may reach, rounded down to whole pages; changes that need more fail with
    /// [`StoreError::Full`]. `None`: as large as the disk allows.
    pub max_size_bytes: Option<u64>,
}

/// The connections of one store.
pub(crate) struct Connections {
    pub(crate) writer: Connection,
    pub(crate) readers: Vec<Connection>,
}

/// Opens the database at `path`, creating or migrating it first, with one connection to write and `n_readers` to read.
pub(crate) fn open(path: &Path, options: StoreOptions, n_readers: usize) -> Result<Connections, Fault> {
    let _opening = OpeningLock::acquire(path)?;
    check_owner(path)?;
    let mut writer = Connection::open_with_flags(path, WRITE_FLAGS)?;
    configure(&writer)?;
    // A deferred transaction that turns into a writing one can fail at once when another process writes.
    writer.set_transaction_behavior(TransactionBehavior::Immediate);
    writer.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    writer.pragma_update(None, "journal_size_limit", WAL_SIZE_LIMIT_BYTES)?;
    MIGRATIONS.to_latest(&mut writer)?;
    if let Some(max_size_bytes) = options.max_size_bytes {
        let page_size: u64 = writer.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = max_size_bytes / page_size.max(1);
        writer.pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, u64>(0))?;
    }
    let readers = (0..n_readers).map(|_| open_reader(path)).collect::<Result<_, _>>()?;
    Ok(Connections { writer, readers })
}

const WRITE_FLAGS: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_CREATE).union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

const READ_FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

fn open_reader(path: &Path) -> Result<Connection, Fault> {
    let reader = Connection::open_with_flags(path, READ_FLAGS)?;
    configure(&reader)?;
    reader.pragma_update(None, "cache_size", -READ_CACHE_KIB)?;
    reader.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(reader)
}

fn configure(connection: &Connection) -> Result<(), Fault> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Without these, macOS acknowledges writes that are still in the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// What marks a database as ours, and of which version.
struct Marks {
    application_id: i32,
    version: i64,
    is_empty: bool,
}

/// Refuses a file that is another program's or of a newer version, without changing a byte of it.
pub(crate) fn check_owner(path: &Path) -> Result<(), Fault> {
    let size_bytes = path.metadata().map_or(0, |file| file.len());
    if size_bytes == 0 {
        return Ok(());
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    // SQLite would leave files of its own beside a database in WAL mode, so it is asked only when a log is there already.
    let has_log = Path::new(&log).metadata().is_ok_and(|log| log.len() > 0);
    let marks = if has_log { marks_with_log(path)? } else { marks_of_file(path, size_bytes)? };
    // A process that died before the first migration leaves an empty database without a mark.
    let marks = marks.filter(|marks| {
        marks.application_id == APPLICATION_ID || (marks.application_id == 0 && marks.version == 0 && marks.is_empty)
    });
    match marks {
        None => Err(StoreError::Foreign { path: path.to_owned() }.into()),
        Some(Marks { version, .. }) if version > LATEST => {
            Err(StoreError::NewerVersion { path: path.to_owned(), found: version, known: LATEST }.into())
        }
        Some(_) => Ok(()),
    }
}

/// Reads the marks from the file's header (<https://www.sqlite.org/fileformat.html>, section 1.3); `None` for a file that
/// is no database.
fn marks_of_file(path: &Path, size_bytes: u64) -> Result<Option<Marks>, Fault> {
    let mut header = [0; 100];
    if size_bytes < header.len() as u64 {
        return Ok(None);
    }
    File::open(path)?.read_exact(&mut header)?;
    let number = |at: usize| i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if !header.starts_with(b"SQLite format 3\0") {
        return Ok(None);
    }
    // Every table has a root page of its own after the first page, whose size 1 stands for 65,536.
    let page_size = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    Ok(Some(Marks { application_id: number(68), version: number(60).into(), is_empty: size_bytes <= page_size }))
}

/// Reads the marks as the log has them, which a crash left behind. It belongs to the version that wrote it, and is not
/// folded into the file here.
fn marks_with_log(path: &Path) -> Result<Option<Marks>, Fault> {
    let read = || -> Result<Marks, rusqlite::Error> {
        let connection = Connection::open_with_flags(path, READ_FLAGS)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.query_row(
            "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
                    NOT EXISTS (SELECT * FROM sqlite_schema)",
            [],
            |row| Ok(Marks { application_id: row.get(0)?, version: row.get(1)?, is_empty: row.get(2)? }),
        )
    };
    match read() {
        Ok(marks) => Ok(Some(marks)),
        Err(err) if err.sqlite_error_code() == Some(ErrorCode::NotADatabase) => Ok(None),
        Err(err) => Err(err.into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn setting(connection: &Connection, name: &str) -> String {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| match value {
                rusqlite::types::Value::Integer(number) => number.to_string(),
                rusqlite::types::Value::Text(text) => text,
                other => panic!("{name} is {other:?}"),
            })
            .unwrap()
    }

    #[test]
    fn row_15_every_connection_is_durable_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let connections = open(&folder.path().join("brickwork.db"), StoreOptions::default(), 2).unwrap();
        for connection in connections.readers.iter().chain([&connections.writer]) {
            let found =
                ["journal_mode", "synchronous", "foreign_keys", "busy_timeout", "application_id", "user_version"]
                    .map(|name| setting(connection, name));
            let (application_id, version) = (APPLICATION_ID.to_string(), LATEST.to_string());
            assert_eq!(found, ["wal", "2", "1", "10000", &application_id, &version]);
        }
        let refused = connections.readers[0].execute("DELETE FROM settings", []).unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(ErrorCode::ReadOnly));
    }

    #[test]
    fn row_15_sqlite_is_recent_enough() {
        // Earlier ones can corrupt a write-ahead log that is checkpointed while being reset.
        assert!(rusqlite::version_number() >= 3_051_003, "SQLite is {}", rusqlite::version());
    }
}
