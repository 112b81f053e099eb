//! However a text is cut, the extractor finds the same, with valid and unique names at places within the text.
//!
//! The first byte gives the size of the pieces, the second where the text is parted into earlier files and an output.
#![no_main]

use std::collections::HashSet;

use brickwork_artifacts::{Extractor, check_path, extract, read_output};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [size, part, rest @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let parted = (usize::from(*part) * text.len() / 256..=text.len()).find(|at| text.is_char_boundary(*at));
    let (before, output) = text.split_at(parted.unwrap_or(0));
    let earlier = extract("earlier", before);

    let whole = read_output("step", output, &earlier);
    let mut extractor = Extractor::new("step").with_earlier(earlier);
    let mut rest = output;
    while !rest.is_empty() {
        let wished = usize::from(*size).clamp(1, rest.len());
        let to = (wished..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(to);
        extractor.push(piece);
        rest = after;
    }
    assert_eq!(extractor.finish(), whole);

    let mut names = HashSet::new();
    for piece in &whole.artifacts {
        assert_eq!(check_path(&piece.name), Ok(()), "{}", piece.name);
        assert!(names.insert(piece.name.to_lowercase()), "{} comes twice", piece.name);
        assert!(piece.start <= piece.end && piece.end <= output.len());
    }
});
