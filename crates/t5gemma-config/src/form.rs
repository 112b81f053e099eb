//! Whether a model was trained on instructions, which decides how its prompts are laid out.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The file in which Brickwork keeps the answer where a new name of the folder would change it.
pub const FORM_FILE: &str = "brickwork.json";

const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
const TEMPLATES: [&str; 2] = ["chat_template.jinja", "chat_template.json"];

/// The files that [`is_instruction_tuned`] looks at.
pub const FORM_FILES: [&str; 4] = [FORM_FILE, TEMPLATES[0], TEMPLATES[1], TOKENIZER_CONFIG];

/// Known ones have less than 100 KiB, but the vocabulary may stand in them too.
const MOST_BYTES: u64 = 256 << 20;

/// A file that should tell, and does not.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", path.display())]
pub struct FormError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Form {
    instruction_tuned: bool,
}

/// Whether the model in `folder` was trained on instructions. The first of these decides: what [`keep_form`] wrote; a chat
/// template, as a file or in `tokenizer_config.json`; `it` among the words of the folder's name, or of the repository's in a
/// cache.
///
/// # Errors
/// [`FormError`] for a file that cannot be read.
pub fn is_instruction_tuned(folder: &Path) -> Result<bool, FormError> {
    if let Some(Form { instruction_tuned }) = read(&folder.join(FORM_FILE))? {
        return Ok(instruction_tuned);
    }
    if TEMPLATES.iter().any(|name| folder.join(name).is_file()) {
        return Ok(true);
    }
    let value: Option<serde_json::Value> = read(&folder.join(TOKENIZER_CONFIG))?;
    if value.as_ref().and_then(|value| value.get("chat_template")).is_some_and(|template| !template.is_null()) {
        return Ok(true);
    }
    // A relative path such as `.` has no name of its own.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    // In the cache of Hugging Face's libraries, `models--OWNER--NAME/snapshots/COMMIT`, another folder has the name.
    let is_snapshot = folder.parent().is_some_and(|parent| parent.ends_with("snapshots"));
    let named = if is_snapshot { folder.ancestors().nth(2) } else { Some(folder.as_path()) };
    let name = named.and_then(Path::file_name).unwrap_or_default().to_string_lossy().to_lowercase();
    Ok(name.split(['-', '_', '.', ' ']).any(|part| part == "it"))
}

/// Writes down that the model in `folder` was trained on instructions, or was not, if the folder tells otherwise by itself.
/// Returns whether that was necessary.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_form(folder: &Path, instruction_tuned: bool) -> io::Result<bool> {
    if is_instruction_tuned(folder).is_ok_and(|told| told == instruction_tuned) {
        return Ok(false);
    }
    std::fs::write(folder.join(FORM_FILE), serde_json::to_vec(&Form { instruction_tuned })?)?;
    Ok(true)
}

/// The content of a JSON file; `None` where there is none.
fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, FormError> {
    let wrong = |what: String| FormError { path: path.to_owned(), what };
    if !path.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|cause| wrong(format!("it cannot be read ({cause})")))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(wrong(format!("it has more than {MOST_BYTES} bytes")));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|error| wrong(format!("it cannot be read ({error})")))
}
