//! The user's edits of a list.

use brickwork_artifacts::{Artifact, ArtifactOperation, EditFault, EditHistory, PathFault};
use proptest::prelude::*;
use serde_json::{Value, json};

fn artifact(name: &str, content: &str) -> Artifact {
    Artifact {
        kind: name.rsplit('.').next().unwrap().to_owned(),
        name: name.to_owned(),
        content: content.to_owned(),
        named: false,
        closed: true,
        start: 10,
        end: 10 + content.len(),
        syntax: None,
    }
}

fn list() -> Vec<Artifact> {
    vec![artifact("a.jsx", "1\n2\n3\n4"), artifact("b.css", "b{}\n"), artifact("src/c.css", "c{}")]
}

fn operation(value: Value) -> ArtifactOperation {
    serde_json::from_value(value).unwrap()
}

fn edited(value: Value) -> Vec<(String, String, String)> {
    let list = EditHistory::new(list()).apply(&operation(value)).unwrap();
    list.into_iter().map(|one| (one.name, one.kind, one.content)).collect()
}

fn names(value: Value) -> Vec<String> {
    edited(value).into_iter().map(|(name, kind, _)| format!("{name} {kind}")).collect()
}

#[test]
fn names_and_kinds_follow_each_other() {
    let check = |value: Value, expected: &str| assert_eq!(names(value.clone())[0], expected, "{value}");
    check(json!({"op": "rename", "index": 0, "name": "src/A.tsx"}), "src/A.tsx tsx");
    check(json!({"op": "rename", "index": 0, "name": "src/A.tsx", "keep_type": true}), "src/A.tsx jsx");
    check(json!({"op": "rename", "index": 0, "name": "Makefile"}), "Makefile mk");
    check(json!({"op": "rename", "index": 0, "name": "plain"}), "plain jsx");
    check(json!({"op": "rename", "index": 0, "name": "A.JSX"}), "A.JSX jsx");
    check(json!({"op": "retype", "index": 0, "type": "TSX", "rename": true}), "a.tsx tsx");
    check(json!({"op": "retype", "index": 0, "type": "tsx"}), "a.jsx tsx");
}

#[test]
fn a_kind_becomes_the_extension_of_the_file_and_of_no_folder() {
    let history = EditHistory::new(vec![artifact("v1.2/run", "x"), artifact(".gitignore", "x")]);
    for (index, expected) in [(0, "v1.2/run.sh"), (1, ".gitignore.sh")] {
        let edited = history.apply(&operation(json!({"op": "retype", "index": index, "type": "sh", "rename": true})));
        assert_eq!(edited.unwrap()[index].name, expected);
    }
}

#[test]
fn pieces_are_joined_in_the_order_given_at_the_first_place() {
    let joined = edited(json!({"op": "merge", "indices": [2, 1], "name": "all.css"}));
    assert_eq!(joined.len(), 2);
    assert_eq!(joined[1], ("all.css".into(), "css".into(), "c{}\nb{}\n".into()));
    let joined = edited(json!({"op": "merge", "indices": [0, 2], "name": "src/c.css"}));
    assert_eq!(joined[0].2, "1\n2\n3\n4\nc{}");
    assert_eq!(joined[1].0, "b.css");
}

#[test]
fn a_piece_is_cut_before_its_lines() {
    let value = json!({"op": "split", "index": 0, "at_lines": [2, 4], "names": ["a.jsx", "b", "c.ts"]});
    let list = EditHistory::new(list()).apply(&operation(value)).unwrap();
    let parts: Vec<_> = list.iter().map(|one| (one.name.as_str(), one.kind.as_str(), one.content.as_str())).collect();
    assert_eq!(parts[..3], [("a.jsx", "jsx", "1\n"), ("b", "jsx", "2\n3\n"), ("c.ts", "ts", "4")]);
    assert_eq!(list.iter().map(|one| (one.start, one.end)).take(3).collect::<Vec<_>>(), [(10, 12), (12, 16), (16, 17)]);
    assert_eq!(list.len(), 5);
    // Where the output was indented, the offsets of the parts are not known.
    let indented = Artifact { end: 99, ..artifact("a.jsx", "1\n2") };
    let value = json!({"op": "split", "index": 0, "at_lines": [2], "names": ["a", "b"]});
    let list = EditHistory::new(vec![indented]).apply(&operation(value)).unwrap();
    assert_eq!((list[1].start, list[1].end), (0, 0));
}

#[test]
fn contents_are_set_added_and_removed() {
    assert_eq!(edited(json!({"op": "set_content", "index": 1, "content": "\r\n"}))[1].2, "\r\n");
    assert_eq!(names(json!({"op": "add", "name": "x/new.py", "content": ""}))[3], "x/new.py py");
    assert_eq!(names(json!({"op": "add", "name": "new", "content": ""}))[3], "new txt");
    assert_eq!(names(json!({"op": "remove", "index": 0})), ["b.css css", "src/c.css css"]);
}

