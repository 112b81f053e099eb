//! Checksums of files.

use std::fs;

use brickwork_models::{VerifyError, verify_sha256};

/// SHA-256 of `abc` (FIPS 180-2, appendix B.1).
const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn files_are_told_by_their_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "abc").unwrap();
    let check = |expected: &str| verify_sha256(&path, expected, |_, _| {});
    check(OF_ABC).unwrap();
    check(&OF_ABC.to_uppercase()).unwrap();
    for wrong in ["", "../../etc/passwd", &OF_ABC[1..], &format!("{OF_ABC}0"), &OF_ABC.replace('b', "g")] {
        assert!(matches!(check(wrong), Err(VerifyError::BadChecksum { .. })), "{wrong}");
    }
    fs::write(&path, "abd").unwrap();
    assert!(matches!(check(OF_ABC), Err(VerifyError::Mismatch { .. })), "one byte differs");
    fs::remove_file(&path).unwrap();
    assert!(matches!(check(OF_ABC), Err(VerifyError::Io { .. })));
}

#[test]
fn progress_reaches_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, vec![7; 3_000_000]).unwrap();
    let mut seen = Vec::new();
    let _ = verify_sha256(&path, OF_ABC, |done, total| seen.push((done, total)));
    assert!(seen.len() >= 3 && seen.is_sorted());
    assert_eq!(seen.last(), Some(&(3_000_000, 3_000_000)));
}
