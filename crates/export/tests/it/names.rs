//! Rows 21, 23 and 25 of the threat table: hostile names are refused on every system, and nothing outside changes.

use std::fs;

use brickwork_artifacts::PathFault;
use brickwork_export::{Action, Choice, ManifestOutcome, NameFault, apply, check_name, plan};

use crate::{export, facts, file, tree};

fn hostile() -> Vec<(String, NameFault)> {
    use NameFault::{Env, Git, Manifest};
    use PathFault::{
        Absolute, Backslash, Colon, Control, Empty, EmptyPart, Forbidden, Invisible, Parent, Reserved, Tilde, TooLong,
        TrailingDotOrSpace,
    };
    let of_path = [
        ("/etc/passwd", Absolute),
        ("//server/share/a", Absolute),
        ("\\\\server\\share\\a", Absolute),
        ("\\a", Absolute),
        ("../a", Parent),
        ("..", Parent),
        ("a/../../b", Parent),
        ("a/../b", Parent),
        ("a/..", Parent),
        ("./a", EmptyPart),
        ("a//b", EmptyPart),
        ("a/", EmptyPart),
        (".", EmptyPart),
        ("~/a", Tilde),
        ("~", Tilde),
        ("~root/a", Tilde),
        ("PROGRA~1/a", Tilde),
        ("a\0", Control),
        ("a\0.js", Control),
        ("a\nb", Control),
        ("\u{1b}]0;x\u{7}", Control),
        ("C:/a", Colon),
        ("C:a", Colon),
        ("a.js:stream", Colon),
        ("a::$DATA", Colon),
        ("..\\a", Backslash),
        ("a\\b", Backslash),
        ("C:\\a", Colon),
        ("a?", Forbidden),
        ("a*", Forbidden),
        ("a|b", Forbidden),
        ("<a>", Forbidden),
        ("a\"", Forbidden),
        ("nul.txt", Reserved),
        ("NUL", Reserved),
        ("nul", Reserved),
        ("COM1", Reserved),
        ("com1.js", Reserved),
        ("COM0", Reserved),
        ("COM²", Reserved),
        ("LPT9.txt", Reserved),
        ("CONIN$", Reserved),
        ("CONOUT$.a", Reserved),
        ("con", Reserved),
        ("prn.tar.gz", Reserved),
        ("a/aux", Reserved),
        ("aux/a", Reserved),
        ("nul .txt", Reserved),
        ("a.", TrailingDotOrSpace),
        ("a ", TrailingDotOrSpace),
        ("a./b", TrailingDotOrSpace),
        ("a /b", TrailingDotOrSpace),
        ("...", TrailingDotOrSpace),
        ("", Empty),
        (" ", Empty),
        ("a\u{202e}sj.exe", Invisible),
        ("a\u{feff}", Invisible),
        ("a\u{2066}b", Invisible),
    ];
    let of_ours = [
        (".git/hooks/pre-commit", Git),
        (".git", Git),
        (".GIT/config", Git),
        ("a/.git/config", Git),
        (".g\u{200c}it/config", Git),
        (".gi\u{ad}t/x", Git),
        ("．git/x", Git),
        (".gitmodules", Git),
        (".env", Env),
        (".ENV", Env),
        ("a/.env", Env),
        (".env.local", Env),
        (".env/a", Env),
        ("brickwork.json", Manifest),
        ("Brickwork.JSON", Manifest),
    ];
    let mut all: Vec<(String, NameFault)> =
        of_path.into_iter().map(|(name, fault)| (name.to_owned(), NameFault::Path(fault))).collect();
    all.extend(of_ours.into_iter().map(|(name, fault)| (name.to_owned(), fault)));
    all.push(("a".repeat(256), NameFault::Path(TooLong)));
    all.push((format!("{}é", "a".repeat(254)), NameFault::Path(TooLong)));
    all.push((format!("a/{}/b", "a".repeat(256)), NameFault::Path(TooLong)));
    all.push(("a/".repeat(512) + "b", NameFault::Path(TooLong)));
    all
}

#[test]
fn row_21_and_23_hostile_names_are_refused() {
    for (name, fault) in hostile() {
        assert_eq!(check_name(&name), Err(fault), "{name:?}");
    }
}

#[test]
fn row_21_and_23_nothing_outside_changes() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("below/target");
    fs::create_dir_all(&folder).unwrap();
    fs::write(outside.path().join("a"), "mine").unwrap();
    fs::write(outside.path().join("below/b"), "mine").unwrap();
    let before = tree(outside.path());
    let files: Vec<_> = hostile().into_iter().map(|(name, _)| file(&name, "evil")).collect();
    let planned = plan(&folder, &files).unwrap();
    assert!(planned.files.iter().all(|file| file.action == Action::Refused && file.reason.is_some()));
    let overwriting = Choice { include: None, overwrite_conflicts: true };
    let report = apply(&folder, &files, &overwriting, &facts()).unwrap();
    assert_eq!((report.written.len(), report.skipped.len()), (0, files.len()));
    assert_eq!(report.manifest, ManifestOutcome::NotNeeded);
    assert_eq!(tree(outside.path()), before);
}

#[test]
fn refused_files_alone_make_no_folder() {
    let outside = tempfile::tempdir().unwrap();
    let report = export(&outside.path().join("new"), &[file("../a", "x")]).unwrap();
    assert_eq!(report.skipped.len(), 1);
    assert!(tree(outside.path()).is_empty());
}

#[test]
fn row_23_ordinary_and_longest_names_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let longest = "a".repeat(252) + ".js";
    let names = [
        "a.js",
        "src/app/[id]/page.tsx",
        ".gitignore",
        ".env.example",
        "a b/c d.txt",
        "ñ/漢.py",
        "null",
        "com10",
        &longest,
    ];
    let files: Vec<_> = names.iter().map(|name| file(name, name)).collect();
    let report = export(folder.path(), &files).unwrap();
    assert_eq!(report.written.len(), names.len(), "{report:?}");
    for name in names {
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), name);
    }
}
