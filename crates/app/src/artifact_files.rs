//! A run's artifacts as files: one of them, or all in one zip.
//!
//! A name in a zip or in a download is safe on every system: one that is not is replaced. The same run gives the same
//! bytes every time.

use std::collections::HashSet;
use std::io::{Cursor, Write};

use brickwork_artifacts::{Artifact, check_path};
use brickwork_engine::RunId;
use brickwork_export::{ExportError, MANIFEST_NAME, MAX_FILES, MAX_TOTAL_BYTES, check_name, folded_name, manifest_of};
use brickwork_store::StoredArtifact;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::app::App;
use crate::error::AppError;
use crate::export::{blocking, file, makers};
use crate::views::{RunView, StepView};

/// Pieces of one name that are told apart by numbers.
const MAX_SAME: usize = 200;

/// One artifact to save as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactFile {
    /// A safe name without folders.
    pub name: String,
    /// What the file shall hold, byte for byte.
    pub content: String,
}

/// The id of an artifact that `text` spells.
///
/// # Errors
/// [`AppError::Unknown`] when it is no number: such an artifact cannot exist.
pub fn artifact_id_of(text: &str) -> Result<i64, AppError> {
    text.parse().map_err(|_| unknown_artifact(text))
}

impl App {
    /// One artifact of a run.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::Unknown`] when the run has no such artifact, or a fault of the database.
    pub async fn artifact(&self, run_id: RunId, artifact_id: i64) -> Result<StoredArtifact, AppError> {
        let artifacts = self.artifacts(run_id).await?;
        artifacts.into_iter().find(|one| one.id == artifact_id).ok_or_else(|| unknown_artifact(artifact_id))
    }

    /// One artifact of a run as a file to save.
    ///
    /// # Errors
    /// As [`App::artifact`].
    pub async fn artifact_file(&self, run_id: RunId, artifact_id: i64) -> Result<ArtifactFile, AppError> {
        let StoredArtifact { artifact, .. } = self.artifact(run_id, artifact_id).await?;
        let last = artifact.name.rsplit('/').next().unwrap_or_default();
        let name = if check_path(last).is_ok() { last.to_owned() } else { replacement(&artifact, 0) };
        Ok(ArtifactFile { name, content: artifact.content })
    }

    /// A zip of a run's final artifacts; with `all`, of every step's as well, below `steps/NN-NAME/`, NN from 01. The manifest,
    /// `brickwork.json`, lies beside them as in an export.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::NothingToExport`], [`ExportError::TooManyFiles`] or
    /// [`ExportError::TooManyBytes`], or a fault of the database.
    pub async fn artifacts_zip(&self, run_id: RunId, all: bool) -> Result<Vec<u8>, AppError> {
        let run = self.run(run_id).await?;
        let pieces = pieces(&run, all);
        if pieces.is_empty() {
            return Err(AppError::NothingToExport(run_id));
        }
        check_bounds(&pieces)?;
        let files = named(&pieces);
        let files = files.into_iter().zip(&pieces).map(|(name, piece)| file(name, piece.artifact, piece.maker, &run));
        let files = self.with_model_files(&run, files.collect()).await;
        // Of the same run, the manifest is the same each time too.
        let stamp = run.finished_at.unwrap_or(run.created_at).to_string();
        let facts = self.facts(&run, stamp).await?;
        blocking(move || {
            let manifest = manifest_of(&files, &facts)?;
            let contents = files.iter().map(|file| (file.name.as_str(), file.content.as_bytes()));
            let contents: Vec<(&str, &[u8])> = contents.chain([(MANIFEST_NAME, &*manifest)]).collect();
            pack(&contents).map_err(|error| AppError::Internal(format!("the zip could not be made: {error}")))
        })
        .await?
    }
}

/// An artifact with the folder that it belongs into and the step that made it.
struct Piece<'a> {
    folder: String,
    artifact: &'a Artifact,
    maker: &'a StepView,
}

fn unknown_artifact(id: impl ToString) -> AppError {
    AppError::Unknown {
        what: "artifact",
        id: id.to_string(),
        remedy: "List the run's artifacts to find its id.".into(),
    }
}

fn pieces(run: &RunView, all: bool) -> Vec<Piece<'_>> {
    let makers = makers(run);
    let own = |artifact| Piece { folder: String::new(), artifact, maker: makers.of(artifact) };
    let mut pieces: Vec<Piece<'_>> = run.final_artifacts.iter().map(own).collect();
    for maker in run.steps.iter().chain([&run.assembler]).filter(|_| all) {
        let folder = format!("steps/{:02}-{}/", maker.position + 1, maker.step_name.trim_end_matches([' ', '.']));
        pieces.extend(maker.artifacts.iter().map(|artifact| Piece { folder: folder.clone(), artifact, maker }));
    }
    pieces
}

