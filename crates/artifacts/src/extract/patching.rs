//! Edits and references in an output, carried out on the files that it may change.

use std::collections::HashSet;

use super::block::Block;
use super::{Ending, Extractor};
use crate::artifact::Artifact;
use crate::language::kind_of_name;
use crate::patch::{self, Change, FilePatch, Hunk, Line, PatchFault, PatchOutcome, PatchReport, apply};
use crate::path::relative_path;

/// Bytes of files that the edits of one output may go through in all. Beyond it they are refused, so that an output of
/// nothing but edits ends.
pub(super) const WORK_MAX: usize = 64 * 1024 * 1024;

impl Extractor {
    /// Carries a block's edits out, if it is nothing but edits. Where one is refused, the block is kept as a diff, so that
    /// nothing is lost and nobody takes it for the file.
    pub(super) fn take_patch(&mut self, block: &Block, ending: Ending) -> bool {
        if block.is_document() {
            return false;
        }
        let is_diff = block.tag_kind() == Some("diff");
        let Some(mut files) = patch::read(&block.content, is_diff) else { return false };
        files.retain(|file| ending.cut || !matches!(&file.change, Change::Edit(hunks) if hunks.is_empty()));
        if files.is_empty() {
            return false;
        }
        if let [FilePatch { name: name @ None, .. }, ..] = files.as_mut_slice() {
            *name =
                block.info.name.clone().or_else(|| block.around.line.clone()).or_else(|| block.around.heading.clone());
        }
        let range = (block.offset_in_output(0), block.offset_in_output(block.content.len()));
        // Where the edit's own last mark was seen, a missing fence takes nothing away.
        let ending = Ending { cut: ending.cut && !block.ends_search(), ..ending };
        let mut is_refused = false;
        for file in files {
            let (name, outcome) = match self.carry_out(&file, range, ending) {
                Ok((name, outcome)) => (Some(name), outcome),
                Err(fault) => (self.known_name(&file), PatchOutcome::Refused { fault }),
            };
            is_refused |= matches!(outcome, PatchOutcome::Refused { .. });
            self.patches.push(PatchReport { name, outcome, start: range.0, end: range.1 });
        }
        if is_refused {
            self.add(None, "diff".to_owned(), &block.content, range, ending.closed);
        }
        true
    }

    /// The reference to a file that stays as it is becomes the file.
    pub(super) fn expand(&mut self, name: &str, start: usize, end: usize) {
        self.prose.after_block();
        let known = if self.work_left == 0 { None } else { self.find(name).cloned() };
        let cost =
            known.as_ref().map_or(0, |known| known.content.len()) + 64 * (self.artifacts.len() + self.earlier.len());
        self.work_left = self.work_left.saturating_sub(cost);
        let (name, outcome) = match known {
            Some(known) => {
                let outcome = PatchOutcome::Expanded;
                let name = known.name.clone();
                self.put(Artifact { start, end, closed: true, ..known });
                (name, outcome)
            }
            None => (name.to_owned(), PatchOutcome::Refused { fault: PatchFault::NoSuchFile }),
        };
        self.patches.push(PatchReport { name: Some(name), outcome, start, end });
    }

    fn carry_out(
        &mut self,
        file: &FilePatch,
        (start, end): (usize, usize),
        ending: Ending,
    ) -> Result<(String, PatchOutcome), PatchFault> {
        if ending.cut {
            return Err(PatchFault::Cut);
        }
        if self.work_left == 0 {
            return Err(PatchFault::TooLong);
        }
        self.spend(file)?;
        let known = match &file.name {
            Some(name) => self.find(name).cloned(),
            None => Some(self.only_one_with(file)?),
        };
        let (content, outcome) = match (&file.change, &known) {
            (Change::Delete, _) => return Err(PatchFault::Deletes),
            (Change::Create(text), _) => (text.clone(), PatchOutcome::Created),
            (Change::Edit(hunks), Some(known)) => (apply(&known.content, hunks)?, PatchOutcome::Applied),
            (Change::Edit(hunks), None) => (new_text(hunks).ok_or(PatchFault::NoSuchFile)?, PatchOutcome::Created),
        };
        if content.trim().is_empty() {
            return Err(PatchFault::Deletes);
        }
        let artifact = match known {
            Some(known) => Artifact { content, start, end, closed: ending.closed, named: true, syntax: None, ..known },
            None => {
                let name = file.name.as_deref().and_then(|name| relative_path(name).ok()).ok_or(PatchFault::BadName)?;
                let kind = kind_of_name(&name).unwrap_or_else(|| "txt".to_owned());
                Artifact { kind, name, content, named: true, closed: ending.closed, start, end, syntax: None }
            }
        };
        let name = artifact.name.clone();
        self.put(artifact);
        Ok((name, outcome))
    }

