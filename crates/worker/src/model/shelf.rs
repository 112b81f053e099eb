//! Sequences that lie beside a context: keys and values that were computed once and may be wanted again.
//!
//! A run that is run again, another branch, the next step of a run whose turn comes after another one's: each finds the
//! start of its prompt here, and copying it back takes milliseconds where computing it takes seconds. What lies in memory
//! is bounded ([`MOST_BYTES`]); what is worth it is also put into a folder ([`disk`]) when the worker has nothing to do, and is
//! found there after a restart.

pub(crate) mod disk;

use std::path::PathBuf;
use std::time::Instant;

use llama_cpp_2::token::LlamaToken;

use disk::Disk;

/// The most that lies in memory for one model, in bytes; a quarter of what is free where that is less.
const MOST_BYTES: u64 = 1 << 30;

/// A shorter sequence is computed anew sooner than it is found in a file, in tokens.
const LEAST_SAVED: usize = 256;

/// A sequence's tokens, and what llama.cpp keeps of it.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) ids: Vec<LlamaToken>,
    pub(crate) bytes: Vec<u8>,
}

/// What is found for a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) key: u64,
    /// The tokens that it has in common with the prompt, from the start.
    pub(crate) n_shared: usize,
}

#[derive(Debug)]
struct Entry {
    key: u64,
    saved: Saved,
    last_used: Instant,
    /// It is in the folder too, or not worth it.
    is_settled: bool,
}

/// The sequences of one model, loaded in one way.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    entries: Vec<Entry>,
    n_entries_ever: u64,
    disk: Option<Disk>,
}

impl Shelf {
    /// Uses `disk` from now on, or no folder.
    pub(crate) fn set_disk(&mut self, disk: Option<Disk>) {
        self.entries.iter_mut().for_each(|entry| entry.is_settled = entry.saved.ids.len() < LEAST_SAVED);
        self.disk = disk;
    }

    /// Where files go, and how much they may take together.
    pub(crate) fn place(&self) -> Option<(PathBuf, u64)> {
        self.disk.as_ref().map(Disk::place)
    }

    /// Whether files are wanted.
    pub(crate) const fn has_disk(&self) -> bool {
        self.disk.is_some()
    }

    /// The one that has most in common with `wanted`.
    pub(crate) fn best(&self, wanted: &[LlamaToken]) -> Option<Found> {
        let here =
            self.entries.iter().map(|entry| Found { key: entry.key, n_shared: common(&entry.saved.ids, wanted) });
        let here = here.max_by_key(|found| found.n_shared);
        let there = self.disk.as_ref().and_then(|disk| disk.best(wanted));
        // What is in memory needs no file to be read.
        match (here, there) {
            (Some(here), Some(there)) if there.n_shared > here.n_shared => Some(there),
            (None, there) => there,
            (here, _) => here,
        }
    }

    /// What `take` makes of the sequence of `key`; `None` when its file turns out to be gone or damaged. What a file holds is in
    /// memory no longer than `take` runs, since the bound does not count it.
    pub(crate) fn with_state<T>(&mut self, key: u64, take: impl FnOnce(&Saved) -> T) -> Option<T> {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == key) {
            entry.last_used = Instant::now();
            return Some(take(&entry.saved));
        }
        let saved = self.disk.as_mut()?.read(key)?;
        Some(take(&saved))
    }

    /// Whether a sequence that begins with all of `ids` lies here in memory.
    pub(crate) fn holds(&self, ids: &[LlamaToken]) -> bool {
        self.entries.iter().any(|entry| entry.saved.ids.starts_with(ids))
    }

    /// Frees what was used least recently until `n_bytes` more have room. Returns whether they have.
    pub(crate) fn make_room_for(&mut self, n_bytes: usize) -> bool {
        let free = super::residents::free_memory_bytes();
        let n_bytes = n_bytes as u64;
        loop {
            let taken = self.n_bytes();
            if taken + n_bytes <= MOST_BYTES.min(free.saturating_add(taken) / 4) {
                return true;
            }
            let oldest = self.entries.iter().enumerate().min_by_key(|(_, entry)| entry.last_used);
            let Some((oldest, _)) = oldest else { return false };
            let entry = self.entries.swap_remove(oldest);
            self.write(&entry);
        }
    }

    /// Keeps a sequence, in place of those that are its start.
    pub(crate) fn keep(&mut self, ids: Vec<LlamaToken>, bytes: Vec<u8>) {
        self.entries.retain(|entry| !ids.starts_with(&entry.saved.ids));
        self.n_entries_ever += 1;
        // Keys of files have the highest bit set.
        let key = self.n_entries_ever;
        let is_settled = ids.len() < LEAST_SAVED;
        self.entries.push(Entry { key, saved: Saved { ids, bytes }, last_used: Instant::now(), is_settled });
    }

    /// What all of it takes of memory.
    pub(crate) fn n_bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.saved.bytes.len() as u64).sum()
    }

    /// Puts one sequence into the folder that is not there yet. Returns whether there was one.
    pub(crate) fn save_one(&mut self) -> bool {
        if self.disk.is_none() {
            return false;
        }
        let Some(index) = self.entries.iter().position(|entry| !entry.is_settled) else { return false };
        let mut entry = self.entries.swap_remove(index);
        self.write(&entry);
        entry.is_settled = true;
        self.entries.push(entry);
        true
    }

    fn write(&mut self, entry: &Entry) {
        if let Some(disk) = &mut self.disk
            && !entry.is_settled
        {
            disk.write(&entry.saved);
        }
    }
}

fn common(a: &[LlamaToken], b: &[LlamaToken]) -> usize {
    super::context::common_start(a, b)
}

#[cfg(test)]
#[path = "shelf/tests.rs"]
mod tests;
