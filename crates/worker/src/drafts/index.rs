//! A text in tokens, and where the last ones of another text stood in it before.

use std::collections::HashMap;

use llama_cpp_2::token::LlamaToken;

/// The most tokens that two places are compared over.
const LONGEST_MATCH: usize = 64;

/// Places of one run of tokens that are compared, the latest first.
const MOST_PLACES: usize = 32;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) place: usize,
    /// How many tokens before it agree.
    pub(super) n_matching: usize,
}

/// A text and its places.
#[derive(Debug, Default)]
pub(super) struct Index {
    tokens: Vec<LlamaToken>,
    /// Where each run of three tokens, and of two, ends: the place behind it.
    threes: Places<3>,
    twos: Places<2>,
}

#[derive(Debug)]
struct Places<const N: usize>(HashMap<[LlamaToken; N], Vec<u32>>);

impl<const N: usize> Default for Places<N> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<const N: usize> Places<N> {
    fn note(&mut self, tokens: &[LlamaToken]) {
        if let (Some(run), Ok(place)) = (tokens.last_chunk::<N>(), u32::try_from(tokens.len())) {
            self.0.entry(*run).or_default().push(place);
        }
    }

    fn of(&self, text: &[LlamaToken]) -> Option<&Vec<u32>> {
        self.0.get(text.last_chunk::<N>()?)
    }
}

impl Index {
    pub(super) fn tokens(&self) -> &[LlamaToken] {
        &self.tokens
    }

    pub(super) fn push(&mut self, token: LlamaToken) {
        // The run that ends before this token is noted now: noted any sooner it would be found as its own match.
        self.threes.note(&self.tokens);
        self.twos.note(&self.tokens);
        self.tokens.push(token);
    }

    pub(super) fn extend(&mut self, tokens: &[LlamaToken]) {
        self.tokens.reserve(tokens.len());
        tokens.iter().for_each(|token| self.push(*token));
    }

    /// The place whose tokens before it agree furthest with the last ones of `text`; the latest of those that agree as far, but
    /// `preferred` before others.
    pub(super) fn longest_match(&self, text: &[LlamaToken], preferred: Option<usize>) -> Option<Found> {
        let places = self.threes.of(text).or_else(|| self.twos.of(text))?;
        let latest = places.iter().rev().take(MOST_PLACES).map(|place| *place as usize);
        // The place that is being followed wins among equals: others may hold the same run by chance.
        let scored = latest.map(|place| (self.n_matching(place, text), Some(place) == preferred, place));
        scored.max().map(|(n_matching, _, place)| Found { place, n_matching })
    }

    fn n_matching(&self, place: usize, text: &[LlamaToken]) -> usize {
        let before = self.tokens[..place].iter().rev();
        before.zip(text.iter().rev()).take(LONGEST_MATCH).take_while(|(a, b)| a == b).count()
    }
}
