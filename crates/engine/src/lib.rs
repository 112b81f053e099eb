//! The domain of Brickwork: pipelines, the flow of context, prompt layout, the run state machine and its runner.
//!
//! Invariant: this crate does no I/O. Time, identifiers and randomness are passed in; models, storage and the clock are
//! reached through the three ports of [`ports`], and what models made is looked at through [`Checker`].

mod checker;
pub mod compliance;
mod context;
mod event;
mod gate;
mod memory;
mod order;
mod phrase;
mod pipeline;
pub mod ports;
mod preview;
mod prompt;
mod queue;
mod rerun;
mod role;
mod run;
mod runner;
mod schema;
mod scripted;
mod signal;
mod time;
mod validate;

pub use checker::{Checker, CommandOutcome, DirectChecker, GateCommand, assemble, report_syntax};
pub use context::{Rendered, RunContext};
pub use event::{RunEvent, RunEventKind};
pub use gate::{Finding, FindingKind, Gate, MAX_COMMAND_S, MAX_CONTINUATIONS, MAX_REPAIRS};
pub use memory::{ManualClock, MemoryJournal};
pub use order::{model_loads, run_order};
pub use phrase::{Phrase, PhraseParam};
pub use pipeline::{AssemblerMode, AssemblerSettings, JsonMap, Parameters, Pipeline, Step, pipeline_schema};
pub use ports::{
    Clock, Completion, FinishReason, Generation, Inference, InferenceError, InferenceErrorCode, InferenceEvent,
    Journal, JournalError, Message, Prompt, Speaker, Timings,
};
pub use preview::{PartKind, Preview, PromptPart, StepPreview};
pub use prompt::{SYSTEM_TEXT, assembler_instruction, conversation, warning_phrase};
pub use queue::{Limits, QueuedRun, startable};
pub use rerun::{RerunAction, RerunCode, RerunReason, RerunStep, plan_rerun};
pub use role::{Role, RoleCard};
pub use run::{
    ASSEMBLER_STEP, ArtifactTarget, AssemblyReport, AttachedFile, Attempt, DerivedFrom, FinalArtifactsFrom,
    IllegalChange, ModelRef, RunChange, RunId, RunPlan, RunRecord, RunStatus, StepOutcome, StepRecord, StepReport,
    remote_hosts,
};
pub use runner::{FinalPieces, Runner, final_pieces};
pub use scripted::{ScriptedInference, ScriptedReply};
pub use signal::{RunSignalGivers, RunSignals, Signal, SignalGiver, signal_pair};
pub use time::Timestamp;
pub use validate::{Diagnostic, MAX_TIMEOUT_S, Severity, parse_pipeline, validate_pipeline};
