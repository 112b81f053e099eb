//! Links to the outside: only such as a browser or a mail program opens harmlessly are handed to the system.

use tauri::{AppHandle, Url};
use tauri_plugin_opener::OpenerExt;

/// The longest address, in bytes.
const MAX_BYTES: usize = 4096;

/// Opens a link in the system's browser or mail program.
#[tauri::command]
pub(crate) fn open_link(window: AppHandle, url: String) -> Result<(), String> {
    let Some(url) = allowed(&url) else {
        return Err("Only links to web pages (http, https) and mail addresses (mailto) are opened.".to_owned());
    };
    #[cfg(feature = "test-seams")]
    if let Some(file) = std::env::var_os("BRICKWORK_TEST_LINKS") {
        use std::io::Write;
        let file = std::fs::File::options().append(true).create(true).open(file);
        return file.and_then(|mut file| writeln!(file, "{url}")).map_err(|error| error.to_string());
    }
    window
        .opener()
        .open_url(url.as_str(), None::<&str>)
        .map_err(|error| format!("The link could not be opened: {error}. Copy it into a browser."))
}

/// The link, written as it was understood, so that whoever opens it can understand nothing else.
fn allowed(text: &str) -> Option<Url> {
    // The parser drops line breaks and tabs within an address, with which one scheme could be spelled as another.
    if text.len() > MAX_BYTES || text.chars().any(char::is_control) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    match url.scheme() {
        // A name before the host is there to make an address look like another.
        "http" | "https" if url.username().is_empty() && url.password().is_none() => Some(url),
        "mailto" => Some(url),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn row_34_only_web_pages_and_mail_reach_the_opener() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(allowed(text).map(String::from).as_deref(), expected, "{text:?}");
        };
        check("https://example.com/a?b#c", Some("https://example.com/a?b#c"));
        check("HTTP://Example.com", Some("http://example.com/"));
        check("mailto:a@example.com", Some("mailto:a@example.com"));
        check("https://example.com/$(id)`id`\"x", Some("https://example.com/$(id)%60id%60%22x"));
        for text in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "ftp://example.com/",
            "smb://example.com/share",
            "ssh://-oProxyCommand=id",
            "vbscript:x",
            "ms-msdt:/id",
            "search-ms:query=x",
            "tauri://localhost/",
            "brickwork-preview://localhost/",
            "blob:https://example.com/x",
            "view-source:https://example.com",
            "https://user:secret@example.com/",
            "https://example.com@evil.example/",
            "ht\ttps://example.com/",
            "https:\u{0}//example.com",
            "//example.com",
            "/etc/passwd",
            "C:\\Windows\\System32\\calc.exe",
            "\\\\server\\share",
            "example.com",
            "-flag",
            "",
        ] {
            check(text, None);
        }
        check(&format!("https://example.com/{}", "x".repeat(5000)), None);
    }
}
