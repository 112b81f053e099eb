//! Models that other programs hold, in layouts as those programs write them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use brickwork_models::found::{Found, FoundModel, HostSystem, ModelProgram, Surroundings, find_models};
use tempfile::TempDir;

use crate::builder::Gguf;

const DIGEST: &str = "633fc5be925f9a484b61d6f9b9a78021eeb462100bd557309f01ba84cac26adf";

/// A home folder with nothing in it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn surroundings(&self, system: HostSystem, variables: &[(&str, &Path)]) -> Surroundings {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.as_os_str().to_owned()));
        Surroundings { system, home: Some(self.0.path().to_owned()), variables: variables.collect() }
    }

    fn found(&self) -> Found {
        find_models(&self.surroundings(HostSystem::current(), &[]))
    }
}

fn names(found: &Found, program: ModelProgram) -> Vec<&str> {
    let models = found.models.iter().filter(|model: &&FoundModel| model.program == program);
    models.map(|model| &*model.name).collect()
}

fn manifest(digest: &str, size: usize) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",
        "config":{{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"{digest}","size":483}},
        "layers":[{{"mediaType":"application/vnd.ollama.image.model","digest":"{digest}","size":{size}}},
                  {{"mediaType":"application/vnd.ollama.image.license","digest":"sha256:00","size":1}}]}}"#
    )
}

#[test]
fn a_home_with_nothing_in_it_holds_nothing() {
    assert_eq!(Home::new().found(), Found::default());
    assert_eq!(find_models(&Surroundings::nowhere()), Found::default());
}

#[test]
fn ollamas_models_are_found_by_their_manifests() {
    let (home, model) = (Home::new(), Gguf::small().bytes());
    let blob = home.write(&format!(".ollama/models/blobs/sha256-{DIGEST}"), &model);
    let at = |name: &str| format!(".ollama/models/manifests/registry.ollama.ai/{name}");
    home.write(&at("library/codellama/7b"), manifest(&format!("sha256:{DIGEST}"), model.len()));
    home.write(&at("someone/cut/latest"), manifest(&format!("sha256:{}", "1".repeat(64)), model.len()));
    home.write(&at("someone/adapter/latest"), r#"{"schemaVersion":2,"layers":[]}"#);
    home.write(&at("someone/broken/latest"), "{");
    let found = home.found();
    let [codellama] = found.models.as_slice() else { panic!("{found:?}") };
    assert_eq!((&*codellama.name, &codellama.path), ("codellama:7b", &blob));
    assert_eq!((codellama.size_bytes, codellama.sha256.as_deref()), (model.len() as u64, Some(DIGEST)));
    assert_eq!(codellama.info.as_ref().unwrap().architecture, "llama");
    let problems: Vec<&str> = found.problems.iter().map(|problem| &*problem.message).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("is no manifest")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("pull it with Ollama again")), "{problems:?}");
}

#[test]
fn an_ollama_model_that_is_not_whole_cannot_be_used() {
    let (home, model) = (Home::new(), Gguf::small().bytes());
    home.write(&format!(".ollama/models/blobs/sha256-{DIGEST}"), &model);
    home.write(
        ".ollama/models/manifests/registry.ollama.ai/library/m/latest",
        manifest(&format!("sha256:{DIGEST}"), model.len() + 1),
    );
    let found = home.found();
    assert!(found.models[0].info.as_ref().unwrap_err().contains("has not fetched all of it"));
}

#[test]
fn row_20_a_digest_that_leads_elsewhere_is_refused() {
    let (home, model) = (Home::new(), Gguf::small().bytes());
    home.write("secret.gguf", &model);
    let digests = [
        "sha256:../../../secret.gguf".to_owned(),
        format!("sha256:{}", &DIGEST[1..]),
        format!("sha256:{DIGEST}0"),
        format!("sha256:{}", "../".repeat(21) + "x"),
        "/etc/passwd".to_owned(),
    ];
    for (number, digest) in digests.iter().enumerate() {
        home.write(&format!(".ollama/models/blobs/{}", digest.replace([':', '/'], "-")), &model);
        home.write(
            &format!(".ollama/models/manifests/registry.ollama.ai/library/m/{number}"),
            manifest(digest, model.len()),
        );
    }
    let found = home.found();
    assert_eq!(found.models, [], "nothing is taken");
    assert_eq!(found.problems.len(), digests.len());
    assert!(found.problems.iter().all(|problem| problem.message.contains("64 hexadecimal digits")));
}

#[test]
fn ollamas_folder_can_be_elsewhere() {
    let (home, model) = (Home::new(), Gguf::small().bytes());
    home.write(&format!("big/blobs/sha256:{DIGEST}"), &model);
    home.write("big/manifests/hf.co/owner/model-GGUF/Q4_K_M", manifest(&format!("sha256:{DIGEST}"), model.len()));
    let elsewhere = home.0.path().join("big");
    let found = find_models(&home.surroundings(HostSystem::Linux, &[("OLLAMA_MODELS", &elsewhere)]));
    assert_eq!(names(&found, ModelProgram::Ollama), ["hf.co/owner/model-GGUF:Q4_K_M"]);
}

