//! The user's own entries: a file of the catalog's form in the data folder.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Catalog, CatalogEntry, SamplerDefaults, catalog, catalog_file, entry_faults};

/// The file's name in the data folder.
pub const OWN_CATALOG: &str = "catalog.json";

/// A file of some thousand entries is smaller.
const MAX_BYTES: u64 = 4 << 20;

/// The user's own entries, as far as they can be used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnCatalog {
    /// The entries.
    pub entries: Vec<CatalogEntry>,
    /// Why some or all of the file's entries are not among them.
    pub problem: Option<OwnCatalogProblem>,
}

/// Why a user's catalog, or a part of it, cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {place}: {cause}. Correct it there; catalog.schema.json in the program's source describes the form", path.display())]
pub struct OwnCatalogProblem {
    /// The file.
    pub path: PathBuf,
    /// Where in the file: a JSON path, or a line and column.
    pub place: String,
    /// What is wrong there.
    pub cause: String,
}

/// Reads the user's catalog at `path`. A missing file is an empty one. An entry with a fault is left out, and so is one
/// whose id, or the id of one of whose files, is taken by the program's own catalog or by an earlier entry.
#[must_use]
pub fn own_catalog(path: &Path) -> OwnCatalog {
    let problem = |place: &str, cause: String| {
        let problem = OwnCatalogProblem { path: path.to_owned(), place: place.to_owned(), cause };
        OwnCatalog { entries: Vec::new(), problem: Some(problem) }
    };
    let text = match read(path) {
        Ok(Some(text)) => text,
        Ok(None) => return OwnCatalog::default(),
        Err(err) => return problem("the file", format!("it cannot be read ({err})")),
    };
    let read: Catalog = match serde_json::from_slice(&text) {
        Ok(read) => read,
        // The message of the library ends with line and column.
        Err(err) => return problem(&format!("line {}, column {}", err.line(), err.column()), err.to_string()),
    };
    let mut ids: HashSet<String> = catalog().iter().flat_map(ids_of).collect();
    let mut own = OwnCatalog::default();
    for (at, entry) in read.entries.into_iter().enumerate() {
        let fault = entry_faults(&entry).into_iter().next().or_else(|| {
            let taken = ids_of(&entry).find(|id| ids.contains(id))?;
            Some((".id".to_owned(), format!("`{taken}` is taken by another entry or file")))
        });
        if let Some((place, cause)) = fault {
            let place = format!("$.entries[{at}]{place}");
            own.problem.get_or_insert_with(|| OwnCatalogProblem { path: path.to_owned(), place, cause });
        } else {
            ids.extend(ids_of(&entry));
            own.entries.push(entry);
        }
    }
    own
}

/// How the model whose file has the id `id` likes to be sampled, by the program's own catalog or, for a model that it
/// does not know, by the user's at `path`.
#[must_use]
pub fn own_sampler_defaults(path: &Path, id: &str) -> SamplerDefaults {
    if let Some((entry, _)) = catalog_file(id) {
        return entry.sampler;
    }
    let own = own_catalog(path).entries;
    own.into_iter().find(|entry| entry.file(id).is_some()).map(|entry| entry.sampler).unwrap_or_default()
}

fn ids_of(entry: &CatalogEntry) -> impl Iterator<Item = String> {
    let files = entry.files.iter().map(|file| file.id.clone());
    // A model in one file may bear its name.
    std::iter::once(entry.id.clone()).chain(files).collect::<HashSet<_>>().into_iter()
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(err),
    };
    let mut text = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it is larger than 4 MiB"));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::DEFAULT_MODEL_ID;

    fn entry(id: &str) -> Value {
        json!({
            "id": id, "title": "Mine", "roles": ["CodeLlama"], "description": "", "licence": "mine", "gated": false,
            "context_length": 4096, "n_params": 1, "architecture": "llama", "repository": "me/mine", "workstation": ["cpu"],
            "files": [{ "id": format!("{id}.Q8_0"), "quantization": "Q8_0", "paths": ["a.gguf"], "size_bytes": 1 }],
            "recommended_file": format!("{id}.Q8_0"), "source_note": "mine",
        })
    }

    fn read(content: &str) -> OwnCatalog {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(OWN_CATALOG);
        fs::write(&path, content).unwrap();
        own_catalog(&path)
    }

    #[test]
    fn sound_entries_are_added_and_faulty_ones_told() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(own_catalog(&folder.path().join(OWN_CATALOG)), OwnCatalog::default());
        let sound = read(&json!({ "entries": [entry("a"), entry("b")] }).to_string());
        assert_eq!((sound.entries.len(), sound.problem), (2, None));
        let mut sampled = entry("a");
        sampled["sampler"] = json!({ "repeat_penalty": 1.5 });
        let path = folder.path().join("with_sampler.json");
        fs::write(&path, json!({ "entries": [sampled] }).to_string()).unwrap();
        assert_eq!(own_sampler_defaults(&path, "a.Q8_0").repeat_penalty, Some(1.5));
        assert_eq!(own_sampler_defaults(&path, DEFAULT_MODEL_ID).repeat_penalty, Some(1.1));
        assert_eq!(own_sampler_defaults(&path, "other"), SamplerDefaults::default());

        let mut faulty = entry("c");
        faulty["recommended_file"] = json!("other");
        let some =
            read(&json!({ "entries": [entry("a"), faulty, entry("a"), entry("smollm2-135m-instruct")] }).to_string());
        assert_eq!(some.entries.iter().map(|entry| &*entry.id).collect::<Vec<_>>(), ["a"]);
        let problem = some.problem.unwrap();
        assert_eq!(problem.place, "$.entries[1].recommended_file");
        assert!(problem.to_string().contains("Correct it there"), "{problem}");
        let taken = read(&json!({ "entries": [entry("smollm2-135m-instruct")] }).to_string()).problem.unwrap();
        assert!(taken.cause.contains("is taken"), "{taken}");
    }

    #[test]
    fn a_file_of_another_form_is_told_with_its_place() {
        let mut misspelt = entry("a");
        misspelt["licnce"] = json!("x");
        let misspelt = serde_json::to_string_pretty(&json!({ "entries": [misspelt] })).unwrap();
        for (content, place, cause) in [
            ("{", "line 1, column 1", "EOF"),
            ("[]", "line 1, column 2", "invalid"),
            ("{\"entries\": [{}]}", "line 1, column", "missing field"),
            (&misspelt, "line ", "licnce"),
        ] {
            let own = read(content);
            let problem = own.problem.unwrap_or_else(|| panic!("{content}"));
            assert!(own.entries.is_empty());
            assert!(problem.place.starts_with(place) && problem.cause.contains(cause), "{content}: {problem}");
        }
    }
}
