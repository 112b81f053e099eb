//! Row 8: the 33 kinds of files that llama.cpp's own test of its GGUF reader makes by hand (`tests/test-gguf.cpp`,
//! `enum handcrafted_file_type`), under the names that they have there.

use std::io::Cursor;

use brickwork_models::gguf::{GgufFault, GgufInfo, read_header_from};

use crate::builder::{Gguf, text};

const I8: u32 = 24;
const I64: u32 = 27;

fn read(bytes: &[u8]) -> Result<GgufInfo, GgufFault> {
    read_header_from(Cursor::new(bytes), bytes.len() as u64)
}

/// Where the tensors of a kind of file differ from sound ones.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    None,
    NameSize,
    Dimensions,
    Shape(&'static [u64]),
    Type(u32),
    Offset,
    SameName,
    Unaligned,
}

/// One entry of each type.
fn entries(file: Gguf) -> Gguf {
    let array = |kind: u32, size: usize| [&kind.to_le_bytes()[..], &3_u64.to_le_bytes(), &vec![1; 3 * size]].concat();
    let texts = [&8_u32.to_le_bytes()[..], &2_u64.to_le_bytes(), &text(b"ab"), &text(b"")].concat();
    [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8].into_iter().zip(0_u32..).fold(file, |file, (size, kind)| match kind {
        8 => file.text("my_key_text", "some text"),
        9 => file.entry("my_key_texts", 9, &texts),
        _ => file.entry(&format!("my_key_{kind}"), kind, &vec![1; size]).entry(
            &format!("my_key_array_{kind}"),
            9,
            &array(kind, size),
        ),
    })
}

/// Three tensors, changed; `data` bytes follow, or as many as they need.
fn tensors(mut file: Gguf, change: Change, alignment: u64, data: Option<usize>) -> Gguf {
    let mut offset = 0_u64;
    for (n, (shape, kind, size)) in
        [(&[8_u64, 3][..], 0_u32, 96_u64), (&[64, 2, 2], 2, 144), (&[5], I8, 5)].into_iter().enumerate()
    {
        let long = "_with_a_very_long_name_which_is_longer_than_what_is_allowed_for_ggml_tensors";
        let name = match change {
            Change::NameSize => format!("my_tensor_{n}{long}"),
            Change::SameName => "my_tensor".to_owned(),
            _ => format!("my_tensor_{n}"),
        };
        let shape = match change {
            Change::Dimensions => &[1, 1, 1, 1, 1],
            Change::Shape(shape) => shape,
            _ => shape,
        };
        let kind = match change {
            Change::Type(kind) => kind,
            Change::Shape(_) => I64,
            _ => kind,
        };
        let at = if change == Change::Offset { u64::MAX } else { offset };
        let size = if change == Change::Shape(&[32, 0]) { 0 } else { size };
        offset += size.next_multiple_of(if change == Change::Unaligned { 1 } else { alignment });
        file = file.tensor(&name, shape, kind, at, data.unwrap_or(offset as usize));
    }
    file
}

/// The kind of file of that name.
fn handcrafted(name: &str) -> Vec<u8> {
    use Change as C;
    let header = Gguf::new;
    let kv = || entries(Gguf::new());
    let none = Some(0);
    match name {
        "HEADER_BAD_MAGIC" => [b"FUGG", &header().bytes()[4..]].concat(),
        "HEADER_BAD_VERSION_0" => header().version(0).bytes(),
        "HEADER_BAD_VERSION_1" => header().version(1).bytes(),
        "HEADER_BAD_VERSION_FUTURE" => header().version(4).bytes(),
        "HEADER_BAD_N_TENSORS" => header().counts(u64::MAX, 0).bytes(),
        "HEADER_BAD_N_KV" => header().counts(0, u64::MAX).bytes(),
        "HEADER_EMPTY" => header().bytes(),
        "KV_BAD_KEY_SIZE" => {
            let mut bytes = kv().bytes();
            bytes[24..32].copy_from_slice(&u64::MAX.to_le_bytes());
            bytes
        }
        "KV_EMPTY_KEY" => header().entry("", 4, &[1; 4]).bytes(),
        "KV_BAD_TYPE" => header().entry("my_key_0", 13, &[1]).bytes(),
        "KV_DUPLICATE_KEY" => kv().entry("my_key_4", 4, &[1; 4]).bytes(),
        "KV_BAD_ALIGN" => kv().alignment(13).bytes(),
        "KV_WRONG_TYPE_ALIGN" => kv().entry("general.alignment", 5, &1_i32.to_le_bytes()).bytes(),
        "KV_SUCCESS" => kv().bytes(),
        "TENSORS_BAD_NAME_SIZE" => tensors(kv(), C::NameSize, 32, none).bytes(),
        "TENSORS_BAD_N_DIMS" => tensors(kv(), C::Dimensions, 32, none).bytes(),
        "TENSORS_BAD_SHAPE" => tensors(kv(), C::Shape(&[u64::MAX, u64::MAX]), 32, none).bytes(),
        "TENSORS_ZERO_DIM" => tensors(kv(), C::Shape(&[32, 0]), 32, none).bytes(),
        "TENSORS_NE_TOO_BIG" => tensors(kv(), C::Shape(&[0x1_ffff_fffc, 0x1_ffff_fffc]), 32, none).bytes(),
        "TENSORS_NBYTES_TOO_BIG" => tensors(kv(), C::Shape(&[1_533_916_900, 1_533_916_900]), 32, none).bytes(),
        "TENSORS_BAD_TYPE" => tensors(kv(), C::Type(43), 32, none).bytes(),
        "TENSORS_BAD_OFFSET" => tensors(kv(), C::Offset, 32, none).bytes(),
        "TENSORS_DUPLICATE_NAME" => tensors(kv(), C::SameName, 32, none).bytes(),
        "TENSORS_BAD_ALIGN" => tensors(kv().alignment(13), C::None, 13, none).bytes(),
        "TENSORS_INCONSISTENT_ALIGN" => tensors(kv(), C::Unaligned, 1, none).bytes(),
        "TENSORS_SUCCESS" => tensors(kv(), C::None, 32, none).bytes(),
        "TENSORS_CUSTOM_ALIGN" => tensors(kv().alignment(1), C::None, 1, none).bytes(),
        "DATA_NOT_ENOUGH_DATA" => tensors(kv(), C::None, 32, Some(96 + 160 + 4)).bytes(),
        "DATA_BAD_ALIGN" => tensors(kv().alignment(13), C::None, 13, None).bytes(),
        "DATA_INCONSISTENT_ALIGN" => tensors(kv(), C::Unaligned, 1, None).bytes(),
        "DATA_MEM_SIZE_OVERFLOW" => {
            let huge = 0x7fff_ffff_ffff_ffc0;
            kv().tensor("my_tensor_0", &[huge], I8, 0, 32).tensor("my_tensor_1", &[huge], I8, huge, 32).bytes()
        }
        "DATA_SUCCESS" => tensors(kv(), C::None, 32, None).bytes(),
        "DATA_CUSTOM_ALIGN" => tensors(kv().alignment(1), C::None, 1, None).bytes(),
        other => panic!("{other} is no kind of file"),
    }
}

