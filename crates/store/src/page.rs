//! Pages of the list of runs, the newest first.

use std::fmt;
use std::str::FromStr;

use brickwork_engine::{RunId, RunStatus, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::search::SnippetPart;

/// A state to filter by: a status, or one of the two reasons for which a PENDING run waits for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// This status.
    Status(RunStatus),
    /// PENDING, since its process is gone.
    Interrupted,
    /// PENDING, since the user wants it.
    Paused,
}

impl RunState {
    /// The state of a status word, of `INTERRUPTED` or of `PAUSED`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "INTERRUPTED" => Some(Self::Interrupted),
            "PAUSED" => Some(Self::Paused),
            status => RunStatus::parse(status).map(Self::Status),
        }
    }
}

/// Which runs are wanted; all of them by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Only this project's.
    pub project_id: Option<Uuid>,
    /// Only those in one of these states; in any when empty.
    pub states: Vec<RunState>,
    /// Only favourites.
    pub favourite: bool,
    /// Only those made from this saved pipeline.
    pub pipeline_id: Option<Uuid>,
    /// Only those accepted at this instant or later.
    pub from: Option<Timestamp>,
    /// Only those accepted before this instant.
    pub to: Option<Timestamp>,
    /// Only those in whose name, prompts and outputs all these words are, the last one perhaps as a word's beginning, in
    /// whatever case and with whatever accents; also the run whose id begins with this.
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
    /// That project's name.
    pub project_name: String,
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
    /// Whether text of any of its steps, the Assembler included, goes to a server.
    #[serde(default)]
    pub remote: bool,
    /// The hosts to which it goes, each once, in the order of the steps.
    #[serde(default)]
    pub remote_hosts: Vec<String>,
    /// Whether the user marked it as a favourite.
    pub favourite: bool,
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
    /// Seconds after its beginning in which nobody worked on it: it was paused, interrupted, or back in the queue.
    #[serde(default)]
    pub held_s: f64,
    /// Tokens that the steps generated, the Assembler included.
    pub generated_tokens: u64,
    /// The saved pipeline that it was made from, if that is still there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<Uuid>,
    /// The version of that pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_version: Option<u32>,
    /// In the answer to a search: the best place of the run, at most 160 characters of plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Vec<SnippetPart>>,
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
