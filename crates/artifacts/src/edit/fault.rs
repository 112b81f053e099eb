//! Why an edit is refused.

use thiserror::Error;

use crate::path::PathFault;

/// Why an edit is refused. Each message is a whole sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditFault {
    /// The list is shorter.
    #[error("There is no artifact {index}: this list has {count}, counted from 0.")]
    NoSuchArtifact {
        /// What was asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// The name is no safe path.
    #[error("The name `{name}` {fault}.")]
    BadName {
        /// The name.
        name: String,
        /// Why.
        fault: PathFault,
    },
    /// Another artifact of the list has the name; case does not count.
    #[error("Another artifact is called `{name}` already.")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// The kind is no file extension.
    #[error("`{kind}` is no file type: it has 1 to 20 letters and digits, without a dot.")]
    BadKind {
        /// The kind.
        kind: String,
    },
    /// Fewer than two artifacts to join.
    #[error("Two artifacts or more can be joined.")]
    TooFewToMerge,
    /// One artifact is to be joined with itself.
    #[error("The artifact {index} is given twice.")]
    RepeatedIndex {
        /// Which one.
        index: usize,
    },
    /// As many names as parts are needed, and two parts or more.
    #[error("{names} names are given for {parts} parts; each part needs one, and there must be two parts or more.")]
    SplitNames {
        /// Parts that the lines make.
        parts: usize,
        /// Names given.
        names: usize,
    },
    /// A part would be empty.
    #[error("No part can begin at line {line} of {lines}: the lines must grow, from 2 to the last one.")]
    SplitLine {
        /// The line, from 1.
        line: usize,
        /// Lines of the artifact.
        lines: usize,
    },
    /// The content grows beyond [`super::MAX_EDITED_BYTES`].
    #[error("`{name}` would be larger than 16 MiB.")]
    TooLarge {
        /// The artifact.
        name: String,
    },
    /// The list grows beyond [`super::MAX_EDITED_ARTIFACTS`].
    #[error("There would be {count} artifacts; a list has at most 5000.")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// The list is as it was extracted.
    #[error("There is no edit to take back: the artifacts are as they were extracted.")]
    NothingToUndo,
}

impl EditFault {
    /// The field of the operation that is at fault, e.g. `name`.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::NoSuchArtifact { .. } => "index",
            Self::BadName { .. } | Self::DuplicateName { .. } => "name",
            Self::BadKind { .. } => "type",
            Self::TooFewToMerge | Self::RepeatedIndex { .. } => "indices",
            Self::SplitNames { .. } => "names",
            Self::SplitLine { .. } => "at_lines",
            Self::TooLarge { .. } => "content",
            Self::TooMany { .. } | Self::NothingToUndo => "op",
        }
    }
}
