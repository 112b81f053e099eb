//! Models that come in several files.

use std::fs;
use std::path::{Path, PathBuf};

use brickwork_models::ModelsFolder;
use brickwork_models::gguf::{PerLayer, read_header};

use crate::builder::Gguf;

fn numbered(file: Gguf, no: u16, count: u16) -> Gguf {
    file.entry("split.no", 2, &no.to_le_bytes()).entry("split.count", 2, &count.to_le_bytes())
}

pub(crate) fn first(count: u16) -> Gguf {
    let model = Gguf::new()
        .text("general.architecture", "llama")
        .entry("llama.block_count", 4, &2_u32.to_le_bytes())
        .entry(
            "llama.attention.head_count_kv",
            9,
            &[&5_u32.to_le_bytes()[..], &2_u64.to_le_bytes(), &[4, 0, 0, 0, 8, 0, 0, 0]].concat(),
        )
        .tensor("token_embd.weight", &[8], 0, 0, 32)
        .tensor("blk.0.attn_q.weight", &[16], 0, 32, 96);
    numbered(model, 0, count)
}

pub(crate) fn later(no: u16, count: u16) -> Gguf {
    let part = Gguf::new().tensor("blk.1.attn_q.weight", &[8], 0, 0, 32).tensor("output.weight", &[8], 0, 32, 64);
    numbered(part, no, count)
}

pub(crate) fn part(folder: &Path, number: u16, count: u16) -> PathBuf {
    folder.join(format!("acme-Q4-{number:05}-of-{count:05}.gguf"))
}

#[test]
fn the_files_of_a_model_are_read_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (first(2).bytes(), later(1, 2).bytes());
    fs::write(part(folder.path(), 1, 2), &one).unwrap();
    fs::write(part(folder.path(), 2, 2), &two).unwrap();
    let info = read_header(&part(folder.path(), 1, 2)).unwrap();
    assert_eq!((info.split_count, info.n_tensors, info.n_params), (Some(2), 4, Some(40)));
    assert_eq!((info.size_bytes, info.tensor_bytes), ((one.len() + two.len()) as u64, 160));
    assert_eq!((info.token_embedding_bytes, info.output_bytes, info.layer_bytes), (32, 32, vec![64, 32]));
    assert_eq!(info.head_count_kv, Some(PerLayer::Each(vec![4, 8])));

    let files = ModelsFolder::scan(folder.path()).unwrap();
    let listed: Vec<_> = files.iter().map(|file| (&*file.id, file.size_bytes)).collect();
    assert_eq!(listed, [("acme-Q4", (one.len() + two.len()) as u64)]);
    assert_eq!(files[0].path, part(folder.path(), 1, 2));
}

#[test]
fn missing_and_mistaken_parts_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |expected: &str| {
        let text = read_header(&part(folder.path(), 1, 2)).expect_err(expected).to_string();
        assert!(text.contains(expected), "`{expected}` is not in: {text}");
    };
    fs::write(part(folder.path(), 1, 2), first(2).bytes()).unwrap();
    refused("a part is missing: `acme-Q4-00002-of-00002.gguf`");
    fs::write(part(folder.path(), 2, 2), later(1, 3).bytes()).unwrap();
    refused("the first part says 2");
    fs::write(part(folder.path(), 2, 2), later(0, 2).bytes()).unwrap();
    refused("it is not part 2 as its name says");
    fs::write(part(folder.path(), 2, 2), Gguf::small().bytes()).unwrap();
    refused("it is not part 2 as its name says");
    fs::write(part(folder.path(), 2, 2), &later(1, 2).bytes()[..100]).unwrap();
    refused("a part of it is missing");
    fs::write(part(folder.path(), 1, 2), first(3).bytes()).unwrap();
    refused("its name says something else");

    let alone = folder.path().join("alone.gguf");
    fs::write(&alone, first(2).bytes()).unwrap();
    assert!(read_header(&alone).unwrap_err().to_string().contains("its name does not end in"));
    let second = part(folder.path(), 2, 2);
    fs::write(&second, later(1, 2).bytes()).unwrap();
    assert!(read_header(&second).unwrap_err().to_string().contains("part 2 of 2 of a model"));
}

#[test]
fn a_model_without_its_first_part_is_listed_with_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(part(folder.path(), 2, 3), later(1, 3).bytes()).unwrap();
    fs::write(part(folder.path(), 3, 3), later(2, 3).bytes()).unwrap();
    let files = ModelsFolder::scan(folder.path()).unwrap();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].id, "acme-Q4");
    let problem = files[0].problem.as_ref().unwrap();
    assert!(problem.contains("part 2 of 3") && problem.contains("choose the first part"), "{problem}");
}
