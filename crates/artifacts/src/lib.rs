//! Model output text to artifacts. Pure: no I/O, no clock, no run state.
//!
//! [`Extractor`] reads an output as it streams in and [`read_output`] reads a whole one; both give the same artifacts
//! however the text is cut, because every decision is made on complete lines, in order. A fence or a file's tag decides
//! what is an artifact, the model's own words decide its name where they are a valid path ([`relative_path`]), and name,
//! tag and content, in that order, decide its kind. Edits of earlier files are carried out ([`PatchReport`]), and an output
//! without any block is looked at as a whole.
//!
//! Extraction changes nothing that the model wrote: an artifact's content is the text between its fences, less the fence's
//! own indentation and a label that would be no comment in the file. What the user makes of it afterwards are
//! [`ArtifactOperation`]s.

mod artifact;
mod edit;
mod extract;
mod fence;
mod infer;
mod info;
mod label;
mod language;
mod naming;
mod patch;
mod path;
mod pieces;
mod syntax;
mod tags;
mod thought;
mod whole;

pub use artifact::Artifact;
pub use edit::{ArtifactOperation, EditFault, EditHistory, MAX_EDITED_ARTIFACTS, MAX_EDITED_BYTES};
pub use extract::{EXTRACTOR_VERSION, Extraction, Extractor, Source, extract, read_output};
pub use infer::infer_kind;
pub use language::{kind_of_name, kind_of_tag};
pub use patch::{PatchFault, PatchOutcome, PatchReport};
pub use path::{MAX_PART_BYTES, MAX_PATH_BYTES, PathFault, check_path, relative_path};
pub use pieces::latest_pieces;
pub use syntax::{ERRORS_MAX, SOURCE_MAX_BYTES, SyntaxError, SyntaxReport, SyntaxState, UncheckedReason};
pub use whole::classify_whole;
