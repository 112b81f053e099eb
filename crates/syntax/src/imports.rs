//! What a file needs of other files.

use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Tree};

use crate::grammar::Grammar;
use crate::markup;
use crate::outline::children;
use crate::parse::walk;

/// What is imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A path as web languages and C write it, e.g. `./Form`.
    Path(String),
    /// A Python module: dots before it, and its dotted name.
    Python(usize, String),
    /// A module of Rust that is declared without its body.
    RustModule(String),
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The import as the source has it, e.g. `./Form` or `.models`.
    pub text: String,
    /// What it means.
    pub target: Target,
    /// The names that it takes, where it lists them; `default` for a module's default export.
    pub names: Vec<String>,
    /// Its line, from 1.
    pub line: usize,
}

/// The imports of a source.
pub(crate) fn of(grammar: Grammar, tree: &Tree, source: &str) -> Vec<Import> {
    let reader = Reader { source };
    match grammar {
        Grammar::Javascript | Grammar::Typescript | Grammar::Tsx => reader.script(tree),
        Grammar::Python => reader.python(tree),
        Grammar::Rust => reader.rust(tree),
        Grammar::C | Grammar::Cpp => reader.c(tree),
        Grammar::Css => reader.css(tree),
        Grammar::Html => reader.html(tree),
        _ => Vec::new(),
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    source: &'a str,
}

impl<'a> Reader<'a> {
    fn text(self, node: Node<'_>) -> &'a str {
        self.source.get(node.byte_range()).unwrap_or_default()
    }

    fn path(self, node: Node<'_>, names: Vec<String>) -> Import {
        let text = self.text(node).trim_matches(['"', '\'', '`']).to_owned();
        Import { target: Target::Path(text.clone()), text, names, line: node.start_position().row + 1 }
    }

    fn script(self, tree: &Tree) -> Vec<Import> {
        let mut found = Vec::new();
        walk(tree, |node| {
            match node.kind() {
                "import_statement" | "export_statement" => {
                    if let Some(from) = node.child_by_field_name("source") {
                        found.push(self.path(from, self.script_names(node)));
                    }
                }
                "call_expression" => {
                    let called = node.child_by_field_name("function").map(|called| self.text(called));
                    let first = node.child_by_field_name("arguments").and_then(|list| list.named_child(0));
                    if matches!(called, Some("require" | "import"))
                        && let Some(path) = first.filter(|first| first.kind() == "string")
                    {
                        found.push(self.path(path, Vec::new()));
                    }
                }
                _ => {}
            }
            true
        });
        found
    }

    fn script_names(self, statement: Node<'_>) -> Vec<String> {
        let mut names = Vec::new();
        for part in children(statement) {
            match part.kind() {
                "import_clause" => {
                    for inner in children(part) {
                        match inner.kind() {
                            "identifier" => names.push("default".to_owned()),
                            "named_imports" => names.extend(self.specifiers(inner, "import_specifier")),
                            _ => {}
                        }
                    }
                }
                "export_clause" => names.extend(self.specifiers(part, "export_specifier")),
                _ => {}
            }
        }
        names
    }

    fn specifiers(self, list: Node<'_>, kind: &str) -> Vec<String> {
        let named = children(list).into_iter().filter(|one| one.kind() == kind);
        named.filter_map(|one| one.child_by_field_name("name")).map(|name| self.text(name).to_owned()).collect()
    }

    fn python(self, tree: &Tree) -> Vec<Import> {
        let mut found = Vec::new();
        walk(tree, |node| {
            let line = node.start_position().row + 1;
            let mut cursor = node.walk();
            let names: Vec<&str> = node
                .children_by_field_name("name", &mut cursor)
                .map(|name| self.text(name.child_by_field_name("name").unwrap_or(name)))
                .collect();
            match node.kind() {
                "import_statement" => found.extend(names.into_iter().map(|name| Import {
                    text: name.to_owned(),
                    target: Target::Python(0, name.to_owned()),
                    names: Vec::new(),
                    line,
                })),
                "import_from_statement" => {
                    let Some(module) = node.child_by_field_name("module_name").map(|module| self.text(module)) else {
                        return false;
                    };
                    let dots = module.len() - module.trim_start_matches('.').len();
                    found.push(Import {
                        text: module.to_owned(),
                        target: Target::Python(dots, module[dots..].to_owned()),
                        names: names.into_iter().map(str::to_owned).collect(),
                        line,
                    });
                }
                _ => return true,
            }
            false
        });
        found
    }

    fn rust(self, tree: &Tree) -> Vec<Import> {
        let modules = children(tree.root_node()).into_iter().filter(|node| node.kind() == "mod_item");
        let outside = modules.filter(|node| node.child_by_field_name("body").is_none());
        let import = |node: Node<'_>| {
            let name = self.text(node.child_by_field_name("name")?).to_owned();
            let line = node.start_position().row + 1;
            Some(Import { text: format!("mod {name}"), target: Target::RustModule(name), names: Vec::new(), line })
        };
        outside.filter_map(import).collect()
    }

    fn c(self, tree: &Tree) -> Vec<Import> {
        let mut found = Vec::new();
        walk(tree, |node| {
            if node.kind() == "preproc_include" {
                let path = node.child_by_field_name("path").filter(|path| path.kind() == "string_literal");
                found.extend(path.map(|path| self.path(path, Vec::new())));
            }
            true
        });
        found
    }

    fn css(self, tree: &Tree) -> Vec<Import> {
        let statements = children(tree.root_node()).into_iter().filter(|node| node.kind() == "import_statement");
        let paths = statements.filter_map(|node| children(node).into_iter().find(|part| part.kind() == "string_value"));
        paths.map(|path| self.path(path, Vec::new())).collect()
    }

    fn html(self, tree: &Tree) -> Vec<Import> {
        let import = |(path, line): (&str, usize)| Import {
            text: path.to_owned(),
            target: Target::Path(path.to_owned()),
            names: Vec::new(),
            line,
        };
        markup::references(tree, self.source).into_iter().map(import).collect()
    }
}
