//! What was counted is not counted again while neither the text nor the model's file changes.

use std::collections::{HashMap, VecDeque};
use std::time::UNIX_EPOCH;

use brickwork_engine::{Message, ModelRef};
use sha2::{Digest, Sha256};

/// What a count is kept under: a hash of the model's file and of all that was counted.
pub(super) type Key = [u8; 32];

/// The newest `most` values; the oldest goes first.
#[derive(Debug)]
pub(super) struct Newest<V> {
    values: HashMap<Key, V>,
    order: VecDeque<Key>,
    most: usize,
}

impl<V: Clone> Newest<V> {
    pub(super) fn new(most: usize) -> Self {
        Self { values: HashMap::new(), order: VecDeque::new(), most }
    }

    pub(super) fn get(&self, key: &Key) -> Option<V> {
        self.values.get(key).cloned()
    }

    pub(super) fn insert(&mut self, key: Key, value: V) {
        if self.values.insert(key, value).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
    }
}

/// A model's file as it is now.
#[derive(Debug, Clone)]
pub(super) struct ModelStamp(Sha256);

impl ModelStamp {
    /// Reads when the file was changed, and how long it is. One that is missing fails by itself where it is asked.
    pub(super) fn of(model: &ModelRef) -> Self {
        let about = std::fs::metadata(&model.path).ok();
        let changed = about.as_ref().and_then(|about| about.modified().ok());
        let nanos = changed.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_nanos());
        let mut hash = Sha256::new();
        add(&mut hash, model.path.as_bytes());
        hash.update(nanos.to_le_bytes());
        hash.update(about.map_or(0, |about| about.len()).to_le_bytes());
        Self(hash)
    }

    /// The key of a conversation.
    pub(super) fn of_messages(&self, messages: &[Message]) -> Key {
        let mut hash = self.0.clone();
        hash.update(b"messages");
        for message in messages {
            add(&mut hash, message.role.as_str().as_bytes());
            add(&mut hash, message.content.as_bytes());
        }
        hash.finalize().into()
    }

    /// The key of a text by itself.
    pub(super) fn of_text(&self, text: &str) -> Key {
        let mut hash = self.0.clone();
        hash.update(b"text");
        add(&mut hash, text.as_bytes());
        hash.finalize().into()
    }
}

/// Adds bytes behind their length, so that no two lists of texts read alike.
fn add(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use brickwork_engine::Speaker;

    use super::*;

    #[test]
    fn the_oldest_values_go_first() {
        let mut newest = Newest::new(2);
        for (key, value) in [(1, "a"), (2, "b"), (1, "c"), (3, "d")] {
            newest.insert([key; 32], value);
        }
        assert_eq!([1, 2, 3].map(|key| newest.get(&[key; 32])), [None, Some("b"), Some("d")]);
        assert_eq!((newest.values.len(), newest.order.len()), (2, 2));
    }

    #[test]
    fn keys_tell_models_files_and_texts_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.gguf");
        let model = ModelRef { id: "m".into(), path: path.display().to_string(), stand_in: false };
        std::fs::write(&path, "one").unwrap();
        let before = ModelStamp::of(&model);
        let message = |content: &str| Message::new(Speaker::User, content);
        assert_eq!(before.of_text("a"), ModelStamp::of(&model).of_text("a"));
        assert_ne!(before.of_text("a"), before.of_messages(&[message("a")]));
        assert_ne!(
            before.of_messages(&[message("a"), message("b")]),
            before.of_messages(&[message("ab"), message("")])
        );
        std::fs::write(&path, "longer").unwrap();
        assert_ne!(before.of_text("a"), ModelStamp::of(&model).of_text("a"));
        let other = ModelRef { path: format!("{}x", model.path), ..model };
        assert_ne!(before.of_text("a"), ModelStamp::of(&other).of_text("a"));
    }
}
