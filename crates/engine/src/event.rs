//! What a run announces while it goes.

use serde::{Deserialize, Serialize};

use crate::run::{RunChange, RunId};
use crate::time::Timestamp;

/// One announcement of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunEvent {
    /// The run.
    #[schema(value_type = Uuid)]
    pub run_id: RunId,
    /// The durable number, from 1; absent for passing progress, which is not kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seq: Option<u64>,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: RunEventKind,
}

/// What happened: a durable change, or passing progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "events are short-lived; boxing would complicate every match")]
pub enum RunEventKind {
    /// A recorded change; it was durable before it was announced.
    Change {
        /// The change.
        change: RunChange,
    },
    /// The step's model is being loaded.
    Loading {
        /// The step's position in the run, from 0.
        position: usize,
        /// Part done, 0 to 1.
        fraction: f32,
    },
    /// The step's prompt is being processed.
    Prompt {
        /// The step's position in the run, from 0.
        position: usize,
        /// Tokens done, cached ones included.
        done: u32,
        /// Tokens of the whole prompt.
        total: u32,
        /// Tokens taken from the key/value cache.
        cached: u32,
    },
    /// New text of the running step, ahead of its durable chunk.
    Text {
        /// The step's position in the run, from 0.
        position: usize,
        /// Byte offset of `text` in the step's output.
        offset: usize,
        /// The new text.
        text: String,
        /// Tokens generated so far.
        generated: u32,
    },
}
