//! Names and checksums that come from a hub or are asked of it.

use super::HubError;
use crate::names::check_name;

/// The longest name of a repository's owner or of the repository itself.
const MAX_PART: usize = 96;
/// The longest name of a revision.
const MAX_REVISION: usize = 255;
/// The deepest file of a repository that is listed.
const MAX_DEPTH: usize = 16;

fn refuse<T>(what: &'static str, name: &str, reason: &'static str) -> Result<T, HubError> {
    let name: String = name.chars().take(300).collect();
    Err(HubError::BadName { what, name, reason })
}

/// Refuses what is no repository's name: `OWNER/NAME`, or `NAME` alone.
pub(crate) fn check_repository(name: &str) -> Result<(), HubError> {
    let is_part = |part: &str| {
        (1..=MAX_PART).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            && !part.starts_with(['-', '.'])
            && !part.ends_with('.')
            && !part.contains("..")
    };
    if name.split('/').count() > 2 || !name.split('/').all(is_part) {
        return refuse("repository", name, "a repository is named OWNER/NAME in letters, digits, `-`, `_` and `.`");
    }
    Ok(())
}

/// Refuses what is no revision: a branch, a tag or a commit.
pub(crate) fn check_revision(name: &str) -> Result<(), HubError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    let is_fine = (1..=MAX_REVISION).contains(&name.len())
        && name.bytes().all(is_allowed)
        && !name.starts_with(['/', '-', '.'])
        && !name.ends_with('/')
        && !name.contains("..")
        && !name.contains("//");
    if is_fine { Ok(()) } else { refuse("revision", name, "a revision is a branch, a tag or a commit") }
}

/// Refuses a path that could lead out of its repository, or whose parts cannot be file names on every system.
pub(crate) fn check_path(path: &str) -> Result<(), HubError> {
    if path.split('/').count() > MAX_DEPTH {
        return refuse("path", path, "it lies too deep");
    }
    path.split('/').try_for_each(|part| match check_name(part) {
        Ok(()) => Ok(()),
        Err(bad) => refuse("path", path, bad.reason),
    })
}

/// The SHA-256 that `text` spells, in lower case: exactly 64 hexadecimal digits, with or without `sha256:` before them.
///
/// # Errors
/// [`HubError::BadName`] for anything else, which is never made into a part of a path.
pub fn sha256_digest(text: &str) -> Result<String, HubError> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(digits.to_ascii_lowercase());
    }
    refuse("checksum", text, "a SHA-256 has 64 hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_20_paths_of_a_hub_stay_inside() {
        for path in ["model.gguf", "Q4_K_M/model-00001-of-00002.gguf", "a/b/c.json"] {
            assert!(check_path(path).is_ok(), "{path}");
        }
        for path in [
            "../x",
            "a/../x",
            "/etc/passwd",
            "a//b",
            "a/",
            "C:\\x",
            "C:x",
            "a\\..\\x",
            "~/.ssh/x\0",
            "nul.gguf",
            "a/.git/x",
            "",
        ] {
            assert!(check_path(path).is_err(), "{path:?}");
        }
        assert!(check_path(&["a"; 40].join("/")).is_err());
    }

    #[test]
    fn row_20_checksums_have_64_digits() {
        let good = "A".repeat(64);
        assert_eq!(sha256_digest(&good).ok(), Some("a".repeat(64)));
        assert_eq!(sha256_digest(&format!("sha256:{good}")).ok(), Some("a".repeat(64)));
        for bad in [&good[1..], &format!("{good}a"), &format!("{}/", &good[1..]), "../../../etc/passwd", ""] {
            assert!(sha256_digest(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn repositories_and_revisions() {
        for name in ["owner/name", "gpt2", "Qwen/Qwen2.5-Coder-7B-Instruct-GGUF"] {
            assert!(check_repository(name).is_ok(), "{name}");
        }
        for name in ["", "/", "a/b/c", "../x", "a/..", "a b/c", "a/b?c", "-a/b", "a/.b", "https://x/y"] {
            assert!(check_repository(name).is_err(), "{name}");
        }
        for name in ["main", "refs/pr/1", "v1.0", "0123456789abcdef0123456789abcdef01234567"] {
            assert!(check_revision(name).is_ok(), "{name}");
        }
        for name in ["", "../x", "a//b", "a?b", "-x", "a/", "a b"] {
            assert!(check_revision(name).is_err(), "{name}");
        }
    }
}
