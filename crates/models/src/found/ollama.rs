//! Ollama: `manifests/REGISTRY/NAMESPACE/NAME/TAG` name blobs by digest, which lie in `blobs/sha256-DIGEST`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::walk::files_below;
use super::{Candidate, HostSystem, Search, Surroundings, read_small, relative_name};
use crate::verify::is_sha256;

/// The layer that holds the weights.
const MODEL_LAYER: &str = "application/vnd.ollama.image.model";

/// What of a manifest is wanted.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
    #[serde(default)]
    size: Option<u64>,
}

pub(super) fn find(surroundings: &Surroundings, search: &mut Search) {
    for root in roots(surroundings) {
        let manifests = root.join("manifests");
        for path in files_below(&manifests, search) {
            if let Err(message) = take(&root, &manifests, &path, search) {
                search.problem(&path, message);
            }
        }
    }
}

fn roots(surroundings: &Surroundings) -> Vec<PathBuf> {
    if let Some(root) = surroundings.variable("OLLAMA_MODELS") {
        return vec![root];
    }
    let mut roots: Vec<PathBuf> = surroundings.in_home(".ollama/models").into_iter().collect();
    // As a service on Linux it runs as a user of its own.
    if surroundings.system == HostSystem::Linux && surroundings.home.is_some() {
        roots.push("/usr/share/ollama/.ollama/models".into());
    }
    roots
}

fn take(root: &Path, manifests: &Path, path: &Path, search: &mut Search) -> Result<(), String> {
    let Some(text) = read_small(path)? else { return Ok(()) };
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| format!("it is no manifest: {error}"))?;
    let mut layers = manifest.layers.iter().filter(|layer| layer.media_type == MODEL_LAYER);
    // A manifest of an adapter or of a model that runs elsewhere has no weights of its own.
    let Some(layer) = layers.next() else { return Ok(()) };
    if layers.next().is_some() {
        return Err("its model is in several layers, which only Ollama can join".into());
    }
    let digest = digest_of(&layer.digest)
        .ok_or_else(|| format!("`{}` is no SHA-256 digest of 64 hexadecimal digits", layer.digest.escape_debug()))?;
    let blobs = root.join("blobs");
    let names = [format!("sha256-{digest}"), format!("sha256:{digest}")];
    let Some(blob) = names.iter().map(|name| blobs.join(name)).find(|blob| blob.is_file()) else {
        return Err(format!("its model {} is not there: pull it with Ollama again", blobs.join(&names[0]).display()));
    };
    search.take(Candidate {
        name: name_of(&relative_name(manifests, path)),
        path: blob,
        sha256: Some(digest.to_owned()),
        expected_bytes: layer.size,
    });
    Ok(())
}

/// The 64 hexadecimal digits of a digest. Anything else could lead out of the folder of the blobs (CVE-2024-37032).
fn digest_of(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("sha256:")?;
    is_sha256(digits).then_some(digits)
}

/// The name that Ollama shows: its own registry and namespace are left out, and the tag comes after a colon.
fn name_of(relative: &str) -> String {
    let short = relative.strip_prefix("registry.ollama.ai/").unwrap_or(relative);
    let short = short.strip_prefix("library/").unwrap_or(short);
    match short.rsplit_once('/') {
        Some((model, tag)) => format!("{model}:{tag}"),
        None => short.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_20_digests_have_64_hexadecimal_digits() {
        let good = "a".repeat(64);
        assert_eq!(digest_of(&format!("sha256:{good}")), Some(&*good));
        for bad in [
            format!("sha256:{}", &good[1..]),
            format!("sha256:{good}0"),
            format!("sha256:{}", good.to_uppercase()),
            format!("sha256-{good}"),
            good.clone(),
            format!("sha256:{}{}", "../".repeat(21), "a"),
            format!("sha512:{good}"),
            String::new(),
        ] {
            assert_eq!(digest_of(&bad), None, "{bad}");
        }
    }

    #[test]
    fn names_are_those_that_ollama_shows() {
        for (path, name) in [
            ("registry.ollama.ai/library/codellama/7b-instruct", "codellama:7b-instruct"),
            ("registry.ollama.ai/someone/model/latest", "someone/model:latest"),
            ("hf.co/owner/model-GGUF/Q4_K_M", "hf.co/owner/model-GGUF:Q4_K_M"),
        ] {
            assert_eq!(name_of(path), name);
        }
    }
}
