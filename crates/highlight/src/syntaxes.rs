//! The grammars: syntect's with those that two-face adds, among them TypeScript, TSX, TOML and Dockerfiles.

use std::sync::OnceLock;

use syntect::parsing::{SyntaxReference, SyntaxSet};

/// Kinds that no grammar lists as an extension: the kind, the token that finds its grammar, and its name for people.
const ALIASES: [(&str, &str, &str); 26] = [
    // The TSX grammar reads JSX too; the JavaScript grammar stumbles over it.
    ("jsx", "tsx", "JSX"),
    ("tsx", "tsx", "TSX"),
    ("mjs", "js", "JavaScript"),
    ("cjs", "js", "JavaScript"),
    ("mts", "ts", "TypeScript"),
    ("cts", "ts", "TypeScript"),
    ("jsonc", "json", "JSON with Comments"),
    ("json5", "json", "JSON5"),
    ("jsonl", "json", "JSON Lines"),
    ("ipynb", "json", "Jupyter Notebook"),
    ("mdx", "md", "MDX"),
    ("mk", "makefile", "Makefile"),
    ("dockerfile", "Dockerfile", "Dockerfile"),
    ("gitignore", ".gitignore", "Git Ignore"),
    ("styl", "css", "Stylus"),
    ("astro", "html", "Astro"),
    ("hbs", "html", "Handlebars"),
    ("svg", "xml", "SVG"),
    ("csproj", "xml", "XML"),
    ("hcl", "tf", "HCL"),
    ("zsh", "sh", "Shell Script (Zsh)"),
    ("console", "sh", "Shell Script"),
    ("patch", "diff", "Diff"),
    ("pyi", "py", "Python"),
    ("cfg", "ini", "INI"),
    ("gql", "graphql", "GraphQL"),
];

/// All grammars, loaded once; they expect lines with their newline.
pub(crate) fn all() -> &'static SyntaxSet {
    static ALL: OnceLock<SyntaxSet> = OnceLock::new();
    ALL.get_or_init(two_face::syntax::extra_newlines)
}

/// The language's name for people and its grammar, `None` for plain text.
pub(crate) fn by_kind<'a>(syntaxes: &'a SyntaxSet, kind: &str) -> (String, Option<&'a SyntaxReference>) {
    let kind = kind.trim_start_matches('.').to_lowercase();
    let plain = syntaxes.find_syntax_plain_text();
    let alias = ALIASES.iter().find(|(from, _, _)| *from == kind);
    let token = alias.map_or(kind.as_str(), |(_, token, _)| token);
    let found = syntaxes.find_syntax_by_extension(token).or_else(|| syntaxes.find_syntax_by_token(token));
    match found.filter(|syntax| syntax.name != plain.name) {
        Some(syntax) => (alias.map_or(syntax.name.as_str(), |(_, _, name)| name).to_owned(), Some(syntax)),
        None => (plain.name.clone(), None),
    }
}
