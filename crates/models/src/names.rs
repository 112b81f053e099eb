//! Names that files in the models folder may have, on every system.

/// The longest name, in bytes: below the 255 of most file systems, with room for endings.
const MAX_NAME_BYTES: usize = 200;

/// A name that no file may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot be a file's name: {reason}", name.escape_debug())]
pub struct BadName {
    /// The name.
    pub name: String,
    /// Why.
    pub reason: &'static str,
}

/// Refuses a name that leads somewhere else, hides, or means something special to some system.
///
/// # Errors
/// [`BadName`].
pub fn check_name(name: &str) -> Result<(), BadName> {
    let refuse = |reason| Err(BadName { name: name.to_owned(), reason });
    // On Windows a device is meant whatever comes after the first dot.
    let device = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    let is_numbered = |prefix: &str| {
        device
            .strip_prefix(prefix)
            .is_some_and(|rest| matches!(rest, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"))
    };
    match () {
        () if name.is_empty() => refuse("it is empty"),
        () if name.len() > MAX_NAME_BYTES => refuse("it has more than 200 bytes"),
        () if name.starts_with('.') => refuse("it begins with a dot"),
        () if name.ends_with(['.', ' ']) || name.starts_with(' ') => refuse("it begins or ends with a dot or a space"),
        () if name.chars().any(char::is_control) => refuse("it holds a control character"),
        () if name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) => {
            refuse("it holds a character that separates or stands for others")
        }
        () if matches!(&*device, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
            || is_numbered("COM")
            || is_numbered("LPT") =>
        {
            refuse("it is the name of a device on Windows")
        }
        () => Ok(()),
    }
}

/// `text` with everything that [`check_name`] refuses replaced or cut off; `None` when nothing is left.
#[must_use]
pub fn safe_name(text: &str) -> Option<String> {
    let is_allowed = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let mut name: String = text.chars().map(|c| if is_allowed(c) { c } else { '-' }).collect();
    while name.len() > MAX_NAME_BYTES {
        name.pop();
    }
    let name = name.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    check_name(name).is_ok().then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_20_names_that_lead_elsewhere_are_refused() {
        for name in ["model.gguf", "Model 7B Q4_K_M", "modèle", "nul-model", "COM10", "a..b"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "/etc/passwd",
            "C:x",
            "a:b",
            "NUL",
            "nul.gguf",
            "con .txt",
            "COM1",
            "lpt9.x",
            "CONIN$",
            "a.",
            "a ",
            " a",
            ".hidden",
            "a\0b",
            "a\nb",
            "a\u{7f}",
            "x*",
            "\u{85}",
        ] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name(&"n".repeat(201)).is_err());
    }

    #[test]
    fn names_are_made_safe() {
        for (text, name) in [
            ("codellama:7b-instruct", Some("codellama-7b-instruct")),
            ("owner/repo/file", Some("owner-repo-file")),
            ("../..", Some("-")),
            ("..", None),
            ("nul", None),
        ] {
            let made = safe_name(text);
            assert_eq!(made.as_deref(), name, "{text}");
            assert!(made.is_none_or(|made| check_name(&made).is_ok()));
        }
    }
}
