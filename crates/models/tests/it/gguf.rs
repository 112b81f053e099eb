//! Row 8: whatever a GGUF file holds, it is read right or refused with a clear error, in bounded memory.

use std::fs;
use std::io::Write as _;

use brickwork_models::gguf::{GgufError, GgufFault, GgufInfo, PerLayer, read_chat_template, read_header};
use proptest::prelude::*;
use tempfile::NamedTempFile;

use crate::builder::{Gguf, text};

fn read(bytes: &[u8]) -> Result<GgufInfo, GgufError> {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    read_header(file.path())
}

/// Expects the handmade file to be refused with an error whose text contains `expected`.
#[track_caller]
fn refused(file: &Gguf, expected: &str) {
    let text = read(&file.bytes()).expect_err(expected).to_string();
    assert!(text.contains(expected), "`{expected}` is not in: {text}");
    assert!(text.contains("at byte") && text.contains("; "), "place and remedy are missing: {text}");
}

#[test]
fn small_file_is_read_right() {
    let bytes = Gguf::small().bytes();
    for version in [2, 3] {
        let info = read(&Gguf::small().version(version).bytes()).unwrap();
        assert_eq!(
            info,
            GgufInfo {
                version,
                architecture: "llama".into(),
                name: Some("Tiny \u{1f9f1}".into()),
                context_length: Some(2048),
                n_params: Some(64 * 3 + 5),
                quantization: Some("Q4_0".into()),
                has_chat_template: true,
                chat_template_bytes: Some(14),
                licence: Some("mit".into()),
                size_bytes: bytes.len() as u64,
                n_tensors: 2,
                vocab_size: Some(2),
                tensor_bytes: 108 + 20,
                token_embedding_bytes: 108,
                ..GgufInfo::default()
            }
        );
    }
}

#[test]
fn absent_entries_are_absent() {
    let info = read(&Gguf::new().text("general.architecture", "mamba").bytes()).unwrap();
    let nothing = (info.name, info.context_length, info.n_params, info.quantization, info.licence);
    assert_eq!(nothing, (None, None, None, None, None));
    assert!(!info.has_chat_template && info.recurrent);
}

#[test]
fn figures_of_the_layers_are_read_in_every_form() {
    let all = |value: u32| value.to_le_bytes();
    let each = [&7_u32.to_le_bytes()[..], &3_u64.to_le_bytes(), &[1, 1, 0]].concat();
    let too_many = [&4_u32.to_le_bytes()[..], &1025_u64.to_le_bytes(), &[0; 4100]].concat();
    let file = Gguf::new()
        .entry("gemma3.attention.head_count", 4, &all(8))
        .entry("gemma3.attention.sliding_window", 4, &all(512))
        .entry("gemma3.attention.sliding_window_pattern", 9, &each)
        .entry("gemma3.attention.key_length", 6, &all(1))
        .entry("gemma3.feed_forward_length", 9, &too_many)
        .entry("other.block_count", 4, &all(7))
        .text("general.architecture", "gemma3");
    let info = read(&file.bytes()).unwrap();
    assert_eq!((info.head_count, info.sliding_window), (Some(PerLayer::All(8)), Some(512)));
    assert_eq!(info.sliding_window_pattern, Some(PerLayer::Each(vec![1, 1, 0])));
    assert_eq!((info.key_length, info.feed_forward_length, info.block_count), (None, None, None));
}

#[test]
fn the_chat_template_is_read_on_its_own() {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(&Gguf::small().bytes()).unwrap();
    let template = |max| read_chat_template(file.path(), max).unwrap();
    assert_eq!(template(1000).as_deref(), Some("{{ messages }}"));
    assert_eq!(template(5).as_deref(), Some("{{ me"));
    let mut other = NamedTempFile::new().unwrap();
    other.write_all(&Gguf::new().text("tokenizer.chat_template", "\u{1f9f1}").bytes()).unwrap();
    assert_eq!(read_chat_template(other.path(), 3).unwrap().as_deref(), Some(""), "no half characters");
}

#[test]
fn quantization_comes_from_the_tensors_where_the_file_does_not_say() {
    let file = Gguf::new().text("general.architecture", "llama").tensor("a", &[8], 0, 0, 32).tensor(
        "b",
        &[256],
        12,
        32,
        32 + 144,
    );
    assert_eq!(read(&file.bytes()).unwrap().quantization.as_deref(), Some("Q4_K"));
}

