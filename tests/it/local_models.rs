//! Models of this machine from the command line: another program's model used in place, and everything carried to a
//! machine without a network in one file.
#![cfg(unix)]

#[path = "../../crates/models/tests/it/builder.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod builder;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use brickwork_tests::{DEFAULT_MODEL, Home, model, turn};
use serde_json::{Value, json};

use crate::common::one_step;
use builder::Gguf;

/// The catalog's checksum of the default model.
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
const ID: &str = "smollm2-135m";

/// A folder as Ollama keeps it, whose one model is the default model.
fn ollama(root: &Path) {
    fs::create_dir_all(root.join("blobs")).unwrap();
    symlink(model(DEFAULT_MODEL), root.join(format!("blobs/sha256-{SHA256}"))).unwrap();
    let manifests = root.join("manifests/registry.ollama.ai/library/smollm2");
    fs::create_dir_all(&manifests).unwrap();
    let layer = json!({ "mediaType": "application/vnd.ollama.image.model", "digest": format!("sha256:{SHA256}") });
    fs::write(manifests.join("135m"), json!({ "schemaVersion": 2, "layers": [layer] }).to_string()).unwrap();
}

fn machine(folder: &Path) -> Home {
    fs::create_dir_all(folder).unwrap();
    Home::with_models(folder.join("models"))
        .with_variable("HOME", folder.to_str().unwrap())
        .with_variable("OLLAMA_MODELS", folder.join("ollama").to_str().unwrap())
}

fn binding(home: &Home, role: usize) -> Value {
    home.run(&["models", "list", "--json"]).expect_code(0).json()["models"][role]["binding"].clone()
}

#[test]
fn a_model_is_used_in_place_and_carried_to_another_machine() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let here = machine(&folder.path().join("here"));
    ollama(&folder.path().join("here/ollama"));
    let found = here.run(&["models", "found", "--json"]).expect_code(0).json();
    assert_eq!((&found["models"][0]["name"], &found["problems"]), (&json!("smollm2:135m"), &json!([])));
    let path = found["models"][0]["path"].as_str().unwrap();
    let imported = here.run(&["models", "import", path, "--json"]).expect_code(0).json();
    assert_eq!(imported["models"][0]["id"], ID);
    let verified = here.run(&["models", "verify", ID, "--json"]).expect_code(0).json();
    assert_eq!(
        (&verified["files"][0]["sha256"], &verified["files"][0]["against"]),
        (&json!(SHA256), &json!("program"))
    );
    for role in ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"] {
        here.run(&["models", "bind", role, ID]).expect_code(0);
    }
    let generated = here.run(&["generate", "--model", ID, "--prompt", "Hello", "--max-tokens", "4"]);
    assert!(!generated.expect_code(0).stdout.is_empty());

    let pipeline = here.write_pipeline("p.json", &one_step("Say hello"));
    let bundle = here.path("all.brickwork-bundle");
    here.run(&["bundle", "export", &bundle, "--pipeline", &pipeline, "--with-models"]).expect_code(0);
    here.run(&["bundle", "export", &bundle, "--pipeline", &pipeline]).expect_code(3).expect_stderr(&["exists already"]);
    assert!(fs::metadata(&bundle).unwrap().len() > 98_000_000);

    let there = machine(&folder.path().join("there"));
    let plan = there.run(&["bundle", "import", &bundle, "--bind", "--dry-run", "--json"]).expect_code(0).json();
    assert_eq!((&plan["models"][0]["outcome"], &plan["needed_bytes"]), (&json!("new"), &json!(98_362_432)));
    assert_eq!(there.run(&["models", "list", "--json"]).expect_code(0).json()["files"], json!([]));
    there.run(&["bundle", "import", &bundle, "--bind"]).expect_code(0);
    assert_eq!(binding(&there, 1)["id"], ID);
    let generated = there.run(&["generate", "--model", "CodeGemma", "--prompt", "Hello", "--max-tokens", "4"]);
    assert!(!generated.expect_code(0).stdout.is_empty());

    // One byte of the carried model changes: it is not used any more.
    let carried = folder.path().join(format!("there/models/{ID}.gguf"));
    let mut bytes = fs::read(&carried).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&carried, bytes).unwrap();
    let refused = there.run(&["generate", "--model", "CodeGemma", "--prompt", "Hello", "--max-tokens", "4"]);
    refused.expect_code(3).expect_stderr(&["was changed since its checksum was recorded", "accept the change"]);
    there.run(&["models", "verify", ID]).expect_code(4).expect_stderr(&[SHA256]);

    there.run(&["models", "rm", ID]).expect_code(3).expect_stderr(&["it serves CodeGemma"]);
    there.run(&["models", "rm", ID, "--force"]).expect_code(0);
    assert!(!carried.exists());
    here.run(&["models", "mv", ID, "mine"]).expect_code(0);
    assert_eq!(binding(&here, 0)["id"], "mine");
    here.run(&["models", "rm", "mine", "--force"]).expect_code(0);
    assert!(model(DEFAULT_MODEL).is_file(), "only the entry is gone");
}

#[test]
fn a_model_is_moved_to_another_disk_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let home = machine(&folder.path().join("here"));
    let (source, away) = (folder.path().join("tiny.gguf"), folder.path().join("away"));
    fs::write(&source, Gguf::small().bytes()).unwrap();
    fs::create_dir(&away).unwrap();
    home.run(&["models", "import", source.to_str().unwrap(), "--move"]).expect_code(0);
    home.run(&["models", "bind", "T5Gemma", "tiny"]).expect_code(0);
    let usage = || home.run(&["models", "usage", "--json"]).expect_code(0).json()["models"][0].clone();
    assert_eq!((&usage()["is_inside"], &usage()["checked"]), (&json!(true), &json!("verified")));

    let missing = folder.path().join("none");
    let refused = home.run(&["models", "relocate", "tiny", missing.to_str().unwrap()]);
    refused.expect_code(3).expect_stderr(&["there is no such folder", "Choose another"]);
    home.run(&["models", "relocate", "tiny"]).expect_code(3).expect_stderr(&["is in the models folder already"]);
    let moved = home.run(&["models", "relocate", "tiny", away.to_str().unwrap(), "--json"]).expect_code(0).json();
    let path = away.join("tiny.gguf");
    assert_eq!((&moved["id"], &moved["path"]), (&json!("tiny"), &json!(path)));
    assert!(path.is_file() && !folder.path().join("here/models/tiny.gguf").exists());
    assert_eq!((&usage()["is_inside"], &usage()["checked"]), (&json!(false), &json!("verified")));
    assert_eq!(binding(&home, 2)["path"], json!(path), "its role has it as before");

    home.run(&["models", "relocate", "tiny"]).expect_code(0);
    assert!(!path.exists() && folder.path().join("here/models/tiny.gguf").is_file());
    assert_eq!((&binding(&home, 2)["id"], &binding(&home, 2)["problem"]), (&json!("tiny"), &json!(null)));
}
