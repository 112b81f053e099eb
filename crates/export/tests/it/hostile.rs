//! Rows 21, 23 and 25 of the threat table, crossed: more than a thousand hostile names, as files to export and out of what a
//! model wrote, and whatever else can be made of their parts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};

use brickwork_artifacts::read_output;
use brickwork_export::{Action, Choice, ExportFile, apply, check_name, plan};
use proptest::prelude::*;

use crate::{facts, file, tree};

const CLIMBING: [&str; 8] = ["..", "../..", "..\\..", "...", ". .", ".", "a/..", "a/../../b"];
const ABSOLUTE: [&str; 14] = [
    "/",
    "//",
    "///",
    "\\",
    "\\\\server\\share\\",
    "//server/share/",
    "\\\\?\\C:\\",
    "\\\\.\\PIPE\\",
    "C:",
    "C:\\",
    "c:/",
    "file:///",
    "~/",
    "~root/",
];
const TARGETS: [&str; 9] = [
    "etc/passwd",
    "etc/cron.d/x",
    "root/.ssh/authorized_keys",
    "Windows/win.ini",
    "Users/ana/AppData/x.js",
    "outside.txt",
    "mine",
    "a.js",
    "x",
];
const DEVICES: [&str; 35] = [
    "con", "prn", "aux", "nul", "conin$", "conout$", "clock$", "com0", "com1", "com2", "com3", "com4", "com5", "com6",
    "com7", "com8", "com9", "com¹", "com²", "com³", "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7",
    "lpt8", "lpt9", "lpt¹", "lpt²", "lpt³", "nul ", "com1  ",
];
const UNSEEN: [char; 22] = [
    '\0', '\u{1}', '\u{7}', '\u{8}', '\t', '\n', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}', '\u{61c}',
    '\u{200b}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2060}', '\u{2066}', '\u{2069}', '\u{feff}',
];
const FORBIDDEN: [&str; 10] = ["<", ">", "\"", "|", "?", "*", ":", ":$DATA", "::$DATA", ":Zone.Identifier"];
const DROPPED: [&str; 5] = ["a.", "a ", "a. .", "a...", "a.js "];
const GIT: [&str; 7] = [".git", "．git", ".g\u{200c}it", ".gi\u{ad}t", "git~1", ".git.", ".git "];
const IN_GIT: [&str; 6] = ["", "/config", "/HEAD", "/hooks/pre-commit", "/hooks/post-checkout", "/info/exclude"];
const SECRETS: [&str; 6] = [".env", ".env.local", ".env.production", "．env", ".e\u{200d}nv", ".gitmodules"];

/// As it is, in upper case, and with its first letter so.
fn cases(text: &str) -> [String; 3] {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    [text.to_owned(), text.to_uppercase(), first + letters.as_str()]
}

/// Alone, as a file in folders, as a folder, and in the middle.
fn places(part: &str) -> [String; 4] {
    [part.to_owned(), format!("src/{part}"), format!("{part}/a.js"), format!("src/{part}/a.js")]
}

fn hostile() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for climbing in CLIMBING {
        names.extend(
            TARGETS.iter().flat_map(|target| [format!("{climbing}/{target}"), format!("src/{climbing}/{target}")]),
        );
        names.extend(places(climbing));
    }
    for root in ABSOLUTE {
        names.extend(TARGETS.iter().map(|target| format!("{root}{target}")));
    }
    for device in DEVICES.iter().flat_map(|device| cases(device)) {
        for ending in ["", ".txt", ".tar.gz", " .js"] {
            names.extend(places(&format!("{device}{ending}")));
        }
    }
    for unseen in UNSEEN {
        for part in
            [format!("a{unseen}.js"), format!("{unseen}a.js"), format!("a.js{unseen}"), format!("a{unseen}sj.exe")]
        {
            names.extend(places(&part));
        }
    }
    for mark in FORBIDDEN {
        names.extend(places(&format!("a{mark}")).into_iter().chain(places(&format!("a{mark}b.js"))));
    }
    names.extend(DROPPED.iter().flat_map(|part| places(part)));
    for git in GIT.iter().flat_map(|part| cases(part)) {
        names.extend(IN_GIT.iter().flat_map(|below| [format!("{git}{below}"), format!("src/{git}{below}")]));
    }
    names.extend(SECRETS.iter().flat_map(|part| cases(part)).flat_map(|part| places(&part)));
    for length in [256, 300, 1_000, 5_000] {
        names.extend(places(&"a".repeat(length)));
        names.insert("a/".repeat(4 * length) + "b");
    }
    names
}

/// A folder to export to with what must not change in it and around it.
struct World {
    outside: tempfile::TempDir,
    folder: std::path::PathBuf,
}

impl World {
    fn new() -> Self {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("below/target");
        fs::create_dir_all(folder.join(".git/hooks")).unwrap();
        for name in
            ["outside.txt", "mine", "below/a.js", "below/target/.git/config", "below/target/.git/hooks/pre-commit"]
        {
            fs::write(outside.path().join(name), "mine").unwrap();
        }
        fs::write(folder.join(".env"), "SECRET=1").unwrap();
        Self { outside, folder }
    }

