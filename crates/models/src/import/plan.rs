//! What an import would do. Reads headers, writes nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use brickwork_engine::Phrase;
use serde::Serialize;

use crate::disk::check_room;
use crate::folder::file_id;
use crate::gguf::{GgufError, read_header};
use crate::import::{ImportError, ImportMode, ImportOrigin};
use crate::names::{check_name, safe_name};
use crate::safetensors::{SafetensorsError, read_folder};
use crate::shards::{files_of, shard_of};

/// What to import, and where to.
#[derive(Debug, Clone, Copy)]
pub struct ImportOrder<'a> {
    /// The models folder.
    pub models_dir: &'a Path,
    /// Absolute path of a model's file, or of a folder.
    pub source: &'a Path,
    /// What to call the model; its own name when absent.
    pub name: Option<&'a str>,
    /// How.
    pub mode: ImportMode,
    /// What is known of it.
    pub origin: &'a ImportOrigin,
}

/// One file of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPart {
    /// Where it is.
    pub source: PathBuf,
    /// Where it goes; where it is, for a link.
    pub target: PathBuf,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// One model to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedModel {
    /// The id under which it will be listed, unless another model's takes precedence.
    pub id: String,
    /// Its files, in order.
    pub parts: Vec<PlannedPart>,
    /// Whether it is a folder of safetensors.
    pub is_folder: bool,
}

/// A file in the folder that is no model that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedFile {
    /// The file.
    pub path: PathBuf,
    /// Why, and what to do.
    pub reason: String,
    /// The same in a form that can be put into another language, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrase: Option<Phrase>,
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPlan {
    /// How.
    pub mode: ImportMode,
    /// The models.
    pub models: Vec<PlannedModel>,
    /// Files that are left out.
    pub refused: Vec<RefusedFile>,
    /// Bytes that will be read; 0 for links.
    pub total_bytes: u64,
    pub(super) origin: ImportOrigin,
    /// The folder in which the models appear.
    pub(super) models_dir: PathBuf,
    /// The models folder in whose records their checksums are kept.
    pub(super) records_dir: PathBuf,
}

/// Looks what there is to import, checks every header and the room on the disk.
///
/// # Errors
/// [`ImportError`] says what is in the way.
pub fn plan_import(order: ImportOrder<'_>) -> Result<ImportPlan, ImportError> {
    let ImportOrder { models_dir, source, name, mode, origin } = order;
    if !source.is_absolute() {
        return Err(ImportError::NotAbsolute(source.to_owned()));
    }
    let failed = |cause| ImportError::Io { path: source.to_owned(), cause };
    let about = fs::symlink_metadata(source).map_err(failed)?;
    if mode == ImportMode::Move && about.is_symlink() {
        return Err(ImportError::IsLink(source.to_owned()));
    }
    let true_source = source.canonicalize().map_err(failed)?;
    if models_dir.canonicalize().is_ok_and(|dir| true_source.starts_with(dir)) {
        return Err(ImportError::InModelsFolder(source.to_owned()));
    }
    if let Some(name) = name {
        check_name(name)?;
    }
    // Of a folder that holds models, those that cannot be used are left out; of one without, the first fault is the refusal.
    let (found, refused) = if true_source.is_dir() { in_folder(source)? } else { (vec![single(source)?], Vec::new()) };
    match found.as_slice() {
        [] => {
            return Err(refused
                .into_iter()
                .next()
                .map_or_else(|| ImportError::NothingThere(source.to_owned()), |(_, error)| error));
        }
        [_] => {}
        several if name.is_some() => return Err(ImportError::OneName(several.len())),
        _ => {}
    }
    let name =
        name.map(str::to_owned).or_else(|| origin.name.as_deref().filter(|_| found.len() == 1).and_then(safe_name));
    let models: Vec<PlannedModel> =
        found.into_iter().map(|found| found.place(models_dir, name.as_deref(), mode)).collect::<Result<_, _>>()?;
    if mode != ImportMode::Link {
        refuse_taken(models_dir, &models)?;
    }
    let total_bytes = models.iter().flat_map(|model| &model.parts).map(|part| part.size_bytes).sum();
    let origin = origin.clone();
    let (models_dir_of_plan, records_dir) = (models_dir.to_owned(), models_dir.to_owned());
    let refused = refused.into_iter().map(left_out).collect();
    let mut plan =
        ImportPlan { mode, models, refused, total_bytes, origin, models_dir: models_dir_of_plan, records_dir };
    match mode {
        ImportMode::Link => plan.total_bytes = 0,
        ImportMode::Copy => check_room(models_dir, plan.missing_bytes())?,
        ImportMode::Move if !same_disk(models_dir, &true_source) => check_room(models_dir, plan.missing_bytes())?,
        ImportMode::Move => {}
    }
    Ok(plan)
}

