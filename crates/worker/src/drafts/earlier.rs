//! What a model answered before, as a source of guesses: a step that is asked again, or nearly so, is mostly answered with
//! the same words.

use llama_cpp_2::token::LlamaToken;

use super::Draft;
use super::acceptance::Origin;
use super::index::Index;

/// The most tokens that are kept of one model.
const MOST_TOKENS: usize = 131_072;

/// Stands between two answers; no token of a vocabulary.
const BETWEEN: LlamaToken = LlamaToken(-1);

/// The latest answers of one model, whoever asked.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    answers: Index,
}

impl Earlier {
    /// Keeps an answer. When there are too many the older half is forgotten.
    pub(crate) fn remember(&mut self, answer: &[LlamaToken]) {
        let kept = answer.len().min(MOST_TOKENS / 2);
        if self.answers.tokens().len() + kept + 1 > MOST_TOKENS {
            let latest = self.answers.tokens()[self.answers.tokens().len() - MOST_TOKENS / 2 + 1..].to_vec();
            self.answers = Index::default();
            self.answers.extend(&latest);
        }
        self.answers.extend(&answer[..kept]);
        self.answers.push(BETWEEN);
    }

    /// What followed the last tokens of `text` in an earlier answer, at most `most` tokens.
    pub(super) fn guess(&self, text: &[LlamaToken], most: usize) -> Option<Draft> {
        let found = self.answers.longest_match(text, None)?;
        let behind = self.answers.tokens()[found.place..].iter().take(most);
        let tokens = behind.take_while(|token| **token != BETWEEN).copied().collect();
        Some(Draft { tokens, origin: Origin::Earlier, n_matching: found.n_matching })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: std::ops::Range<usize>) -> Vec<LlamaToken> {
        numbers.map(|number| LlamaToken(i32::try_from(number).unwrap_or(0))).collect()
    }

    #[test]
    fn an_answer_is_guessed_to_its_end_and_no_further() {
        let mut earlier = Earlier::default();
        earlier.remember(&ids(0..10));
        earlier.remember(&ids(20..30));
        let guess = |text: std::ops::Range<usize>| earlier.guess(&ids(text), 8).map(|draft| draft.tokens);
        assert_eq!(guess(2..5), Some(ids(5..10)));
        assert_eq!(guess(7..10), Some(Vec::new()));
        assert_eq!(guess(40..43), None);
        assert_eq!(
            earlier.guess(&ids(20..24), 3).map(|draft| (draft.tokens, draft.n_matching)),
            Some((ids(24..27), 4))
        );
    }

    #[test]
    fn the_oldest_answers_are_forgotten_and_the_sum_stays_bounded() {
        let mut earlier = Earlier::default();
        for start in 0..100 {
            earlier.remember(&ids(start * 10_000..(start + 1) * 10_000));
            assert!(earlier.answers.tokens().len() <= MOST_TOKENS);
        }
        assert_eq!(earlier.guess(&ids(5..10), 3), None);
        assert_eq!(earlier.guess(&ids(999_000..999_005), 3).map(|draft| draft.tokens), Some(ids(999_005..999_008)));
        earlier.remember(&ids(0..1_000_000));
        assert!(earlier.answers.tokens().len() <= MOST_TOKENS);
    }
}
