//! The exact token ids of what a model generated, found again by the text.
//!
//! A later turn of the conversation holds that text. Tokenising it anew may give other ids, and then the key/value
//! cache would no longer be a prefix of the prompt. So the ids are kept, oldest forgotten first.

use std::collections::{HashMap, VecDeque};

use llama_cpp_2::token::LlamaToken;

/// The most ids that are kept for one model.
const MOST_TOKENS: usize = 262_144;

/// Generated texts of one model and their ids.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    ids: HashMap<String, Vec<LlamaToken>>,
    order: VecDeque<String>,
    n_tokens: usize,
}

impl Outputs {
    /// Keeps `ids` as those of `text`.
    pub(crate) fn remember(&mut self, text: &str, ids: Vec<LlamaToken>) {
        if text.is_empty() || ids.is_empty() || ids.len() > MOST_TOKENS {
            return;
        }
        self.n_tokens += ids.len();
        if let Some(old) = self.ids.insert(text.to_owned(), ids) {
            self.n_tokens -= old.len();
            self.order.retain(|kept| kept != text);
        }
        self.order.push_back(text.to_owned());
        while self.n_tokens > MOST_TOKENS {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(ids) = self.ids.remove(&oldest) {
                self.n_tokens -= ids.len();
            }
        }
    }

    /// The ids of exactly this text, if it was generated here.
    pub(crate) fn get(&self, text: &str) -> Option<&[LlamaToken]> {
        self.ids.get(text).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(n: usize) -> Vec<LlamaToken> {
        vec![LlamaToken(7); n]
    }

    #[test]
    fn the_oldest_outputs_are_forgotten_first_and_the_sum_stays_bounded() {
        let mut outputs = Outputs::default();
        outputs.remember("a", ids(MOST_TOKENS / 2));
        outputs.remember("b", ids(MOST_TOKENS / 2));
        outputs.remember("a", ids(MOST_TOKENS / 2));
        assert!(outputs.get("a").is_some() && outputs.get("b").is_some());
        outputs.remember("c", ids(1));
        assert!(outputs.get("b").is_none(), "b is now the oldest");
        assert!(outputs.get("a").is_some() && outputs.get("c").is_some());
        assert_eq!(outputs.n_tokens, MOST_TOKENS / 2 + 1);
    }
}
