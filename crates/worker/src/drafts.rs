//! Guesses of what comes next, which the model then checks several at a time.
//!
//! Code that is joined, edited or gone on with repeats what stands in its prompt. So the last tokens are looked for among
//! all earlier ones (the prompt's and the generated), and what followed them there is the guess ("prompt lookup",
//! A. Saxena, 2023). A step that is run again after a small change repeats what it answered before, so the model's earlier
//! answers are looked through too ([`earlier`]). The model computes the guess in one batch and keeps of it what it would have
//! chosen itself, so its output is the same with and without.

pub(crate) mod acceptance;
pub(crate) mod earlier;
mod index;

use llama_cpp_2::token::LlamaToken;

use self::acceptance::{Class, Origin};
use self::earlier::Earlier;
use self::index::{Found, Index};

/// Tokens that must agree before a place takes the place of the one that was followed, which an edit may have left for a moment.
const SURE: usize = 3;

/// Behind a guess that was wrong, the text is looked for this far ahead and back, in tokens: a small edit goes on soon.
const AHEAD: usize = 64;
const BACK: usize = 16;

/// A lone token that agrees is only looked for so far ahead.
const AHEAD_OF_ONE: usize = 8;

/// A guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) tokens: Vec<LlamaToken>,
    pub(crate) origin: Origin,
    /// How many tokens before it agree with those before the place that it is from.
    pub(crate) n_matching: usize,
}

impl Draft {
    /// How sure its token at `index` is, if those before it came true.
    pub(crate) const fn class(&self, index: usize) -> Class {
        Class::of(self.origin, self.n_matching + index)
    }
}

/// The place in the text along which the output goes.
#[derive(Debug, Clone, Copy)]
struct Followed {
    /// Where it is expected to go on.
    place: usize,
    /// How many tokens came that did not agree.
    n_astray: usize,
}

/// What one job's guesses are made from.
#[derive(Debug, Default)]
pub(crate) struct Drafter {
    text: Index,
    followed: Option<Followed>,
}

impl Drafter {
    /// One that knows `prompt`.
    pub(crate) fn new(prompt: &[LlamaToken]) -> Self {
        let mut drafter = Self::default();
        drafter.text.extend(prompt);
        drafter
    }

    /// The prompt and what was chosen behind it.
    pub(crate) fn tokens(&self) -> &[LlamaToken] {
        self.text.tokens()
    }

    /// Adds a token that was chosen.
    pub(crate) fn push(&mut self, token: LlamaToken) {
        if let Some(followed) = &mut self.followed {
            if followed.n_astray == 0 && self.text.tokens().get(followed.place) == Some(&token) {
                followed.place += 1;
            } else {
                followed.n_astray += 1;
            }
        }
        self.text.push(token);
    }

    /// Guesses of at most `most` tokens, of each origin the best; none where nothing is known.
    pub(crate) fn guesses(&mut self, earlier: &Earlier, most: usize) -> Vec<Draft> {
        let mut drafts = Vec::new();
        let followed = self.followed.map(|followed| followed.place);
        let in_text = self.text.longest_match(self.tokens(), followed);
        if let Some(Followed { n_astray: 1.., .. }) = self.followed
            && let Some(found) = self.behind_an_edit()
        {
            drafts.push(self.draft(found, Origin::Edited, most));
            if found.n_matching > 0 {
                self.followed = Some(Followed { place: found.place, n_astray: 0 });
            }
        }
        if let Some(found) = in_text {
            drafts.push(self.draft(found, Origin::Text, most));
            if found.n_matching >= SURE || self.followed.is_none() {
                self.followed = Some(Followed { place: found.place, n_astray: 0 });
            }
        }
        if let Some(draft) = earlier.guess(self.tokens(), most) {
            drafts.push(draft);
        }
        drafts.retain(|draft| !draft.tokens.is_empty());
        drafts
    }

    fn draft(&self, found: Found, origin: Origin, most: usize) -> Draft {
        let end = (found.place + most).min(self.tokens().len());
        let tokens = self.tokens()[found.place.min(end)..end].to_vec();
        Draft { tokens, origin, n_matching: found.n_matching }
    }

