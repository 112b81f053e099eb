//! A sentence for the user, with what puts it into another language.

use std::fmt;

use brickwork_engine::{InferenceError, Phrase};

/// A sentence in English, and the same as a [`Phrase`] where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The sentence: what happened, to which thing, and what to do next.
    pub text: String,
    /// The same in a form that can be put into another language.
    pub phrase: Option<Phrase>,
}

impl Said {
    /// The sentence `text`, which is `phrase` in other languages.
    pub(crate) fn new(text: impl Into<String>, phrase: impl Into<Option<Phrase>>) -> Self {
        Self { text: text.into(), phrase: phrase.into() }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self { text, phrase: None }
    }
}

impl From<InferenceError> for Said {
    fn from(error: InferenceError) -> Self {
        Self { text: error.message, phrase: error.phrase }
    }
}
