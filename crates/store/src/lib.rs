//! The SQLite adapter: runs, their steps, artifacts and events, projects, saved pipelines, settings.
//!
//! Invariants: a change is on disk when [`Journal::record`](brickwork_engine::Journal::record) returns; a run's tables
//! and its events change in one transaction, so they never disagree; SQLite's types stay inside. The rules of runs are
//! not here but in the engine, which this crate asks before it writes.
//!
//! [`Store`] is asynchronous without a runtime: one thread owns the connection that writes, a few more own one each that
//! reads, and a call waits for its thread's answer. Only [`Store::open`] and dropping the last clone block.

mod backup;
mod column;
mod draft;
mod error;
mod journal;
mod lane;
mod library;
mod lock;
mod migration;
mod open;
mod page;
mod queue;
mod replace;
mod retention;
mod search;
mod store;
mod table;
mod trash;

pub use draft::{DraftKept, NewDraft};
pub use error::StoreError;
pub use library::{DeletedProject, PipelineDraft};
pub use lock::QueueLock;
pub use migration::SCHEMA_VERSION;
pub use open::StoreOptions;
pub use page::{Cursor, InvalidCursor, RunFilter, RunState, RunSummary, RunsPage};
pub use queue::{Creation, Move, NewRun, Origin, Removal};
pub use replace::{DatabaseFacts, facts_of_file, replace_database};
pub use retention::{Pruned, RetentionLimits, StoreSize};
pub use search::SnippetPart;
pub use store::{DEFAULT_PROJECT_ID, Store};
pub use table::{
    IdempotencyKey, KeptDraft, PipelineSummary, Project, SavedPipeline, SavedVersion, Standing, StoredArtifact,
    VersionSummary, WaitingRun, Wish,
};
pub use trash::RunMarks;
