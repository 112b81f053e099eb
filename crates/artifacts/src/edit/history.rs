//! What a list of artifacts was before its edits.

use super::{ArtifactOperation, EditFault, edit};
use crate::artifact::Artifact;

/// A list as it was extracted, and after each edit that still counts.
///
/// It is made again from the lists that were recorded, in order. A list that equals the one before the last takes the
/// last edit back, so an undo needs no record of its own kind and a second one goes a step further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditHistory {
    extracted: Vec<Artifact>,
    edits: Vec<Vec<Artifact>>,
}

impl EditHistory {
    /// The history of a list that nobody has edited.
    #[must_use]
    pub const fn new(extracted: Vec<Artifact>) -> Self {
        Self { extracted, edits: Vec::new() }
    }

    /// Takes the next list that was recorded.
    pub fn record(&mut self, list: Vec<Artifact>) {
        if self.current() == list {
            return;
        }
        let before = match self.edits.len() {
            0 => None,
            1 => Some(&self.extracted),
            count => Some(&self.edits[count - 2]),
        };
        if before == Some(&list) {
            self.edits.pop();
        } else {
            self.edits.push(list);
        }
    }

    /// The list as it is now.
    #[must_use]
    pub fn current(&self) -> &[Artifact] {
        self.edits.last().unwrap_or(&self.extracted)
    }

    /// Whether it differs from what was extracted.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.current() != self.extracted
    }

    /// The list that the operation makes of the present one. The history itself takes it by [`Self::record`].
    ///
    /// # Errors
    /// [`EditFault`], with everything as it was.
    pub fn apply(&self, operation: &ArtifactOperation) -> Result<Vec<Artifact>, EditFault> {
        match operation {
            ArtifactOperation::Undo {} => match self.edits.len() {
                0 => Err(EditFault::NothingToUndo),
                1 => Ok(self.extracted.clone()),
                count => Ok(self.edits[count - 2].clone()),
            },
            ArtifactOperation::Reset {} => Ok(self.extracted.clone()),
            other => edit(self.current(), other),
        }
    }
}
