//! However an output is cut, the artifacts are the same.

use brickwork_artifacts::{Artifact, Extractor, extract};
use proptest::prelude::*;

/// Feeds `text` in pieces of the given sizes in bytes (rounded up to whole characters), over and over.
fn in_chunks(text: &str, sizes: &[usize]) -> (Vec<Artifact>, Vec<Artifact>) {
    let mut extractor = Extractor::new("s");
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
    (streamed, extractor.finish().artifacts)
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
        let whole = extract("s", &text);
        let (streamed, all) = in_chunks(&text, &sizes);
        prop_assert_eq!(&all, &whole);
        // What was announced while streaming is a beginning of the result, and only what the end closed is missing.
        prop_assert_eq!(&streamed[..], &whole[..streamed.len()]);
        prop_assert!(whole.len() - streamed.len() <= 1);
    }

    #[test]
    fn regions_lie_in_the_text_in_order(text in output()) {
        let mut before = 0;
        let mut names = std::collections::HashSet::new();
        for piece in extract("s", &text) {
            prop_assert!(before <= piece.start && piece.start <= piece.end && piece.end <= text.len());
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
