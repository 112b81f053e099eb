//! Artifacts in a model's output: the same whichever way the text streams in, with names that are safe on every system and
//! places that are in the text.
#![no_main]

use brickwork_artifacts::{Extractor, check_path, read_output};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((size, data)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(data);
    // The files that edits in the text may be of: the artifacts of its own first half.
    let mut half = text.len() / 2;
    while !text.is_char_boundary(half) {
        half += 1;
    }
    let earlier = read_output("first", &text[..half], &[]).artifacts;
    let whole = read_output("step", &text, &earlier);
    let mut extractor = Extractor::new("step").with_earlier(earlier);
    let mut rest = &*text;
    while !rest.is_empty() {
        let mut end = usize::from(*size).max(1).min(rest.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (piece, later) = rest.split_at(end);
        extractor.push(piece);
        rest = later;
    }
    assert_eq!(extractor.finish(), whole);
    for artifact in &whole.artifacts {
        assert!(check_path(&artifact.name).is_ok(), "{:?}", artifact.name);
        assert!(artifact.start <= artifact.end && artifact.end <= text.len(), "{artifact:?}");
    }
});
