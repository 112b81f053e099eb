//! What a window may rely on: lengths that add up, classes that make sense, plain text where there is no grammar.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use brickwork_highlight::{
    Highlighted, MAX_LINE_CHARS, MAX_SLICED_BYTES, MAX_SOURCE_BYTES, Slices, highlight, style_names,
};

/// The style of the first run that covers the start of `needle`.
fn class_of(kind: &str, source: &str, needle: &str) -> String {
    let found = highlight(kind, source);
    let at = source.find(needle).unwrap();
    let line_no = source[..at].matches('\n').count();
    let line_start = source[..at].rfind('\n').map_or(0, |at| at + 1);
    let column = source[line_start..at].encode_utf16().count();
    let mut end = 0;
    for (len, style) in &found.lines[line_no] {
        end += *len as usize;
        if column < end {
            return found.styles[*style as usize].clone();
        }
    }
    panic!("no run covers {needle:?} in {:?}", found.lines[line_no]);
}

fn assert_lengths(found: &Highlighted, source: &str) {
    let lines: Vec<&str> = source.split('\n').collect();
    assert_eq!(found.lines.len(), lines.len());
    for (runs, line) in found.lines.iter().zip(lines) {
        let sum: u32 = runs.iter().map(|(len, _)| len).sum();
        assert_eq!(sum as usize, line.encode_utf16().count(), "line {line:?}");
        assert!(runs.iter().all(|(len, style)| *len > 0 && (*style as usize) < found.styles.len()));
    }
}

const JSX: &str = "import React, { useState } from 'react';\n\nexport default function Form({ title }) {\n  const [name, setName] = useState('');\n  // A note\n  return (\n    <div className=\"card\" onClick={() => setName(`a ${title} b`)}>\n      <Label>Hello 👋 {name}</Label>\n    </div>\n  );\n}\n";

