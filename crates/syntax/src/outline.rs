//! What a file declares at its top and what it imports, as its tree shows it.

use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Tree};

use crate::grammar::Grammar;
use crate::imports::{self, Import};
use crate::parse::parse;

/// What a file declares and imports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The declarations at the file's top, in order.
    pub symbols: Vec<Symbol>,
    /// What it needs of other files.
    pub imports: Vec<Import>,
    /// Whether it may give more names than the symbols say, as with `export * from`.
    pub is_open: bool,
}

/// A declaration at a file's top.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Symbol {
    /// Its name; `default` for a module's default export.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether other files can use it.
    pub is_exported: bool,
    /// Whether the language allows it only once.
    pub is_unique: bool,
}

/// The outline of a source of this kind, or `None` where it is not known.
#[must_use]
pub fn outline(kind: &str, source: &str) -> Option<Outline> {
    if source.len() > crate::SOURCE_MAX_BYTES {
        return None;
    }
    let grammar = Grammar::of_kind(kind)?;
    let tree = parse(grammar, source, &mut || false)?;
    let mut reader = Reader { source, found: Outline::default() };
    match grammar {
        Grammar::Javascript | Grammar::Typescript | Grammar::Tsx => reader.script(&tree),
        Grammar::Python => reader.python(&tree),
        Grammar::Rust => reader.rust(&tree),
        Grammar::Go => reader.go(&tree),
        Grammar::Java => {
            reader.declarations(&tree, &["class_declaration", "interface_declaration", "enum_declaration"])
        }
        Grammar::C => reader.c(&tree),
        _ => {}
    }
    reader.found.imports.extend(imports::of(grammar, &tree, source));
    reader.found.imports.sort_by_key(|import| import.line);
    Some(reader.found)
}

/// Reads declarations into an outline.
struct Reader<'a> {
    source: &'a str,
    found: Outline,
}

