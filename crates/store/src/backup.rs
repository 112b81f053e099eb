//! Copies of a database that is in use.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::error::{Fault, StoreError};

const RETRIES: u32 = 100;
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// Copies the database of `source` into a new file at `target`, which must not exist yet.
///
/// All pages are copied within one read transaction, so the copy is the database of one instant; with a write-ahead log
/// that holds up no writer.
pub(crate) fn copy(source: &Connection, target: &Path) -> Result<(), Fault> {
    if target.try_exists()? {
        let detail = format!("{} exists already: choose another name for the backup", target.display());
        return Err(StoreError::Storage { detail }.into());
    }
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = target.with_file_name(name);
    let copied = copy_to(source, &partial).and_then(|()| Ok(std::fs::rename(&partial, target)?));
    if copied.is_err() {
        // The copy failed for a reason of its own, which is the one to report.
        let _ = std::fs::remove_file(&partial);
    }
    copied
}

fn copy_to(source: &Connection, partial: &Path) -> Result<(), Fault> {
    // What a killed backup left behind is no base for a new one.
    if partial.try_exists()? {
        std::fs::remove_file(partial)?;
    }
    let mut copy = Connection::open(partial)?;
    step_to_the_end(source, &mut copy)?;
    let found = problems(&copy)?;
    copy.close().map_err(|(_, err)| err)?;
    found.map_or(Ok(()), |detail| Err(StoreError::Corrupt { detail }.into()))
}

fn step_to_the_end(source: &Connection, copy: &mut Connection) -> Result<(), Fault> {
    let backup = Backup::new(source, copy)?;
    for _ in 0..RETRIES {
        match backup.step(-1)? {
            StepResult::Done => return Ok(()),
            _ => sleep(RETRY_PAUSE),
        }
    }
    Err(StoreError::Busy.into())
}

/// What SQLite's own check finds wrong with the database, or `None`.
pub(crate) fn problems(connection: &Connection) -> Result<Option<String>, Fault> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let found: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if found != ["ok"] {
        return Ok(Some(found.join("; ")));
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
    Ok(Some(format!("a row of {table} refers to a missing row of {parent}")))
}
