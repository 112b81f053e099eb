//! Line endings and final line feeds as the folder's `.editorconfig` files say (<https://spec.editorconfig.org>).

use std::path::Path;

use brickwork_export::ExportFile;
use ec4rs::property::{EndOfLine, FinalNewline};

/// The files with the line endings and final line feeds that the folder asks for. One whose properties cannot be read stays
/// as it is.
pub(crate) fn styled(folder: &Path, mut files: Vec<ExportFile>) -> Vec<ExportFile> {
    for file in &mut files {
        let Ok(properties) = ec4rs::properties_of(folder.join(&file.name)) else { continue };
        if let Ok(ending) = properties.get::<EndOfLine>() {
            let ending = match ending {
                EndOfLine::Lf => "\n",
                EndOfLine::CrLf => "\r\n",
                EndOfLine::Cr => "\r",
            };
            file.content = with_line_endings(&file.content, ending);
        }
        if let Ok(FinalNewline::Value(wanted)) = properties.get::<FinalNewline>() {
            set_final_newline(&mut file.content, wanted);
        }
    }
    files
}

fn with_line_endings(content: &str, ending: &str) -> String {
    content.replace("\r\n", "\n").replace('\r', "\n").replace('\n', ending)
}

/// An empty file has no line, and stays empty.
fn set_final_newline(content: &mut String, wanted: bool) {
    let ending = if content.contains("\r\n") {
        "\r\n"
    } else if content.contains('\r') && !content.contains('\n') {
        "\r"
    } else {
        "\n"
    };
    if wanted && !content.is_empty() && !content.ends_with(['\n', '\r']) {
        content.push_str(ending);
    }
    if !wanted {
        let kept = content.trim_end_matches(['\n', '\r']).len();
        content.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn files_follow_the_folders_editorconfig() {
        let folder = tempfile::tempdir().unwrap();
        let rules = "root = true\n[*]\ninsert_final_newline = true\n[*.bat]\nend_of_line = crlf\n\
                     [*.{txt,md}]\ninsert_final_newline = false\n[old/**.js]\nend_of_line = lf\n";
        std::fs::write(folder.path().join(".editorconfig"), rules).unwrap();
        let check = |name: &str, content: &str, expected: &str| {
            let file = ExportFile { name: name.into(), content: content.into(), ..ExportFile::default() };
            assert_eq!(styled(folder.path(), vec![file])[0].content, expected, "{name}");
        };
        check("a.js", "let a;", "let a;\n");
        check("a.js", "let a;\r\nlet b;", "let a;\r\nlet b;\r\n");
        check("run.bat", "a\nb\r\nc", "a\r\nb\r\nc\r\n");
        check("notes.txt", "a\n\n\n", "a");
        check("old/deep/a.js", "a\r\nb\r\n", "a\nb\n");
        check("empty.js", "", "");
        let file = ExportFile { name: "a.js".into(), content: "x".into(), ..ExportFile::default() };
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join(".editorconfig"), "root = true\n").unwrap();
        assert_eq!(styled(elsewhere.path(), vec![file])[0].content, "x", "without a rule nothing changes");
    }
}
