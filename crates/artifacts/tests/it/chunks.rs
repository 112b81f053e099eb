//! However an output is cut, the artifacts are the same.

use brickwork_artifacts::{Artifact, Extraction, Extractor, Source, extract, read_output};
use proptest::prelude::*;

/// Feeds `text` in pieces of the given sizes in bytes (rounded up to whole characters), over and over.
fn in_chunks(text: &str, sizes: &[usize]) -> (Vec<Artifact>, Extraction) {
    let mut extractor = Extractor::new("s").with_earlier(earlier());
    let mut streamed = Vec::new();
    let (mut from, mut index) = (0, 0);
    while from < text.len() {
        let mut to = (from + sizes[index % sizes.len()].max(1)).min(text.len());
        while !text.is_char_boundary(to) {
            to += 1;
        }
        streamed.extend(extractor.push(&text[from..to]));
        (from, index) = (to, index + 1);
    }
    (streamed, extractor.finish())
}

/// The files that edits in an output may be of.
fn earlier() -> Vec<Artifact> {
    extract("t", "```js src/a.js\nlet a = 1;\nlet b = 2;\n```\n```css b.css\na { b: c; }\n```\n")
}

/// Lines that models write, so that blocks, names and faults come up often.
fn output() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("```"),
        Just("```jsx"),
        Just("```markdown"),
        Just("````md"),
        Just("````"),
        Just("~~~"),
        Just("~~~py"),
        Just("   ```js"),
        Just("1. ```css"),
        Just("Here: ```py"),
        Just("**Form.jsx**"),
        Just("File: ../x.py"),
        Just("// src/a.js"),
        Just("# Title"),
        Just("const a = <b/>;"),
        Just(""),
        Just("- item"),
        Just("  text 👋 é"),
        Just("``"),
        Just("```12:3:a.ts"),
        Just("\ta"),
        Just("`"),
        Just("> ```js"),
        Just("> let q;"),
        Just("<file name=\"src/a.js\">"),
        Just("<file name=\"b.css\" unchanged/>"),
        Just("</file>"),
        Just("let a = 1;"),
        Just("let z = 1;```"),
        Just("<<<<<<< SEARCH"),
        Just("======="),
        Just(">>>>>>> REPLACE"),
        Just("--- a/b.css"),
        Just("+++ b/b.css"),
        Just("@@ -1 +1 @@"),
        Just("-a { b: c; }"),
        Just("+a { b: d; }"),
        Just("<think>"),
        Just("</think>"),
        Just("\"\"\""),
    ]
    .prop_map(str::to_owned);
    let line = prop_oneof![9 => line, 1 => ".{0,12}"];
    let ending = prop_oneof![8 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r")];
    prop::collection::vec((line, ending), 0..24)
        .prop_map(|lines| lines.into_iter().map(|(line, ending)| line + ending).collect())
        .prop_flat_map(|text: String| (Just(text), 0..3_usize))
        .prop_map(|(text, cut)| {
            let mut end = text.len().saturating_sub(cut);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text[..end].to_owned()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn cutting_does_not_matter(text in output(), sizes in prop::collection::vec(1..20_usize, 1..6)) {
        let whole = read_output("s", &text, &earlier());
        let (streamed, all) = in_chunks(&text, &sizes);
        prop_assert_eq!(&all, &whole);
        // What was announced while streaming is a beginning of the result, unless something took it back.
        if whole.patches.is_empty() && !text.contains("</think>") && whole.source == Source::Blocks {
            prop_assert_eq!(&streamed[..], &whole.artifacts[..streamed.len()]);
        }
    }

    #[test]
    fn regions_lie_in_the_text_in_order(text in output()) {
        let mut before = 0;
        let mut names = std::collections::HashSet::new();
        let extraction = read_output("s", &text, &earlier());
        let is_edited = !extraction.patches.is_empty();
        for piece in extraction.artifacts {
            prop_assert!(is_edited || before <= piece.start);
            prop_assert!(piece.start <= piece.end && piece.end <= text.len());
            prop_assert!(!text[piece.start..piece.end].trim().is_empty());
            prop_assert!(!piece.content.trim().is_empty());
            prop_assert!(names.insert(piece.name.to_lowercase()));
            prop_assert_eq!(brickwork_artifacts::check_path(&piece.name), Ok(()));
            before = piece.end;
        }
    }

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        let _ = extract("s", &text);
        let _ = brickwork_artifacts::classify_whole("s", &text);
    }
}