impl ImportPlan {
    /// Bytes of the files that are not in the models folder yet.
    fn missing_bytes(&self) -> u64 {
        let parts = self.models.iter().flat_map(|model| &model.parts);
        parts.filter(|part| !part.target.exists()).map(|part| part.size_bytes).sum()
    }
}

/// A model as it lies.
pub(super) struct Present {
    stem: String,
    files: Vec<(PathBuf, u64)>,
    is_folder: bool,
}

/// The model of one file, or of the first of several.
pub(super) fn single(path: &Path) -> Result<Present, ImportError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let (first, shards) = match shard_of(&stem) {
        Some((name, _, total)) => {
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            (path.with_file_name(format!("{name}-00001-of-{total:05}.{extension}")), files_of(path)?)
        }
        None => (path.to_owned(), vec![path.to_owned()]),
    };
    read_header(&first).map_err(|error| {
        let phrase = error.phrase().map(Box::new);
        let GgufError { path, at_byte, fault } = error;
        ImportError::NoModel { path, cause: format!("{fault} (at byte {at_byte})"), remedy: fault.remedy(), phrase }
    })?;
    let is_gguf = first.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"));
    // A blob's name says nothing, and what stands after a dot in it is no ending.
    let whole = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = if is_gguf { shard_of(&stem).map_or(&*stem, |(name, ..)| name) } else { &whole };
    Ok(Present { stem: stem.to_owned(), files: sized(shards)?, is_folder: false })
}

/// A file that cannot be used, and why.
type Refusal = (PathBuf, ImportError);

/// What is told of a file that cannot be used.
fn left_out((path, error): Refusal) -> RefusedFile {
    let phrase = error.phrase();
    let reason = match error {
        ImportError::NoModel { cause, remedy, .. } => format!("{cause}; {remedy}"),
        other => other.to_string(),
    };
    RefusedFile { path, reason, phrase }
}

/// The models directly in a folder and in its immediate subfolders; a folder of safetensors is one model.
fn in_folder(folder: &Path) -> Result<(Vec<Present>, Vec<Refusal>), ImportError> {
    let files = entries(folder)?;
    let has_ending =
        |path: &Path, ending: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    if files.iter().any(|path| path.file_name().is_some_and(|name| name == "config.json"))
        && files.iter().any(|path| has_ending(path, "safetensors"))
    {
        return Ok((vec![safetensors(folder, files)?], Vec::new()));
    }
    let mut candidates: Vec<PathBuf> = Vec::new();
    for path in files {
        if path.is_dir() {
            // What cannot be read in a subfolder hides nothing else.
            candidates.extend(entries(&path).unwrap_or_default());
        } else {
            candidates.push(path);
        }
    }
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for path in candidates.into_iter().filter(|path| has_ending(path, "gguf")) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        if shard_of(&stem).is_some_and(|(_, number, _)| number > 1) {
            continue;
        }
        match single(&path) {
            Ok(present) => found.push(present),
            Err(error) => refused.push((path, error)),
        }
    }
    Ok((found, refused))
}

