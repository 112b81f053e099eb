//! Pieces put together: the latest of each file, and every kind of conflict.

use brickwork_artifacts::{Artifact, extract};
use brickwork_syntax::{Step, assemble, conflicts};

fn pieces(files: &[(&str, &str)]) -> Vec<Artifact> {
    files
        .iter()
        .map(|(name, content)| Artifact {
            kind: name.rsplit('.').next().unwrap().to_owned(),
            name: (*name).to_owned(),
            content: (*content).to_owned(),
            named: true,
            closed: true,
            start: 0,
            end: content.len(),
            syntax: None,
        })
        .collect()
}

fn check(files: &[(&str, &str)], expected: &[&str]) {
    let found: Vec<String> = conflicts(&pieces(files), &[]).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{files:?}");
}

#[test]
fn the_latest_piece_is_taken_and_the_others_are_told() {
    let first = extract("plan", "```js a.js\nlet a;\n```\n```css b.css\nx { y: z; }\n```\n");
    let second = extract("make", "```js A.js\nlet b;\n```\n```css b.css\nx { y: z; }\n```\n");
    let steps = [Step { name: "plan".into(), artifacts: first }, Step { name: "make".into(), artifacts: second }];
    let assembly = assemble(&steps, &[]);
    let contents: Vec<&str> = assembly.pieces.iter().map(|piece| piece.content.trim()).collect();
    assert_eq!(contents, ["let b;", "x { y: z; }"]);
    let told: Vec<String> = assembly.conflicts.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["`A.js` comes from the steps `plan`, `make`; that of `make` is the latest."]);
    assert_eq!(assemble(&steps, &[]), assembly);
    assert!(assemble(&[], &[]).pieces.is_empty());
}

#[test]
fn symbols_that_are_declared_twice_are_told() {
    check(
        &[("a.js", "function f() {}\nlet g;\nfunction f() {}\n")],
        &["`f` is declared more than once: `a.js:1`, `a.js:3`."],
    );
    check(
        &[("a.jsx", "export function Form() {}\n"), ("b.jsx", "export const Form = 1;\n")],
        &["`Form` is declared more than once: `a.jsx:1`, `b.jsx:1`."],
    );
    check(&[("a.js", "function f() {}\n"), ("b.js", "function f() {}\nexport default f;\n")], &[]);
    check(&[("a/route.ts", "export function GET() {}\n"), ("b/route.ts", "export function GET() {}\n")], &[]);
    check(
        &[
            ("p/a.go", "package p\nfunc f() {}\n"),
            ("p/b.go", "package p\nfunc f() {}\n"),
            ("q/c.go", "package q\nfunc f() {}\n"),
        ],
        &["`f` is declared more than once: `p/a.go:2`, `p/b.go:2`."],
    );
    check(&[("a.py", "def f(): pass\ndef f(): pass\n")], &["`f` is declared more than once: `a.py:1`, `a.py:2`."]);
    check(&[("a.py", "def main(): pass\n"), ("b.py", "def main(): pass\n")], &[]);
    check(&[("a.ts", "interface A {}\ninterface A {}\nfunction f(): void;\nfunction f(x?: 1) {}\n")], &[]);
}

#[test]
fn imports_that_nothing_provides_are_told() {
    check(
        &[("src/a.jsx", "import B from './B';\n")],
        &["`src/a.jsx` imports `./B` in line 1, which no file provides."],
    );
    for provider in ["src/B.jsx", "src/B.tsx", "src/B/index.js"] {
        check(&[("src/a.jsx", "import B from './B';\n"), (provider, "export default 1;\n")], &[]);
    }
    check(&[("src/a.ts", "import { b } from './b.js';\n"), ("src/b.ts", "export const b = 1;\n")], &[]);
    check(&[("src/x/a.js", "import '../y.css';\nimport React from 'react';\n"), ("src/y.css", "a {}")], &[]);
    check(&[("a.js", "import '../outside';\n")], &[]);
    check(
        &[("a.js", "import D, { b, c } from './b';\n"), ("b.js", "export const b = 1;\n")],
        &[
            "`a.js` imports `default` from `b.js` in line 1, which does not export it.",
            "`a.js` imports `c` from `b.js` in line 1, which does not export it.",
        ],
    );
    check(&[("a.js", "import { c } from './b';\n"), ("b.js", "export * from 'x';\n")], &[]);
    check(&[("a.js", "import { c } from './b';\n"), ("b.js", "module.exports = { c: 1 };\n")], &[]);
    check(
        &[
            ("app/a.py", "from .models import A\nfrom . import views\nfrom app.gone import B\nimport os, requests\n"),
            ("app/views.py", ""),
        ],
        &[
            "`app/a.py` imports `.models` in line 1, which no file provides.",
            "`app/a.py` imports `app.gone` in line 3, which no file provides.",
        ],
    );
    check(
        &[("app/a.py", "from .models import A, C\n"), ("app/models.py", "class A: pass\n")],
        &["`app/a.py` imports `C` from `app/models.py` in line 1, which does not export it."],
    );
    check(&[("app/a.py", "from app import b\n"), ("app/b.py", "x = 1\n"), ("app/__init__.py", "")], &[]);
    check(
        &[("src/main.rs", "mod a;\nmod b;\n"), ("src/a.rs", "mod c;\n"), ("src/a/c.rs", "")],
        &["`src/main.rs` imports `mod b` in line 2, which no file provides."],
    );
    check(
        &[("a.c", "#include \"a.h\"\n#include <b.h>\n")],
        &["`a.c` imports `a.h` in line 1, which no file provides."],
    );
    check(
        &[(
            "index.html",
            "<link href=\"a.css\"><script src=\"https://x.y/z.js\"></script><a href=\"/about\">x</a><img src=\"data:image/png;base64,x\">",
        )],
        &["`index.html` imports `a.css` in line 1, which no file provides."],
    );
}

#[test]
fn files_of_the_folder_count_as_there() {
    let pieces = pieces(&[("src/a.js", "import b from './b';\n")]);
    assert!(conflicts(&pieces, &["src/b.js".to_owned()]).is_empty());
}
