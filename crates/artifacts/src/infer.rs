//! What a piece of text without a language tag is, judged by its content.
//!
//! The rules are few and careful: a wrong kind is worse than none, since `None` only means that a file is called
//! `.txt`.

use serde::de::IgnoredAny;

/// The kind of code in `content`, or `None` where nothing is plain.
#[must_use]
pub fn infer_kind(content: &str) -> Option<&'static str> {
    let text = content.trim();
    if text.is_empty() {
        return None;
    }
    by_opening(text).or_else(|| by_shape(text)).or_else(|| by_lines(text))
}

/// Whether script text plainly holds JSX: an element where an expression is expected, and an element's end.
pub(crate) fn holds_jsx(text: &str) -> bool {
    let ends_element = text.contains("</") || text.contains("/>");
    ends_element
        && text.match_indices('<').any(|(at, _)| {
            let next = text[at + 1..].chars().next();
            next.is_some_and(|c| c.is_ascii_alphabetic() || c == '>') && expects_expression(text[..at].trim_end())
        })
}

/// Whether script text has type annotations.
pub(crate) fn holds_types(text: &str) -> bool {
    const MARKS: [&str; 9] =
        [": string", ": number", ": boolean", ": void", "interface ", " as const", ": React.", "useState<", ": any"];
    MARKS.iter().any(|mark| text.contains(mark)) || text.lines().any(|line| is_type_alias(line.trim_start()))
}

/// Whether text reads as a Markdown document, so that fences in it belong to it.
pub(crate) fn looks_like_markdown(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let hashes = first.bytes().take_while(|&b| b == b'#').count();
    let titled = (1..=6).contains(&hashes) && first[hashes..].starts_with(' ');
    // `# ` starts a comment in many languages; a document has a second sign, or a sentence under its title.
    titled
        && text.lines().skip(1).all(|line| !line.starts_with(['{', '}', '[']) && !line.contains(" = "))
        && text.lines().skip(1).any(|line| {
            // Four blanks make a line of code of it.
            let is_indented = line.starts_with("    ") || line.starts_with('\t');
            let line = line.trim();
            line.is_empty() || (!is_indented && (line.starts_with('#') || line.ends_with('.')))
        })
}

fn expects_expression(before: &str) -> bool {
    before.ends_with(['(', '?', ':', '=']) || ["=>", "&&", "||", "return"].iter().any(|end| before.ends_with(end))
}

fn is_type_alias(line: &str) -> bool {
    let line = line.strip_prefix("export ").unwrap_or(line);
    line.strip_prefix("type ").is_some_and(|rest| rest.contains(" = "))
}

fn by_opening(text: &str) -> Option<&'static str> {
    if let Some(line) = text.strip_prefix("#!").and_then(|rest| rest.lines().next()) {
        const PROGRAMS: [(&str, &str); 7] = [
            ("python", "py"),
            ("node", "js"),
            ("deno", "ts"),
            ("ruby", "rb"),
            ("perl", "pl"),
            ("php", "php"),
            ("sh", "sh"),
        ];
        return PROGRAMS.iter().find(|(program, _)| line.contains(program)).map(|(_, kind)| *kind);
    }
    const OPENINGS: [(&str, &str); 9] = [
        ("<!doctype html", "html"),
        ("<html", "html"),
        ("<head", "html"),
        ("<body", "html"),
        ("<?php", "php"),
        ("<?xml", "xml"),
        ("<svg", "svg"),
        ("diff --git ", "diff"),
        ("syntax = \"proto", "proto"),
    ];
    let start: String = text.chars().take(20).collect::<String>().to_lowercase();
    OPENINGS.iter().find(|(opening, _)| start.starts_with(opening)).map(|(_, kind)| *kind)
}

fn by_shape(text: &str) -> Option<&'static str> {
    if text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return Some("json");
    }
    if text.starts_with("--- ") && text.contains("\n+++ ") && text.contains("\n@@ ") {
        return Some("diff");
    }
    let script = any_line(text, is_script_line);
    if script && holds_jsx(text) {
        return Some(if holds_types(text) { "tsx" } else { "jsx" });
    }
    if text.starts_with('<') && text.contains("</") && text.ends_with('>') {
        let is_component = text.starts_with("<template") || text.starts_with("<script");
        return Some(if is_component && text.contains("<template") { "vue" } else { "html" });
    }
    None
}

/// A kind, and the test that text has to pass to be of it.
type Rule = (&'static str, fn(&str) -> bool);

/// The order matters: the languages with the more particular signs come first.
const RULES: [Rule; 17] = [
    ("dockerfile", is_dockerfile),
    ("go", is_go),
    ("rs", is_rust),
    ("py", is_python),
    ("cpp", |text| text.contains("#include <") && (text.contains("std::") || text.contains("iostream"))),
    ("c", |text| text.contains("#include <") || text.contains("#include \"")),
    ("cpp", is_cpp_class),
    ("cs", is_csharp),
    ("java", |text| (text.contains("public class ") || text.contains("public interface ")) && text.contains('{')),
    ("ts", |text| any_line(text, is_script_line) && holds_types(text)),
    ("js", |text| any_line(text, is_script_line)),
    ("css", is_css),
    ("sql", is_sql),
    ("toml", is_toml),
    ("sh", is_shell),
    ("md", looks_like_markdown),
    ("yaml", is_yaml),
];

fn by_lines(text: &str) -> Option<&'static str> {
    RULES.iter().find(|(_, holds)| holds(text)).map(|(kind, _)| *kind)
}

fn any_line(text: &str, test: impl Fn(&str) -> bool) -> bool {
    text.lines().any(|line| test(line.trim_end()))
}

fn starts_any(line: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| line.starts_with(start))
}