#[test]
fn context_length_is_the_architectures_own() {
    let file = Gguf::new()
        .entry("clip.context_length", 4, &77_u32.to_le_bytes())
        .entry("qwen2.context_length", 10, &512_u64.to_le_bytes())
        .text("general.architecture", "qwen2");
    assert_eq!(read(&file.bytes()).unwrap().context_length, Some(512));
}

#[test]
fn row_08_every_truncation_is_refused() {
    let bytes = Gguf::small().bytes();
    assert!(read(&bytes).is_ok());
    for length in 0..bytes.len() {
        let err = read(&bytes[..length]).expect_err("a part of a file is no file");
        assert!(
            matches!(
                err.fault,
                GgufFault::Truncated { .. } | GgufFault::DataMissing { .. } | GgufFault::TooMany { .. }
            ),
            "{length}: {err}"
        );
        assert!(err.at_byte <= length as u64);
    }
}

#[test]
fn row_08_wrong_starts_are_refused() {
    let err = read(b"PK\x03\x04 not a model, but an archive of something").unwrap_err();
    assert!(matches!(err.fault, GgufFault::Magic(_)), "{err}");
    assert!(err.to_string().contains(r"PK\x03\x04"), "{err}");
    for (version, expected) in [
        (0, "version 0"),
        (1, "version 1"),
        (4, "update Brickwork"),
        (3_u32.swap_bytes(), "big-endian"),
        (2_u32.swap_bytes(), "big-endian"),
    ] {
        refused(&Gguf::small().version(version), expected);
    }
}

#[test]
fn row_08_absurd_counts_are_refused() {
    for count in [100_001, 1 << 40, u64::MAX] {
        refused(&Gguf::small().counts(count, 9), "tensors; at most");
        refused(&Gguf::small().counts(2, count), "metadata entries; at most");
    }
    refused(&Gguf::small().counts(2, 10_000), "at");
    refused(&Gguf::small().counts(99_999, 9), "at");
}

#[test]
fn row_08_broken_entries_are_refused() {
    let start = || Gguf::new().text("general.architecture", "llama");
    let array = |kind: u32, length: u64| [&kind.to_le_bytes()[..], &length.to_le_bytes(), &[0; 16]].concat();
    refused(&start().text("general.architecture", "llama"), "occurs twice");
    refused(&start().entry("x", 13, &[0; 16]), "unknown type 13");
    refused(&start().entry("x", u32::MAX, &[0; 16]), "unknown type");
    refused(&start().entry("x", 8, &u64::MAX.to_le_bytes()), "ends after");
    refused(&start().entry("x", 9, &array(4, 5)), "elements in an array");
    refused(&start().entry("x", 9, &array(4, u64::MAX)), "elements in an array");
    refused(&start().entry("x", 9, &array(12, 1 << 61)), "elements in an array");
    refused(&start().entry("x", 9, &array(8, u64::MAX)), "texts in an array");
    refused(&start().entry("x", 9, &array(8, 3)), "texts in an array");
    refused(&start().entry("x", 9, &array(9, 1)), "unknown type 9");
    refused(&start().entry("general.name", 4, &[0; 4]), "`general.name` is not a text");
    refused(&start().entry("general.file_type", 6, &[0; 4]), "not a whole number");
    refused(&start().entry("llama.context_length", 5, &(-1_i32).to_le_bytes()), "not a whole number");
    refused(&start().entry("general.license", 8, &text(b"\xff\xfe")), "not valid text");
    refused(&start().entry(&"k".repeat(1025), 7, &[0]), "metadata key");
    refused(&start().text("general.name", &"n".repeat(70_000)), "metadata text");
    refused(&Gguf::new().text("general.name", "x"), "names no architecture");
    refused(&start().alignment(0), "power of two");
    refused(&start().alignment(48), "power of two");
}

