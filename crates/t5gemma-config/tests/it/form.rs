//! Which models get turns and which plain text.

use std::fs;

use brickwork_t5gemma_config::{FORM_FILE, is_instruction_tuned, keep_form};

#[test]
fn a_template_or_the_name_tells_an_instruction_tuned_model() {
    for (name, file, expected) in [
        ("t5gemma-s-s", None, false),
        ("t5gemma-s-s-ul2-it", None, true),
        ("t5gemma_S-S_IT", None, true),
        ("git-model", None, false),
        ("models--google--t5gemma-s-s-ul2-it/snapshots/0a1b", None, true),
        ("models--google--t5gemma-s-s-ul2/snapshots/0a1b", None, false),
        ("any", Some(("chat_template.jinja", "{{ messages }}")), true),
        ("any", Some(("chat_template.json", "{}")), true),
        ("any", Some(("tokenizer_config.json", r#"{"chat_template": "{{ messages }}"}"#)), true),
        ("any", Some(("tokenizer_config.json", r#"{"chat_template": null}"#)), false),
        ("any-it", Some((FORM_FILE, r#"{"instruction_tuned": false}"#)), false),
    ] {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        if let Some((file, content)) = file {
            fs::write(folder.join(file), content).unwrap();
        }
        assert_eq!(is_instruction_tuned(&folder).unwrap(), expected, "{name}, {file:?}");
    }
}

#[test]
fn a_new_name_changes_nothing_once_the_form_is_kept() {
    let parent = tempfile::tempdir().unwrap();
    for (old, new, expected) in [("a-it", "b", true), ("c", "d-it", false), ("e-it", "f-it", true)] {
        let (old, new) = (parent.path().join(old), parent.path().join(new));
        fs::create_dir(&old).unwrap();
        assert_eq!(is_instruction_tuned(&old).unwrap(), expected);
        fs::rename(&old, &new).unwrap();
        keep_form(&new, expected).unwrap();
        assert_eq!(is_instruction_tuned(&new).unwrap(), expected, "{}", new.display());
    }
    assert!(!parent.path().join("f-it").join(FORM_FILE).exists(), "the name tells it already");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tokenizer_config.json"), "{").unwrap();
    let error = is_instruction_tuned(folder.path()).unwrap_err().to_string();
    assert!(error.contains("tokenizer_config.json: it cannot be read"), "{error}");
}
