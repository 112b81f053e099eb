//! Whether a file is the one that its checksum names.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::transfer::Cancelled;

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
    let found = sha256_of(path, progress).map_err(|cause| VerifyError::Io { path: path.to_owned(), cause })?;
    if found != expected {
        return Err(VerifyError::Mismatch { path: path.to_owned(), found, expected });
    }
    Ok(())
}

/// SHA-256 of the file at `path` in lower-case hexadecimal digits.
pub(crate) fn sha256_of(path: &Path, mut progress: impl FnMut(u64, u64)) -> io::Result<String> {
    let size_bytes = File::open(path)?.metadata()?.len();
    let mut done = 0;
    let hashed = hash_file(path, &mut |n| {
        done += n;
        progress(done, size_bytes);
        Ok(())
    });
    hashed.map_err(|stopped| match stopped {
        Stopped::Io(cause) => cause,
        Stopped::Cancelled(_) => io::ErrorKind::Interrupted.into(),
    })
}

/// Told of each piece how many bytes it has; an error ends the work.
pub(crate) type Watch<'a> = dyn FnMut(u64) -> Result<(), Cancelled> + 'a;

/// Why the bytes of a file were not passed through.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stopped {
    /// They could not be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The user ended it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// SHA-256 of the file at `path` in lower-case hexadecimal digits.
pub(crate) fn hash_file(path: &Path, watch: &mut Watch<'_>) -> Result<String, Stopped> {
    let (sha256, _) = pass_through(&mut File::open(path)?, &mut io::sink(), watch)?;
    Ok(sha256)
}

/// Writes everything from `from` to `to`. Returns its SHA-256 in lower-case hexadecimal digits, and its bytes.
pub(crate) fn pass_through(
    from: &mut impl Read,
    to: &mut impl Write,
    watch: &mut Watch<'_>,
) -> Result<(String, u64), Stopped> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok((hex(&hasher.finalize()), done)),
            Ok(n) => {
                hasher.update(&buffer[..n]);
                to.write_all(&buffer[..n])?;
                done += n as u64;
                watch(n as u64)?;
            }
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err.into()),
        }
    }
}

/// `bytes` in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether `text` is a SHA-256 in lower-case hexadecimal digits.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