#[test]
fn faults_are_told_and_change_nothing() {
    let check = |value: Value, expected: EditFault, field: &str| {
        let fault = EditHistory::new(list()).apply(&operation(value.clone())).unwrap_err();
        assert_eq!((&fault, fault.field()), (&expected, field), "{value}");
    };
    let missing = |index| EditFault::NoSuchArtifact { index, count: 3 };
    let bad = |name: &str, fault| EditFault::BadName { name: name.to_owned(), fault };
    let taken = |name: &str| EditFault::DuplicateName { name: name.to_owned() };
    check(json!({"op": "remove", "index": 3}), missing(3), "index");
    check(json!({"op": "rename", "index": 9, "name": "x"}), missing(9), "index");
    check(json!({"op": "merge", "indices": [0, 9], "name": "x"}), missing(9), "index");
    check(json!({"op": "rename", "index": 0, "name": "../x"}), bad("../x", PathFault::Parent), "name");
    check(json!({"op": "add", "name": "/x", "content": ""}), bad("/x", PathFault::Absolute), "name");
    check(json!({"op": "rename", "index": 0, "name": "B.CSS"}), taken("B.CSS"), "name");
    check(json!({"op": "add", "name": "a.jsx", "content": ""}), taken("a.jsx"), "name");
    check(json!({"op": "merge", "indices": [0, 1], "name": "src/C.css"}), taken("src/C.css"), "name");
    check(json!({"op": "merge", "indices": [0], "name": "x"}), EditFault::TooFewToMerge, "indices");
    check(json!({"op": "merge", "indices": [1, 0, 1], "name": "x"}), EditFault::RepeatedIndex { index: 1 }, "indices");
    for kind in ["", ".ts", "a b", "../x", "averyveryverylongkind1"] {
        let fault = EditFault::BadKind { kind: kind.to_owned() };
        check(json!({"op": "retype", "index": 0, "type": kind}), fault, "type");
    }
    for (line, at_lines) in [(1, vec![1]), (5, vec![5]), (2, vec![3, 2]), (2, vec![2, 2])] {
        let names: Vec<String> = (0..=at_lines.len()).map(|part| format!("p{part}")).collect();
        let value = json!({"op": "split", "index": 0, "at_lines": at_lines, "names": names});
        check(value, EditFault::SplitLine { line, lines: 4 }, "at_lines");
    }
    let value = json!({"op": "split", "index": 0, "at_lines": [2], "names": ["x"]});
    check(value, EditFault::SplitNames { parts: 2, names: 1 }, "names");
    let value = json!({"op": "split", "index": 0, "at_lines": [2], "names": ["x", "X"]});
    check(value, taken("x"), "name");
    check(json!({"op": "undo"}), EditFault::NothingToUndo, "op");
}

#[test]
fn unknown_operations_and_fields_are_refused() {
    for value in [
        json!({"op": "move", "index": 0}),
        json!({"op": "remove", "index": 0, "name": "x"}),
        json!({"op": "undo", "index": 0}),
        json!({"op": "remove", "index": -1}),
        json!({"op": "remove"}),
    ] {
        assert!(serde_json::from_value::<ArtifactOperation>(value.clone()).is_err(), "{value}");
    }
}

#[test]
fn edits_are_taken_back_one_by_one_and_all_at_once() {
    let mut history = EditHistory::new(list());
    let steps = [json!({"op": "remove", "index": 0}), json!({"op": "rename", "index": 0, "name": "x.css"})];
    for step in &steps {
        let next = history.apply(&operation(step.clone())).unwrap();
        history.record(next);
    }
    assert!(history.is_edited());
    let undo = || operation(json!({"op": "undo"}));
    let once = history.apply(&undo()).unwrap();
    assert_eq!(once[0].name, "b.css");
    history.record(once);
    let twice = history.apply(&undo()).unwrap();
    assert_eq!(twice, list());
    history.record(twice);
    assert!(!history.is_edited());
    assert_eq!(history.apply(&undo()), Err(EditFault::NothingToUndo));

    for step in &steps {
        let next = history.apply(&operation(step.clone())).unwrap();
        history.record(next);
    }
    let reset = history.apply(&operation(json!({"op": "reset"}))).unwrap();
    assert_eq!(reset, list());
    history.record(reset);
    assert_eq!(history.apply(&undo()).unwrap()[0].name, "x.css", "a reset can be taken back");
}

proptest! {
    /// Cutting a piece anywhere and joining the parts gives the piece again.
    #[test]
    fn a_cut_piece_can_be_joined_again(lines in prop::collection::vec("[a-z]{0,3}", 2..9), at in 2..9_usize) {
        let content = lines.join("\n") + "\n";
        let at = at.min(lines.len());
        let history = EditHistory::new(vec![artifact("a.js", &content)]);
        let cut = operation(json!({"op": "split", "index": 0, "at_lines": [at], "names": ["a.js", "b.js"]}));
        let cut = EditHistory::new(history.apply(&cut).unwrap());
        let joined = cut.apply(&operation(json!({"op": "merge", "indices": [0, 1], "name": "a.js"}))).unwrap();
        prop_assert_eq!(&joined[0].content, &content);
    }
}
