//! Valid and invalid sources of every language, and the places of the errors.

use brickwork_syntax::{Grammar, SyntaxState, UncheckedReason, check};

const VALID: &[(&str, &str)] = &[
    ("js", "import a from './a';\nexport const f = async (x) => `t ${await x?.y}`;\n"),
    ("jsx", "export default function A() {\n  return <><B {...p} c=\"d\">{e && <F/>}</B></>;\n}\n"),
    ("mjs", "export default 1;\n"),
    ("ts", "export type A<T> = { b?: T } | null;\nenum E { A, B }\nconst x = y as const satisfies Z;\n"),
    ("tsx", "const A = ({ b }: { b: string }) => <p>{b as string}</p>;\n"),
    ("css", "@media (min-width: 10px) { .a:hover > b { color: var(--c); } }\n:root { --c: #fff; }\n"),
    (
        "html",
        "<!DOCTYPE html>\n<html><head><style>a { b: c; }</style></head><body><p>x<br><script>let a = 1;</script></body></html>\n",
    ),
    (
        "html",
        "<script type=\"text/template\"><b>{{ not script }</script><script type=\"application/json\">{\"a\": 1}</script>\n",
    ),
    ("json", "{\"a\": [1, 2.5e3, null, true, \"\\u00e9\"]}"),
    ("jsonc", "{\n  // c\n  \"a\": 1\n}\n"),
    (
        "py",
        "from a import b\n\nasync def f(x: int = 1, *, y) -> str:\n    match x:\n        case 1: return f\"{y!r}\"\n",
    ),
    ("rs", "pub fn f<'a>(x: &'a str) -> Option<&'a str> { x.split(',').next() }\n"),
    ("go", "package main\n\nfunc main() {\n\tx := []int{1}\n\t_ = x\n}\n"),
    ("java", "public class A<T> {\n  private final T t;\n  A(T t) { this.t = t; }\n}\n"),
    ("c", "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", 1); return 0; }\n"),
    ("cpp", "#include <vector>\ntemplate <typename T> T f(const std::vector<T>& v) { return v[0]; }\n"),
    ("h", "#ifndef A\n#define A\nint f(int x);\n#endif\n"),
    ("yaml", "a:\n  - b: 1\n    c: [d, e]\n"),
    ("toml", "[a]\nb = \"c\"\nd = [1, 2]\n"),
    ("sh", "#!/bin/sh\nif [ -n \"$A\" ]; then\n  echo \"$(ls)\"\nfi\n"),
    (
        "sql",
        "CREATE TABLE a (id SERIAL PRIMARY KEY, b TIMESTAMPTZ DEFAULT now());\nSELECT b::text FROM a WHERE id = $1;\n",
    ),
    ("sql", "PRAGMA foreign_keys = ON;\nCREATE TABLE a (b INTEGER PRIMARY KEY AUTOINCREMENT);\n"),
    ("sql", "CREATE VIRTUAL TABLE d USING fts5(body, content='');\nINSERT INTO d VALUES (?);\n"),
    ("sql", "CREATE TABLE `a` (b INT AUTO_INCREMENT PRIMARY KEY, c ENUM('x')) ENGINE=InnoDB;\n"),
    ("sql", "CREATE TABLE [dbo].[a] ([b] INT IDENTITY(1,1));\nGO\nSELECT TOP 3 * FROM [a]\nGO\n"),
    ("sql", "\\connect app\nDO $$ BEGIN RAISE NOTICE 'x'; END $$;\nWITH a AS (SELECT 1) SELECT * FROM a;\n"),
    ("sql", ".mode box\n-- only a comment\nSELECT 'it''s; fine';\n"),
    ("sql", "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END; $$ LANGUAGE plpgsql;\n"),
    ("sql", "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = NEW.c; END;\n"),
    ("sql", ""),
    ("md", "# Any *text is `Markdown\n"),
    ("txt", "}{"),
    ("js", ""),
    ("py", ""),
];

#[test]
fn valid_sources_are_valid() {
    for (kind, source) in VALID {
        let report = check(kind, source);
        assert_eq!(report.state, SyntaxState::Valid, "{kind}: {source}\n{:?}", report.errors);
        let windows = source.replace('\n', "\r\n");
        assert!(check(kind, &windows).is_valid(), "{kind} with Windows line ends: {source}");
    }
}

