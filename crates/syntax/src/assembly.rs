//! Assembly without a model: the latest piece of each file, and what does not fit.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use brickwork_artifacts::{Artifact, latest_pieces};
use serde::{Deserialize, Serialize};

use crate::grammar::Grammar;
use crate::outline::{Outline, outline};
use crate::resolve::{Files, Resolved, resolve};

/// One step's pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The step's name.
    pub name: String,
    /// Its artifacts, in order.
    pub artifacts: Vec<Artifact>,
}

/// What the steps' pieces make together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assembly {
    /// The latest piece of each file, in the order in which the files first appeared.
    pub pieces: Vec<Artifact>,
    /// What does not fit, in a stable order.
    pub conflicts: Vec<Conflict>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// What does not fit among pieces. Shown as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Conflict {
    /// Several steps gave a file of this name with different contents; the last one's is taken.
    SameName {
        /// The file.
        name: String,
        /// The steps, in order.
        steps: Vec<String>,
    },
    /// A symbol is declared more than once where one is allowed.
    DuplicateSymbol {
        /// The symbol.
        symbol: String,
        /// Where.
        places: Vec<Place>,
    },
    /// A file imports one that is not there.
    MissingFile {
        /// Where.
        place: Place,
        /// The import as the source has it.
        import: String,
    },
    /// A file imports a name that the other file does not give.
    MissingName {
        /// Where.
        place: Place,
        /// The name; `default` for a module's default export.
        name: String,
        /// The file that should give it.
        provider: String,
    },
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameName { name, steps } => {
                let last = steps.last().map_or("", String::as_str);
                write!(f, "`{name}` comes from the steps {}; that of `{last}` is the latest.", list(steps))
            }
            Self::DuplicateSymbol { symbol, places } => {
                let places: Vec<String> = places.iter().map(|at| format!("{}:{}", at.file, at.line)).collect();
                write!(f, "`{symbol}` is declared more than once: {}.", list(&places))
            }
            Self::MissingFile { place, import } => {
                write!(f, "`{}` imports `{import}` in line {}, which no file provides.", place.file, place.line)
            }
            Self::MissingName { place, name, provider } => write!(
                f,
                "`{}` imports `{name}` from `{provider}` in line {}, which does not export it.",
                place.file, place.line
            ),
        }
    }
}

fn list(items: &[String]) -> String {
    items.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ")
}

/// Puts the latest pieces together and reports what does not fit. `others` are names of files that are there besides, such
/// as those of the project's folder.
#[must_use]
pub fn assemble(steps: &[Step], others: &[String]) -> Assembly {
    let lists: Vec<Vec<Artifact>> = steps.iter().map(|step| step.artifacts.clone()).collect();
    let pieces = latest_pieces(&lists);
    let mut found = same_names(steps, &pieces);
    found.extend(conflicts(&pieces, others));
    Assembly { pieces, conflicts: found }
}

fn same_names(steps: &[Step], pieces: &[Artifact]) -> Vec<Conflict> {
    let of_piece = |piece: &Artifact| {
        let folded = piece.name.to_lowercase();
        let mut givers: Vec<String> = Vec::new();
        let mut differs = false;
        for step in steps {
            for one in step.artifacts.iter().filter(|one| one.name.to_lowercase() == folded) {
                givers.push(step.name.clone());
                differs |= one.content != piece.content;
            }
        }
        let name = piece.name.clone();
        (differs && givers.len() > 1).then_some(Conflict::SameName { name, steps: givers })
    };
    pieces.iter().filter_map(of_piece).collect()
}

/// What does not fit among these files: symbols that are declared twice, and imports that neither they nor `others` give.
#[must_use]
pub fn conflicts(pieces: &[Artifact], others: &[String]) -> Vec<Conflict> {
    let outlines: Vec<(&Artifact, Grammar, Outline)> = pieces
        .iter()
        .filter_map(|piece| Some((piece, Grammar::of_kind(&piece.kind)?, outline(&piece.kind, &piece.content)?)))
        .collect();
    let mut found = Vec::new();
    for (piece, _, outline) in &outlines {
        found.extend(twice_in_file(piece, outline));
    }
    found.extend(twice_in_package(&outlines));
    found.extend(unprovided(pieces, others, &outlines));
    found
}

