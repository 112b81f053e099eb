//! One sequence of a context, without llama.cpp: what it holds and whose it is.

use std::time::Instant;

use llama_cpp_2::token::LlamaToken;

/// A sequence's number within its context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SequenceId(u8);

impl SequenceId {
    pub(crate) fn of(index: usize) -> Self {
        Self(u8::try_from(index).unwrap_or(u8::MAX))
    }

    pub(super) fn index(self) -> usize {
        self.0.into()
    }

    pub(super) fn number(self) -> i32 {
        self.0.into()
    }
}

/// What a sequence holds.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    /// The tokens in the cache, from position 0 on.
    pub(super) ids: Vec<LlamaToken>,
    /// Tokens that the job that holds it may need in all; 0 while it is idle.
    pub(super) reserved: usize,
    /// When it was released.
    pub(super) idle_since: Option<Instant>,
}

impl Sequence {
    pub(super) const fn is_held(&self) -> bool {
        self.reserved > 0
    }

    pub(super) const fn hold(&mut self, n_needed: usize) {
        self.reserved = n_needed;
        self.idle_since = None;
    }

    pub(super) fn release(&mut self) {
        self.reserved = 0;
        self.idle_since = Some(Instant::now());
    }

    /// The cells that it takes or has a right to. Those that it shares with another one are counted for both.
    pub(super) fn n_cells(&self) -> usize {
        self.ids.len().max(self.reserved)
    }
}

/// How many tokens two texts have in common from their start.
pub(crate) fn common_start(a: &[LlamaToken], b: &[LlamaToken]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