    /// Everything but what an export may write: names below the folder that lead neither into `.git` nor to secrets.
    fn untouchable(&self) -> std::collections::BTreeMap<String, Vec<u8>> {
        let mut all = tree(self.outside.path());
        let own = |name: &str| {
            let below = Path::new(name).strip_prefix("below/target").ok().map(|path| path.display().to_string());
            below.is_some_and(|below| !below.is_empty() && !below.starts_with(".git") && !below.starts_with(".env"))
        };
        all.retain(|name, _| !own(name));
        all
    }
}

fn overwriting() -> Choice {
    Choice { include: None, overwrite_conflicts: true }
}

#[test]
fn rows_21_23_and_25_a_thousand_hostile_names_are_refused_and_change_nothing() {
    let names = hostile();
    assert!(names.len() >= 1_000, "{}", names.len());
    let let_through: Vec<&String> = names.iter().filter(|name| check_name(name).is_ok()).collect();
    assert!(let_through.is_empty(), "{let_through:?}");
    let world = World::new();
    let before = tree(world.outside.path());
    let files: Vec<ExportFile> = names.iter().map(|name| file(name, "evil")).collect();
    let planned = plan(&world.folder, &files).unwrap();
    assert!(planned.files.iter().all(|file| file.action == Action::Refused && file.reason.is_some()));
    let report = apply(&world.folder, &files, &overwriting(), &facts()).unwrap();
    assert_eq!((report.written.len(), report.skipped.len()), (0, names.len()));
    assert_eq!(tree(world.outside.path()), before);
}

/// A model that names its files so makes none outside: what extraction takes for a name is held against the same rules again.
#[test]
fn rows_21_23_and_25_hostile_names_in_a_models_output_lead_nowhere() {
    let forms: [fn(&str) -> String; 5] = [
        |name| format!("```js {name}\nevil\n```\n"),
        |name| format!("```js title=\"{name}\"\nevil\n```\n"),
        |name| format!("`{name}`:\n\n```js\nevil\n```\n"),
        |name| format!("```js\n// {name}\nevil\n```\n"),
        |name| format!("<file name=\"{name}\">\nevil\n</file>\n"),
    ];
    let world = World::new();
    let before = world.untouchable();
    let mut files: BTreeSet<String> = BTreeSet::new();
    let mut found = 0;
    for name in hostile() {
        for form in forms {
            let pieces = read_output("make", &form(&name), &[]).artifacts;
            found += pieces.len();
            files.extend(pieces.into_iter().map(|piece| piece.name));
        }
    }
    assert!(found >= 5_000, "the outputs have artifacts, whatever they are called: {found}");
    let files: Vec<ExportFile> = files.iter().map(|name| file(name, "evil")).collect();
    let report = apply(&world.folder, &files, &overwriting(), &facts()).unwrap();
    assert!(report.written.iter().all(|file| check_name(&file.name).is_ok()));
    assert_eq!(world.untouchable(), before);
}

fn part() -> impl Strategy<Value = String> {
    let of = |parts: &'static [&'static str]| proptest::sample::select(parts).prop_map(str::to_owned);
    prop_oneof![
        of(&CLIMBING),
        of(&ABSOLUTE),
        of(&DEVICES),
        of(&GIT),
        of(&SECRETS),
        of(&FORBIDDEN),
        of(&DROPPED),
        proptest::sample::select(&UNSEEN[..]).prop_map(String::from),
        "[a-zA-Zé漢. ~-]{0,6}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// What is let through is a path below its folder on every system, whoever joins it.
    #[test]
    fn what_is_let_through_is_a_path_below_its_folder(
        parts in proptest::collection::vec(part(), 1..5),
        between in proptest::sample::select(&["/", "", "\\", "//"][..]),
    ) {
        let name = parts.join(between);
        if check_name(&name).is_ok() {
            prop_assert!(Path::new(&name).components().all(|part| matches!(part, Component::Normal(_))), "{name:?}");
            prop_assert!(!name.contains(['\\', ':', '~', '\0', '<', '>', '"', '|', '?', '*']), "{name:?}");
            prop_assert!(!name.chars().any(char::is_control), "{name:?}");
            for part in name.split('/') {
                let stem = part.split('.').next().unwrap_or_default().trim_end().to_lowercase();
                prop_assert!(!part.is_empty() && part.len() <= 255 && !part.ends_with(['.', ' ']), "{name:?}");
                prop_assert!(!DEVICES.contains(&stem.as_str()), "{name:?}");
                prop_assert!(!part.eq_ignore_ascii_case(".git") && !part.eq_ignore_ascii_case(".env"), "{name:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever the names are, an export writes below its folder or not at all.
    #[test]
    fn an_export_of_any_names_changes_nothing_outside(
        names in proptest::collection::vec(proptest::collection::vec(part(), 1..4).prop_map(|parts| parts.join("/")), 1..8),
    ) {
        let world = World::new();
        let before = world.untouchable();
        let files: Vec<ExportFile> = names.iter().map(|name| file(name, "evil")).collect();
        let planned = plan(&world.folder, &files).unwrap();
        let report = apply(&world.folder, &files, &overwriting(), &facts()).unwrap();
        prop_assert_eq!(planned.files.len(), report.written.len() + report.skipped.len());
        prop_assert_eq!(world.untouchable(), before);
    }
}
