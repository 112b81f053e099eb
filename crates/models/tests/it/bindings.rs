//! Which model serves a role.

use std::fs;
use std::path::Path;

use brickwork_engine::{ModelRef, Role};
use brickwork_models::{BindingChoice, BindingProblem, Bindings, DEFAULT_MODEL_ID, ModelsFolder, resolve};
use tempfile::TempDir;

use crate::builder::Gguf;

fn folder_with(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        fs::write(folder.path().join(name), Gguf::small().bytes()).unwrap();
    }
    folder
}

fn resolve_as(name: &str, dir: &Path) -> Result<ModelRef, BindingProblem> {
    let mut bindings = Bindings::default();
    bindings.set(Role::CodeGemma, BindingChoice::named(name));
    resolve(Role::CodeGemma, &bindings, &ModelsFolder::scan(dir).unwrap())
}

#[test]
fn choices_resolve_to_models() {
    let default = format!("{DEFAULT_MODEL_ID}.gguf");
    let folder = folder_with(&[&default, "mine.gguf"]);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let model = |id: &str, path: String, stand_in| ModelRef { id: id.into(), path, stand_in };

    let found = |name: &str| resolve_as(name, folder.path()).unwrap();
    assert_eq!(found("scripted"), ModelRef::scripted());
    assert_eq!(found("default"), model(DEFAULT_MODEL_ID, path(&default), true));
    assert_eq!(found(DEFAULT_MODEL_ID), model(DEFAULT_MODEL_ID, path(&default), false), "chosen, so no stand-in");
    assert_eq!(found("mine"), model("mine", path("mine.gguf"), false));
    assert_eq!(found(&path("mine.gguf")), model("mine", path("mine.gguf"), false));

    let elsewhere = folder_with(&["far.gguf"]);
    let far = elsewhere.path().join("far.gguf").to_str().unwrap().to_owned();
    assert_eq!(found(&far), model("far", far.clone(), false));
}

#[test]
fn problems_say_what_to_do() {
    let folder = folder_with(&["mine.gguf"]);
    fs::write(folder.path().join("broken.gguf"), "GGU").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let broken = elsewhere.path().join("x.gguf");
    fs::write(&broken, "nothing of the kind").unwrap();

    let problem = |name: &str| resolve_as(name, folder.path()).unwrap_err();
    let missing = problem("default");
    assert!(matches!(missing, BindingProblem::DefaultMissing { role: Role::CodeGemma }));
    assert!(missing.to_string().contains("cargo xtask models"), "{missing}");
    for name in ["gone", "mine.gguf", "/nowhere/gone.gguf", ""] {
        let missing = problem(name);
        assert!(matches!(&missing, BindingProblem::FileMissing { file, .. } if file == name), "{missing}");
    }
    for name in ["broken", broken.to_str().unwrap()] {
        let unusable = problem(name);
        assert!(matches!(unusable, BindingProblem::Unusable { .. }), "{unusable}");
        assert!(unusable.to_string().contains("CodeGemma"), "{unusable}");
    }
}

#[test]
fn bindings_keep_their_json_form() {
    let mut bindings = Bindings::default();
    bindings.set(Role::Assembler, BindingChoice::Scripted);
    bindings.set(Role::CodeLlama, BindingChoice::named("mine"));
    let json = serde_json::to_string(&bindings).unwrap();
    assert_eq!(json, r#"{"CodeLlama":{"kind":"file","file":"mine"},"Assembler":{"kind":"scripted"}}"#);
    assert_eq!(serde_json::from_str::<Bindings>(&json).unwrap(), bindings);
    assert_eq!(serde_json::from_str::<Bindings>("{}").unwrap(), Bindings::default());
    assert_eq!(bindings.get(Role::T5Gemma), &BindingChoice::Default);
}

#[test]
fn a_servers_model_resolves_without_any_file_and_is_kept_as_it_is() {
    let remote = BindingChoice::Remote {
        base_url: "http://127.0.0.1:8080/v1".into(),
        model: "qwen".into(),
        timeout_s: Some(9),
        retries: None,
        allow_insecure: false,
    };
    let mut bindings = Bindings::default();
    bindings.set(Role::CodeGemma, remote);
    let found = resolve(Role::CodeGemma, &bindings, &[]).unwrap();
    assert_eq!(found, ModelRef::remote("http://127.0.0.1:8080/v1", "qwen"));
    let kept = serde_json::to_string(&bindings).unwrap();
    assert!(!kept.contains("retries") && !kept.contains("allow_insecure"), "{kept}");
    assert_eq!(serde_json::from_str::<Bindings>(&kept).unwrap(), bindings);
}
