//! Which cells of a context hold what: room for new jobs, and the front for one that is alone.

use std::time::{Duration, Instant};

use super::{Context, LEAST_KEPT, Sequence, SequenceId, Shelf};

/// An idle sequence stays in its cells for this long while they are not needed, since its job's next step may follow at once.
/// Then it goes, for every sequence there makes attention a little slower.
const IDLE_STAY: Duration = Duration::from_secs(5);

/// Attention looks at every cell up to the last one that holds a token. When so many of them are of no use to the only job, and
/// half as many as it uses, its tokens are moved to the front.
const MOST_USELESS: usize = 512;

impl Context {
    /// All sequences but `sequence`.
    pub(super) fn others(&self, sequence: SequenceId) -> impl Iterator<Item = SequenceId> + use<> {
        (0..self.sequences.len()).map(SequenceId::of).filter(move |id| *id != sequence)
    }

    /// An empty idle sequence: one that is empty already, or the one whose job ended first, which goes to the shelf.
    pub(super) fn empty_one(&mut self, shelf: &mut Shelf, but: Option<SequenceId>) -> Option<SequenceId> {
        let idle = (0..self.sequences.len()).map(SequenceId::of).filter(|id| Some(*id) != but);
        let idle = idle.filter(|id| !self.sequences[id.index()].is_held());
        let target = idle.min_by_key(|id| {
            let sequence = &self.sequences[id.index()];
            (!sequence.ids.is_empty(), sequence.idle_since)
        })?;
        self.shelve(target, shelf);
        self.clear(target);
        Some(target)
    }

    /// Frees idle sequences, the oldest first: those that have been idle for long, and all while their cells are needed.
    pub(super) fn make_room(&mut self, shelf: &mut Shelf) {
        let now = Instant::now();
        loop {
            let taken: usize = self.sequences.iter().map(Sequence::n_cells).sum();
            let is_full = taken > self.size.n_ctx as usize;
            let oldest = (0..self.sequences.len())
                .map(SequenceId::of)
                .filter(|id| {
                    let sequence = &self.sequences[id.index()];
                    let is_old = sequence.idle_since.is_some_and(|since| now.duration_since(since) >= IDLE_STAY);
                    !sequence.is_held() && !sequence.ids.is_empty() && (is_full || is_old)
                })
                .min_by_key(|id| self.sequences[id.index()].idle_since);
            let Some(oldest) = oldest else { return };
            self.shelve(oldest, shelf);
            self.clear(oldest);
        }
    }

    /// Takes in how many cells hold tokens now; those that sequences share are counted for each.
    pub(super) fn note_extent(&mut self) {
        let n_taken = self.sequences.iter().map(|sequence| sequence.ids.len()).sum();
        self.extent = self.extent.max(n_taken);
    }

    /// Whether a job in `sequence` would have to look at many cells in vain.
    pub(super) fn has_useless_cells(&self, sequence: SequenceId) -> bool {
        let n_used = self.len(sequence);
        self.extent > n_used + MOST_USELESS.max(n_used / 2)
    }

    /// Moves what `sequence` holds to the first cells. What the others hold, all of them idle, goes to the shelf.
    ///
    /// A few tokens that a job has in common with an earlier one may lie behind the cells of jobs that are long over, and attention
    /// in two passes computes all that lies before them.
    pub(super) fn move_to_front(&mut self, sequence: SequenceId, shelf: &mut Shelf) {
        if self.is_recurrent {
            return;
        }
        for id in self.others(sequence) {
            self.shelve(id, shelf);
            self.clear(id);
        }
        if self.len(sequence) < LEAST_KEPT {
            self.clear(sequence);
        } else {
            self.store_anew(sequence);
        }
        self.extent = self.len(sequence);
    }

    /// Takes what `sequence` holds, which is all there is, out of its cells and puts it into the first ones.
    fn store_anew(&mut self, sequence: SequenceId) {
        let ids = self.ids(sequence).to_vec();
        let whole = self.state(sequence);
        self.cut_back_to(sequence, 1);
        let first = self.state(sequence);
        self.clear(sequence);
        if let (Some(whole), Some(first)) = (whole, first) {
            // llama.cpp looks for room from where it last found some, unless that lies far behind what is taken: it finds the
            // first cell for a single token, and goes on from there.
            self.restore(sequence, &ids[..1], &first);
            self.clear(sequence);
            self.restore(sequence, &ids, &whole);
        }
    }
}
