//! Models that other programs on this machine already hold, so that they can be used in place.
//!
//! Only looks: nothing is written, and nothing outside the folders that those programs use is read. A folder that cannot
//! be read, a loop of links or a damaged list hides nothing else. Where the programs keep their models is written down in
//! their own documentation: Ollama's FAQ, `huggingface_hub`'s "manage your cache", LM Studio's `findLMStudioHome`
//! (lmstudio-js), Jan's `core/app/commands.rs`.

mod hugging_face;
mod jan;
mod lm_studio;
mod ollama;
mod surroundings;
mod walk;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::gguf::GgufInfo;
use crate::headers::header_of;
use crate::safetensors::{SafetensorsError, SafetensorsFault, files_in, read_folder};

pub use surroundings::{HostSystem, Surroundings};

/// A program that keeps models of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelProgram {
    /// Ollama.
    Ollama,
    /// LM Studio.
    LmStudio,
    /// Jan.
    Jan,
    /// The cache of Hugging Face's libraries.
    HuggingFace,
}

impl ModelProgram {
    /// All of them, in the order in which their models are listed.
    pub const ALL: [Self; 4] = [Self::Ollama, Self::LmStudio, Self::Jan, Self::HuggingFace];

    /// The word for it, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::LmStudio => "lm_studio",
            Self::Jan => "jan",
            Self::HuggingFace => "hugging_face",
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ollama => "Ollama",
            Self::LmStudio => "LM Studio",
            Self::Jan => "Jan",
            Self::HuggingFace => "Hugging Face cache",
        }
    }
}

/// A model of another program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundModel {
    /// The program that keeps it.
    pub program: ModelProgram,
    /// What the program calls it, e.g. `codellama:7b` or `owner/repository/file.gguf`.
    pub name: String,
    /// Absolute path of its file, of the first one of a model in several files, or of the folder of a T5Gemma.
    pub path: PathBuf,
    /// All its files in their order.
    pub parts: Vec<PathBuf>,
    /// Bytes of all its files.
    pub size_bytes: u64,
    /// SHA-256 that the program gives for the file at `path`, in lower-case hexadecimal digits.
    pub sha256: Option<String>,
    /// What its header says, or why it cannot be used.
    pub info: Result<GgufInfo, String>,
}

/// A place that could not be looked into, or an entry that is not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundProblem {
    /// The program whose place it is.
    pub program: ModelProgram,
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub message: String,
}

/// What other programs hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The models, program by program.
    pub models: Vec<FoundModel>,
    /// What could not be read or is not to be trusted.
    pub problems: Vec<FoundProblem>,
}

/// Looks for the models of all programs in `surroundings`. Reads every model's header, so it takes a while where there
/// are many.
#[must_use]
pub fn find_models(surroundings: &Surroundings) -> Found {
    let mut search = Search { program: ModelProgram::Ollama, seen: HashSet::new(), found: Found::default() };
    for program in ModelProgram::ALL {
        search.program = program;
        search.seen.clear();
        match program {
            ModelProgram::Ollama => ollama::find(surroundings, &mut search),
            ModelProgram::LmStudio => lm_studio::find(surroundings, &mut search),
            ModelProgram::Jan => jan::find(surroundings, &mut search),
            ModelProgram::HuggingFace => hugging_face::find(surroundings, &mut search),
        }
    }
    search.found
}

/// A file that a program names as a model, before anything of it was read.
struct Candidate {
    name: String,
    path: PathBuf,
    sha256: Option<String>,
    /// The size that the program gives, in bytes.
    expected_bytes: Option<u64>,
}

impl Candidate {
    fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { name: name.into(), path: path.into(), sha256: None, expected_bytes: None }
    }
}

/// What was found so far.
struct Search {
    program: ModelProgram,
    /// The true paths of this program's models, each of which is listed once.
    seen: HashSet<PathBuf>,
    found: Found,
}

impl Search {
    fn problem(&mut self, path: &Path, message: impl Into<String>) {
        let (program, path, message) = (self.program, path.to_owned(), message.into());
        self.found.problems.push(FoundProblem { program, path, message });
    }

    /// Lists the T5Gemma in a folder of safetensors files, unless it is listed already. Another model there is none that this
    /// program could run, and no fault.
    fn take_folder(&mut self, name: String, path: PathBuf) {
        let parts = files_in(&path);
        let true_weights = parts.iter().rfind(|part| part.extension().is_some_and(|ending| ending == "safetensors"));
        let Some(true_weights) = true_weights.and_then(|part| part.canonicalize().ok()) else { return };
        let info = match read_folder(&path) {
            Err(SafetensorsError { fault: SafetensorsFault::OtherModel(_), .. }) => return,
            Ok(info) => Ok(info.in_memory()),
            Err(error) => Err(error.to_string()),
        };
        if !self.seen.insert(true_weights) {
            return;
        }
        let size_bytes = parts.iter().map(|part| fs::metadata(part).map_or(0, |about| about.len())).sum();
        self.found.models.push(FoundModel { program: self.program, name, path, parts, size_bytes, sha256: None, info });
    }

    /// Lists a model, unless it is listed already or is no model of its own.
    fn take(&mut self, candidate: Candidate) {
        let Candidate { name, path, sha256, expected_bytes } = candidate;
        let true_path = match path.canonicalize() {
            Ok(path) => path,
            Err(error) => return self.problem(&path, format!("it cannot be read: {error}")),
        };
        // Later shards are listed with the first one.
        let is_later = crate::shards::shard_of(&path.file_stem().unwrap_or_default().to_string_lossy())
            .is_some_and(|(_, number, _)| number > 1);
        if is_later || is_projector(&path) || !self.seen.insert(true_path) {
            return;
        }
        let parts = match crate::shards::files_of(&path) {
            Ok(parts) => parts,
            Err(missing) => return self.problem(&path, missing.to_string()),
        };
        let size_bytes = parts.iter().map(|part| fs::metadata(part).map_or(0, |about| about.len())).sum();
        let info = match expected_bytes {
            Some(expected) if expected != size_bytes => Err(format!(
                "it has {size_bytes} bytes instead of {expected}: {} has not fetched all of it",
                self.program.title()
            )),
            _ => header_of(&path).map_err(|unusable| unusable.text),
        };
        self.found.models.push(FoundModel { program: self.program, name, path, parts, size_bytes, sha256, info });
    }
}

/// Whether the file is the part of a model that sees images, which is no model on its own.
fn is_projector(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.starts_with("mmproj") || name.contains("-mmproj")
}

/// The text of a small file that another program wrote; `None` when it is not there.
fn read_small(path: &Path) -> Result<Option<String>, String> {
    use std::io::Read as _;
    const MAX_BYTES: u64 = 1 << 20;
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("it cannot be read: {error}")),
    };
    let mut text = String::new();
    let read =
        file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| format!("it cannot be read: {error}"))?;
    if read as u64 > MAX_BYTES {
        return Err("it is larger than any such file".into());
    }
    Ok(Some(text))
}

/// A path below `root`, with `/` between its parts.
fn relative_name(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
