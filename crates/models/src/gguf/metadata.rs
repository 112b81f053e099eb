//! The key-value part: the few entries that are wanted, and the check of all others.

use std::collections::HashSet;
use std::io::{Read, Seek};

use super::fault::GgufFault;
use super::source::Source;

const MAX_ENTRIES: u64 = 10_000;
/// Known keys have fewer than 100 bytes.
const MAX_KEY_BYTES: u64 = 1024;
/// For texts that are shown; chat templates and vocabularies are skipped, not read.
const MAX_TEXT_BYTES: u64 = 64 << 10;
/// Elements of one array of texts, each of which must be looked at to be skipped.
const MAX_ARRAY_TEXTS: u64 = 1 << 26;
const DEFAULT_ALIGNMENT: u64 = 32;

/// Types of values, by their numbers in the format.
mod kind {
    pub(super) const U32: u32 = 4;
    pub(super) const I32: u32 = 5;
    pub(super) const TEXT: u32 = 8;
    pub(super) const ARRAY: u32 = 9;
    pub(super) const U64: u32 = 10;
    pub(super) const I64: u32 = 11;
}

/// What is kept of the entries.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) architecture: Option<String>,
    pub(super) name: Option<String>,
    pub(super) licence: Option<String>,
    pub(super) file_type: Option<u64>,
    pub(super) has_chat_template: bool,
    /// Every `{architecture}.context_length`, since the architecture may come later.
    pub(super) context_lengths: Vec<(String, u64)>,
    /// Tensors' data begin at multiples of this many bytes.
    pub(super) alignment: u64,
}

impl Metadata {
    pub(super) fn read<R: Read + Seek>(source: &mut Source<R>, n_entries: u64) -> Result<Self, GgufFault> {
        if n_entries > MAX_ENTRIES {
            return Err(GgufFault::TooMany { what: "metadata entries", found: n_entries, limit: MAX_ENTRIES });
        }
        let mut metadata = Self {
            architecture: None,
            name: None,
            licence: None,
            file_type: None,
            has_chat_template: false,
            context_lengths: Vec::new(),
            alignment: DEFAULT_ALIGNMENT,
        };
        let mut seen = HashSet::new();
        for _ in 0..n_entries {
            let key = source.text("bytes in a metadata key", MAX_KEY_BYTES)?;
            let kind = source.u32()?;
            metadata.take(source, &key, kind)?;
            if let Some(key) = seen.replace(key) {
                return Err(GgufFault::Duplicate(key));
            }
        }
        Ok(metadata)
    }

    fn take<R: Read + Seek>(&mut self, source: &mut Source<R>, key: &str, kind: u32) -> Result<(), GgufFault> {
        match key {
            "general.architecture" => self.architecture = Some(text(source, key, kind)?),
            "general.name" => self.name = Some(text(source, key, kind)?),
            "general.license" => self.licence = Some(text(source, key, kind)?),
            "general.file_type" => self.file_type = Some(number(source, key, kind)?),
            "general.alignment" => {
                self.alignment = number(source, key, kind)?;
                if kind != kind::U32 || !self.alignment.is_power_of_two() {
                    return Err(GgufFault::Alignment(self.alignment));
                }
            }
            "tokenizer.chat_template" => {
                self.has_chat_template = true;
                skip(source, key, kind)?;
            }
            _ => match key.strip_suffix(".context_length") {
                Some(of) => self.context_lengths.push((of.to_owned(), number(source, key, kind)?)),
                None => skip(source, key, kind)?,
            },
        }
        Ok(())
    }
}

fn text<R: Read + Seek>(source: &mut Source<R>, key: &str, kind: u32) -> Result<String, GgufFault> {
    match kind {
        kind::TEXT => source.text("bytes in a metadata text", MAX_TEXT_BYTES),
        _ => Err(GgufFault::WrongType { key: key.to_owned(), expected: "a text" }),
    }
}

fn number<R: Read + Seek>(source: &mut Source<R>, key: &str, kind: u32) -> Result<u64, GgufFault> {
    let wrong = || GgufFault::WrongType { key: key.to_owned(), expected: "a whole number" };
    match kind {
        kind::U32 => source.u32().map(u64::from),
        kind::U64 => source.u64(),
        kind::I32 => u64::try_from(source.bytes().map(i32::from_le_bytes)?).map_err(|_| wrong()),
        kind::I64 => u64::try_from(source.bytes().map(i64::from_le_bytes)?).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

fn skip<R: Read + Seek>(source: &mut Source<R>, key: &str, kind: u32) -> Result<(), GgufFault> {
    match kind {
        kind::TEXT => source.skip_text(),
        kind::ARRAY => skip_array(source, key),
        _ => source.skip(fixed_size(key, kind)?),
    }
}

fn skip_array<R: Read + Seek>(source: &mut Source<R>, key: &str) -> Result<(), GgufFault> {
    let kind = source.u32()?;
    let length = source.u64()?;
    if kind != kind::TEXT {
        // An array of arrays has no fixed size either, and no reader supports it.
        let limit = source.remaining() / fixed_size(key, kind)?;
        if length > limit {
            return Err(GgufFault::TooMany { what: "elements in an array", found: length, limit });
        }
        return source.skip(length * fixed_size(key, kind)?);
    }
    // Each text has at least its own length, 8 bytes.
    let limit = (source.remaining() / 8).min(MAX_ARRAY_TEXTS);
    if length > limit {
        return Err(GgufFault::TooMany { what: "texts in an array", found: length, limit });
    }
    (0..length).try_for_each(|_| source.skip_text())
}

/// Bytes of a value of fixed size.
fn fixed_size(key: &str, kind: u32) -> Result<u64, GgufFault> {
    match kind {
        0 | 1 | 7 => Ok(1),
        2 | 3 => Ok(2),
        4..=6 => Ok(4),
        10..=12 => Ok(8),
        found => Err(GgufFault::UnknownType { what: format!("`{key}`"), found }),
    }
}