#[test]
fn lm_studios_models_are_found_in_all_its_homes() {
    let (home, model) = (Home::new(), Gguf::small().bytes());
    home.write(".lmstudio/models/owner/repo/model-Q4.gguf", &model);
    home.write(".lmstudio/models/owner/repo/mmproj-model-f16.gguf", &model);
    home.write(".cache/lm-studio/models/owner/old/old.gguf", &model);
    home.write("pointed/models/owner/new/new.gguf", &model);
    home.write("chosen/owner/far/far.gguf", &model);
    home.write(".lmstudio-home-pointer", format!("{}\n", home.0.path().join("pointed").display()));
    let chosen = home.0.path().join("chosen");
    home.write("pointed/settings.json", serde_json::json!({ "downloadsFolder": chosen }).to_string());
    let found = home.found();
    assert_eq!(
        names(&found, ModelProgram::LmStudio),
        ["owner/far/far.gguf", "owner/new/new.gguf", "owner/repo/model-Q4.gguf", "owner/old/old.gguf"]
    );
    assert_eq!(found.problems, []);
}

#[test]
fn jans_models_are_found_on_every_system() {
    let model = Gguf::small().bytes();
    for (system, data) in [
        (HostSystem::Linux, ".local/share/Jan/data"),
        (HostSystem::MacOs, "Library/Application Support/Jan/data"),
        (HostSystem::Windows, "AppData/Roaming/Jan/data"),
    ] {
        let home = Home::new();
        let imported = home.write("elsewhere/own.gguf", &model);
        home.write(&format!("{data}/llamacpp/models/owner/m/model.gguf"), &model);
        home.write(
            &format!("{data}/llamacpp/models/owner/m/model.yml"),
            "embedding: false\nmodel_path: llamacpp/models/owner/m/model.gguf\nname: owner/m\nsize_bytes: 1\n",
        );
        home.write(&format!("{data}/llamacpp/models/own/model.yml"), format!("model_path: {}\n", imported.display()));
        home.write("jan/models/old/old.gguf", &model);
        home.write("jan/models/old/model.json", "{}");
        let found = find_models(&home.surroundings(system, &[]));
        assert_eq!(names(&found, ModelProgram::Jan), ["own", "owner/m/model.gguf", "old/old.gguf"], "{system:?}");
        assert_eq!(found.problems, []);
    }
}

#[test]
fn the_hugging_face_cache_follows_its_variables() {
    let model = Gguf::small().bytes();
    for (variable, folder) in [
        ("HF_HUB_CACHE", "cache"),
        ("HUGGINGFACE_HUB_CACHE", "cache"),
        ("HF_HOME", "cache/hub"),
        ("XDG_CACHE_HOME", "cache/huggingface/hub"),
    ] {
        let home = Home::new();
        home.write(&format!("{folder}/models--owner--repo/snapshots/abc/sub/m.gguf"), &model);
        let value = home.0.path().join("cache");
        let found = find_models(&home.surroundings(HostSystem::Windows, &[(variable, &value)]));
        assert_eq!(names(&found, ModelProgram::HuggingFace), ["owner/repo/sub/m.gguf"], "{variable}");
    }
}

#[cfg(unix)]
#[test]
fn links_of_the_hugging_face_cache_are_followed_within_it() {
    use std::os::unix::fs::symlink;

    let (home, model) = (Home::new(), Gguf::small().bytes());
    let repository = ".cache/huggingface/hub/models--owner--repo";
    home.write(&format!("{repository}/blobs/{DIGEST}"), &model);
    home.write(&format!("{repository}/refs/main"), "new");
    home.write("outside.gguf", &model);
    let root = home.0.path().join(repository);
    for commit in ["old", "new"] {
        fs::create_dir_all(root.join("snapshots").join(commit)).unwrap();
        symlink(format!("../../blobs/{DIGEST}"), root.join("snapshots").join(commit).join("m.gguf")).unwrap();
    }
    symlink(home.0.path().join("outside.gguf"), root.join("snapshots/new/evil.gguf")).unwrap();
    symlink("../gone.gguf", root.join("snapshots/new/gone.gguf")).unwrap();
    symlink("..", root.join("snapshots/new/loop")).unwrap();
    let found = home.found();
    let [model] = found.models.as_slice() else { panic!("{found:?}") };
    assert_eq!((&*model.name, model.sha256.as_deref()), ("owner/repo/m.gguf", Some(DIGEST)));
    assert!(
        model.path.to_string_lossy().contains("/new/"),
        "the newest snapshot comes first: {}",
        model.path.display()
    );
    let [problem] = found.problems.as_slice() else { panic!("{found:?}") };
    assert!(problem.message.contains("leads out of the cache"), "{}", problem.message);
}

#[cfg(unix)]
#[test]
fn loops_of_links_and_closed_folders_hide_nothing_else() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let (home, model) = (Home::new(), Gguf::small().bytes());
    home.write(".lmstudio/models/owner/repo/m.gguf", &model);
    home.write(".lmstudio/models/closed/repo/hidden.gguf", &model);
    let root = home.0.path().join(".lmstudio/models");
    symlink(&root, root.join("owner/again")).unwrap();
    symlink("self", root.join("self")).unwrap();
    let closed = root.join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // Some users may read everything; then the folder is not closed to them.
    let is_closed = fs::read_dir(&closed).is_err();
    let found = home.found();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(names(&found, ModelProgram::LmStudio).contains(&"owner/repo/m.gguf"), "{found:?}");
    assert_eq!(found.problems.len(), usize::from(is_closed), "{found:?}");
    assert_eq!(found.models.len(), if is_closed { 1 } else { 2 }, "each model is listed once");
}

#[test]
fn variables_that_are_no_absolute_paths_mean_nothing() {
    let home = Home::new();
    let variables = BTreeMap::from([("OLLAMA_MODELS".to_owned(), "relative".into())]);
    let surroundings = Surroundings { variables, ..home.surroundings(HostSystem::MacOs, &[]) };
    assert_eq!(find_models(&surroundings), Found::default());
}
