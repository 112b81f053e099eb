//! The headers of safetensors files: <https://github.com/huggingface/safetensors#format>.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::{Kind, Stored, small_file};
use crate::error::T5GemmaError;

const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
/// Some hundred bytes for each of at most some thousand tensors.
const MOST_INDEX_BYTES: u64 = 16 << 20;
/// As in the reference implementation.
const MOST_HEADER_BYTES: u64 = 100_000_000;
const LENGTH_BYTES: u64 = 8;

/// The tensors in the weight files of `folder`, by name.
pub(super) fn tensors(folder: &Path) -> Result<BTreeMap<String, Stored>, T5GemmaError> {
    let (single, index) = (folder.join(WEIGHTS), folder.join(INDEX));
    // As in the reference implementation, a single file comes before an index.
    if single.is_file() {
        return header(&single);
    }
    if !index.is_file() {
        return Err(T5GemmaError::Missing { path: single });
    }
    let mut all = BTreeMap::new();
    for (file, names) in read_index(&index)? {
        let path = folder.join(file);
        if !path.is_file() {
            return Err(T5GemmaError::Missing { path });
        }
        let found = header(&path)?;
        if let Some(lost) = names.iter().find(|name| !found.contains_key(*name)) {
            return Err(T5GemmaError::TensorMissing { path, tensor: lost.clone() });
        }
        // A tensor that stands in two files is taken from the one that the index names.
        all.extend(found.into_iter().filter(|(name, _)| names.contains(name)));
    }
    Ok(all)
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The files that an index names, each with its tensors.
fn read_index(path: &Path) -> Result<BTreeMap<String, Vec<String>>, T5GemmaError> {
    let damaged = |what: String| T5GemmaError::Damaged { path: path.to_owned(), what };
    let index: Index = serde_json::from_slice(&small_file(path, MOST_INDEX_BYTES)?)
        .map_err(|error| damaged(format!("it is no index of weight files ({error})")))?;
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (tensor, file) in index.weight_map {
        // A path would lead out of the folder.
        if !file.ends_with(".safetensors") || file.starts_with('.') || file.contains(['/', '\\', ':', '\0']) {
            return Err(damaged(format!("it names the file '{file}', which is not a plain name of a weight file")));
        }
        files.entry(file).or_default().push(tensor);
    }
    Ok(files)
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

fn header(path: &Path) -> Result<BTreeMap<String, Stored>, T5GemmaError> {
    let damaged = |what: String| T5GemmaError::Damaged { path: path.to_owned(), what };
    let io = |cause| T5GemmaError::Io { path: path.to_owned(), cause };
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    if size < LENGTH_BYTES {
        return Err(damaged(format!("it has {size} bytes, too few for a header")));
    }
    let mut length = [0; LENGTH_BYTES as usize];
    file.read_exact(&mut length).map_err(io)?;
    let length = u64::from_le_bytes(length);
    if length > MOST_HEADER_BYTES || length > size - LENGTH_BYTES {
        return Err(damaged(format!("its header of {length} bytes does not fit into its {size} bytes")));
    }
    let mut text = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact(&mut text).map_err(io)?;
    let mut entries: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&text).map_err(|error| damaged(format!("its header cannot be read ({error})")))?;
    entries.remove("__metadata__");
    let data = size - LENGTH_BYTES - length;
    let path: Arc<PathBuf> = Arc::new(path.to_owned());
    let mut tensors = BTreeMap::new();
    let mut described = 0;
    for (name, entry) in entries {
        let wrong = |what: String| T5GemmaError::Tensor { path: path.as_ref().clone(), tensor: name.clone(), what };
        let entry: Entry = serde_json::from_value(entry)
            .map_err(|error| wrong(format!("is described in a way that cannot be read ({error})")))?;
        let (start, end) = entry.data_offsets;
        if start > end || end > data {
            let what =
                format!("lies at bytes {start} to {end} of the data, but the file has only {data}: it is cut short");
            return Err(wrong(what));
        }
        described = described.max(end);
        // Other types are no fault of the file as long as the model does not need the tensor.
        let Some(kind) = kind_of(&entry.dtype) else {
            if is_known(&entry.dtype) {
                let what = format!("is stored as {}, where only F32, BF16 and F16 can be read", entry.dtype);
                if name.starts_with("model.") || name == brickwork_t5gemma_config::LM_HEAD {
                    return Err(wrong(what));
                }
                continue;
            }
            return Err(wrong(format!("is of the unknown type {}", entry.dtype)));
        };
        let n = entry.shape.iter().try_fold(1_u64, |n, size| n.checked_mul(*size as u64));
        let needed = n.and_then(|n| kind.n_bytes(n));
        if needed != Some(end - start) {
            return Err(wrong(format!(
                "has {} bytes, which is not what its shape {:?} needs",
                end - start,
                entry.shape
            )));
        }
        let offset = LENGTH_BYTES + length + start;
        let stored = Stored { file: Arc::clone(&path), kind, shape: entry.shape, offset, n_bytes: end - start };
        tensors.insert(name, stored);
    }
    if described < data {
        let path = path.as_ref().clone();
        let what = format!("it has {data} bytes of data, of which its header describes {described}");
        return Err(T5GemmaError::Damaged { path, what });
    }
    Ok(tensors)
}

fn kind_of(dtype: &str) -> Option<Kind> {
    match dtype {
        "F32" => Some(Kind::F32),
        "F16" => Some(Kind::F16),
        "BF16" => Some(Kind::Bf16),
        _ => None,
    }
}

fn is_known(dtype: &str) -> bool {
    matches!(
        dtype,
        "F64" | "I64" | "I32" | "I16" | "I8" | "U64" | "U32" | "U16" | "U8" | "BOOL" | "F8_E4M3" | "F8_E5M2"
    )
}