#[test]
fn row_08_broken_tensors_are_refused() {
    let start = || Gguf::new().text("general.architecture", "llama");
    refused(&start().tensor(&"n".repeat(64), &[1], 0, 0, 4), "tensor's name");
    refused(&start().tensor("t", &[1, 1, 1, 1, 1], 0, 0, 4), "dimensions");
    refused(&start().tensor("t", &[1 << 63], 0, 0, 4), "impossible shape");
    refused(&start().tensor("t", &[1 << 32, 1 << 32], 0, 0, 4), "impossible shape");
    refused(&start().tensor("t", &[0, u64::MAX], 0, 0, 4), "impossible shape");
    refused(&start().tensor("t", &[1 << 62], 0, 0, 4), "impossible shape");
    refused(&start().tensor("t", &[33, 32], 2, 0, 4), "whole blocks");
    for kind in [4, 5, 31, 36, 43, u32::MAX] {
        refused(&start().tensor("t", &[32], kind, 0, 128), "unknown type");
    }
    refused(&start().tensor("t", &[1], 0, 32, 64), "must be at 0");
    refused(&start().tensor("t", &[1], 0, u64::MAX, 64), "must be at 0");
    refused(&start().tensor("a", &[1], 0, 0, 4).tensor("b", &[1], 0, 4, 36), "must be at 32");
    refused(&start().tensor("a", &[1], 0, 0, 4).tensor("a", &[1], 0, 32, 36), "occurs twice");
    refused(&start().tensor("t", &[1 << 40], 0, 0, 4), "incomplete");
    refused(&start().tensor("a", &[1], 0, 0, 4).tensor("b", &[2], 0, 32, 36), "incomplete");
    let (half, rest) = (1_u64 << 61, 1_u64 << 63);
    let huge = start().tensor("a", &[half], 0, 0, 4).tensor("b", &[half], 0, rest, 4);
    refused(&huge, "too large");
}

#[test]
fn row_08_what_ends_the_inference_library_is_refused() {
    let start = || Gguf::new().text("general.architecture", "llama");
    let words = |words: &[&[u8]]| {
        let texts: Vec<u8> = words.iter().flat_map(|word| text(word)).collect();
        let array = [&8_u32.to_le_bytes()[..], &(words.len() as u64).to_le_bytes(), &texts].concat();
        start().entry("tokenizer.ggml.tokens", 9, &array)
    };
    refused(&words(&[b"a", b"b", b"a"]), "word 2 of its vocabulary, `a`, occurs twice");
    refused(&words(&[b"a", b"a\0b"]), "word 1 of its vocabulary, `a`, occurs twice");
    refused(&words(&[b"[EMPTY_1]", b""]), "occurs twice");
    assert_eq!(read(&words(&[b"", b"", b"a", b"\xff"]).bytes()).unwrap().vocab_size, Some(4));
    let number = |name: &str, value: u32| start().entry(&format!("llama.{name}"), 4, &value.to_le_bytes());
    refused(&number("block_count", 0), "`block_count` is 0");
    refused(&number("block_count", 513), "`block_count` is 513");
    refused(&number("expert_count", 100_000), "`expert_count` is 100000");
    refused(&number("expert_used_count", 2), "`expert_used_count` is 2");
    refused(&number("rope.dimension_count", 63), "`rope.dimension_count` is 63");
    let narrow = number("rope.dimension_count", 66).entry("llama.attention.key_length", 4, &64_u32.to_le_bytes());
    refused(&narrow, "`rope.dimension_count` is 66");
    refused(&start().text("llama.rope.scaling.type", "liniar"), "`liniar`, is not known");
}

#[test]
fn alignment_of_the_file_counts() {
    let file = |offset, alignment| {
        let start = Gguf::new().text("general.architecture", "llama").alignment(alignment);
        start.tensor("a", &[1], 0, 0, 4).tensor("b", &[1], 0, offset, offset as usize + 4)
    };
    assert_eq!(read(&file(64, 64).bytes()).unwrap().n_tensors, 2);
    assert_eq!(read(&file(4, 1).bytes()).unwrap().n_tensors, 2);
    refused(&file(32, 64), "must be at 64");
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("missing.gguf")] {
        let err = read_header(&path).unwrap_err();
        assert!(matches!(err.fault, GgufFault::Io(_)), "{err}");
    }
    let empty = folder.path().join("empty.gguf");
    fs::write(&empty, b"").unwrap();
    assert!(matches!(read_header(&empty).unwrap_err().fault, GgufFault::Truncated { .. }));
}

proptest! {
    #[test]
    fn row_08_changed_bytes_never_panic(changes in prop::collection::vec((0_usize..1024, any::<u8>()), 1..6)) {
        let mut bytes = Gguf::small().bytes();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let size = bytes.len() as u64;
        match read(&bytes) {
            Ok(info) => prop_assert_eq!(info.size_bytes, size),
            Err(err) => prop_assert!(err.at_byte <= size),
        }
    }

    #[test]
    fn row_08_noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        let start = [b"GGUF", &3_u32.to_le_bytes()[..], &1_u64.to_le_bytes(), &2_u64.to_le_bytes(), &noise].concat();
        prop_assert!(read(&start).is_err());
    }
}