/// A safe name for each piece, all of them different even where case and normalisation do not count, and none the folder
/// of another.
fn named(pieces: &[Piece<'_>]) -> Vec<String> {
    let wanted: Vec<(&str, &Artifact)> = pieces.iter().map(|piece| (&*piece.folder, piece.artifact)).collect();
    names_of(&wanted)
}

fn names_of(pieces: &[(&str, &Artifact)]) -> Vec<String> {
    let mut files = HashSet::new();
    // No piece of the run may take the place of a step's folder.
    let mut folders: HashSet<String> =
        pieces.iter().flat_map(|(folder, _)| parents(folder).map(folded_name).collect::<Vec<_>>()).collect();
    let mut named = Vec::new();
    for (index, (folder, artifact)) in pieces.iter().enumerate() {
        let is_free = |name: &String| {
            let key = folded_name(name);
            check_name(name).is_ok()
                && !files.contains(&key)
                && !folders.contains(&key)
                && parents(&key).all(|parent| !files.contains(parent))
        };
        let wanted = format!("{folder}{}", artifact.name);
        let other = format!("{folder}{}", replacement(artifact, index));
        let n_own = if check_name(&wanted).is_ok() { MAX_SAME } else { 0 };
        let own = (1..=n_own).map(|n| numbered(&wanted, n)).find(is_free);
        let name = own.or_else(|| (1..=MAX_FILES).map(|n| numbered(&other, n)).find(is_free)).unwrap_or(other);
        let key = folded_name(&name);
        folders.extend(parents(&key).map(str::to_owned));
        files.insert(key);
        named.push(name);
    }
    named
}

/// The folders above `name`, innermost last.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

/// The name itself for 1; then `name-2.ext`, `name-3.ext`.
fn numbered(name: &str, n: usize) -> String {
    if n == 1 {
        return name.to_owned();
    }
    let start = name.rfind('/').map_or(0, |at| at + 1);
    match name[start..].rfind('.').filter(|at| *at > 0) {
        Some(at) => format!("{}-{n}{}", &name[..start + at], &name[start + at..]),
        None => format!("{name}-{n}"),
    }
}

/// A name for an artifact whose own cannot be used.
fn replacement(artifact: &Artifact, index: usize) -> String {
    let is_plain = !artifact.kind.is_empty() && artifact.kind.chars().all(|c| c.is_ascii_alphanumeric());
    format!("artifact_{index}.{}", if is_plain { &artifact.kind } else { "txt" })
}

fn check_bounds(pieces: &[Piece<'_>]) -> Result<(), ExportError> {
    let size_bytes = pieces.iter().map(|piece| piece.artifact.content.len() as u64).sum();
    match pieces.len() {
        count if count > MAX_FILES => Err(ExportError::TooManyFiles { count }),
        _ if size_bytes > MAX_TOTAL_BYTES => Err(ExportError::TooManyBytes { size_bytes }),
        _ => Ok(()),
    }
}

/// Without stamps of its own, so that the same files give the same bytes.
fn pack(files: &[(&str, &[u8])]) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, options)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn artifact(name: &str) -> Artifact {
        Artifact {
            kind: "js".into(),
            name: name.into(),
            content: name.into(),
            named: true,
            closed: true,
            start: 0,
            end: 0,
            syntax: None,
        }
    }

    fn names(wanted: &[(&str, &str)]) -> Vec<String> {
        let artifacts: Vec<(String, Artifact)> =
            wanted.iter().map(|(folder, name)| ((*folder).to_owned(), artifact(name))).collect();
        let pieces: Vec<(&str, &Artifact)> = artifacts.iter().map(|(folder, one)| (&**folder, one)).collect();
        names_of(&pieces)
    }

    #[test]
    fn names_are_safe_and_unique() {
        let check = |wanted: &[(&str, &str)], expected: &[&str]| assert_eq!(names(wanted), expected, "{wanted:?}");
        check(&[("", "src/a.js"), ("steps/01-x/", "src/a.js")], &["src/a.js", "steps/01-x/src/a.js"]);
        check(&[("", "a.js"), ("", "A.js"), ("", "a.js")], &["a.js", "A-2.js", "a-3.js"]);
        check(&[("", "caf\u{e9}.js"), ("", "cafe\u{301}.js")], &["caf\u{e9}.js", "cafe\u{301}-2.js"]);
        check(&[("", "lib"), ("", "Lib/a.js"), ("", "b.js")], &["lib", "artifact_1.js", "b.js"]);
        check(&[("", "lib/a.js"), ("", "LIB")], &["lib/a.js", "LIB-2"]);
        check(&[("", "steps"), ("steps/01-x/", "a.js")], &["steps-2", "steps/01-x/a.js"]);
        check(&[("", ".gitignore"), ("", ".gitignore")], &[".gitignore", ".gitignore-2"]);
    }

    #[test]
    fn unsafe_names_are_replaced() {
        for name in ["../a.js", "/etc/passwd", "C:\\a", "nul.js", ".env", ".git/hooks/x", "a\u{0}b", ""] {
            assert_eq!(names(&[("", name)]), ["artifact_0.js"], "{name:?}");
        }
        let odd = Artifact { kind: "../x".into(), ..artifact("..") };
        assert_eq!(replacement(&odd, 3), "artifact_3.txt");
    }

    #[test]
    fn a_zip_is_the_same_every_time() {
        let files = [("a/b.txt", &b"x\0\r\n"[..]), ("c.txt", b"")];
        assert_eq!(pack(&files).unwrap(), pack(&files).unwrap());
    }
}
