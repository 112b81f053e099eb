//! Jan: `llamacpp/models/ID/model.yml` in its data folder, which its settings may name; before that, `models/`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::walk::files_below;
use super::{Candidate, HostSystem, Search, Surroundings, read_small, relative_name};

/// What of its settings is wanted.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    data_folder: Option<PathBuf>,
}

pub(super) fn find(surroundings: &Surroundings, search: &mut Search) {
    for data in data_folders(surroundings, search) {
        for root in [data.join("llamacpp/models"), data.join("models")] {
            for path in files_below(&root, search) {
                let name = path.file_name().unwrap_or_default();
                if name == "model.yml" || name == "model.yaml" {
                    take_description(&data, &root, &path, search);
                } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf")) {
                    search.take(Candidate::new(relative_name(&root, &path), path));
                }
            }
        }
    }
}

fn data_folders(surroundings: &Surroundings, search: &mut Search) -> Vec<PathBuf> {
    let own = surroundings.data_dir().map(|dir| dir.join("Jan"));
    let before = (surroundings.system == HostSystem::Linux)
        .then(|| surroundings.variable("XDG_CONFIG_HOME").or_else(|| surroundings.in_home(".config")))
        .flatten()
        .map(|dir| dir.join("Jan"));
    let mut folders: Vec<PathBuf> = surroundings.variable("JAN_DATA_FOLDER").into_iter().collect();
    for settings in [&own, &before].into_iter().flatten().map(|dir| dir.join("settings.json")) {
        match chosen_folder(&settings) {
            Ok(folder) => folders.extend(folder),
            Err(message) => search.problem(&settings, message),
        }
    }
    folders.extend([own, before].into_iter().flatten().map(|dir| dir.join("data")));
    folders.extend(surroundings.in_home("jan"));
    let mut distinct: Vec<PathBuf> = Vec::new();
    for folder in folders {
        if !distinct.contains(&folder) {
            distinct.push(folder);
        }
    }
    distinct
}

fn chosen_folder(settings: &Path) -> Result<Option<PathBuf>, String> {
    let Some(text) = read_small(settings)? else { return Ok(None) };
    let settings: Settings = serde_json::from_str(&text).map_err(|error| format!("it cannot be read: {error}"))?;
    Ok(settings.data_folder.filter(|folder| folder.is_absolute()))
}

/// Lists the model that a description names: one that was imported lies where the user had it.
fn take_description(data: &Path, root: &Path, path: &Path, search: &mut Search) {
    let text = match read_small(path) {
        Ok(text) => text.unwrap_or_default(),
        Err(message) => return search.problem(path, message),
    };
    let Some(file) = value_of(&text, "model_path") else { return };
    let file = PathBuf::from(file);
    let file = if file.is_absolute() { file } else { data.join(file) };
    let folder = path.parent().unwrap_or(path);
    if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf")) {
        search.take(Candidate::new(relative_name(root, folder), file));
    }
}

/// The text after `key:` at the start of a line, without quotes. Jan writes these files itself, one plain value a line.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?.trim();
    let quoted = |mark| value.strip_prefix(mark).and_then(|value| value.strip_suffix(mark));
    Some(quoted('"').or_else(|| quoted('\'')).unwrap_or(value)).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::value_of;

    #[test]
    fn values_of_descriptions_are_read() {
        let text = "name: x\nmodel_path: llamacpp/models/x/model.gguf\nmmproj_path: \"a b.gguf\"\nempty:\n";
        assert_eq!(value_of(text, "model_path"), Some("llamacpp/models/x/model.gguf"));
        assert_eq!(value_of(text, "mmproj_path"), Some("a b.gguf"));
        assert_eq!((value_of(text, "empty"), value_of(text, "path")), (None, None));
    }
}