#[test]
fn row_08_the_33_kinds_of_llama_cpps_own_test_are_refused() {
    let no_architecture = "names no architecture";
    let kinds = [
        ("HEADER_BAD_MAGIC", "starts with FUGG"),
        ("HEADER_BAD_VERSION_0", "version 0"),
        ("HEADER_BAD_VERSION_1", "version 1"),
        ("HEADER_BAD_VERSION_FUTURE", "version 4"),
        ("HEADER_BAD_N_TENSORS", "tensors; at most"),
        ("HEADER_BAD_N_KV", "metadata entries; at most"),
        ("HEADER_EMPTY", no_architecture),
        ("KV_BAD_KEY_SIZE", "bytes in a metadata key"),
        ("KV_EMPTY_KEY", "empty key"),
        ("KV_BAD_TYPE", "unknown type 13"),
        ("KV_DUPLICATE_KEY", "`my_key_4` occurs twice"),
        ("KV_BAD_ALIGN", "alignment 13"),
        ("KV_WRONG_TYPE_ALIGN", "alignment"),
        ("KV_SUCCESS", no_architecture),
        ("TENSORS_BAD_NAME_SIZE", "bytes in a tensor's name"),
        ("TENSORS_BAD_N_DIMS", "dimensions of a tensor"),
        ("TENSORS_BAD_SHAPE", "impossible shape"),
        ("TENSORS_ZERO_DIM", no_architecture),
        ("TENSORS_NE_TOO_BIG", "too many elements"),
        ("TENSORS_NBYTES_TOO_BIG", "it is too large"),
        ("TENSORS_BAD_TYPE", "unknown type 43"),
        ("TENSORS_BAD_OFFSET", "must be at 0"),
        ("TENSORS_DUPLICATE_NAME", "`my_tensor` occurs twice"),
        ("TENSORS_BAD_ALIGN", "alignment 13"),
        ("TENSORS_INCONSISTENT_ALIGN", "must be at"),
        ("TENSORS_SUCCESS", "incomplete"),
        ("TENSORS_CUSTOM_ALIGN", "incomplete"),
        ("DATA_NOT_ENOUGH_DATA", "incomplete"),
        ("DATA_BAD_ALIGN", "alignment 13"),
        ("DATA_INCONSISTENT_ALIGN", "must be at"),
        ("DATA_MEM_SIZE_OVERFLOW", "incomplete"),
        ("DATA_SUCCESS", no_architecture),
        ("DATA_CUSTOM_ALIGN", no_architecture),
    ];
    assert_eq!(kinds.len(), 33);
    for (name, expected) in kinds {
        let fault = read(&handcrafted(name)).expect_err(name).to_string();
        assert!(fault.contains(expected), "{name}: `{expected}` is not in: {fault}");
    }
}

/// The kinds that llama.cpp's reader accepts lack nothing but what makes a file a model.
#[test]
fn row_08_the_sound_kinds_of_llama_cpps_own_test_are_read_once_they_are_models() {
    let model = || entries(Gguf::new()).text("general.architecture", "llama");
    for (name, file, n_tensors) in [
        ("KV_SUCCESS", model(), 0),
        ("TENSORS_ZERO_DIM", tensors(model(), Change::Shape(&[32, 0]), 32, Some(0)), 3),
        ("DATA_SUCCESS", tensors(model(), Change::None, 32, None), 3),
        ("DATA_CUSTOM_ALIGN", tensors(model().alignment(1), Change::None, 1, None), 3),
    ] {
        let info = read(&file.bytes()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(info.n_tensors, n_tensors, "{name}");
    }
}