    /// Pays for looking at the files that an edit may be of.
    fn spend(&mut self, file: &FilePatch) -> Result<(), PatchFault> {
        const BYTES_FOR_A_NAME: usize = 64;
        let count = self.artifacts.len() + self.earlier.len();
        let known = file.name.as_deref().map(|name| self.find(name).map_or(0, |known| known.content.len()));
        let all = || self.artifacts.iter().chain(&self.earlier).map(|one| one.content.len()).sum();
        let cost = count * BYTES_FOR_A_NAME + known.unwrap_or_else(all);
        self.work_left = self.work_left.saturating_sub(cost);
        if self.work_left == 0 { Err(PatchFault::TooLong) } else { Ok(()) }
    }

    /// Puts a file in the place of the one that this output gave already, or at the end.
    fn put(&mut self, artifact: Artifact) {
        let folded = artifact.name.to_lowercase();
        match self.artifacts.iter_mut().find(|known| known.name.to_lowercase() == folded) {
            // The place in the output stays that of the block that gave the file first.
            Some(known) => known.content = artifact.content,
            None => {
                let name = self.names.unique(artifact.name.clone());
                self.artifacts.push(Artifact { name, ..artifact });
            }
        }
    }

    /// The file that an edit or a reference means: of this output, else of the earlier ones, the latest first. The name is
    /// taken as it is, then without case, then as the end of one path only.
    fn find(&self, name: &str) -> Option<&Artifact> {
        let name = relative_path(name).ok()?.to_lowercase();
        let known = || self.artifacts.iter().rev().chain(self.earlier.iter().rev());
        let exact = known().find(|known| known.name.to_lowercase() == name);
        exact.or_else(|| {
            let is_end = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('/'));
            let mut similar = known().filter(|known| {
                let known = known.name.to_lowercase();
                is_end(&known, &name) || is_end(&name, &known)
            });
            let first = similar.next()?;
            similar.all(|other| other.name.eq_ignore_ascii_case(&first.name)).then_some(first)
        })
    }

    fn known_name(&self, file: &FilePatch) -> Option<String> {
        let name = file.name.as_deref()?;
        if self.work_left == 0 {
            return Some(name.to_owned());
        }
        Some(self.find(name).map_or_else(|| name.to_owned(), |known| known.name.clone()))
    }

    /// The one file to which an edit without a name applies.
    fn only_one_with(&self, file: &FilePatch) -> Result<Artifact, PatchFault> {
        let Change::Edit(hunks) = &file.change else { return Err(PatchFault::Unnamed) };
        let mut names = HashSet::new();
        let mut candidates: Vec<&Artifact> = Vec::new();
        for known in self.artifacts.iter().rev().chain(self.earlier.iter().rev()) {
            if names.insert(known.name.to_lowercase()) && apply(&known.content, hunks).is_ok() {
                candidates.push(known);
            }
        }
        match candidates.as_slice() {
            [one] => Ok((*one).clone()),
            _ => Err(PatchFault::Unnamed),
        }
    }
}

/// The text of a file that an edit makes of nothing, where that is what it does.
fn new_text(hunks: &[Hunk]) -> Option<String> {
    let has_old = hunks.iter().flat_map(|hunk| &hunk.lines).any(|line| match line {
        Line::Keep(text) | Line::Take(text) => !text.trim().is_empty(),
        Line::Add(_) => false,
    });
    if has_old { None } else { apply("", hunks).ok().filter(|text| !text.trim().is_empty()) }
}
