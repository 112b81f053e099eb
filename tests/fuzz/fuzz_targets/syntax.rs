//! Sources that are parsed: no crash, no hang, and errors that lie within the text. The first byte chooses the language.
#![no_main]

use brickwork_syntax::{check, outline};
use libfuzzer_sys::fuzz_target;

const KINDS: [&str; 16] =
    ["js", "jsx", "ts", "tsx", "css", "html", "json", "py", "rs", "go", "java", "c", "cpp", "yaml", "toml", "sh"];

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let text = String::from_utf8_lossy(data);
    for error in check(kind, &text).errors {
        assert!(error.start <= error.end && error.end <= text.len(), "{kind}: {error:?}");
        assert!(text.is_char_boundary(error.start) && error.line >= 1 && error.column >= 1, "{kind}: {error:?}");
    }
    let _ = outline(kind, &text);
});
