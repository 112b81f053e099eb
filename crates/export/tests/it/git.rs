//! The branch that a folder is on.

use std::fs;
use std::path::Path;

use brickwork_export::{BranchError, Choice, ExportError, Facts, apply_with, git_folder, new_branch};

use crate::{facts, file};

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

/// A repository with one commit of `a.txt`, made by libgit2.
fn repository(folder: &Path) -> git2::Repository {
    let repository = git2::Repository::init(folder).unwrap();
    fs::write(folder.join("a.txt"), "one\n").unwrap();
    let mut index = repository.index().unwrap();
    index.add_path(Path::new("a.txt")).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let author = git2::Signature::now("Ana", "ana@example.org").unwrap();
    repository.commit(Some("HEAD"), &author, &author, "first", &tree, &[]).unwrap();
    drop(tree);
    repository
}

#[test]
fn a_new_branch_leaves_files_and_index_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let repository = repository(folder.path());
    fs::write(folder.path().join("a.txt"), "two\n").unwrap();
    fs::write(folder.path().join("b.txt"), "new\n").unwrap();
    // A hook that would run on a switch by git itself.
    let hook = folder.path().join(".git/hooks/post-checkout");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, format!("#!/bin/sh\ntouch {}/hooked\n", folder.path().display())).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let index = fs::read(folder.path().join(".git/index")).unwrap();
    let commit = repository.head().unwrap().peel_to_commit().unwrap().id();

    let made = new_branch(&folder.path().join("not/yet/there"), "brickwork/form").unwrap();
    assert_eq!(made.name(), "brickwork/form");
    assert_eq!(branch(folder.path()), Some(Some("brickwork/form".to_owned())));
    assert_eq!(repository.head().unwrap().peel_to_commit().unwrap().id(), commit);
    assert_eq!(fs::read_to_string(folder.path().join("a.txt")).unwrap(), "two\n");
    assert_eq!(fs::read(folder.path().join(".git/index")).unwrap(), index);
    assert!(!folder.path().join("hooked").exists());
    let states: Vec<git2::Status> = repository.statuses(None).unwrap().iter().map(|one| one.status()).collect();
    assert_eq!(states, [git2::Status::WT_MODIFIED, git2::Status::WT_NEW], "nothing is staged");
}

#[test]
fn a_branch_that_cannot_be_made_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("repository");
    fs::create_dir(&inside).unwrap();
    let refused = |name: &str| new_branch(&inside, name).unwrap_err();
    if git2::Repository::discover(&inside).is_err() {
        assert!(matches!(refused("x"), BranchError::NoRepository(_)));
    }
    git2::Repository::init(&inside).unwrap();
    assert!(matches!(refused("x"), BranchError::NoCommit));
    drop(repository(&inside));
    drop(new_branch(&inside, "taken").unwrap());
    let head = fs::read(inside.join(".git/HEAD")).unwrap();
    assert!(matches!(refused("taken"), BranchError::Exists(_)));
    for name in ["", "-x", "a..b", "a b", "x.lock", "a~1", "/x", "x/", "refs/../../../x", "a\nb"] {
        assert!(matches!(refused(name), BranchError::BadName(_)), "{name:?}");
    }
    assert_eq!(fs::read(inside.join(".git/HEAD")).unwrap(), head);
}

/// The branch, the commit, the index and the tree beside `.git`, all of which a branch that is taken back leaves alone.
fn state(folder: &Path) -> (Vec<u8>, Vec<u8>, Vec<String>) {
    let repository = git2::Repository::open(folder).unwrap();
    let mut branches: Vec<String> = Vec::new();
    for one in repository.branches(None).unwrap() {
        branches.push(one.unwrap().0.name().unwrap().unwrap_or_default().to_owned());
    }
    branches.sort();
    (fs::read(folder.join(".git/HEAD")).unwrap(), fs::read(folder.join(".git/index")).unwrap(), branches)
}

#[test]
fn a_failed_export_takes_its_branch_back() {
    let folder = tempfile::tempdir().unwrap();
    let repository = repository(folder.path());
    let facts = Facts { new_branch: Some("brickwork/form".into()), ..facts() };
    let files = [file("new.js", "1"), file("gone/d.js", "2")];
    let fails = || {
        apply_with(folder.path(), &files, &Choice::default(), &facts, &mut |name| {
            if name == "gone/d.js" {
                assert_eq!(branch(folder.path()), Some(Some("brickwork/form".to_owned())));
                fs::remove_dir(folder.path().join("gone")).unwrap();
            }
        })
    };
    let before = state(folder.path());
    assert!(matches!(fails(), Err(ExportError::Write { .. })));
    assert_eq!(state(folder.path()), before);
    assert!(!folder.path().join("new.js").exists());

    // Where a commit and no branch was checked out, it is so again.
    let commit = repository.head().unwrap().peel_to_commit().unwrap().id();
    repository.set_head_detached(commit).unwrap();
    let before = state(folder.path());
    assert!(matches!(fails(), Err(ExportError::Write { .. })));
    assert_eq!(state(folder.path()), before);

    let done = apply_with(folder.path(), &files, &Choice::default(), &facts, &mut |_| {}).unwrap();
    assert_eq!((done.written.len(), done.new_branch.as_deref()), (2, Some("brickwork/form")));
    assert_eq!(branch(folder.path()), Some(Some("brickwork/form".to_owned())));
}

#[test]
fn a_branch_with_somebodys_commit_is_not_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let repository = repository(folder.path());
    let made = new_branch(folder.path(), "x").unwrap();
    let head = repository.head().unwrap().peel_to_commit().unwrap();
    let author = git2::Signature::now("Ana", "ana@example.org").unwrap();
    repository.commit(Some("HEAD"), &author, &author, "mine", &head.tree().unwrap(), &[&head]).unwrap();
    assert!(matches!(made.take_back(), Err(BranchError::Git(_))));
    assert_eq!(branch(folder.path()), Some(Some("x".to_owned())));
}
