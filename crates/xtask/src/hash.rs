//! SHA-256 of files, and of several files as one.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// How much of a file is read at once.
const CHUNK_BYTES: usize = 1 << 20;

/// The hash of a text or byte string, 64 lower-case hex digits.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The hash of a file's bytes, 64 lower-case hex digits.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn of_file(path: &Path) -> Result<String> {
    join(&[path.to_path_buf()], &mut std::io::sink())
}

/// Writes the files one after another to `to` and returns the hash of all that was written.
///
/// # Errors
/// When a file cannot be read or `to` cannot be written.
pub(crate) fn join(files: &[PathBuf], to: &mut impl Write) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    for path in files {
        let cannot_read = || format!("{} could not be read", path.display());
        let mut file = File::open(path).with_context(cannot_read)?;
        loop {
            let count = file.read(&mut chunk).with_context(cannot_read)?;
            if count == 0 {
                break;
            }
            hasher.update(&chunk[..count]);
            to.write_all(&chunk[..count]).context("the joined file could not be written")?;
        }
    }
    Ok(hex(&hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn joined_files_hash_as_their_concatenation() {
        let folder = tempfile::tempdir().unwrap();
        let parts: Vec<PathBuf> = ["a", "b"].iter().map(|name| folder.path().join(name)).collect();
        std::fs::write(&parts[0], "ab").unwrap();
        std::fs::write(&parts[1], "c").unwrap();
        let mut joined = Vec::new();
        let hash = join(&parts, &mut joined).unwrap();
        assert_eq!(joined, b"abc");
        // FIPS 180-2, appendix B.1: the hash of "abc".
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(of_bytes(b"abc"), hash);
    }
}
