//! Lines that say which file follows: comments and rules with nothing but a path in them.

use crate::language::looks_like_file;
use crate::naming::strip_label;

/// How a label is written, which decides whether it is a comment in the file that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `// src/a.js`
    Slashes,
    /// `# app.py`
    Hash,
    /// `/* a.css */`
    Stars,
    /// `<!-- index.html -->`
    Markup,
    /// `-- schema.sql`
    Dashes,
    /// `; x.asm`, `% x.tex`, `REM x.bat`, `' x.vb`, `(* x.ml *)`
    Other,
    /// `=== a.js ===`, `==> a.js <==`
    Rule,
}

/// A line that names a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Label<'a> {
    /// The model's word, not yet checked as a path.
    pub(crate) name: &'a str,
    /// How it is written.
    pub(crate) style: Style,
    /// Whether more than the bare path says so: the word "File", or rules around it.
    pub(crate) is_plain: bool,
}

/// Reads a line as a label: `// src/Form.jsx`, `# app.py`, `<!-- index.html -->`, `// File: x.js`, `==> a.py <==`.
pub(crate) fn label(line: &str) -> Option<Label<'_>> {
    let line = line.trim();
    let (style, text) = comment_text(line).or_else(|| Some((Style::Rule, between_rules(line)?)))?;
    let bare = text.trim_matches(['=', '-', '*', '#', '+', ' ']);
    let unlabelled = strip_label(bare);
    let name = file_word(unlabelled)?;
    let is_plain = style == Style::Rule || unlabelled != bare || is_ruled(text, bare);
    Some(Label { name, style, is_plain })
}

/// The label of a block: its first line with text, or the one under a shebang. Gives the line's number too, from 0.
pub(crate) fn first_label(content: &str) -> Option<(usize, Label<'_>)> {
    let mut lines = content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (at, first) = lines.next()?;
    let (at, line) = if first.starts_with("#!") { lines.next()? } else { (at, first) };
    Some((at, label(line)?))
}

/// A word that is a file's name, its quotation marks taken off.
pub(crate) fn file_word(text: &str) -> Option<&str> {
    let text = text.trim_matches(['`', '"', '\'', '*']);
    (!text.contains(char::is_whitespace) && looks_like_file(text)).then_some(text)
}

impl Style {
    /// Whether such a line is a comment in a file of this kind. Of kinds that are not known here, nothing is said
    /// against it.
    pub(crate) fn is_comment_in(self, kind: &str) -> bool {
        const SLASHES: &[&str] = &[
            "js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "c", "h", "cpp", "hpp", "cc", "cxx", "hxx", "cs",
            "java", "go", "rs", "kt", "kts", "swift", "scala", "dart", "php", "scss", "less", "proto", "groovy",
            "gradle", "sol", "zig", "jsonc", "json5", "prisma",
        ];
        const HASH: &[&str] = &[
            "py",
            "pyi",
            "rb",
            "sh",
            "bash",
            "zsh",
            "yaml",
            "yml",
            "toml",
            "dockerfile",
            "mk",
            "pl",
            "r",
            "jl",
            "ex",
            "exs",
            "nim",
            "gitignore",
            "gitattributes",
            "properties",
            "ini",
            "conf",
            "cfg",
            "tf",
            "graphql",
            "cmake",
            "nix",
            "ps1",
            "php",
            "md",
            "mdx",
        ];
        const STARS: &[&str] = &["css", "sql"];
        const MARKUP: &[&str] = &["html", "htm", "xhtml", "xml", "svg", "vue", "svelte", "astro", "md", "mdx"];
        const DASHES: &[&str] = &["sql", "lua", "hs", "elm"];
        const NONE: &[&str] = &["json", "csv", "tsv", "lock", "ipynb"];
        let known = [SLASHES, HASH, STARS, MARKUP, DASHES, NONE].concat();
        match self {
            Self::Rule => false,
            _ if !known.contains(&kind) => true,
            Self::Slashes => SLASHES.contains(&kind),
            Self::Hash => HASH.contains(&kind),
            Self::Stars => STARS.contains(&kind) || SLASHES.contains(&kind),
            Self::Markup => MARKUP.contains(&kind),
            Self::Dashes => DASHES.contains(&kind),
            Self::Other => !NONE.contains(&kind),
        }
    }
}

/// Rules of at least two characters on one side of the text.
fn is_ruled(text: &str, bare: &str) -> bool {
    let before = text.find(bare).unwrap_or(0);
    before >= 2 || text.len() - before - bare.len() >= 2
}

/// The text of `=== x ===`, `--- x ---`, `*** x ***` and `==> x <==`.
fn between_rules(line: &str) -> Option<&str> {
    const PAIRS: [(&str, &str); 4] = [("==>", "<=="), ("===", "==="), ("---", "---"), ("***", "***")];
    let inner = |(open, close): &(&str, &str)| line.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    PAIRS.iter().find_map(inner).map(str::trim)
}

fn comment_text(line: &str) -> Option<(Style, &str)> {
    const PAIRS: [(&str, &str, Style); 4] = [
        ("{/*", "*/}", Style::Stars),
        ("/*", "*/", Style::Stars),
        ("<!--", "-->", Style::Markup),
        ("(*", "*)", Style::Other),
    ];
    for (open, close, style) in PAIRS {
        if let Some(text) = line.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            return Some((style, text.trim().trim_start_matches('*').trim()));
        }
    }
    if let Some(text) = line.strip_prefix("//") {
        return Some((Style::Slashes, text.trim_start_matches(['/', '!']).trim()));
    }
    const MARKS: [(&str, Style); 6] = [
        ("# ", Style::Hash),
        ("-- ", Style::Dashes),
        ("; ", Style::Other),
        ("% ", Style::Other),
        ("REM ", Style::Other),
        ("' ", Style::Other),
    ];
    MARKS.iter().find_map(|(mark, style)| Some((*style, line.strip_prefix(mark)?.trim())))
}
