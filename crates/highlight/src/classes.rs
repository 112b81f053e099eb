//! Grammar scopes to a small fixed set of class names.

use std::collections::HashMap;
use std::sync::OnceLock;

use syntect::parsing::Scope;

/// The class names; a style is an index into them.
pub(crate) const NAMES: [&str; 22] = [
    "plain",
    "comment",
    "string",
    "number",
    "keyword",
    "type",
    "function",
    "variable",
    "constant",
    "operator",
    "punctuation",
    "tag",
    "attribute",
    "property",
    "invalid",
    "heading",
    "link",
    "strong",
    "emphasis",
    "inserted",
    "deleted",
    "escape",
];

/// The style of text without a class.
pub(crate) const PLAIN: u16 = 0;

/// Scope prefixes and their class. The first prefix that fits wins, so the particular ones stand before the general.
/// `plain` ends the search: code inside a string's interpolation is no string.
const RULES: [(&str, &str); 87] = [
    ("punctuation.definition.comment", "comment"),
    ("comment", "comment"),
    ("punctuation.definition.string", "string"),
    ("constant.character.escape", "escape"),
    ("constant.other.placeholder", "escape"),
    ("string.other.link", "link"),
    ("string.unquoted.plain.out.yaml", "string"),
    ("string", "string"),
    ("constant.numeric", "number"),
    ("keyword.other.unit", "number"),
    ("constant", "constant"),
    ("variable.other.constant", "constant"),
    ("support.constant", "constant"),
    ("keyword.operator.expression", "keyword"),
    ("keyword.operator.new", "keyword"),
    ("keyword.operator.word", "keyword"),
    ("keyword.operator.logical.python", "keyword"),
    ("keyword.operator.logical.sql", "keyword"),
    ("keyword.operator.type.asserts", "keyword"),
    ("keyword.operator", "operator"),
    ("keyword.declaration", "keyword"),
    ("keyword", "keyword"),
    ("storage.type.function.arrow", "operator"),
    ("storage.type.numeric", "number"),
    ("storage.type.string", "string"),
    ("storage", "keyword"),
    ("entity.name.function", "function"),
    ("entity.name.macro", "function"),
    ("support.function", "function"),
    ("support.macro", "function"),
    ("variable.function", "function"),
    ("variable.annotation", "attribute"),
    ("entity.name.tag.yaml", "property"),
    ("entity.name.tag.toml", "property"),
    ("entity.name.tag", "tag"),
    ("support.class.component", "tag"),
    ("punctuation.definition.inserted", "inserted"),
    ("punctuation.definition.deleted", "deleted"),
    ("punctuation.definition.tag", "punctuation"),
    ("entity.other.attribute-name", "attribute"),
    ("meta.attribute-with-value", "plain"),
    ("support.type.property-name", "property"),
    ("support.type.vendored.property", "property"),
    ("meta.property-name", "property"),
    ("entity.name.section", "heading"),
    ("markup.heading", "heading"),
    ("punctuation.definition.heading", "heading"),
    ("entity.name.label", "constant"),
    ("entity.name.constant", "constant"),
    ("entity.name.variable", "variable"),
    ("entity.name.parameter", "variable"),
    ("entity.name.import", "variable"),
    ("entity.name.type", "type"),
    ("entity.name.class", "type"),
    ("entity.name.struct", "type"),
    ("entity.name.enum", "type"),
    ("entity.name.union", "type"),
    ("entity.name.trait", "type"),
    ("entity.name.impl", "type"),
    ("entity.name.interface", "type"),
    ("entity.name.namespace", "type"),
    ("entity.name.module", "type"),
    ("entity.other.inherited-class", "type"),
    ("support.type", "type"),
    ("support.class", "type"),
    ("variable.other.member", "property"),
    ("variable.other.property", "property"),
    ("variable.other.object.property", "property"),
    ("support.variable.property", "property"),
    ("meta.object-literal.key", "property"),
    ("variable", "variable"),
    ("support.variable", "variable"),
    ("support.module", "type"),
    ("markup.underline.link", "link"),
    ("meta.link.inet", "link"),
    ("markup.bold", "strong"),
    ("markup.italic", "emphasis"),
    ("markup.raw", "string"),
    ("markup.inserted", "inserted"),
    ("markup.deleted", "deleted"),
    ("meta.brace", "punctuation"),
    ("punctuation", "punctuation"),
    ("invalid", "invalid"),
    ("meta.interpolation", "plain"),
    ("meta.template.expression", "plain"),
    ("meta.jsx.children", "plain"),
    ("source", "plain"),
];

/// Finds the class of a scope stack, remembering each scope seen.
pub(crate) struct Classes {
    seen: HashMap<Scope, Option<u16>>,
}

struct Table {
    rules: Vec<(Scope, u16)>,
    json_keys: Vec<Scope>,
    string: u16,
    property: u16,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table {
        rules: RULES.iter().map(|(prefix, class)| (scope(prefix), style(class))).collect(),
        json_keys: ["meta.mapping.key.json", "meta.structure.dictionary.key.json"].map(scope).to_vec(),
        string: style("string"),
        property: style("property"),
    })
}

fn scope(text: &str) -> Scope {
    Scope::new(text).expect("the prefixes of the table have at most eight parts")
}

fn style(class: &str) -> u16 {
    let index = NAMES.iter().position(|name| *name == class).expect("the table names listed classes only");
    u16::try_from(index).expect("there are fewer classes than fit")
}

impl Classes {
    pub(crate) fn new() -> Self {
        Self { seen: HashMap::new() }
    }

    /// The style of text under this stack, whose last scope is the innermost: that of the innermost scope with one.
    pub(crate) fn of(&mut self, stack: &[Scope]) -> u16 {
        let found = stack.iter().rev().find_map(|scope| self.of_scope(*scope)).unwrap_or(PLAIN);
        let table = table();
        let is_key = |scope: &Scope| table.json_keys.iter().any(|key| key.is_prefix_of(*scope));
        if found == table.string && stack.iter().any(is_key) { table.property } else { found }
    }

    fn of_scope(&mut self, scope: Scope) -> Option<u16> {
        let rule = || table().rules.iter().find(|(prefix, _)| prefix.is_prefix_of(scope)).map(|(_, style)| *style);
        *self.seen.entry(scope).or_insert_with(rule)
    }
}