/// Kind, source, line, column and a part of the first error's message.
const INVALID: &[(&str, &str, usize, usize, &str)] = &[
    ("js", "function f() {\n  return 1;\n", 1, 14, "`{` is never closed with `}`"),
    ("js", "f(1]);\n", 1, 4, "`]` is here where `)` should close the `(` of line 1"),
    ("js", "f();\n}\n", 2, 1, "`}` closes nothing"),
    ("jsx", "const A = () => <div>\n  <b>x</i>\n</div>;\n", 2, 7, ""),
    ("ts", "let a: = 1;\n", 1, 6, ""),
    ("tsx", "const A = () => (<p>x</p>;\n", 1, 17, "never closed"),
    ("css", "a { color: red;\nb { x: y; }\n", 1, 3, "never closed"),
    ("html", "<p>a</p></div>\n", 1, 9, "Unexpected `</div>`"),
    ("html", "<div><p>a</b></p></div>\n", 1, 10, "`</b>` closes nothing"),
    ("html", "<p>\n<script>\nlet a = ;\n</script></p>\n", 3, 0, ""),
    ("html", "<style>\na { b: c;\n</style>\n", 2, 3, "never closed"),
    ("json", "{\n  \"a\": 1,\n}\n", 3, 1, "Trailing comma"),
    ("json", "{\"a\": 1} x", 1, 10, "Trailing characters"),
    ("json", "", 1, 1, "EOF"),
    ("py", "def f(:\n    pass\n", 1, 0, ""),
    ("py", "x = (1,\n", 1, 5, "never closed"),
    ("rs", "fn f() {\n    let x = ;\n}\n", 2, 0, ""),
    ("rs", "fn f() {\n    g(1;\n}\n", 2, 8, "`)` is missing"),
    ("go", "package main\nfunc f( {\n}\n", 2, 0, ""),
    ("java", "class A { void f() { int x = 1 } }\n", 1, 31, "`;` is missing"),
    ("c", "int f() { return 1 }\n", 1, 19, "`;` is missing"),
    ("cpp", "class A { int x }\n", 1, 0, ""),
    ("yaml", "a: [1, 2\nb: 3\n", 1, 0, ""),
    ("toml", "a = \n", 1, 0, ""),
    ("sh", "if true; then\n  echo a\n", 3, 1, "`fi` is missing"),
    ("sql", "CREATE TABLE a (\n  id INT;\n", 2, 9, "Unexpected `;`; expected"),
    ("sql", "SELECT 1;\nSELCT ñ FROM a;\n", 2, 1, "Unexpected `SELCT`"),
    ("sql", "SELECT f(1\n", 1, 11, "The text ends here; expected `)`."),
    ("sql", "SELECT 'ñ', 'a;\n", 1, 13, "Unterminated string"),
    ("sql", "PRAGMA a = 1;\nSELECT * FORM a;\n", 2, 0, ""),
];

#[test]
fn errors_are_at_their_places() {
    let mut wrong = Vec::new();
    for (kind, source, line, column, message) in INVALID {
        let report = check(kind, source);
        let Some(first) = report.errors.first().filter(|_| report.is_invalid()) else {
            wrong.push(format!("{kind}: {source}: valid"));
            continue;
        };
        let is_there = first.line == *line && (*column == 0 || first.column == *column);
        let is_sentence = first.message.contains(message) && first.message.ends_with('.');
        if !is_there || !is_sentence || first.start > first.end || first.end > source.len() {
            wrong.push(format!("{kind}: {source}: {first:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn columns_count_characters_and_offsets_bytes() {
    let report = check("js", "let a = \"ñ👋\"; f(1];\n");
    let first = &report.errors[0];
    assert_eq!((first.line, first.column, first.start, first.end), (1, 18, 21, 22));
}

#[test]
fn what_cannot_be_checked_says_why() {
    let check = |kind: &str, source: &str, reason: UncheckedReason| {
        let report = check(kind, source);
        assert_eq!((report.state, report.reason), (SyntaxState::Unchecked, Some(reason)), "{kind}");
    };
    check("vue", "<template/>", UncheckedReason::NoGrammar);
    check("diff", "", UncheckedReason::NoGrammar);
    // What stands in bodies of procedures is another language in each database.
    check("sql", "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END //\n", UncheckedReason::NoGrammar);
    check("sql", "CREATE OR REPLACE PROCEDURE p AS v NUMBER; BEGIN v := 1; END p;\n/\n", UncheckedReason::NoGrammar);
    check("sql", &format!("SELECT {}1{}", "(".repeat(500), ")".repeat(500)), UncheckedReason::TooMuchWork);
    check("sh", "$ npm install\nadded 3 packages\n", UncheckedReason::Transcript);
    check("js", &"a;".repeat(1_100_000), UncheckedReason::TooLong);
    assert_eq!(Grammar::of_kind("JSX"), Some(Grammar::Javascript));
}

#[test]
fn reports_are_json() {
    let report = check("py", "x = (");
    let text = serde_json::to_string(&report).unwrap();
    assert!(
        text.starts_with(r#"{"state":"invalid","grammar":"python","errors":[{"line":1,"column":5,"start":4,"end":5,"#)
    );
    assert_eq!(serde_json::from_str::<brickwork_syntax::SyntaxReport>(&text).unwrap(), report);
}
