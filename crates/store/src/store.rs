//! The store's handle and its queries beside the journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use brickwork_engine::RunId;
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::backup;
use crate::error::{Fault, StoreError};
use crate::lane::Lane;
use crate::open::{StoreOptions, open};
use crate::page::{Cursor, RunFilter, RunsPage};
use crate::table::{Project, StoredArtifact, generated_artifacts, projects, run_list, settings};

/// The project that every database has: `550e8400-e29b-41d4-a716-446655440000`.
pub const DEFAULT_PROJECT_ID: Uuid = Uuid::from_u128(0x550e_8400_e29b_41d4_a716_4466_5544_0000);

/// Reading connections: enough that a long read does not hold up the others.
const N_READERS: usize = 3;

/// The most runs on one page.
const PAGE_LIMIT: usize = 500;

/// A database. Clones share it; the last one to be dropped waits for what is still being written and closes the file.
///
/// Implements [`Journal`](brickwork_engine::Journal). All `async` functions may be awaited under any executor and do no
/// blocking work on the caller's thread.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    next_reader: AtomicUsize,
    // Declared, and so dropped, before the writer: the last connection to close folds the log into the file.
    readers: Vec<Lane>,
    writer: Lane,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database file at `path`, whose folder exists; creates it or migrates it to this version. Blocks.
    ///
    /// # Errors
    /// [`StoreError::NewerVersion`] and [`StoreError::Foreign`] for files that are not this program's to change,
    /// others when the file cannot be read or written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, StoreOptions::default())
    }

    /// [`Store::open`] with options.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(path: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        let connections = open(path, options, N_READERS)?;
        let lane = |name: &str, connection| Lane::start(name, connection).map_err(Fault::from);
        let readers = connections
            .readers
            .into_iter()
            .map(|connection| lane("store-reader", connection))
            .collect::<Result<_, _>>()?;
        let writer = lane("store-writer", connections.writer)?;
        let inner = Inner { path: path.to_owned(), next_reader: AtomicUsize::new(0), readers, writer };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// At most `limit` (1 to 500) runs that pass `filter`, the newest first, from the one after `before` on.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn runs_page(
        &self,
        filter: RunFilter,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<RunsPage, StoreError> {
        let limit = limit.clamp(1, PAGE_LIMIT);
        self.read(move |connection| run_list::page(connection, &filter, before, limit)).await
    }

    /// How many runs pass `filter`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn count_runs(&self, filter: RunFilter) -> Result<u64, StoreError> {
        self.read(move |connection| run_list::count(connection, &filter)).await
    }

    /// All artifacts of a run: those of its steps in order, then the final ones. None for an unknown run, or one in the
    /// trash.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn artifacts(&self, run_id: RunId) -> Result<Vec<StoredArtifact>, StoreError> {
        self.read(move |connection| {
            if run_list::is_there(connection, run_id)? {
                generated_artifacts::of_run(connection, run_id)
            } else {
                Ok(Vec::new())
            }
        })
        .await
    }

    /// All projects, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        self.read(projects::all).await
    }

    /// The project `id`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn project(&self, id: Uuid) -> Result<Option<Project>, StoreError> {
        self.read(move |connection| projects::get(connection, id)).await
    }

    /// Adds a project, or gives the one with its id this name, folder and context.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_project(&self, project: Project) -> Result<(), StoreError> {
        self.write(move |connection| projects::put(connection, &project)).await
    }

    /// The setting `key`, or `None` when it was never set.
    ///
    /// # Errors
    /// [`StoreError::Setting`] when its value is no `T`; others when the database cannot be read.
    pub async fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let wanted = key.to_owned();
        let json = self.read(move |connection| settings::get(connection, &wanted)).await?;
        json.map(|json| serde_json::from_str(&json)).transpose().map_err(|err| setting_error(key, &err))
    }

    /// Makes `value` the setting `key`.
    ///
    /// # Errors
    /// [`StoreError::Setting`] when `value` has no JSON form; others when the database cannot be written.
    pub async fn set_setting<T: Serialize + Sync>(&self, key: &str, value: &T) -> Result<(), StoreError> {
        let json = serde_json::to_string(value).map_err(|err| setting_error(key, &err))?;
        let key = key.to_owned();
        self.write(move |connection| settings::put(connection, &key, &json)).await
    }

    /// Checks the whole file, which takes a while for a large one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when something is wrong with it.
    pub async fn integrity_check(&self) -> Result<(), StoreError> {
        match self.read(backup::problems).await? {
            None => Ok(()),
            Some(detail) => Err(StoreError::Corrupt { detail }),
        }
    }

    /// Copies the database, as of one instant, into a new file at `target` and checks the copy. Others may go on writing.
    ///
    /// # Errors
    /// [`StoreError::Storage`] when `target` exists or cannot be written, [`StoreError::Full`] when there is no room.
    pub async fn backup_to(&self, target: &Path) -> Result<(), StoreError> {
        let target = target.to_owned();
        self.read(move |connection| backup::copy(connection, &target)).await
    }

    pub(crate) fn writer(&self) -> &Lane {
        &self.inner.writer
    }

    /// The same connection every time, for numbers that count per connection.
    pub(crate) fn first_reader(&self) -> &Lane {
        &self.inner.readers[0]
    }

    pub(crate) fn reader(&self) -> &Lane {
        let next = self.inner.next_reader.fetch_add(1, Ordering::Relaxed);
        &self.inner.readers[next % self.inner.readers.len()]
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        Ok(self.reader().call(|connection| work(connection)).await?)
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    {
        Ok(self.writer().call(work).await?)
    }
}

fn setting_error(key: &str, err: &serde_json::Error) -> StoreError {
    StoreError::Setting { key: key.to_owned(), detail: err.to_string() }
}