pub(super) fn safetensors(folder: &Path, files: Vec<PathBuf>) -> Result<Present, ImportError> {
    read_folder(folder).map_err(|SafetensorsError { path, fault }| ImportError::NoModel {
        path,
        cause: fault.to_string(),
        remedy: fault.remedy(),
        phrase: None,
    })?;
    let is_part = |path: &Path| {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let is_known = matches!(&*ending, "safetensors" | "json" | "model" | "txt" | "md" | "jinja");
        path.is_file() && (is_known || path.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case("license")))
    };
    let files = files.into_iter().filter(|path| is_part(path)).collect();
    let stem = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Present { stem, files: sized(files)?, is_folder: true })
}

pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let read = || -> io::Result<Vec<PathBuf>> { fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect() };
    let mut paths = read().map_err(|cause| ImportError::Io { path: folder.to_owned(), cause })?;
    paths.sort();
    Ok(paths)
}

fn sized(paths: Vec<PathBuf>) -> Result<Vec<(PathBuf, u64)>, ImportError> {
    let size = |path: PathBuf| match fs::metadata(&path) {
        Ok(about) => Ok((path, about.len())),
        Err(cause) => Err(ImportError::Io { path, cause }),
    };
    paths.into_iter().map(size).collect()
}

/// Refuses an id that a model in the folder has whose files are called otherwise, such as one in another number of parts.
fn refuse_taken(models_dir: &Path, models: &[PlannedModel]) -> Result<(), ImportError> {
    // A folder that is missing or cannot be read holds nothing that is known of.
    for path in entries(models_dir).unwrap_or_default() {
        let is_model = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gguf")) || path.is_dir();
        let id = file_id(&path);
        let is_other = |model: &&PlannedModel| {
            model.id == id && model.parts.iter().all(|part| part.target != path && !part.target.starts_with(&path))
        };
        if let Some(model) = models.iter().filter(|_| is_model).find(is_other) {
            return Err(ImportError::NameTaken { name: model.id.clone() });
        }
    }
    Ok(())
}

impl Present {
    /// Says where the model's files go, and refuses a name that another file has.
    pub(super) fn place(
        self,
        models_dir: &Path,
        name: Option<&str>,
        mode: ImportMode,
    ) -> Result<PlannedModel, ImportError> {
        let Self { stem, files, is_folder } = self;
        let id = match name {
            Some(name) => name.strip_suffix(".gguf").unwrap_or(name).to_owned(),
            None => safe_name(&stem).ok_or_else(|| ImportError::from(bad(&stem)))?,
        };
        let total = files.len();
        let place = |(number, (source, size_bytes)): (usize, (PathBuf, u64))| {
            let target = match () {
                () if mode == ImportMode::Link => source.clone(),
                () if is_folder => models_dir.join(&id).join(source.file_name().unwrap_or_default()),
                () if total > 1 => models_dir.join(format!("{id}-{:05}-of-{total:05}.gguf", number + 1)),
                () => models_dir.join(format!("{id}.gguf")),
            };
            let differs = mode != ImportMode::Link
                && fs::symlink_metadata(&target).is_ok_and(|about| !about.is_file() || about.len() != size_bytes);
            if differs {
                return Err(ImportError::NameTaken { name: id.clone() });
            }
            Ok(PlannedPart { source, target, size_bytes })
        };
        let parts = files.into_iter().enumerate().map(place).collect::<Result<_, _>>()?;
        Ok(PlannedModel { id, parts, is_folder })
    }
}

fn bad(name: &str) -> crate::names::BadName {
    check_name(name).err().unwrap_or(crate::names::BadName { name: name.to_owned(), reason: "nothing is left of it" })
}

/// Whether moving needs no copy.
pub(super) fn same_disk(models_dir: &Path, source: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let device = |path: &Path| path.ancestors().find_map(|path| Some(fs::metadata(path).ok()?.dev()));
        device(models_dir) == device(source)
    }
    #[cfg(not(unix))]
    {
        let disk = |path: &Path| path.components().next().map(|part| part.as_os_str().to_owned());
        disk(models_dir) == disk(source)
    }
}
