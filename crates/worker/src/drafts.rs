//! Guesses of what comes next, which the model then checks several at a time.
//!
//! Code that is joined, edited or gone on with repeats what stands in its prompt. So the last tokens are looked for among
//! all earlier ones (the prompt's and the generated), and what followed them there is the guess ("prompt lookup",
//! A. Saxena, 2023). The model computes the guess in one batch and keeps of it what it would have chosen itself, so its
//! output is the same with and without.

use std::collections::HashMap;

use llama_cpp_2::token::LlamaToken;

/// Tokens that must have been seen in this order before a guess is made.
const KEY: usize = 3;

/// The most tokens that two places are compared over.
const LONGEST_MATCH: usize = 64;

/// Places of one key that are compared, the latest first.
const MOST_PLACES: usize = 32;

/// Behind a guess that was wrong, the text is looked for this far around, in tokens: a small edit goes on soon.
const RESYNC_WINDOW: usize = 64;

/// A guess.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) tokens: Vec<LlamaToken>,
    /// How sure it is; of guesses of the same class the same part comes true.
    pub(crate) class: Class,
}

/// How well the place that a guess is from matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Class {
    /// Less than [`KEY`] tokens, near where an earlier guess went wrong.
    #[default]
    Near,
    /// Few tokens.
    Short,
    /// Some tokens.
    Middle,
    /// Many tokens.
    Long,
    /// A draft model made it.
    Model,
}

impl Class {
    /// How many there are.
    pub(crate) const COUNT: usize = 5;

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    const fn of(n_matching: usize) -> Self {
        match n_matching {
            0..KEY => Self::Near,
            KEY..8 => Self::Short,
            8..24 => Self::Middle,
            _ => Self::Long,
        }
    }
}

/// What one job's guesses are made from.
#[derive(Debug, Default)]
pub(crate) struct Drafter {
    tokens: Vec<LlamaToken>,
    /// Where each run of [`KEY`] tokens ends, as a place in `tokens` behind it.
    places: HashMap<[i32; KEY], Vec<u32>>,
    /// Where the latest guess is from: the place in `tokens` that is expected to come next.
    followed: Option<usize>,
}

impl Drafter {
    /// One that knows `prompt`.
    pub(crate) fn new(prompt: &[LlamaToken]) -> Self {
        let mut drafter = Self::default();
        drafter.tokens.reserve(prompt.len());
        prompt.iter().for_each(|token| drafter.push(*token));
        drafter
    }

    /// The prompt and what was chosen behind it.
    pub(crate) fn tokens(&self) -> &[LlamaToken] {
        &self.tokens
    }

    /// Adds a token that was chosen.
    pub(crate) fn push(&mut self, token: LlamaToken) {
        self.followed = match self.followed {
            // The place behind a wrong guess stays the one to look around.
            Some(place) if self.tokens.get(place) == Some(&token) => Some(place + 1),
            followed => followed,
        };
        // The run that ends before this token is noted now: noted any sooner it would be found as its own match.
        if let Some(key) = self.key() {
            let place = u32::try_from(self.tokens.len()).unwrap_or(u32::MAX);
            self.places.entry(key).or_default().push(place);
        }
        self.tokens.push(token);
    }

    /// A guess of at most `most` tokens; without any where nothing is known.
    pub(crate) fn guess(&mut self, most: usize) -> Draft {
        let Some((place, n_matching)) = self.longest_match().or_else(|| self.near_match()) else {
            return Draft::default();
        };
        self.followed = Some(place);
        let end = (place + most).min(self.tokens.len());
        Draft { tokens: self.tokens[place..end].to_vec(), class: Class::of(n_matching) }
    }

    fn key(&self) -> Option<[i32; KEY]> {
        let last = self.tokens.last_chunk::<KEY>()?;
        Some(last.map(|token| token.0))
    }

    /// The place whose tokens before it agree furthest with the last ones; the latest of those that agree as far.
    fn longest_match(&self) -> Option<(usize, usize)> {
        let places = self.places.get(&self.key()?)?;
        let latest = places.iter().rev().take(MOST_PLACES).map(|place| *place as usize);
        // The place that is being followed wins among equals: other places may hold the same run by chance.
        let scored = latest.map(|place| (self.n_matching(place), Some(place) == self.followed, place));
        scored.max().map(|(n_matching, _, place)| (place, n_matching))
    }

    fn n_matching(&self, place: usize) -> usize {
        let before = self.tokens[..place].iter().rev();
        before.zip(self.tokens.iter().rev()).take(LONGEST_MATCH).take_while(|(a, b)| a == b).count()
    }

    /// The next place around the followed one that goes on as the text did, by its last two tokens, or by the last one where
    /// that is the very next.
    fn near_match(&self) -> Option<(usize, usize)> {
        let followed = self.followed?;
        let last = *self.tokens.last_chunk::<2>()?;
        let end = (followed + RESYNC_WINDOW).min(self.tokens.len().saturating_sub(2));
        let start = followed.saturating_sub(RESYNC_WINDOW / 4).max(2);
        let two = (start..=end.max(start)).find(|place| self.tokens.get(place - 2..*place) == Some(&last[..]));
        two.filter(|place| *place < self.tokens.len()).map(|place| (place, 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<LlamaToken> {
        text.bytes().map(|byte| LlamaToken(byte.into())).collect()
    }

    fn text(tokens: &[LlamaToken]) -> String {
        tokens.iter().filter_map(|token| u8::try_from(token.0).ok()).map(char::from).collect()
    }

    /// What is guessed after `generated` behind `prompt`.
    fn guess(prompt: &str, generated: &str, most: usize) -> (String, Class) {
        let mut drafter = Drafter::new(&ids(prompt));
        ids(generated).into_iter().for_each(|token| drafter.push(token));
        let draft = drafter.guess(most);
        (text(&draft.tokens), draft.class)
    }

    #[test]
    fn what_followed_the_same_tokens_is_guessed() {
        for (prompt, generated, most, expected, class) in [
            ("let total = 0; return total; ", "let", 6, " total", Class::Short),
            ("let total = 0; return total; ", "let total = 0", 4, "; re", Class::Middle),
            // The latest of two places that match as far.
            ("abc1 abc2 ", "abc", 1, "2", Class::Short),
            // The longer match wins over the later one.
            ("x = abc1; abc2 ", "x = abc", 1, "1", Class::Short),
            ("abc", "xyz", 4, "", Class::Near),
            ("", "", 4, "", Class::Near),
            // Never beyond what is known.
            ("abcd", "abc", 9, "dabc", Class::Short),
        ] {
            assert_eq!(guess(prompt, generated, most), (expected.to_owned(), class), "{prompt:?} {generated:?}");
        }
    }

    #[test]
    fn a_repetition_is_guessed_from_itself() {
        assert_eq!(guess("", "ababab", 4).0, "ab");
    }

    #[test]
    fn behind_a_small_edit_the_text_is_found_again() {
        let mut drafter = Drafter::new(&ids("const first = one(1); const second = two(2); "));
        ids("const f").into_iter().for_each(|token| drafter.push(token));
        assert!(text(&drafter.guess(8).tokens).starts_with("irst"));
        // "first" becomes "fun"; then " =" comes as it stood.
        ids("un =").into_iter().for_each(|token| drafter.push(token));
        let draft = drafter.guess(8);
        assert!(text(&draft.tokens).starts_with(" one(1)"), "{draft:?}");
    }
}
