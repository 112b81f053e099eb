//! The words of the vocabulary, which must differ: the inference library ends the process when two are the same
//! (`id_to_token.size() == token_to_id.size()` in `llama-vocab.cpp`).
//!
//! Only a hash of each word is kept, 8 bytes in a table that is half full. Two of a million words have the same hash
//! once in tens of millions of vocabularies.

use std::io::{Read, Seek};

use super::fault::GgufFault;
use super::source::Source;
use super::values::kind;

/// The largest known vocabularies have fewer than 300,000 words.
const MAX_WORDS: u64 = 1 << 21;
/// The longest word that is looked at.
const MAX_WORD_BYTES: u64 = 1 << 20;
/// An odd number whose bits look random: the golden ratio's.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Reads the array of words, whose type number comes first, and tells how many there are.
pub(super) fn read<R: Read + Seek>(source: &mut Source<R>, key: &str) -> Result<u64, GgufFault> {
    if source.u32()? != kind::TEXT {
        return Err(GgufFault::WrongType { key: key.to_owned(), expected: "a list of texts" });
    }
    let length = source.u64()?;
    let limit = (source.remaining() / 8).min(MAX_WORDS);
    if length > limit {
        return Err(GgufFault::TooMany { what: "words of the vocabulary", found: length, limit });
    }
    let mut seen = Seen::for_words(length);
    let mut scratch = Vec::new();
    for number in 0..length {
        let look = |word: &[u8]| {
            // The library reads up to the first zero, and calls an empty word by its number.
            let word = word.split(|byte| *byte == 0).next().unwrap_or_default();
            let is_new = match word {
                [] => seen.insert(hash(format!("[EMPTY_{number}]").as_bytes())),
                word => seen.insert(hash(word)),
            };
            if is_new { Ok(()) } else { Err(String::from_utf8_lossy(&word[..word.len().min(100)]).into_owned()) }
        };
        let found = source.look_at_text("bytes in a word of the vocabulary", MAX_WORD_BYTES, &mut scratch, look)?;
        found.map_err(|word| GgufFault::SameWord { number, word })?;
    }
    Ok(length)
}

/// A set of hashes with open addressing.
struct Seen {
    /// 0 where there is none.
    slots: Vec<u64>,
}

impl Seen {
    fn for_words(n: u64) -> Self {
        // `n` is at most two million, so this fits.
        Self { slots: vec![0; (n as usize * 2).next_power_of_two()] }
    }

    /// Whether the hash was not there yet.
    fn insert(&mut self, hash: u64) -> bool {
        let hash = hash.max(1);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != 0 {
            if self.slots[at] == hash {
                return false;
            }
            at = (at + 1) & mask;
        }
        self.slots[at] = hash;
        true
    }
}

/// Multiplies each eight bytes in and folds the product, which spreads every bit over the whole number.
fn hash(bytes: &[u8]) -> u64 {
    let fold = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(FACTOR);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let chunks = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    let state = chunks.fold(FACTOR.rotate_left(32), |state, word| fold(state.wrapping_add(FACTOR), word));
    fold(state, bytes.len() as u64 ^ FACTOR.rotate_left(17))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_words_have_different_hashes() {
        let mut seen = Seen::for_words(1_000_000);
        assert!((0..1_000_000_u32).all(|n| seen.insert(hash(format!("word {n}").as_bytes()))));
        assert!(!seen.insert(hash(b"word 7")));
        assert!(seen.insert(hash(b"word 7\0")) && seen.insert(hash(b"")));
    }
}
