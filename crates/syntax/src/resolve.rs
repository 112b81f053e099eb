//! Which file an import means.

use std::collections::HashSet;

use crate::grammar::Grammar;
use crate::imports::{Import, Target};

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// It means this file.
    File(String),
    /// It means a library, an address or what else is no file of these.
    Elsewhere,
    /// It means a file that is not there.
    Missing,
}

/// Names of the files that there are.
pub(crate) type Files<'a> = HashSet<&'a str>;

const SCRIPT_ENDINGS: [&str; 12] =
    ["js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "d.ts", "json", "vue", "svelte"];

/// The file that `import` in the file called `from` means.
pub(crate) fn resolve(import: &Import, from: &str, grammar: Grammar, files: &Files<'_>) -> Resolved {
    match &import.target {
        Target::Path(path) => resolve_path(path, from, grammar, files),
        Target::Python(dots, module) => resolve_python(*dots, module, import, from, files),
        Target::RustModule(name) => {
            let (folder, file) = split(from);
            let own = file.strip_suffix(".rs").unwrap_or(file);
            let below =
                if matches!(own, "main" | "lib" | "mod") { folder.to_owned() } else { format!("{folder}{own}/") };
            first(&[format!("{below}{name}.rs"), format!("{below}{name}/mod.rs")], files)
        }
    }
}

fn resolve_path(path: &str, from: &str, grammar: Grammar, files: &Files<'_>) -> Resolved {
    let bare = path.split(['?', '#']).next().unwrap_or_default();
    if bare.is_empty() || bare.contains([':', '{', '<']) || bare.starts_with("//") {
        return Resolved::Elsewhere;
    }
    let is_relative = bare.starts_with("./") || bare.starts_with("../") || matches!(bare, "." | "..");
    let (folder, _) = split(from);
    let joined = |path: &str| join(folder, path);
    match grammar {
        grammar if grammar.is_script() && !is_relative => Resolved::Elsewhere,
        // What lies outside the folder of all pieces is not theirs to give.
        _ if is_relative && joined(bare).is_none() => Resolved::Elsewhere,
        grammar if grammar.is_script() => first(&script_candidates(&joined(bare).unwrap_or_default()), files),
        Grammar::Html => {
            let is_file = bare.rsplit('/').next().is_some_and(|last| last.contains('.'));
            let rooted = bare.strip_prefix('/');
            let candidates = match rooted {
                Some(rooted) => vec![rooted.to_owned(), format!("public/{rooted}")],
                None => joined(bare).into_iter().collect(),
            };
            if is_file { first(&candidates, files) } else { Resolved::Elsewhere }
        }
        _ => {
            // C looks beside the file and then in the folders that the build names.
            let mut candidates: Vec<String> = joined(bare).into_iter().collect();
            candidates.extend([bare.to_owned(), format!("include/{bare}"), format!("src/{bare}")]);
            first(&candidates, files)
        }
    }
}

/// The files that a script's path may mean, as bundlers look for them.
fn script_candidates(path: &str) -> Vec<String> {
    let mut candidates = vec![path.to_owned()];
    let with_ending = SCRIPT_ENDINGS.iter().map(|ending| format!("{path}.{ending}"));
    candidates.extend(with_ending);
    let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
    candidates.extend(SCRIPT_ENDINGS.iter().map(|ending| format!("{folder}index.{ending}")));
    // TypeScript is imported under the name of the script that it becomes.
    if let Some(stem) = path.strip_suffix(".js").or_else(|| path.strip_suffix(".jsx")) {
        candidates.extend([format!("{stem}.ts"), format!("{stem}.tsx"), format!("{stem}.jsx")]);
    }
    candidates
}

fn resolve_python(dots: usize, module: &str, import: &Import, from: &str, files: &Files<'_>) -> Resolved {
    let path = module.replace('.', "/");
    let base = if dots == 0 {
        String::new()
    } else {
        let up = "../".repeat(dots - 1);
        let Some(folder) = join(split(from).0, &up) else { return Resolved::Elsewhere };
        if folder.is_empty() { folder } else { format!("{folder}/") }
    };
    let module_files = |path: &str| vec![format!("{path}.py"), format!("{path}.pyi"), format!("{path}/__init__.py")];
    if path.is_empty() {
        // `from . import a, b`: each name is a module of the folder, or something that its `__init__.py` gives.
        let init = format!("{base}__init__.py");
        if files.contains(init.as_str()) {
            return Resolved::File(init);
        }
        let has =
            |name: &String| module_files(&format!("{base}{name}")).iter().any(|file| files.contains(file.as_str()));
        return if import.names.iter().all(has) { Resolved::Elsewhere } else { Resolved::Missing };
    }
    let found = first(&module_files(&format!("{base}{path}")), files);
    if dots > 0 || found != Resolved::Missing {
        // A folder without `__init__.py` is a package too.
        let folder = format!("{base}{path}/");
        let is_folder = files.iter().any(|file| file.starts_with(&folder));
        return if found == Resolved::Missing && is_folder { Resolved::Elsewhere } else { found };
    }
    // An absolute import is of these files only where its first part is a folder of them that has Python in it.
    let top = format!("{}/", path.split('/').next().unwrap_or_default());
    let folder = format!("{path}/");
    let is_ours = path.contains('/') && files.iter().any(|file| file.starts_with(&top) && file.ends_with(".py"));
    let is_folder = files.iter().any(|file| file.starts_with(&folder));
    if is_ours && !is_folder { Resolved::Missing } else { Resolved::Elsewhere }
}

fn first(candidates: &[String], files: &Files<'_>) -> Resolved {
    let found = candidates.iter().find(|candidate| files.contains(candidate.as_str()));
    found.map_or(Resolved::Missing, |file| Resolved::File(file.clone()))
}

/// The folder of a path with its last slash, and the file's name.
fn split(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |at| at + 1))
}

/// A path below a folder, with `.` and `..` carried out; `None` where it leads outside.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
