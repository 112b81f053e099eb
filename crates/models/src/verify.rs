//! Whether a file is the one that its checksum names.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A file that is not shown to be the expected one.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It could not be read.
    #[error("{} cannot be read: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// What was expected is no checksum.
    #[error("`{expected}` is no SHA-256 checksum, which has 64 hexadecimal digits")]
    BadChecksum {
        /// The text that was given.
        expected: String,
    },
    /// The content is another.
    #[error("{} has the SHA-256 {found}, not {expected}: get the file again", path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The checksum that it has.
        found: String,
        /// The checksum that it should have, in lower case.
        expected: String,
    },
}

/// Reads the whole file and compares its SHA-256 with `expected` (64 hexadecimal digits of either case). `progress` is
/// told, about every megabyte, how many bytes were read and how many there are.
///
/// # Errors
/// [`VerifyError`] when the file cannot be read or is another one.
pub fn verify_sha256(path: &Path, expected: &str, progress: impl FnMut(u64, u64)) -> Result<(), VerifyError> {
    if expected.len() != 64 || !expected.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(VerifyError::BadChecksum { expected: expected.to_owned() });
    }
    let expected = expected.to_ascii_lowercase();
    let found = sha256(path, progress).map_err(|cause| VerifyError::Io { path: path.to_owned(), cause })?;
    if found != expected {
        return Err(VerifyError::Mismatch { path: path.to_owned(), found, expected });
    }
    Ok(())
}

fn sha256(path: &Path, mut progress: impl FnMut(u64, u64)) -> io::Result<String> {
    let mut file = File::open(path)?;
    let size_bytes = file.metadata()?.len();
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                hasher.update(&buffer[..n]);
                done += n as u64;
                progress(done, size_bytes);
            }
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    Ok(hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
