//! LM Studio: `models/PUBLISHER/REPOSITORY/FILE` in its home, which a pointer file in the user's home may name.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::walk::models_below;
use super::{Candidate, Search, Surroundings, read_small, relative_name};

/// What of its settings is wanted.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    #[serde(default)]
    downloads_folder: Option<PathBuf>,
}

pub(super) fn find(surroundings: &Surroundings, search: &mut Search) {
    for home in homes(surroundings) {
        let chosen = match chosen_folder(&home) {
            Ok(folder) => folder,
            Err(message) => {
                search.problem(&home.join("settings.json"), message);
                None
            }
        };
        for root in chosen.into_iter().chain([home.join("models")]) {
            for path in models_below(&root, search) {
                search.take(Candidate::new(relative_name(&root, &path), path));
            }
        }
    }
}

fn homes(surroundings: &Surroundings) -> Vec<PathBuf> {
    let pointed =
        surroundings.in_home(".lmstudio-home-pointer").and_then(|pointer| read_small(&pointer).ok().flatten());
    let pointed = pointed.map(|text| PathBuf::from(text.trim())).filter(|path| path.is_absolute());
    let known = [".lmstudio", ".cache/lm-studio"].into_iter().filter_map(|path| surroundings.in_home(path));
    let mut homes = Vec::new();
    for home in pointed.into_iter().chain(known) {
        if !homes.contains(&home) {
            homes.push(home);
        }
    }
    homes
}

/// The folder that the user chose for models.
fn chosen_folder(home: &Path) -> Result<Option<PathBuf>, String> {
    let Some(text) = read_small(&home.join("settings.json"))? else { return Ok(None) };
    let settings: Settings = serde_json::from_str(&text).map_err(|error| format!("it cannot be read: {error}"))?;
    Ok(settings.downloads_folder.filter(|folder| folder.is_absolute() && *folder != home.join("models")))
}