fn twice_in_file(piece: &Artifact, outline: &Outline) -> Vec<Conflict> {
    let mut lines: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    let mut first: HashMap<&str, usize> = HashMap::new();
    for symbol in outline.symbols.iter().filter(|symbol| symbol.is_unique) {
        let at = *first.entry(&symbol.name).or_insert(symbol.line);
        lines.entry((at, &symbol.name)).or_default().push(symbol.line);
    }
    let twice = lines.into_iter().filter(|(_, lines)| lines.len() > 1);
    let place = |line: usize| Place { file: piece.name.clone(), line };
    twice
        .map(|((_, symbol), lines)| Conflict::DuplicateSymbol {
            symbol: symbol.to_owned(),
            places: lines.into_iter().map(place).collect(),
        })
        .collect()
}

/// Exported symbols that two files declare and that get in each other's way: in a package of Go or Java, in a program of
/// C, and in modules of a script where one of them is most likely a leftover of the other.
fn twice_in_package(outlines: &[(&Artifact, Grammar, Outline)]) -> Vec<Conflict> {
    let mut places: BTreeMap<(String, &str), Vec<Place>> = BTreeMap::new();
    for (piece, grammar, outline) in outlines {
        let Some(package) = package(piece, *grammar) else { continue };
        let mut seen: Vec<&str> = Vec::new();
        for symbol in outline.symbols.iter().filter(|symbol| symbol.is_exported && symbol.is_unique) {
            let is_common = symbol.name == "default" || (grammar.is_script() && is_convention(&symbol.name));
            if !is_common && !seen.contains(&symbol.name.as_str()) {
                seen.push(&symbol.name);
                let place = Place { file: piece.name.clone(), line: symbol.line };
                places.entry((package.clone(), &symbol.name)).or_default().push(place);
            }
        }
    }
    let twice = places.into_iter().filter(|(_, places)| places.len() > 1);
    twice.map(|((_, symbol), places)| Conflict::DuplicateSymbol { symbol: symbol.to_owned(), places }).collect()
}

/// The space in which a file's symbols live together with those of others.
fn package(piece: &Artifact, grammar: Grammar) -> Option<String> {
    let folder = piece.name.rfind('/').map_or("", |at| &piece.name[..at]);
    match grammar {
        Grammar::Go | Grammar::Java => Some(format!("{grammar:?} {folder}")),
        Grammar::C => Some("C".to_owned()),
        _ if grammar.is_script() => Some("script".to_owned()),
        _ => None,
    }
}

/// Names that frameworks look for in many files.
fn is_convention(name: &str) -> bool {
    const NAMES: [&str; 24] = [
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "HEAD",
        "OPTIONS",
        "metadata",
        "generateMetadata",
        "loader",
        "action",
        "meta",
        "links",
        "config",
        "load",
        "actions",
        "getServerSideProps",
        "getStaticProps",
        "getStaticPaths",
        "Props",
        "runtime",
        "revalidate",
        "dynamic",
        "handler",
    ];
    NAMES.contains(&name)
}

fn unprovided(pieces: &[Artifact], others: &[String], outlines: &[(&Artifact, Grammar, Outline)]) -> Vec<Conflict> {
    let files: Files<'_> =
        pieces.iter().map(|piece| piece.name.as_str()).chain(others.iter().map(String::as_str)).collect();
    let mut found = Vec::new();
    for (piece, grammar, outline) in outlines {
        for import in &outline.imports {
            let place = Place { file: piece.name.clone(), line: import.line };
            match resolve(import, &piece.name, *grammar, &files) {
                Resolved::Elsewhere => {}
                Resolved::Missing => found.push(Conflict::MissingFile { place, import: import.text.clone() }),
                Resolved::File(provider) => {
                    let given = outlines.iter().find(|(other, _, _)| other.name == provider);
                    let Some((_, _, given)) = given.filter(|(_, _, given)| !given.is_open) else { continue };
                    for name in &import.names {
                        let is_given = given.symbols.iter().any(|symbol| symbol.is_exported && symbol.name == *name);
                        if !is_given && !is_submodule(&provider, name, &files) {
                            let (place, provider) = (place.clone(), provider.clone());
                            found.push(Conflict::MissingName { place, name: name.clone(), provider });
                        }
                    }
                }
            }
        }
    }
    found
}

/// Whether a name imported from a Python package is one of its modules.
fn is_submodule(provider: &str, name: &str, files: &Files<'_>) -> bool {
    provider.strip_suffix("__init__.py").is_some_and(|folder| {
        let module = format!("{folder}{name}.py");
        let package = format!("{folder}{name}/__init__.py");
        files.contains(module.as_str()) || files.contains(package.as_str())
    })
}
