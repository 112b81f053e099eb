//! Putting another database in the place of the present one, and a look at a database file from outside.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Fault, StoreError};
use crate::lock::OpeningLock;
use crate::open;

/// How long another process may take to let go of the database.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a database file says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// Its schema version.
    pub schema_version: i64,
    /// Its runs, without those in the trash.
    pub runs: u64,
    /// Its projects.
    pub projects: u64,
    /// Its saved pipelines.
    pub pipelines: u64,
}

/// Looks at the database file at `path`, which nobody else uses and which stays as it is. Blocks.
///
/// # Errors
/// [`StoreError::Foreign`] and [`StoreError::NewerVersion`] for files that are not this program's to read,
/// [`StoreError::Corrupt`] for damaged ones.
pub fn facts_of_file(path: &Path) -> Result<DatabaseFacts, StoreError> {
    Ok(facts(path)?)
}

fn facts(path: &Path) -> Result<DatabaseFacts, Fault> {
    open::check_owner(path)?;
    let connection = Connection::open_with_flags(path, FLAGS)?;
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u64>(0));
    // Earlier versions had no trash.
    let has_trash =
        number("SELECT count(*) FROM pragma_table_info('orchestration_runs') WHERE name = 'deleted_at'")? > 0;
    let condition = if has_trash { "deleted_at IS NULL" } else { "true" };
    let facts = DatabaseFacts {
        schema_version: connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
        runs: number(&format!("SELECT count(*) FROM orchestration_runs WHERE {condition}"))?,
        projects: number("SELECT count(*) FROM projects")?,
        pipelines: number("SELECT count(*) FROM pipelines")?,
    };
    connection.close().map_err(|(_, err)| err)?;
    Ok(facts)
}

const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Makes the file `restored` the database at `path`, and `aside` the name of the one that was there; whether there was
/// one. Both lie in the same file system as `path`, and `restored` has no log. Blocks. The caller holds the data folder's
/// [`QueueLock`](crate::QueueLock).
///
/// The present database's log is folded into it first, which also shows that no other process has it open. One that is
/// damaged, another program's or a newer version's is moved as it is, its log beside it.
///
/// # Errors
/// [`StoreError::InUse`] when another process has the database open, [`StoreError::Storage`] when `aside` exists or a
/// file cannot be moved. The present database is in its place then.
pub fn replace_database(path: &Path, restored: &Path, aside: &Path) -> Result<bool, StoreError> {
    Ok(replace(path, restored, aside)?)
}

fn replace(path: &Path, restored: &Path, aside: &Path) -> Result<bool, Fault> {
    let _opening = OpeningLock::acquire(path)?;
    if aside.try_exists()? {
        return Err(Fault::storage(format!("{} exists already: move it away and try again", aside.display())));
    }
    let was_there = path.try_exists()?;
    if was_there {
        fold_log(path)?;
        set_aside(path, aside)?;
    }
    if let Err(err) = fs::rename(restored, path) {
        if was_there {
            put_back(path, aside);
        }
        return Err(err.into());
    }
    sync_folder(path);
    Ok(was_there)
}

/// Ends the database's write-ahead mode, which needs it to oneself and leaves no log beside it.
fn fold_log(path: &Path) -> Result<(), Fault> {
    if open::check_owner(path).is_err() {
        return Ok(());
    }
    let fold = || -> Result<String, rusqlite::Error> {
        let connection = Connection::open_with_flags(path, FLAGS)?;
        connection.busy_timeout(PATIENCE)?;
        let mode = connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
        connection.close().map_err(|(_, err)| err)?;
        Ok(mode)
    };
    let in_use = || StoreError::InUse { path: path.to_owned() };
    match fold() {
        Ok(mode) if mode == "delete" => Ok(()),
        Ok(_) => Err(in_use().into()),
        Err(err) => match err.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Err(in_use().into()),
            // A damaged database is no reason not to restore a whole one.
            _ => Ok(()),
        },
    }
}

/// Gives the database its other name. Where the file system knows links it keeps the first one too, so that the path is
/// never without a database.
fn set_aside(path: &Path, aside: &Path) -> Result<(), Fault> {
    for suffix in LOGS {
        let (log, log_aside) = (with_suffix(path, suffix), with_suffix(aside, suffix));
        if log.try_exists()? {
            fs::rename(log, log_aside)?;
        }
    }
    if fs::hard_link(path, aside).is_err() {
        fs::rename(path, aside)?;
    }
    Ok(())
}

/// Undoes [`set_aside`] after a failure, which is what is reported.
fn put_back(path: &Path, aside: &Path) {
    // With a link the first name is still there; renaming one link to another would do nothing.
    let _ = if path.exists() { fs::remove_file(aside) } else { fs::rename(aside, path) };
    for suffix in LOGS {
        let _ = fs::rename(with_suffix(aside, suffix), with_suffix(path, suffix));
    }
}

const LOGS: [&str; 2] = ["-wal", "-shm"];

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes the new names durable where a folder can be synchronised; elsewhere the system does so by itself.
fn sync_folder(path: &Path) {
    let synced: io::Result<()> = path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all());
    if let Err(error) = synced {
        tracing::debug!(%error, "the data folder was not synchronised");
    }
}