fn is_dockerfile(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    first.starts_with("FROM ") && any_line(text, |line| starts_any(line, &["RUN ", "CMD ", "COPY ", "ENTRYPOINT "]))
}

fn is_go(text: &str) -> bool {
    any_line(text, is_go_package) && (text.contains("func ") || text.contains("import "))
}

/// A class whose members stand under labels, as no other language has them.
fn is_cpp_class(text: &str) -> bool {
    let label = |line: &str| matches!(line.trim(), "public:" | "private:" | "protected:");
    any_line(text, |line| line.starts_with("class ") && line.ends_with('{')) && any_line(text, label)
}

fn is_csharp(text: &str) -> bool {
    let uses = any_line(text, |line| line.starts_with("using ") && line.ends_with(';')) && text.contains("class ");
    uses || (text.contains("namespace ") && text.contains("public class "))
}

fn is_script_line(line: &str) -> bool {
    let declares =
        starts_any(line, &["const ", "let ", "var ", "export const ", "export let "]) && line.contains(" = ");
    let functions = starts_any(line, &["function ", "async function ", "export default ", "export function "]);
    let imports = line.starts_with("import ")
        && (line.contains(" from '") || line.contains(" from \"") || line.ends_with("';") || line.ends_with("\";"));
    let typed = starts_any(line, &["interface ", "export interface "]) && line.ends_with('{');
    (functions && (line.contains('(') || line.contains('{') || line.ends_with(';')))
        || imports
        || declares
        || typed
        || line.contains("require('")
        || line.trim_start().starts_with("console.log(")
        || line.starts_with("module.exports")
}

fn is_go_package(line: &str) -> bool {
    line.strip_prefix("package ").is_some_and(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

fn is_rust(text: &str) -> bool {
    let function = any_line(text, |line| {
        let line = line.trim_start();
        (line.starts_with("fn ") || (line.starts_with("pub ") && line.contains(" fn "))) && line.contains('(')
    });
    let marks = [" -> ", "let mut ", "println!", "::", "&self", "&str", "impl "];
    (function && marks.iter().any(|mark| text.contains(mark)))
        || any_line(text, |line| line.starts_with("use ") && line.contains("::") && line.ends_with(';'))
        || any_line(text, |line| line.starts_with("#[derive("))
}

fn is_python(text: &str) -> bool {
    any_line(text, |line| {
        let code = line.trim_start();
        let opens = starts_any(code, &["def ", "async def ", "class "]) && line.ends_with(':');
        let from = code.starts_with("from ") && code.contains(" import ") && !line.ends_with(';');
        let main = code.starts_with("if __name__ ==");
        opens || from || main
    }) || (any_line(text, is_python_import) && !text.contains(';'))
}

fn is_python_import(line: &str) -> bool {
    line.strip_prefix("import ").is_some_and(|rest| {
        !rest.is_empty()
            && rest.split(" as ").all(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._, ".contains(&b)))
            && rest.split(' ').count() <= 3
    })
}

fn is_css(text: &str) -> bool {
    let selector = any_line(text, |line| {
        let Some(selector) = line.strip_suffix('{').map(str::trim) else { return false };
        starts_any(selector, &[".", "#", "@", ":", "*"])
            || (!selector.is_empty()
                && selector.bytes().all(|b| b.is_ascii_alphanumeric() || b" ,.-:>#_[]()".contains(&b))
                && !selector.contains('('))
    });
    let property = any_line(text, |line| {
        let line = line.trim();
        line.ends_with(';')
            && line
                .split_once(':')
                .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
    });
    selector && property && text.contains('}')
}

fn is_sql(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("--")).unwrap_or_default();
    let upper = first.trim_start().to_uppercase();
    let all = text.to_uppercase();
    let creates = ["CREATE TABLE ", "CREATE INDEX ", "CREATE VIEW ", "ALTER TABLE ", "DROP TABLE ", "INSERT INTO "];
    starts_any(&upper, &creates)
        || (upper.starts_with("SELECT") && all.contains("FROM ") && text.contains([';', '*', '=']))
        || (upper.starts_with("UPDATE ") && all.contains("SET ") && text.contains('='))
        || (upper.starts_with("DELETE FROM ") && text.contains([';', '=']))
}

fn is_toml(text: &str) -> bool {
    let table = any_line(text, |line| line.starts_with('[') && line.ends_with(']') && line.len() > 2);
    table && any_line(text, |line| line.split_once(" = ").is_some_and(|(key, _)| !key.contains([' ', '(', '{'])))
}

fn is_shell(text: &str) -> bool {
    const COMMANDS: [&str; 22] = [
        "npm ", "npx ", "yarn ", "pnpm ", "pip ", "pip3 ", "cargo ", "git ", "cd ", "mkdir ", "curl ", "docker ",
        "sudo ", "apt ", "apt-get ", "brew ", "export ", "echo ", "chmod ", "source ", "uvicorn ", "pytest",
    ];
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    lines.peek().is_some()
        && lines.all(|line| line.starts_with("$ ") || (starts_any(line, &COMMANDS) && !ends_as_sentence(line)))
}

/// A full stop ends a sentence, unless it stands alone: `docker build .`.
fn ends_as_sentence(line: &str) -> bool {
    line.ends_with('.') && !line.ends_with(" .")
}

fn is_yaml(text: &str) -> bool {
    if text.contains(['{', ';']) {
        return false;
    }
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')).collect();
    let is_pair = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("- ").unwrap_or(line);
        line.split_once(':').is_some_and(|(key, value)| {
            !key.is_empty() && !key.contains(' ') && (value.is_empty() || value.starts_with(' '))
        })
    };
    let pairs = lines.iter().filter(|line| is_pair(line)).count();
    pairs >= 2 && lines.iter().all(|line| is_pair(line) || line.trim_start().starts_with("- "))
}