#[test]
fn classes_are_those_of_the_language() {
    let cases = [
        ("jsx", JSX, "import", "keyword"),
        ("jsx", JSX, "'react'", "string"),
        ("jsx", JSX, "Form(", "function"),
        ("jsx", JSX, "// A note", "comment"),
        ("jsx", JSX, "div className", "tag"),
        ("jsx", JSX, "className", "attribute"),
        ("jsx", JSX, "Hello", "plain"),
        ("jsx", JSX, "return", "keyword"),
        ("jsx", JSX, "`a ", "string"),
        ("tsx", "const x: number = 12;\n", "12", "number"),
        ("tsx", "const x: number = 12;\n", "number", "type"),
        ("ts", "interface User { id: string }\n", "User", "type"),
        ("js", "function add(a, b) { return a + b; }\n", "add", "function"),
        ("mjs", "export const x = true;\n", "true", "constant"),
        ("py", "def add(a):\n    return a + 1  # sum\n", "def", "keyword"),
        ("py", "def add(a):\n    return a + 1  # sum\n", "add", "function"),
        ("py", "def add(a):\n    return a + 1  # sum\n", "# sum", "comment"),
        ("py", "x = \"a\"\n", "\"a\"", "string"),
        ("rs", "fn main() { let x = 1; }\n", "fn", "keyword"),
        ("rs", "struct Point { x: f32 }\n", "Point", "type"),
        ("css", ".card { color: red; margin: 0 }\n", "color", "property"),
        ("css", ".card { color: red; margin: 0 }\n", "0", "number"),
        ("html", "<a href=\"x\">t</a>\n", "a href", "tag"),
        ("html", "<a href=\"x\">t</a>\n", "href", "attribute"),
        ("json", "{\"name\": \"x\", \"n\": 1}\n", "\"name\"", "property"),
        ("json", "{\"name\": \"x\", \"n\": 1}\n", "\"x\"", "string"),
        ("jsonc", "{\"name\": null}\n", "null", "constant"),
        ("yaml", "name: x\n", "name", "property"),
        ("toml", "[a]\nb = 1\n", "1", "number"),
        ("sh", "if true; then echo \"x\"; fi\n", "if", "keyword"),
        ("sql", "SELECT id FROM users;\n", "SELECT", "keyword"),
        ("go", "package main\n\nfunc main() {}\n", "func", "keyword"),
        ("md", "# Title\n\ntext\n", "Title", "heading"),
        ("diff", "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n", "+y", "inserted"),
        ("dockerfile", "FROM debian\nRUN ls\n", "FROM", "keyword"),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(kind, source, needle, expected)| {
            let found = class_of(kind, source, needle);
            (found != *expected).then(|| format!("{kind} {needle:?}: {found}, expected {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn lengths_add_up_in_utf16() {
    let sources = [
        JSX,
        "",
        "\n",
        "a\r\nb\r\n",
        "const s = \"👩‍👩‍👧 é e\u{301} 𝒳\"; // 漢字 👋\n",
        "`unclosed ${ template\n\n\n  text",
        "<<<>>> \u{0} \u{202e} '\"`\n/* open",
    ];
    for source in sources {
        for kind in ["jsx", "tsx", "js", "py", "html", "css", "json", "md", "rs", "vue", "svelte", "nothing", ""] {
            assert_lengths(&highlight(kind, source), source);
        }
    }
}

#[test]
fn usual_kinds_have_a_grammar() {
    let kinds = "js jsx mjs cjs ts tsx mts py pyi rs css scss sass less html json jsonc yaml yml sh bash zsh sql go java c h cpp \
                 hpp cs md mdx toml xml svg dockerfile mk vue svelte kt swift rb php graphql diff lua r pl ps1 tf proto ini \
                 dart ex erl hs clj scala zig nix gitignore properties";
    let without: Vec<&str> =
        kinds.split_whitespace().filter(|kind| highlight(kind, "x").language == "Plain Text").collect();
    assert!(without.is_empty(), "no grammar for {without:?}");
}

#[test]
fn unknown_kind_is_plain() {
    let found = highlight("zzz", "let x = 1;\n");
    assert_eq!((found.language.as_str(), &found.lines), ("Plain Text", &vec![vec![(10, 0)], vec![]]));
}

#[test]
fn long_line_is_plain_and_the_next_is_not() {
    let source = format!("let a = \"{}\";\nlet b = 1;\n", "x".repeat(MAX_LINE_CHARS));
    let found = highlight("js", &source);
    assert_lengths(&found, &source);
    assert_eq!(found.lines[0].len(), 1);
    assert!(found.lines[1].len() > 1);
}

#[test]
fn huge_source_is_plain() {
    let source = "let a = 1;\n".repeat(MAX_SOURCE_BYTES / 11 + 1);
    let found = highlight("js", &source);
    assert_lengths(&found, &source);
    assert!(found.lines.iter().flatten().all(|(_, style)| *style == 0));
}

#[test]
fn serialises_as_the_api_has_it() {
    let json = serde_json::to_value(highlight("txt", "ab")).unwrap();
    assert_eq!(json, serde_json::json!({"language": "Plain Text", "styles": style_names(), "lines": [[[2, 0]]]}));
}

#[test]
fn slices_are_parts_of_the_whole_in_whatever_order() {
    // A comment that begins before a kept state and ends behind it, so that the state matters.
    let source: String = (0..1_300)
        .map(|at| match at {
            490 => "/* long\n".to_owned(),
            510 => "end */\n".to_owned(),
            at => format!("const a{at} = `${{{at}}}`;\n"),
        })
        .collect();
    let whole = highlight("js", &source);
    let mut slices = Slices::new("js");
    for (from, to) in
        [(600, 700), (0, 10), (495, 520), (499, 501), (1_000, 1_001), (1_290, 5_000), (7, 7), (9, 3), (5_000, 6_000)]
    {
        let slice = slices.lines(&source, from, to);
        let n_lines = whole.lines.len();
        let expected = &whole.lines[from.min(n_lines)..to.clamp(from.min(n_lines), n_lines)];
        assert_eq!(slice.lines, expected, "{from} to {to}");
        assert_eq!((slice.language, slice.styles.len()), (whole.language.clone(), whole.styles.len()));
    }
}

#[test]
fn slices_of_long_files_are_coloured_where_the_whole_is_plain() {
    let line = "const a = 'text'; // a note\n";
    let source = line.repeat(MAX_SOURCE_BYTES / line.len() + 10);
    assert!(highlight("js", &source).lines[0].len() == 1, "plain as a whole");
    assert!(Slices::new("js").lines(&source, 3, 4).lines[0].len() > 3);
    let longer = line.repeat(MAX_SLICED_BYTES / line.len() + 10);
    assert_eq!(Slices::new("js").lines(&longer, 3, 4).lines[0].len(), 1);
    assert_eq!(Slices::new("no such kind").lines("a\nb", 1, 9).lines, [vec![(1, 0)]]);
}
