//! The project's files that the steps of a run attach by globs, read when the run is made.
//!
//! Invariant: nothing outside the project's folder is ever read. Globs are matched against a walk of the folder that
//! follows no links, and files are opened through a handle on the folder that refuses to leave it. `.git` and what
//! `.gitignore` names are left out.

mod folder;

use brickwork_engine::{AttachedFile, Diagnostic, Phrase, Pipeline, Severity};
use globset::{GlobBuilder, GlobMatcher};

use crate::error::AppError;
use folder::{Folder, OpenFault, Text};

/// The most files of one step.
const MAX_FILES: usize = 200;
/// The most bytes of one step's files together.
const MAX_BYTES: usize = 1024 * 1024;
/// The most names of a folder's files that imports are held against.
const MAX_NAMES: usize = 20_000;
/// The most globs of one step.
const MAX_GLOBS: usize = 64;
/// Names that a finding about several files tells.
const NAMED: usize = 3;

/// What the globs of a pipeline found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Attached {
    /// One list per list position of the pipeline's steps; empty when no enabled step attaches any.
    pub(crate) files: Vec<Vec<AttachedFile>>,
    /// What is wrong with the globs, warnings included.
    pub(crate) found: Vec<Diagnostic>,
}

impl Attached {
    /// The findings that keep the pipeline from running.
    pub(crate) fn errors(&self) -> Vec<Diagnostic> {
        self.found.iter().filter(|fault| fault.severity == Severity::Error).cloned().collect()
    }
}

/// Reads the files that the enabled steps of `pipeline` attach from the project's `folder`.
///
/// # Errors
/// [`AppError::Internal`] when the reading broke off. What is wrong with globs or files is among the findings.
pub(crate) async fn attached_files(folder: Option<String>, pipeline: &Pipeline) -> Result<Attached, AppError> {
    let globs: Vec<Vec<String>> =
        pipeline.steps.iter().map(|step| if step.enabled { step.files.clone() } else { Vec::new() }).collect();
    if globs.iter().all(Vec::is_empty) {
        return Ok(Attached::default());
    }
    // A folder may lie on a slow disk or a network.
    tokio::task::spawn_blocking(move || attach(folder.as_deref(), &globs))
        .await
        .map_err(|error| AppError::Internal(format!("reading the project's files broke off: {error}")))
}

/// Names of the files in a project's `folder`, below it; at most [`MAX_NAMES`] of them, and none where it cannot be read.
pub(crate) async fn folder_names(folder: Option<String>) -> Vec<String> {
    let Some(folder) = folder else { return Vec::new() };
    let names = tokio::task::spawn_blocking(move || folder::names(&folder, MAX_NAMES)).await;
    names.unwrap_or_default()
}

/// One step's globs: where it stands, and what is found out about it.
struct Step<'a> {
    position: usize,
    globs: &'a [String],
    files: Vec<AttachedFile>,
    bytes: usize,
    found: Vec<Diagnostic>,
}

fn attach(folder: Option<&str>, globs: &[Vec<String>]) -> Attached {
    let opened = Folder::open(folder);
    let mut attached = Attached::default();
    for (position, globs) in globs.iter().enumerate() {
        let mut step = Step { position, globs, files: Vec::new(), bytes: 0, found: Vec::new() };
        match &opened {
            _ if globs.is_empty() => {}
            Ok(folder) => step.attach(folder),
            Err(fault) => step.refuse(fault),
        }
        attached.files.push(step.files);
        attached.found.append(&mut step.found);
    }
    attached
}

