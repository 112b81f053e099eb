//! The branch that a folder is on.

use std::fs;
use std::path::Path;

use brickwork_export::git_folder;

fn branch(folder: &Path) -> Option<Option<String>> {
    git_folder(folder).map(|git| git.branch)
}

#[test]
fn the_branch_is_read_from_any_depth() {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join("repository");
    fs::create_dir_all(root.join(".git")).unwrap();
    fs::write(root.join(".git/HEAD"), "ref: refs/heads/feature/x-1\n").unwrap();
    assert_eq!(branch(&root), Some(Some("feature/x-1".to_owned())));
    assert_eq!(branch(&root.join("not/yet/there")), Some(Some("feature/x-1".to_owned())));
    // A worktree of it.
    let worktree = outside.path().join("worktree");
    fs::create_dir_all(root.join(".git/worktrees/w")).unwrap();
    fs::write(root.join(".git/worktrees/w/HEAD"), "ref: refs/heads/other\n").unwrap();
    fs::create_dir(&worktree).unwrap();
    fs::write(worktree.join(".git"), "gitdir: ../repository/.git/worktrees/w\n").unwrap();
    assert_eq!(branch(&worktree.join("src")), Some(Some("other".to_owned())));
}

#[test]
fn what_is_no_branch_is_not_told() {
    let outside = tempfile::tempdir().unwrap();
    assert_eq!(branch(outside.path()), None);
    fs::create_dir(outside.path().join(".git")).unwrap();
    let long = format!("ref: refs/heads/{}\n", "x".repeat(300));
    let detached = "0123456789abcdef0123456789abcdef01234567\n";
    for head in [
        detached,
        "",
        "\n",
        "secret",
        "ref: refs/heads/\n",
        "ref: refs/heads/a b\n",
        "ref: refs/heads/\u{1b}[31m\n",
        &long,
    ] {
        fs::write(outside.path().join(".git/HEAD"), head).unwrap();
        assert_eq!(branch(outside.path()), Some(None), "{head:?}");
    }
    fs::write(outside.path().join(".git/HEAD"), [0xff, 0xfe]).unwrap();
    assert_eq!(branch(outside.path()), None);
}
