//! Bundles of more than 4 GiB, whose sizes and places need 64 bits.
//!
//! The archives that are read are made by hand and hold nothing but holes. What is written is as large only when
//! `BRICKWORK_THOROUGH=1`; otherwise the same is done with a megabyte.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use brickwork_engine::Timestamp;
use brickwork_models::bundle::{
    Bundle, BundleContents, BundleError, BundleFault, BundleModelFile, BundleSource, write_bundle,
};
use brickwork_models::transfer::Cancelled;
use serde_json::json;

use crate::builder::Gguf;

/// What does not fit into 32 bits is in the extra field.
const ELSEWHERE: u32 = u32::MAX;
const LARGE: u64 = (5 << 30) + 3;

enum Content<'a> {
    Bytes(&'a [u8]),
    /// So many bytes that are nowhere on the disk.
    Hole(u64),
}

/// CRC-32 as in section 4.4.7 of the format's description (APPNOTE.TXT 6.3.10), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1)))
    })
}

fn little(numbers: &[(usize, u64)]) -> Vec<u8> {
    numbers.iter().flat_map(|(n_bytes, number)| number.to_le_bytes()[..*n_bytes].to_vec()).collect()
}

/// Writes an archive with 64-bit sizes and places throughout (APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 16).
fn archive(path: &Path, entries: &[(&str, Content<'_>)]) {
    let mut file = File::create(path).unwrap();
    let mut directory = Vec::new();
    for (name, content) in entries {
        let place = file.stream_position().unwrap();
        let (size, crc) = match content {
            Content::Bytes(bytes) => (bytes.len() as u64, crc32(bytes)),
            Content::Hole(size) => (*size, 0),
        };
        let about = [(2, 0), (2, 0), (2, 0), (2, 33), (4, u64::from(crc))];
        let sizes = [(4, u64::from(ELSEWHERE)), (4, u64::from(ELSEWHERE)), (2, name.len() as u64)];
        let local = [&[(4, 0x0403_4b50), (2, 45)][..], &about, &sizes, &[(2, 20)]].concat();
        file.write_all(&[little(&local), name.as_bytes().to_vec()].concat()).unwrap();
        file.write_all(&little(&[(2, 1), (2, 16), (8, size), (8, size)])).unwrap();
        match content {
            Content::Bytes(bytes) => file.write_all(bytes).unwrap(),
            Content::Hole(size) => {
                let end = file.stream_position().unwrap() + size;
                file.set_len(end).unwrap();
                file.seek(SeekFrom::Start(end)).unwrap();
            }
        }
        let made_by_unix = [(4, 0x0201_4b50), (2, 0x032d), (2, 45)];
        let rest = [(2, 28), (2, 0), (2, 0), (2, 0), (4, 0o100_644 << 16), (4, u64::from(ELSEWHERE))];
        directory.extend(little(&[&made_by_unix[..], &about, &sizes, &rest].concat()));
        directory.extend(name.as_bytes());
        directory.extend(little(&[(2, 1), (2, 24), (8, size), (8, size), (8, place)]));
    }
    let (begin, n) = (file.stream_position().unwrap(), entries.len() as u64);
    let end = begin + directory.len() as u64;
    directory.extend(little(&[(4, 0x0606_4b50), (8, 44), (2, 45), (2, 45), (4, 0), (4, 0), (8, n), (8, n)]));
    directory.extend(little(&[(8, end - begin), (8, begin), (4, 0x0706_4b50), (4, 0), (8, end), (4, 1)]));
    directory.extend(little(&[(4, 0x0605_4b50), (2, 0), (2, 0), (2, n), (2, n)]));
    directory.extend(little(&[(4, u64::from(ELSEWHERE)), (4, u64::from(ELSEWHERE)), (2, 0)]));
    file.write_all(&directory).unwrap();
}

fn manifest(size_bytes: u64) -> Vec<u8> {
    let pipeline = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let document = json!({
        "format": 1, "made_at": "2026-01-02T03:04:05Z", "program_version": "0.1.0", "bindings": {},
        "pipelines": [{ "name": "", "file": "pipelines/1.json", "size_bytes": 2, "sha256": pipeline }],
        "models": [{ "id": "big", "path": "big.gguf", "size_bytes": size_bytes, "sha256": "0".repeat(64),
                     "included": true }],
    });
    document.to_string().into_bytes()
}

#[test]
fn a_bundle_with_a_model_of_more_than_4_gib_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.brickwork-bundle");
    let with = |size: u64, told: u64| {
        let manifest = manifest(told);
        archive(
            &path,
            &[
                ("models/big.gguf", Content::Hole(size)),
                ("pipelines/1.json", Content::Bytes(b"{}")),
                ("manifest.json", Content::Bytes(&manifest)),
            ],
        );
        Bundle::open(&path)
    };
    let mut bundle = with(LARGE, LARGE).unwrap();
    assert_eq!(bundle.manifest().models[0].size_bytes, LARGE);
    assert_eq!(bundle.pipelines().unwrap().len(), 1, "what lies behind the model is found");
    let models = folder.path().join("models");
    let mut seen = 0;
    let stopped = bundle.extract(&models, &["big".to_owned()], &mut |n| {
        seen += n;
        Err(Cancelled)
    });
    // A machine with a small disk says so before it begins.
    assert!(matches!(stopped, Err(BundleError::Cancelled(_) | BundleError::DiskFull(_))), "{stopped:?}");
    assert!(!models.join("big.gguf").exists());
    for (size, told) in [(LARGE - 1, LARGE), (LARGE, LARGE - 1), (LARGE, LARGE - (4 << 30)), (LARGE - (4 << 30), LARGE)]
    {
        let refused = with(size, told).unwrap_err();
        assert!(
            matches!(refused, BundleError::Refused { fault: BundleFault::Size(_), .. }),
            "{size} {told}: {refused}"
        );
    }
}

#[test]
fn a_bundle_with_a_large_model_comes_back_as_it_was() {
    let is_thorough = std::env::var_os("BRICKWORK_THOROUGH").is_some_and(|value| value == "1");
    let n_bytes: u64 = if is_thorough { (4 << 30) + 4096 } else { 1 << 20 };
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.gguf");
    let sound = Gguf::new().text("general.architecture", "llama").tensor("token_embd.weight", &[n_bytes], 24, 0, 0);
    fs::write(&source, sound.bytes()).unwrap();
    let size_bytes = fs::metadata(&source).unwrap().len() + n_bytes;
    File::options().write(true).open(&source).unwrap().set_len(size_bytes).unwrap();
    let about = BundleModelFile {
        id: "big".into(),
        path: "big.gguf".into(),
        repository: None,
        revision: None,
        size_bytes: 0,
        sha256: String::new(),
        licence: None,
        included: true,
    };
    let contents = BundleContents {
        program_version: "0.1.0".into(),
        made_at: Timestamp::from_micros(1_000_000),
        pipelines: Vec::new(),
        models: vec![BundleSource { about, source, expected: None }],
        bindings: Default::default(),
    };
    let target = folder.path().join("large.brickwork-bundle");
    let manifest = write_bundle(&target, contents, &mut |_| Ok(())).unwrap();
    assert_eq!(manifest.models[0].size_bytes, size_bytes);
    let models = folder.path().join("models");
    let mut bundle = Bundle::open(&target).unwrap();
    assert_eq!(bundle.manifest(), &manifest);
    let extracted = bundle.extract(&models, &["big".to_owned()], &mut |_| Ok(())).unwrap();
    assert_eq!(fs::metadata(&extracted[0].path).unwrap().len(), size_bytes);
}