impl Reader<'_> {
    fn text(&self, node: Node<'_>) -> &str {
        self.source.get(node.byte_range()).unwrap_or_default()
    }

    fn declare(&mut self, name: Node<'_>, is_exported: bool, is_unique: bool) {
        let line = name.start_position().row + 1;
        let name = self.text(name).to_owned();
        self.found.symbols.push(Symbol { name, line, is_exported, is_unique });
    }

    fn declarations(&mut self, tree: &Tree, kinds: &[&str]) {
        for node in children(tree.root_node()).into_iter().filter(|node| kinds.contains(&node.kind())) {
            if let Some(name) = node.child_by_field_name("name") {
                self.declare(name, true, true);
            }
        }
    }

    fn script(&mut self, tree: &Tree) {
        for node in children(tree.root_node()) {
            match node.kind() {
                "export_statement" => self.export(node),
                "expression_statement" if self.text(node).starts_with("module.exports") => self.found.is_open = true,
                "expression_statement" if self.text(node).starts_with("exports.") => self.found.is_open = true,
                _ => self.script_declaration(node, false),
            }
        }
    }

    fn export(&mut self, node: Node<'_>) {
        let line = node.start_position().row + 1;
        let parts = children(node);
        let is_default = parts.iter().any(|part| part.kind() == "default");
        if is_default {
            self.found.symbols.push(Symbol { name: "default".to_owned(), line, is_exported: true, is_unique: true });
        }
        for part in parts {
            match part.kind() {
                "export_clause" => {
                    for one in children(part).into_iter().filter(|one| one.kind() == "export_specifier") {
                        let name = one.child_by_field_name("alias").or_else(|| one.child_by_field_name("name"));
                        name.into_iter().for_each(|name| self.declare(name, true, false));
                    }
                }
                "*" | "namespace_export" => self.found.is_open = true,
                _ => self.script_declaration(part, !is_default),
            }
        }
    }

    fn script_declaration(&mut self, node: Node<'_>, is_exported: bool) {
        match node.kind() {
            "function_declaration"
            | "generator_function_declaration"
            | "class_declaration"
            | "abstract_class_declaration"
            | "enum_declaration"
            | "type_alias_declaration" => {
                let name = node.child_by_field_name("name");
                name.into_iter().for_each(|name| self.declare(name, is_exported, true));
            }
            // Interfaces may be declared in several pieces, and overloads as often as one likes.
            "interface_declaration" | "function_signature" => {
                let name = node.child_by_field_name("name");
                name.into_iter().for_each(|name| self.declare(name, is_exported, false));
            }
            "lexical_declaration" | "variable_declaration" => {
                let is_unique = node.kind() == "lexical_declaration";
                for one in children(node).into_iter().filter(|one| one.kind() == "variable_declarator") {
                    match one.child_by_field_name("name") {
                        Some(name) if name.kind() == "identifier" => self.declare(name, is_exported, is_unique),
                        // A pattern may give any number of names.
                        _ => self.found.is_open |= is_exported,
                    }
                }
            }
            "ambient_declaration" | "internal_module" | "module" => self.found.is_open = true,
            _ => {}
        }
    }

    fn python(&mut self, tree: &Tree) {
        for node in children(tree.root_node()) {
            match node.kind() {
                "function_definition" | "class_definition" => self.python_definition(node, true),
                "decorated_definition" => {
                    let inner = node.child_by_field_name("definition");
                    inner.into_iter().for_each(|inner| self.python_definition(inner, false));
                }
                "expression_statement" => self.python_assignment(node),
                "import_statement" | "import_from_statement" => {
                    self.found.is_open |= children(node).iter().any(|part| part.kind() == "wildcard_import");
                    let mut cursor = node.walk();
                    let names: Vec<Node<'_>> = node.children_by_field_name("name", &mut cursor).collect();
                    for name in names {
                        let bound = name.child_by_field_name("alias").unwrap_or(name);
                        self.declare(bound, true, false);
                    }
                }
                "comment" | "future_import_statement" => {}
                // What branches and loops declare depends on what runs.
                _ => self.found.is_open = true,
            }
        }
    }

    fn python_definition(&mut self, node: Node<'_>, is_unique: bool) {
        if let Some(name) = node.child_by_field_name("name") {
            self.declare(name, true, is_unique);
        }
    }

    fn python_assignment(&mut self, statement: Node<'_>) {
        let Some(inner) = statement.child(0) else { return };
        if inner.kind() != "assignment" {
            return;
        }
        match inner.child_by_field_name("left") {
            Some(left) if left.kind() == "identifier" => self.declare(left, true, false),
            _ => self.found.is_open = true,
        }
    }

    fn rust(&mut self, tree: &Tree) {
        const ITEMS: [&str; 7] =
            ["function_item", "struct_item", "enum_item", "trait_item", "const_item", "static_item", "type_item"];
        let mut is_conditional = false;
        for node in children(tree.root_node()) {
            if node.kind() == "attribute_item" {
                is_conditional |= self.text(node).contains("cfg");
                continue;
            }
            if ITEMS.contains(&node.kind())
                && let Some(name) = node.child_by_field_name("name")
            {
                let is_public = children(node).iter().any(|part| part.kind() == "visibility_modifier");
                self.declare(name, is_public, !is_conditional);
            }
            is_conditional = false;
        }
    }

    fn go(&mut self, tree: &Tree) {
        for node in children(tree.root_node()) {
            let named = match node.kind() {
                "function_declaration" => vec![node],
                "type_declaration" => children(node).into_iter().filter(|one| one.kind() == "type_spec").collect(),
                _ => Vec::new(),
            };
            for name in named.into_iter().filter_map(|node| node.child_by_field_name("name")) {
                let may_repeat = matches!(self.text(name), "init" | "_");
                self.declare(name, true, !may_repeat);
            }
        }
    }

    fn c(&mut self, tree: &Tree) {
        for node in children(tree.root_node()).into_iter().filter(|node| node.kind() == "function_definition") {
            let is_static = children(node).into_iter().any(|part| self.text(part) == "static");
            let mut inner = node.child_by_field_name("declarator");
            while let Some(next) = inner.and_then(|node| node.child_by_field_name("declarator")) {
                inner = Some(next);
            }
            if let Some(name) = inner.filter(|name| name.kind() == "identifier") {
                self.declare(name, !is_static, true);
            }
        }
    }
}

/// A node's children, in order.
pub(crate) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}