    /// Where the text goes on behind an edit of the followed place: at the next two tokens that agree with the last two, or the
    /// next one with the last one, or, where so many tokens were replaced by as many, behind those.
    fn behind_an_edit(&self) -> Option<Found> {
        let Followed { place, n_astray } = self.followed?;
        let tokens = self.tokens();
        let n_before = tokens.len() - 1;
        let next = |n: usize, back: usize, ahead: usize| {
            let last = tokens.get(tokens.len().checked_sub(n)?..)?;
            let start = place.saturating_sub(back).max(n);
            let end = (place + ahead).min(n_before);
            let found = (start..=end.max(start)).find(|place| tokens.get(place - n..*place) == Some(last))?;
            (found <= n_before).then_some(Found { place: found, n_matching: n })
        };
        let replaced = || {
            let place = place + n_astray;
            (n_astray <= 2 && place < n_before).then_some(Found { place, n_matching: 0 })
        };
        next(2, BACK, AHEAD).or_else(|| next(1, 0, AHEAD_OF_ONE)).or_else(replaced)
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

    fn drafter(prompt: &str, generated: &str) -> Drafter {
        let mut drafter = Drafter::new(&ids(prompt));
        ids(generated).into_iter().for_each(|token| drafter.push(token));
        drafter
    }

    /// What of one origin is guessed after `generated` behind `prompt`.
    fn guess(drafter: &mut Drafter, origin: Origin, most: usize) -> Option<(String, usize)> {
        let drafts = drafter.guesses(&Earlier::default(), most);
        let draft = drafts.into_iter().find(|draft| draft.origin == origin)?;
        Some((text(&draft.tokens), draft.n_matching))
    }

    #[test]
    fn what_followed_the_same_tokens_is_guessed() {
        for (prompt, generated, most, expected) in [
            ("let total = 0; return total; ", "let", 6, Some((" total", 3))),
            ("let total = 0; return total; ", "let total = 0", 4, Some(("; re", 13))),
            // The latest of two places that match as far.
            ("abc1 abc2 ", "abc", 1, Some(("2", 4))),
            // The longer match wins over the later one.
            ("x = abc1; abc2 ", "x = abc", 1, Some(("1", 7))),
            ("abc", "xyz", 4, None),
            ("", "", 4, None),
            // Never beyond what is known.
            ("abcd", "abc", 9, Some(("dabc", 3))),
        ] {
            let expected = expected.map(|(text, n_matching)| (text.to_owned(), n_matching));
            assert_eq!(
                guess(&mut drafter(prompt, generated), Origin::Text, most),
                expected,
                "{prompt:?} {generated:?}"
            );
        }
    }

    #[test]
    fn a_repetition_is_guessed_from_itself() {
        assert_eq!(guess(&mut drafter("", "ababab"), Origin::Text, 4), Some(("ab".to_owned(), 4)));
    }

    #[test]
    fn behind_a_small_edit_the_text_is_found_again() {
        let mut drafter = drafter("const first = one(1); const second = two(2); ", "const f");
        assert!(guess(&mut drafter, Origin::Text, 8).is_some_and(|(text, _)| text.starts_with("irst")));
        // "first" becomes "fun"; then " =" comes as it stood.
        ids("un =").into_iter().for_each(|token| drafter.push(token));
        let (text, _) = guess(&mut drafter, Origin::Edited, 8).unwrap_or_default();
        assert!(text.starts_with(" one(1)"), "{text:?}");
    }

    #[test]
    fn where_a_token_was_replaced_the_text_goes_on_behind_it() {
        let mut drafter = drafter("value = alpha(x, y); ", "value = ");
        assert!(guess(&mut drafter, Origin::Text, 8).is_some_and(|(text, _)| text.starts_with("alpha")));
        drafter.push(LlamaToken(b'q'.into()));
        let (text, n_matching) = guess(&mut drafter, Origin::Edited, 8).unwrap_or_default();
        assert!(text.starts_with("lpha(x") && n_matching == 0, "{text:?} {n_matching}");
    }
}
