//! The chat template of a GGUF file, which the header's reader passes over.

use std::io::{Read, Seek};
use std::path::Path;

use super::fault::{GgufError, GgufFault};
use super::metadata::each_entry;
use super::source::Source;
use super::values::{kind, skip};
use super::{open, read_start};

/// The text of the chat template of the file at `path`: at most its first `max_bytes` bytes, without a character that
/// these cut. `None` when the file has none.
///
/// # Errors
/// [`GgufError`] when the file cannot be read so far.
pub fn read_chat_template(path: &Path, max_bytes: u64) -> Result<Option<String>, GgufError> {
    let mut source = open(path)?;
    find(&mut source, max_bytes).map_err(|fault| GgufError { path: path.to_owned(), at_byte: source.position(), fault })
}

fn find<R: Read + Seek>(source: &mut Source<R>, max_bytes: u64) -> Result<Option<String>, GgufFault> {
    read_start(source)?;
    let _n_tensors = source.u64()?;
    let n_entries = source.u64()?;
    let mut template = None;
    each_entry(source, n_entries, |source, key, kind| {
        if key == "tokenizer.chat_template" && kind == kind::TEXT {
            let bytes = source.start_of_text(max_bytes)?;
            template = Some(whole_characters(bytes));
            Ok(())
        } else {
            skip(source, key, kind).map(|_| ())
        }
    })?;
    Ok(template)
}

/// The text without a last character that was cut; characters that are no UTF-8 are replaced.
fn whole_characters(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(err) if err.utf8_error().error_len().is_none() => {
            let valid = err.utf8_error().valid_up_to();
            String::from_utf8_lossy(&err.as_bytes()[..valid]).into_owned()
        }
        Err(err) => String::from_utf8_lossy(err.as_bytes()).into_owned(),
    }
}
