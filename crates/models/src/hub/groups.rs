//! Which files of a repository belong together as one model.

use serde::Serialize;

use super::HubFile;
use crate::shards::shard_of;

/// The files of a safetensors folder beside the weights that a model needs or may have.
const COMPANIONS: [&str; 9] = [
    "chat_template.jinja",
    "chat_template.json",
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "model.safetensors.index.json",
];

/// One model of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HubModelFiles {
    /// Its name: that of its file without extension and shard number.
    pub name: String,
    /// `gguf` or `safetensors`.
    pub format: &'static str,
    /// Its quantization, as far as the file's name tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantization: Option<String>,
    /// The bytes of all its files, where the hub tells them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Paths of its files in the repository; shards in their order.
    pub paths: Vec<String>,
    /// Whether all shards that its name promises are there.
    pub complete: bool,
}

/// The models among `files`: each GGUF file or set of shards, and the safetensors at the top of the repository as one.
pub(super) fn group(files: &[HubFile]) -> Vec<HubModelFiles> {
    let mut models: Vec<(HubModelFiles, u32)> = Vec::new();
    let mut ggufs: Vec<&HubFile> = files.iter().filter(|file| has_extension(&file.path, "gguf")).collect();
    ggufs.sort_by(|a, b| a.path.cmp(&b.path));
    for file in ggufs {
        let stem = &file.path[..file.path.len() - ".gguf".len()];
        let (name, n_shards) = shard_of(stem).map_or((stem, 1), |(name, _, total)| (name, total));
        match models.iter_mut().find(|(model, total)| model.name == name && *total == n_shards) {
            Some((model, _)) => {
                model.size_bytes = model.size_bytes.zip(file.size_bytes).map(|(sum, more)| sum + more);
                model.paths.push(file.path.clone());
            }
            None => models.push((
                HubModelFiles {
                    name: name.to_owned(),
                    format: "gguf",
                    quantization: quantization_in(name),
                    size_bytes: file.size_bytes,
                    paths: vec![file.path.clone()],
                    complete: false,
                },
                n_shards,
            )),
        }
    }
    let with_folder = models.into_iter().map(|(mut model, n_shards)| {
        model.complete = model.paths.len() == n_shards as usize;
        // The folder may tell the quantization; the name under which the model is listed here does without it.
        model.name = model.name.rsplit('/').next().unwrap_or_default().to_owned();
        model
    });
    with_folder.chain(safetensors(files)).collect()
}

fn safetensors(files: &[HubFile]) -> Option<HubModelFiles> {
    let is_top = |file: &&HubFile| !file.path.contains('/');
    let weights = || files.iter().filter(is_top).filter(|file| has_extension(&file.path, "safetensors"));
    let first = weights().next()?;
    files.iter().find(|file| file.path == "config.json")?;
    let stem = first.path.trim_end_matches(".safetensors");
    let n_shards = shard_of(stem).map_or(1, |(.., total)| total as usize);
    let companions = files.iter().filter(is_top).filter(|file| COMPANIONS.contains(&&*file.path));
    let members: Vec<&HubFile> = weights().chain(companions).collect();
    Some(HubModelFiles {
        name: "safetensors".into(),
        format: "safetensors",
        quantization: None,
        size_bytes: members.iter().map(|file| file.size_bytes).sum(),
        paths: members.iter().map(|file| file.path.clone()).collect(),
        complete: weights().count() == n_shards,
    })
}

fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension))
}

/// The quantization that a file's name tells, as llama.cpp writes it: `Q4_K_M`, `IQ2_XXS`, `F16`.
#[must_use]
pub fn quantization_in(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let begins = |at: usize| at == 0 || !name.as_bytes()[at - 1].is_ascii_alphanumeric();
    let ends = |text: &str| text.len() - text.bytes().position(|byte| !is_inside(byte)).map_or(0, |at| text.len() - at);
    let starts = (0..name.len()).rev().filter(|at| name.is_char_boundary(*at) && begins(*at));
    starts
        .map(|at| &name[at..])
        .map(|rest| &rest[..ends(rest)])
        .find(|word| is_quantization(word))
        .map(|word| word.replace("FP16", "F16").replace("FP32", "F32"))
}

fn is_quantization(word: &str) -> bool {
    if matches!(word, "F16" | "FP16" | "BF16" | "F32" | "FP32" | "MXFP4" | "MXFP4_MOE") {
        return true;
    }
    let rest = ["IQ", "TQ", "Q"].iter().find_map(|prefix| word.strip_prefix(prefix)).unwrap_or_default();
    let mut bytes = rest.bytes();
    bytes.next().is_some_and(|byte| (b'1'..=b'8').contains(&byte)) && bytes.next().is_none_or(|byte| byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantizations_are_read_from_names() {
        for (name, expected) in [
            ("codellama-7b-instruct.Q4_K_M", Some("Q4_K_M")),
            ("Qwen2.5-Coder-7B-Instruct-IQ2_XXS", Some("IQ2_XXS")),
            ("gemma-3-270m-q4_k_m", Some("Q4_K_M")),
            ("model_q8_0", Some("Q8_0")),
            ("UD-Q4_K_XL/model-UD-Q4_K_XL", Some("Q4_K_XL")),
            ("model-fp16", Some("F16")),
            ("model-BF16", Some("BF16")),
            ("gpt-oss-20b-mxfp4", Some("MXFP4")),
            ("Qwen2.5-Coder-7B", None),
            ("q4model", None),
        ] {
            assert_eq!(quantization_in(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn shards_are_one_model() {
        let file = |path: &str, size_bytes| HubFile { path: path.into(), size_bytes: Some(size_bytes), sha256: None };
        let models = group(&[
            file("README.md", 1),
            file("m-Q4_K_M.gguf", 10),
            file("Q8_0/m-Q8_0-00002-of-00002.gguf", 7),
            file("Q8_0/m-Q8_0-00001-of-00002.gguf", 5),
            file("m-F16-00001-of-00003.gguf", 9),
            file("config.json", 2),
            file("model.safetensors", 30),
            file("tokenizer.json", 3),
            file("chat_template.jinja", 4),
        ]);
        let seen: Vec<_> = models
            .iter()
            .map(|model| {
                (&*model.name, model.quantization.as_deref(), model.size_bytes, model.paths.len(), model.complete)
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("m-Q8_0", Some("Q8_0"), Some(12), 2, true),
                ("m-F16", Some("F16"), Some(9), 1, false),
                ("m-Q4_K_M", Some("Q4_K_M"), Some(10), 1, true),
                ("safetensors", None, Some(39), 4, true),
            ]
        );
        assert_eq!(models[0].paths[0], "Q8_0/m-Q8_0-00001-of-00002.gguf");
    }
}
