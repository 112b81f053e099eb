//! The schema's history. Append only: a released migration is never edited, moved or removed.
//!
//! The schema's version (SQLite's `user_version`) is the number of migrations applied.

use rusqlite_migration::{M, Migrations};

use crate::retention;
use crate::table::{
    generated_artifacts, idempotency_keys, orchestration_runs, pipeline_drafts, pipeline_versions, pipelines, projects,
    run_events, run_list, run_search, run_steps, settings,
};

/// `BWRK`, SQLite's `application_id` of every Brickwork database.
pub(crate) const APPLICATION_ID: i32 = 0x4257_524B;

const ALL: &[M<'static>] = &[
    M::up("PRAGMA application_id = 0x4257524B;"),
    M::up(projects::CREATE),
    M::up(orchestration_runs::CREATE),
    M::up(run_steps::CREATE),
    M::up(generated_artifacts::CREATE),
    M::up(run_events::CREATE),
    M::up(pipelines::CREATE),
    M::up(settings::CREATE),
    M::up(pipeline_versions::CREATE),
    M::up(retention::CREATE),
    M::up(orchestration_runs::ADD_QUEUE),
    M::up(run_steps::ADD_REUSED_FROM),
    M::up(idempotency_keys::CREATE),
    M::up(run_steps::ADD_EDITS),
    M::up(orchestration_runs::ADD_FILES),
    M::up(orchestration_runs::ADD_HISTORY),
    M::up(run_list::CREATE_INDEXES),
    M::up(run_search::CREATE),
    M::up(pipeline_drafts::CREATE),
    M::up(orchestration_runs::ADD_HELD),
    M::up(run_steps::ADD_REPORT),
    M::up(generated_artifacts::ADD_SYNTAX),
    M::up(orchestration_runs::ADD_ASSEMBLY),
    M::up(run_steps::ADD_ERROR_PHRASE),
];

/// All migrations, oldest first.
pub(crate) const MIGRATIONS: Migrations<'static> = Migrations::from_slice(ALL);

/// The schema version that this program writes, SQLite's `user_version`.
pub const SCHEMA_VERSION: i64 = LATEST;

/// The schema version that this program writes.
#[expect(clippy::cast_possible_wrap, reason = "a handful of migrations")]
pub(crate) const LATEST: i64 = ALL.len() as i64;

#[cfg(test)]
mod tests {
    #[test]
    fn migrations_apply_in_order() {
        assert_eq!(super::MIGRATIONS.validate(), Ok(()));
    }
}
