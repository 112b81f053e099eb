//! Which names may become files: relative paths that mean the same on every system.
//!
//! Names come from a model and are therefore hostile until they have passed here. The rules are those of the strictest
//! system, so that a name accepted on Linux is never refused, or resolved to something else, on Windows or macOS.

use thiserror::Error;

/// The longest part of a path, in bytes of UTF-8.
pub const MAX_PART_BYTES: usize = 255;

/// The longest path, in bytes of UTF-8.
pub const MAX_PATH_BYTES: usize = 1024;

/// Why a name is no safe relative path. Each message ends a sentence that starts with the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum PathFault {
    /// Nothing, or nothing but spaces.
    #[error("is empty")]
    Empty,
    /// Starts at a root: `/x`, `\x`, `\\server\share`.
    #[error("is an absolute path; only paths below the folder are written")]
    Absolute,
    /// A `..` part.
    #[error("leads out of its folder with `..`")]
    Parent,
    /// A `.` part or two separators in a row.
    #[error("has an empty part")]
    EmptyPart,
    /// A `~`, which is a home folder to shells and an 8.3 short name to Windows.
    #[error("contains `~`")]
    Tilde,
    /// A NUL or another control character.
    #[error("contains a control character")]
    Control,
    /// A character that changes the direction of text or shows as nothing, so that the name reads as another.
    #[error("contains an invisible or direction-changing character")]
    Invisible,
    /// A `:`, which names a drive or an alternate data stream on Windows.
    #[error("contains `:`, which names a drive or a stream on Windows")]
    Colon,
    /// A backslash, a separator on Windows only.
    #[error("contains a backslash; folders are separated by `/`")]
    Backslash,
    /// One of `< > " | ? *`.
    #[error("contains one of < > \" | ? *, which Windows does not allow")]
    Forbidden,
    /// A device name of Windows, with or without an extension.
    #[error("is a device name on Windows")]
    Reserved,
    /// A part that ends with a dot or a space, which Windows drops.
    #[error("has a part that ends with a dot or a space, which Windows drops")]
    TrailingDotOrSpace,
    /// A part longer than [`MAX_PART_BYTES`], or a path longer than [`MAX_PATH_BYTES`].
    #[error("is too long; a part has at most 255 bytes and a path at most 1024")]
    TooLong,
}

/// Checks that `path` is a relative path with `/` between its parts that is safe on every system.
///
/// # Errors
/// The first [`PathFault`] found.
pub fn check_path(path: &str) -> Result<(), PathFault> {
    if path.trim().is_empty() {
        return Err(PathFault::Empty);
    }
    if path.starts_with(['/', '\\']) {
        return Err(PathFault::Absolute);
    }
    if path.len() > MAX_PATH_BYTES {
        return Err(PathFault::TooLong);
    }
    path.chars().try_for_each(check_char)?;
    path.split('/').try_for_each(check_part)
}

/// Makes a checked relative path of a name that a model gave: surrounding spaces and a leading `./` go, backslashes
/// become `/`.
///
/// # Errors
/// The first [`PathFault`] that [`check_path`] finds in the result.
pub fn relative_path(raw: &str) -> Result<String, PathFault> {
    let mut path = raw.trim().replace('\\', "/");
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.to_owned();
    }
    check_path(&path)?;
    Ok(path)
}

const fn check_char(c: char) -> Result<(), PathFault> {
    match c {
        '~' => Err(PathFault::Tilde),
        ':' => Err(PathFault::Colon),
        '\\' => Err(PathFault::Backslash),
        '<' | '>' | '"' | '|' | '?' | '*' => Err(PathFault::Forbidden),
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => Err(PathFault::Control),
        '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => Err(PathFault::Invisible),
        _ => Ok(()),
    }
}

fn check_part(part: &str) -> Result<(), PathFault> {
    if part == ".." {
        return Err(PathFault::Parent);
    }
    if part.is_empty() || part == "." {
        return Err(PathFault::EmptyPart);
    }
    if part.ends_with(['.', ' ']) {
        return Err(PathFault::TrailingDotOrSpace);
    }
    if part.len() > MAX_PART_BYTES {
        return Err(PathFault::TooLong);
    }
    if is_reserved(part) { Err(PathFault::Reserved) } else { Ok(()) }
}

/// Windows takes the part before the first dot, less trailing spaces, as the device's name, whatever follows it.
/// The superscript digits count too (Microsoft Learn, "Naming Files, Paths, and Namespaces").
fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let Some(digits) = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT")) else { return false };
    let mut chars = digits.chars();
    matches!((chars.next(), chars.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}
