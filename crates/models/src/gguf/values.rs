//! Values of the key-value part: read where they are wanted, passed over where they are not.

use std::io::{Read, Seek};

use serde::Serialize;

use super::fault::GgufFault;
use super::source::Source;

/// For texts that are shown.
const MAX_TEXT_BYTES: u64 = 64 << 10;
/// Elements of one array of texts, each of which must be looked at to be skipped.
const MAX_ARRAY_TEXTS: u64 = 1 << 26;
/// Elements of an array of figures per layer; llama.cpp knows at most 512 layers (`LLAMA_MAX_LAYERS`).
pub(super) const MAX_LAYERS: u64 = 1024;

/// Types of values, by their numbers in the format.
pub(super) mod kind {
    pub(crate) const U8: u32 = 0;
    pub(crate) const I8: u32 = 1;
    pub(crate) const U16: u32 = 2;
    pub(crate) const I16: u32 = 3;
    pub(crate) const U32: u32 = 4;
    pub(crate) const I32: u32 = 5;
    pub(crate) const BOOL: u32 = 7;
    pub(crate) const TEXT: u32 = 8;
    pub(crate) const ARRAY: u32 = 9;
    pub(crate) const U64: u32 = 10;
    pub(crate) const I64: u32 = 11;
}

/// A figure that holds for all layers, or one for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PerLayer {
    /// The same for every layer.
    All(u64),
    /// One for each layer, from layer 0 on.
    Each(Vec<u64>),
}

impl PerLayer {
    /// The figure of layer `layer`, counted from 0; `None` past the end of a list.
    #[must_use]
    pub fn at(&self, layer: usize) -> Option<u64> {
        match self {
            Self::All(figure) => Some(*figure),
            Self::Each(figures) => figures.get(layer).copied(),
        }
    }

    /// The largest of the figures; `None` for an empty list.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        match self {
            Self::All(figure) => Some(*figure),
            Self::Each(figures) => figures.iter().max().copied(),
        }
    }
}

/// The text of an entry.
pub(super) fn text<R: Read + Seek>(source: &mut Source<R>, key: &str, kind: u32) -> Result<String, GgufFault> {
    match kind {
        kind::TEXT => source.text("bytes in a metadata text", MAX_TEXT_BYTES),
        _ => Err(GgufFault::WrongType { key: key.to_owned(), expected: "a text" }),
    }
}

/// The whole number of an entry, which must not be negative.
pub(super) fn number<R: Read + Seek>(source: &mut Source<R>, key: &str, kind: u32) -> Result<u64, GgufFault> {
    let wrong = || GgufFault::WrongType { key: key.to_owned(), expected: "a whole number" };
    if matches!(kind, kind::BOOL | kind::TEXT | kind::ARRAY) || fixed_size(key, kind).is_err() {
        return Err(wrong());
    }
    integer(source, kind)?.ok_or_else(wrong)
}

/// A figure for all layers or for each. `None`, after passing over it, when it is neither.
pub(super) fn per_layer<R: Read + Seek>(
    source: &mut Source<R>,
    key: &str,
    kind: u32,
) -> Result<Option<PerLayer>, GgufFault> {
    match kind {
        kind::TEXT => source.skip_text().map(|()| None),
        kind::ARRAY => {
            let kind = source.u32()?;
            let length = source.u64()?;
            if kind == kind::TEXT || length > MAX_LAYERS {
                return skip_elements(source, key, kind, length).map(|_| None);
            }
            let size = fixed_size(key, kind)?;
            check_length(source, size, length)?;
            let figures = (0..length).map(|_| integer(source, kind)).collect::<Result<Vec<_>, _>>()?;
            Ok(figures.into_iter().collect::<Option<Vec<_>>>().map(PerLayer::Each))
        }
        _ => {
            fixed_size(key, kind)?;
            Ok(integer(source, kind)?.map(PerLayer::All))
        }
    }
}

/// A value of fixed size; `None` when it is no whole number or negative.
fn integer<R: Read + Seek>(source: &mut Source<R>, kind: u32) -> Result<Option<u64>, GgufFault> {
    Ok(match kind {
        kind::U8 | kind::BOOL => Some(source.bytes().map(u8::from_le_bytes)?.into()),
        kind::I8 => u64::try_from(source.bytes().map(i8::from_le_bytes)?).ok(),
        kind::U16 => Some(source.bytes().map(u16::from_le_bytes)?.into()),
        kind::I16 => u64::try_from(source.bytes().map(i16::from_le_bytes)?).ok(),
        kind::U32 => Some(source.u32()?.into()),
        kind::I32 => u64::try_from(source.bytes().map(i32::from_le_bytes)?).ok(),
        kind::U64 => Some(source.u64()?),
        kind::I64 => u64::try_from(source.bytes().map(i64::from_le_bytes)?).ok(),
        other => {
            source.skip(fixed_size("a number", other)?)?;
            None
        }
    })
}

/// Passes over a value, whatever it is, and tells how many elements it had if it is an array.
pub(super) fn skip<R: Read + Seek>(source: &mut Source<R>, key: &str, kind: u32) -> Result<Option<u64>, GgufFault> {
    match kind {
        kind::TEXT => source.skip_text().map(|()| None),
        kind::ARRAY => {
            let kind = source.u32()?;
            let length = source.u64()?;
            skip_elements(source, key, kind, length).map(Some)
        }
        _ => source.skip(fixed_size(key, kind)?).map(|()| None),
    }
}

fn skip_elements<R: Read + Seek>(source: &mut Source<R>, key: &str, kind: u32, length: u64) -> Result<u64, GgufFault> {
    if kind != kind::TEXT {
        // An array of arrays has no fixed size either, and no reader supports it.
        let size = fixed_size(key, kind)?;
        check_length(source, size, length)?;
        return source.skip(length * size).map(|()| length);
    }
    // Each text has at least its own length, 8 bytes.
    let limit = (source.remaining() / 8).min(MAX_ARRAY_TEXTS);
    if length > limit {
        return Err(GgufFault::TooMany { what: "texts in an array", found: length, limit });
    }
    (0..length).try_for_each(|_| source.skip_text())?;
    Ok(length)
}

fn check_length<R: Read + Seek>(source: &Source<R>, size: u64, length: u64) -> Result<(), GgufFault> {
    let limit = source.remaining() / size;
    if length > limit {
        return Err(GgufFault::TooMany { what: "elements in an array", found: length, limit });
    }
    Ok(())
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