impl Step<'_> {
    fn place(&self, index: usize) -> String {
        format!("$.steps[{}].files[{index}]", self.position)
    }

    fn error(&mut self, index: usize, code: &str, (message, remedy): (String, &str), phrase: Phrase) {
        self.found.push(Diagnostic::error(code, self.place(index), message, remedy).saying(phrase));
    }

    fn warning(&mut self, index: usize, code: &str, (message, remedy): (String, &str), phrase: Phrase) {
        self.found.push(Diagnostic::error(code, self.place(index), message, remedy).into_warning().saying(phrase));
    }

    fn refuse(&mut self, fault: &OpenFault) {
        match fault {
            OpenFault::NoFolder => self.error(
                0,
                "no_project_folder",
                (
                    "The step attaches files, but its project has no folder.".into(),
                    "Give the project a folder, or remove `files` from the step.",
                ),
                Phrase::new("no_project_folder"),
            ),
            OpenFault::Unusable { path, cause } => self.error(
                0,
                "no_project_folder",
                (
                    format!("The project's folder {path} cannot be read: {cause}."),
                    "Give the project another folder, or remove `files` from the step.",
                ),
                Phrase::new("project_folder_unreadable").with("path", path).with("cause", cause.to_string()),
            ),
            OpenFault::TooLarge { entries } => self.error(
                0,
                "too_many_files",
                (
                    format!("The project's folder holds more than {entries} files that `.gitignore` does not name."),
                    "Name what was built or downloaded in `.gitignore`, or give the project a smaller folder.",
                ),
                Phrase::new("project_folder_too_large").with("limit", *entries),
            ),
        }
    }

    fn attach(&mut self, folder: &Folder) {
        if self.globs.len() > MAX_GLOBS {
            let message = format!("The step has {} globs; {MAX_GLOBS} are allowed.", self.globs.len());
            let phrase = Phrase::new("too_many_globs").with("count", self.globs.len()).with("limit", MAX_GLOBS);
            let said = (message, "Join some of them: `src/**/*.{ts,tsx}`.");
            return self.error(MAX_GLOBS, "too_many_files", said, phrase);
        }
        for (index, glob) in self.globs.iter().enumerate() {
            let glob = glob.strip_prefix("./").unwrap_or(glob);
            if leads_out(glob) || folder.leads_out(glob) {
                self.error(
                    index,
                    "outside_folder",
                    (
                        format!("`{glob}` leads out of the project's folder."),
                        "Name files below the project's folder, by paths relative to it.",
                    ),
                    Phrase::new("glob_leads_out").with("glob", glob),
                );
                continue;
            }
            match matcher(glob) {
                Ok(matcher) => self.attach_glob(folder, index, &matcher),
                Err(cause) => self.error(
                    index,
                    "bad_glob",
                    (
                        format!("`{glob}` is no glob: {cause}."),
                        "Write it like `src/*.ts` or `src/**`; put `[` before a bracket that is meant literally: `[[]`.",
                    ),
                    Phrase::new("bad_glob").with("glob", glob).with("cause", cause),
                ),
            }
        }
    }

    fn attach_glob(&mut self, folder: &Folder, index: usize, matcher: &GlobMatcher) {
        let (mut n_matched, mut not_text, mut outside) = (0, Vec::new(), Vec::new());
        for entry in folder.entries().iter().filter(|entry| matcher.is_match(&entry.path)) {
            n_matched += 1;
            if self.files.iter().any(|file| file.path == entry.path) {
                continue;
            }
            match folder.read(entry, MAX_BYTES - self.bytes) {
                Text::Is(content) if self.files.len() < MAX_FILES => {
                    self.bytes += content.len();
                    self.files.push(AttachedFile { path: entry.path.clone(), content });
                }
                Text::Is(_) | Text::TooLarge => {
                    let message = format!(
                        "With `{}` the step attaches more than {MAX_FILES} files or {} KiB.",
                        entry.path,
                        MAX_BYTES / 1024
                    );
                    let phrase = Phrase::new("attached_too_much").with("path", &entry.path);
                    let phrase = phrase.with("files", MAX_FILES).with("kib", MAX_BYTES / 1024);
                    return self.error(index, "too_many_files", (message, "Name fewer or smaller files."), phrase);
                }
                Text::IsNot => not_text.push(entry.path.as_str()),
                Text::Outside => outside.push(entry.path.as_str()),
                Text::NoFile => n_matched -= 1,
            }
        }
        if !outside.is_empty() {
            let message = format!("{} out of the project's folder.", told(&outside, "is a link", "are links"));
            let phrase = told_phrase(&outside, ["link_leads_out", "links_lead_out", "links_and_more_lead_out"]);
            let said = (message, "Leave it out, or copy the file into the folder.");
            self.error(index, "outside_folder", said, phrase);
        }
        if !not_text.is_empty() {
            let message = format!(
                "{}.",
                told(&not_text, "is no UTF-8 text and is left out", "are no UTF-8 text and are left out")
            );
            let phrase = told_phrase(&not_text, ["file_is_no_text", "files_are_no_text", "files_and_more_are_no_text"]);
            self.warning(index, "not_text", (message, "Attach text files only."), phrase);
        }
        if n_matched == 0 {
            self.warning(
                index,
                "no_match",
                (
                    "No file of the project's folder matches.".into(),
                    "Correct it, or look whether `.gitignore` names the file; all files of a folder are `folder/**`.",
                ),
                Phrase::new("no_match"),
            );
        }
    }
}

/// `a, b and 3 more VERB`.
fn told(paths: &[&str], one: &str, several: &str) -> String {
    let names: Vec<String> = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
    let more = paths.len().saturating_sub(NAMED);
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{and_more} {}", names.join(", "), if paths.len() == 1 { one } else { several })
}

/// [`told`] in a form that can be put into another language; `reasons` are those for one path, for a few, and for more.
fn told_phrase(paths: &[&str], reasons: [&str; 3]) -> Phrase {
    let names: Vec<String> = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
    let names = names.join(", ");
    match paths {
        [path] => Phrase::new(reasons[0]).with("name", *path),
        _ if paths.len() <= NAMED => Phrase::new(reasons[1]).with("names", names),
        _ => Phrase::new(reasons[2]).with("names", names).with("count", paths.len() - NAMED),
    }
}

/// Whether a glob is an absolute path, of whatever system, or climbs.
fn leads_out(glob: &str) -> bool {
    let has_drive = glob.as_bytes().get(1) == Some(&b':') && glob.as_bytes()[0].is_ascii_alphabetic();
    has_drive || glob.starts_with(['/', '\\']) || glob.split(['/', '\\']).any(|part| part == "..")
}

fn matcher(glob: &str) -> Result<GlobMatcher, String> {
    if glob.trim().is_empty() {
        return Err("it is empty".into());
    }
    let glob = GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
}
