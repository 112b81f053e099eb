//! Models in several files, which llama.cpp's `gguf-split` calls `NAME-00001-of-00003.gguf` and so on.

use std::path::{Path, PathBuf};

/// The most files that one model has.
const MAX_SHARDS: u32 = 1000;

/// A shard that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the model is in {n_shards} files, and {} is missing: get that file as well", missing.display())]
pub struct MissingShard {
    /// The shard.
    pub missing: PathBuf,
    /// The number of files.
    pub n_shards: u32,
}

/// The name before the shard's number, the number from 1, and how many there are; `None` for any other name. `stem` is a
/// file's name without extension.
#[must_use]
pub fn shard_of(stem: &str) -> Option<(&str, u32, u32)> {
    let (rest, total) = stem.rsplit_once("-of-")?;
    let (name, number) = rest.rsplit_once('-')?;
    let parse =
        |text: &str| (text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?;
    let (number, total): (u32, u32) = (parse(number)?, parse(total)?);
    (!name.is_empty() && (1..=total).contains(&number) && total <= MAX_SHARDS).then_some((name, number, total))
}

/// The paths of all files of the model that the file at `path` belongs to, in order: itself alone, unless it is a shard.
/// Whether they exist is not looked at.
#[must_use]
pub fn shard_paths(path: &Path) -> Vec<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let Some((name, _, total)) = shard_of(&stem) else { return vec![path.to_owned()] };
    (1..=total).map(|number| path.with_file_name(format!("{name}-{number:05}-of-{total:05}.{extension}"))).collect()
}

/// All files of the model that the file at `path` belongs to, in order: itself alone, unless it is a shard.
///
/// # Errors
/// [`MissingShard`] names the first shard that is not there.
pub fn files_of(path: &Path) -> Result<Vec<PathBuf>, MissingShard> {
    let shards = shard_paths(path);
    let n_shards = u32::try_from(shards.len()).unwrap_or(MAX_SHARDS);
    match shards.iter().find(|shard| !shard.is_file()) {
        Some(missing) if n_shards > 1 => Err(MissingShard { missing: missing.clone(), n_shards }),
        _ => Ok(shards),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_shards_are_told() {
        for (stem, expected) in [
            ("model-Q4-00001-of-00003", Some(("model-Q4", 1, 3))),
            ("model-00003-of-00003", Some(("model", 3, 3))),
            ("model-00004-of-00003", None),
            ("model-00000-of-00003", None),
            ("model-1-of-3", None),
            ("model-00001-of-99999", None),
            ("-00001-of-00003", None),
            ("model", None),
        ] {
            assert_eq!(shard_of(stem), expected, "{stem}");
        }
    }
}
