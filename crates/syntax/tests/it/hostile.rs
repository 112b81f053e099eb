//! Sources that are meant to take for ever: each check ends, and says that it gave up where it did.

use brickwork_syntax::{Grammar, SyntaxState, check, outline};
use proptest::prelude::*;

const KINDS: [&str; 17] = [
    "js", "ts", "tsx", "css", "html", "json", "jsonc", "py", "rs", "go", "java", "c", "cpp", "yaml", "toml", "sh",
    "sql",
];

#[test]
fn deep_and_broken_sources_end() {
    let sources = [
        "(".repeat(2_000),
        "[".repeat(5_000),
        "{".repeat(5_000),
        "{\"a\":".repeat(2_000),
        "<div>".repeat(500),
        "<a b=\"".repeat(1_000),
        "a ? b : ".repeat(1_000),
        "if (a) { ".repeat(1_000),
        "`${".repeat(1_000),
        "\"".repeat(5_001),
        "/*".repeat(2_000),
        "- ".repeat(2_000),
        "a<b<".repeat(1_000),
        "\u{0}\u{1}\u{feff}".repeat(1_000),
        "}{)(][".repeat(1_000),
        "\t\n ".repeat(2_000),
    ];
    for kind in KINDS {
        for source in &sources {
            let report = check(kind, source);
            assert_eq!(report.errors.is_empty(), report.state != SyntaxState::Invalid, "{kind}: {source:.8}");
            assert!(report.errors.len() <= brickwork_syntax::ERRORS_MAX);
            let _ = outline(kind, source);
        }
    }
}

/// Operators in a row make a tree that is as deep as they are many.
#[test]
fn long_chains_in_sql_end() {
    for (source, state) in [
        (format!("SELECT 1{}", "+1".repeat(499_000)), SyntaxState::Unchecked),
        (format!("SELECT 1{}", "+1".repeat(495)), SyntaxState::Valid),
        (format!("SELECT {}1{}", "(".repeat(20), "+(1+1))".repeat(20)), SyntaxState::Valid),
        ("SELECT 1 UNION ".repeat(2_000), SyntaxState::Unchecked),
        ("CASE WHEN ".repeat(3_000), SyntaxState::Unchecked),
        (format!("INSERT INTO a VALUES {}(1, 'x')", "(1, 'x'), ".repeat(3_000)), SyntaxState::Valid),
    ] {
        assert_eq!(check("sql", &source).state, state, "{source:.20}");
    }
}

/// Nesting that fills the stacks of scanners to and beyond their buffers; a scanner that writes past one ends the process.
#[test]
fn stacks_of_scanners_do_not_overflow() {
    let steps = |depth: usize, line: &str| (0..depth).map(|at| format!("{}{line}", " ".repeat(at))).collect::<String>();
    for depth in [90, 99, 100, 101, 199, 200, 201, 252, 253, 254, 255, 256, 300, 383, 384, 385, 511, 512, 600] {
        for (kind, source) in [
            ("yaml", "- ".repeat(depth)),
            ("yaml", format!("{}a", "? ".repeat(depth))),
            ("yaml", "&a - ".repeat(depth)),
            ("yaml", steps(depth, "a:\n")),
            ("yaml", steps(depth, "a:\n").replace("a:\n", "a:\r")),
            ("yaml", "[".repeat(depth)),
            ("yaml", "{a: ".repeat(depth)),
            ("py", steps(depth, "if a:\n")),
            ("py", format!("{}{}", steps(depth, "if a:\n"), "f'{".repeat(300))),
            ("py", "f\"{".repeat(depth)),
            ("html", "<a-b>".repeat(depth)),
            ("html", format!("<{}>", "x".repeat(depth))),
            ("sh", "<<A ".repeat(depth)),
            ("sh", format!("cat <<{}\n", "A".repeat(depth * 4))),
            ("cpp", format!("R\"{}(x", "a".repeat(depth))),
            ("rs", format!("r{}\"x", "#".repeat(depth))),
        ] {
            let report = check(kind, &source);
            assert_eq!(report, check(kind, &source), "{kind} {depth}");
        }
    }
}

#[test]
fn a_check_stops_when_it_is_told_to() {
    let mut asked = 0;
    let report = brickwork_syntax::check_until("js", &"f(1);\n".repeat(5_000), &mut || {
        asked += 1;
        asked == 3
    });
    assert_eq!((report.state, asked), (SyntaxState::Unchecked, 3));
}

fn source() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{"),
        Just("}"),
        Just("("),
        Just(")"),
        Just("["),
        Just("]"),
        Just("<a>"),
        Just("</a>"),
        Just("\n"),
        Just("\""),
        Just("'"),
        Just("`"),
        Just("${"),
        Just("//"),
        Just("/*"),
        Just("*/"),
        Just("import "),
        Just("from './a'"),
        Just("export default "),
        Just("def f():\n  "),
        Just("class A"),
        Just("<script>"),
        Just("</script>"),
        Just("a: 1"),
        Just("é👋"),
        Just(" = "),
        Just(";"),
        Just("#include \"x\"\n"),
        Just("\r\n"),
        Just("SELECT "),
        Just("mod a;"),
        Just("\u{0}"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn places_lie_in_the_source(source in source()) {
        for kind in KINDS {
            let report = check(kind, &source);
            prop_assert_eq!(&report, &check(kind, &source));
            for error in &report.errors {
                prop_assert!(error.start <= error.end && error.end <= source.len());
                prop_assert!(source.is_char_boundary(error.start) && source.is_char_boundary(error.end));
                let line = source.split('\n').nth(error.line - 1);
                prop_assert!(line.is_some_and(|line| error.column <= line.chars().count() + 1), "{:?}", error);
            }
            let _ = outline(kind, &source);
        }
        prop_assert!(Grammar::of_kind(&source).is_none());
    }
}
