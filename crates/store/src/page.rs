//! Pages of the list of runs, the newest first.

use std::fmt;
use std::str::FromStr;

use brickwork_engine::{RunId, RunStatus, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which runs are wanted; all of them by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Only this project's.
    pub project_id: Option<Uuid>,
    /// Only those that stand there.
    pub status: Option<RunStatus>,
    /// Only those whose name contains this, in whatever case.
    pub text: Option<String>,
}

/// A place in the list: just after the run with this stamp and id. Its text form is opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When that run was created.
    pub created_at: Timestamp,
    /// That run.
    pub run_id: RunId,
}

/// A text that is no cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a place in the list of runs: use the `next` of an earlier page, or none to start at the newest")]
pub struct InvalidCursor(pub String);

/// Part of the list of runs.
#[derive(Debug, Clone, PartialEq)]
pub struct RunsPage {
    /// The runs, the newest first.
    pub runs: Vec<RunSummary>,
    /// Where the next page begins; `None` at the list's end.
    pub next: Option<Cursor>,
}

/// A run in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunSummary {
    /// The run.
    #[schema(value_type = Uuid)]
    pub run_id: RunId,
    /// Its project.
    pub project_id: Uuid,
    /// Its pipeline's name.
    pub name: String,
    /// Where it stands.
    pub status: RunStatus,
    /// Whether the process that ran it ended before it did.
    pub interrupted: bool,
    /// Whether it waits for the user.
    #[serde(default)]
    pub paused: bool,
    /// Whether any of its output comes from the scripted placeholder.
    pub simulated: bool,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it first began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Its enabled steps, without the Assembler.
    pub total_steps: usize,
    /// Those of them that have ended, well or not.
    pub finished_steps: usize,
    /// Its final artifacts once it has any; until then, those of its steps.
    pub artifacts: usize,
    /// Seconds that the steps took, without the Assembler.
    pub total_execution_time: f64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.created_at.as_micros(), self.run_id.simple())
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (micros, run_id) = text.split_once('_')?;
            Some(Self { created_at: Timestamp::from_micros(micros.parse().ok()?), run_id: run_id.parse().ok()? })
        };
        parse().ok_or_else(|| InvalidCursor(text.into()))
    }
}
