//! The token that a client of the listener shows.
//!
//! Only its SHA-256 digest is kept, so neither a log nor a dump of a value can show it. Comparing digests of equal length
//! in constant time tells nobody how much of a guess was right.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The environment variable that may hold the token.
pub const TOKEN_VARIABLE: &str = "BRICKWORK_TOKEN";

/// A token file holds at most this many bytes.
const MAX_FILE_BYTES: u64 = 4096;

/// The secret that a client shows as `Authorization: Bearer TOKEN`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    digest: [u8; 32],
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read or made.
    #[error("The token file {} cannot be used: {source}. Give a file in a folder that you may write to.", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others on this machine may read the file.
    #[error("The token file {} can be read by other users of this machine. Take their rights away with `chmod 600 {}`.", path.display(), path.display())]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("The token in {place} is empty. Put one word of letters and digits there, or take it away.")]
    Empty {
        /// A file's path, or the variable.
        place: String,
    },
    /// It cannot stand in a header.
    #[error(
        "The token in {place} holds spaces, line breaks or characters beyond ASCII. Use one word of letters and digits."
    )]
    Malformed {
        /// A file's path, or the variable.
        place: String,
    },
    /// The system gives no random numbers.
    #[error("The system gives no random numbers: {0}. Write a token of your own into the file.")]
    Random(String),
}

impl Token {
    /// The token of a file. A missing file is made, with a new random token of 256 bits that only its owner may read.
    /// White space around the token is no part of it.
    ///
    /// # Errors
    /// When the file cannot be read or made, others may read it, or what is in it is no token.
    pub fn from_file(path: &Path) -> Result<Self, TokenError> {
        let fault = |source| TokenError::File { path: path.to_owned(), source };
        match File::open(path) {
            Ok(file) => Self::read(file, path),
            Err(error) if error.kind() == ErrorKind::NotFound => match create(path) {
                Ok(mut file) => {
                    let text = random_hex()?;
                    file.write_all(format!("{text}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(fault)?;
                    Ok(Self::of(&text))
                }
                // Another program made it in this very moment.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    Self::read(File::open(path).map_err(fault)?, path)
                }
                Err(error) => Err(fault(error)),
            },
            Err(error) => Err(fault(error)),
        }
    }

    /// The token of the variable `BRICKWORK_TOKEN`, when it is set.
    ///
    /// # Errors
    /// When it is set to something that is no token: an empty one must not silently mean "no token".
    pub fn from_environment() -> Result<Option<Self>, TokenError> {
        let Some(value) = std::env::var_os(TOKEN_VARIABLE) else { return Ok(None) };
        let place = format!("the variable {TOKEN_VARIABLE}");
        match value.to_str() {
            Some(text) => Self::parse(text, &place).map(Some),
            None => Err(TokenError::Malformed { place }),
        }
    }

    /// The token that a text spells; `place` says in errors where the text comes from.
    ///
    /// # Errors
    /// When it is empty or cannot stand in a header.
    pub fn parse(text: &str, place: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty { place: place.to_owned() });
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Malformed { place: place.to_owned() });
        }
        Ok(Self::of(text))
    }

    /// Whether `guess` is this token, in a time that does not depend on how much of it is right.
    pub(crate) fn is(&self, guess: &str) -> bool {
        self.digest.ct_eq(&Self::of(guess).digest).into()
    }

    pub(crate) fn of(text: &str) -> Self {
        Self { digest: Sha256::digest(text.as_bytes()).into() }
    }

    fn read(file: File, path: &Path) -> Result<Self, TokenError> {
        let fault = |source| TokenError::File { path: path.to_owned(), source };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // The open file is asked, not its path, which could mean another file by now.
            if file.metadata().map_err(fault)?.permissions().mode() & 0o077 != 0 {
                return Err(TokenError::ReadableByOthers { path: path.to_owned() });
            }
        }
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(fault)?;
        let place = path.display().to_string();
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::parse(text, &place),
            Err(_) => Err(TokenError::Malformed { place }),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(hidden)")
    }
}

fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// 256 random bits as 64 hexadecimal digits.
pub(crate) fn random_hex() -> Result<String, TokenError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| TokenError::Random(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn only_one_word_is_a_token() {
        let check = |text: &str, expected: bool| assert_eq!(Token::parse(text, "test").is_ok(), expected, "{text:?}");
        check("secret", true);
        check("  secret\n", true);
        check("a.b-c_d~e+f/g=", true);
        check("", false);
        check(" \n", false);
        check("two words", false);
        check("two\nlines", false);
        check("ñ", false);
        check("nul\0", false);
    }

    #[test]
    fn a_guess_is_compared_in_full() {
        let token = Token::of("secret");
        assert!(token.is("secret"));
        for guess in ["", "s", "secre", "secret ", "secrets", "Secret"] {
            assert!(!token.is(guess), "{guess:?}");
        }
        assert_eq!(format!("{token:?}"), "Token(hidden)");
    }

    #[test]
    fn a_missing_file_is_made_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let made = Token::from_file(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.trim_end().len(), 64);
        assert!(text.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(made.is(text.trim_end()));
        assert_eq!(Token::from_file(&path).unwrap(), made, "the second start has the same token");
        assert_ne!(Token::from_file(&folder.path().join("other")).unwrap(), made);
        assert!(matches!(Token::from_file(&folder.path().join("no/token")), Err(TokenError::File { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "secret\n").unwrap();
        let check = |mode: u32, expected: bool| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(Token::from_file(&path).is_ok(), expected, "{mode:o}");
        };
        check(0o600, true);
        check(0o400, true);
        check(0o640, false);
        check(0o604, false);
        check(0o620, false);
    }
}
