//! What the syntax of artifacts tells: whether they parse, what they declare and import, and how pieces fit together.
//! Pure: no I/O, no clock; work is bounded by counts, so that the same text always has the same report.
//!
//! [`check`] gives the places of the errors. [`assemble`] puts the steps' pieces together without a model and reports the
//! [`Conflict`]s that the trees show; [`verify`] checks an assembled result against its pieces.

mod assembly;
mod brackets;
mod check;
mod grammar;
mod guard;
mod imports;
mod json_place;
mod markup;
mod message;
mod outline;
mod parse;
mod request;
mod resolve;
mod schema;
mod sql;
mod verify;

pub use assembly::{Assembly, Conflict, Place, Step, assemble, conflicts};
pub use brickwork_artifacts::{ERRORS_MAX, SOURCE_MAX_BYTES, SyntaxError, SyntaxReport, SyntaxState, UncheckedReason};
pub use check::{check, check_until};
pub use grammar::Grammar;
pub use imports::{Import, Target};
pub use outline::{Outline, Symbol, outline};
pub use request::{SyntaxAnswer, SyntaxRequest, SyntaxSource, answer};
pub use schema::{SchemaError, schema_errors, schema_fault};
pub use verify::{ResultFault, verify};
