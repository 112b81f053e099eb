//! The project's files that steps attach: what is found, what is left out, and what is refused.

use std::fs;
use std::path::Path;

use brickwork_app::{App, AppConfig, Diagnostic, ProjectRequest, RunStatus, Severity, StartRun};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

struct World {
    _data: TempDir,
    /// The project's folder.
    folder: TempDir,
    /// What lies beside it.
    outside: TempDir,
    app: App,
    project: Uuid,
}

async fn world() -> World {
    let [data, folder, outside] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let app = App::open(AppConfig::new(data.path())).await.unwrap();
    for role in ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"] {
        app.bind(role, "scripted").await.unwrap();
    }
    let path = folder.path().display().to_string();
    let request = ProjectRequest { name: "Shop".into(), folder: Some(path), ..ProjectRequest::default() };
    let project = app.create_project(request).await.unwrap().id;
    World { _data: data, folder, outside, app, project }
}

fn write(folder: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn pipeline(globs: &[&str]) -> Value {
    json!({"name": "P", "steps": [
        {"step_name": "read", "model_type": "CodeLlama", "prompt": "Read.", "files": globs},
        {"step_name": "write", "model_type": "CodeGemma", "prompt": "Write."}
    ]})
}

impl World {
    async fn validate(&self, globs: &[&str]) -> Vec<Diagnostic> {
        let mut body = pipeline(globs);
        body["project_id"] = json!(self.project);
        self.app.validate(&body).await.unwrap()
    }

    async fn codes(&self, globs: &[&str]) -> Vec<(String, String)> {
        self.validate(globs).await.into_iter().map(|fault| (fault.code, fault.path)).collect()
    }

    /// The paths of the files in the first step's turn, in order.
    async fn attached(&self, globs: &[&str]) -> Vec<String> {
        let request = StartRun { project_id: self.project, body: &pipeline(globs), idempotency_key: None };
        let run_id = self.app.start_run(request).await.unwrap().run.run_id;
        let run = self.app.wait(run_id).await.unwrap();
        assert_eq!(run.status, RunStatus::Success);
        let names = run.steps[0].prompt.lines().filter_map(|line| line.strip_prefix('`')?.strip_suffix("`:"));
        names.map(str::to_owned).collect()
    }
}

fn faults(codes: &[(&str, &str)]) -> Vec<(String, String)> {
    codes.iter().map(|(code, path)| ((*code).to_owned(), (*path).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn globs_find_the_projects_files() {
    let world = world().await;
    let folder = world.folder.path();
    for path in ["src/App.tsx", "src/ui/Form.tsx", "src/ui/form.css", "README.md", ".env.example", "notes/ä ö.md"] {
        write(folder, path, format!("content of {path}\n"));
    }
    assert_eq!(world.attached(&["src/**/*.tsx"]).await, ["src/App.tsx", "src/ui/Form.tsx"]);
    assert_eq!(world.attached(&["src/*"]).await, ["src/App.tsx"], "`*` does not cross a `/`");
    assert_eq!(
        world.attached(&["src/ui/*.{css,tsx}", "**/*.tsx"]).await,
        ["src/ui/Form.tsx", "src/ui/form.css", "src/App.tsx"]
    );
    assert_eq!(
        world.attached(&["./README.md", ".env.example", "notes/*"]).await,
        ["README.md", ".env.example", "notes/ä ö.md"]
    );
    assert_eq!(world.codes(&["src/**"]).await, faults(&[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_git_ignores_is_left_out() {
    let world = world().await;
    let folder = world.folder.path();
    write(folder, ".gitignore", "node_modules/\n*.log\n");
    write(folder, "src/.gitignore", "generated.ts\n");
    for path in [".git/config", "node_modules/x/index.ts", "src/a.ts", "src/generated.ts", "b.ts", "debug.log"] {
        write(folder, path, "x\n");
    }
    assert_eq!(world.attached(&["**"]).await, [".gitignore", "b.ts", "src/.gitignore", "src/a.ts"]);
    let codes = world.codes(&["node_modules/**", ".git/config", "src/generated.ts"]).await;
    assert_eq!(
        codes,
        faults(&[
            ("no_match", "$.steps[0].files[0]"),
            ("no_match", "$.steps[0].files[1]"),
            ("no_match", "$.steps[0].files[2]")
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outside_the_folder_is_read() {
    let world = world().await;
    let (folder, outside) = (world.folder.path(), world.outside.path());
    write(outside, "secret.txt", "secret\n");
    write(folder, "in.txt", "inside\n");
    write(folder, ".git/config", "secret\n");
    let absolute = outside.join("secret.txt").display().to_string();
    let globs = ["../*", "a/../../x", &absolute, "C:\\x", "\\\\server\\x"];
    let refused = world.validate(&globs).await;
    assert_eq!(refused.len(), globs.len(), "{refused:#?}");
    assert!(refused.iter().all(|fault| fault.code == "outside_folder" && fault.severity == Severity::Error));

    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(outside.join("secret.txt"), folder.join("link.txt")).unwrap();
        symlink(outside, folder.join("out")).unwrap();
        symlink(folder.join("in.txt"), folder.join("again.txt")).unwrap();
        symlink(folder.join(".git/config"), folder.join("config.txt")).unwrap();
        symlink(folder, folder.join("loop")).unwrap();
        symlink("nowhere", folder.join("broken.txt")).unwrap();
        assert_eq!(world.codes(&["link.txt"]).await, faults(&[("outside_folder", "$.steps[0].files[0]")]));
        assert_eq!(world.codes(&["in.txt", "out/*.txt"]).await, faults(&[("outside_folder", "$.steps[0].files[1]")]));
        assert_eq!(world.attached(&["[abcin]*.txt"]).await, ["again.txt", "in.txt"], "links within are files");
        fs::remove_file(folder.join("link.txt")).unwrap();
        assert_eq!(
            world.attached(&["**/*.txt"]).await,
            ["again.txt", "in.txt"],
            "folders behind links are not entered"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_text_is_left_out_and_told() {
    let world = world().await;
    let folder = world.folder.path();
    write(folder, "a/logo.png", [0x89, b'P', b'N', b'G', 0, 1, 2]);
    write(folder, "a/latin.txt", [b'c', b'a', b'f', 0xe9]);
    write(folder, "a/large.bin", vec![0xff; 3_000_000]);
    write(folder, "a/text.txt", format!("{}é", "x".repeat(8191)));
    assert_eq!(world.codes(&["a/*"]).await, faults(&[("not_text", "$.steps[0].files[0]")]));
    let [warning] = &world.validate(&["a/*"]).await[..] else { panic!("one warning for all files") };
    assert_eq!(warning.severity, Severity::Warning);
    assert_eq!(warning.message, "`a/large.bin`, `a/latin.txt`, `a/logo.png` are no UTF-8 text and are left out.");
    assert_eq!(world.attached(&["a/*"]).await, ["a/text.txt"], "a character on the probe's edge is no fault");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_and_too_many_are_refused() {
    let world = world().await;
    let folder = world.folder.path();
    for n in 0..201 {
        write(folder, &format!("many/{n:03}.txt"), "x");
    }
    write(folder, "large.txt", "x".repeat(1024 * 1024));
    let too_many = |path| faults(&[("too_many_files", path)]);
    assert_eq!(world.codes(&["many/*"]).await, too_many("$.steps[0].files[0]"));
    assert_eq!(world.codes(&["many/[01]*"]).await, faults(&[]), "two hundred are allowed");
    assert_eq!(world.codes(&["large.txt"]).await, faults(&[]), "and so is a mebibyte");
    assert_eq!(world.codes(&["large.txt", "many/000.txt"]).await, too_many("$.steps[0].files[1]"));
    assert_eq!(world.codes(&["x"; 65]).await, too_many("$.steps[0].files[64]"));

    let request = StartRun { project_id: world.project, body: &pipeline(&["many/*"]), idempotency_key: None };
    let refused = world.app.start_run(request).await.unwrap_err();
    assert_eq!(refused.diagnostics()[0].code, "too_many_files");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_globs_and_folders_name_their_place() {
    let world = world().await;
    write(world.folder.path(), "a.txt", "x");
    assert_eq!(
        world.codes(&["a.txt", "[", ""]).await,
        faults(&[("bad_glob", "$.steps[0].files[1]"), ("bad_glob", "$.steps[0].files[2]")])
    );
    let found = world.validate(&["nothing.*"]).await;
    assert_eq!((&*found[0].code, found[0].severity), ("no_match", Severity::Warning));

    let codes = |found: Vec<Diagnostic>| found.into_iter().map(|fault| (fault.code, fault.path)).collect::<Vec<_>>();
    let without = world.app.validate(&pipeline(&["a.txt"])).await.unwrap();
    assert_eq!(codes(without), faults(&[("no_project_folder", "$.steps[0].files[0]")]));
    let gone = ProjectRequest {
        name: "Shop".into(),
        folder: Some(world.outside.path().join("gone").display().to_string()),
        ..ProjectRequest::default()
    };
    world.app.update_project(world.project, gone).await.unwrap();
    assert_eq!(world.codes(&["a.txt"]).await, faults(&[("no_project_folder", "$.steps[0].files[0]")]));
    let mut disabled = pipeline(&["a.txt"]);
    disabled["steps"][0]["enabled"] = json!(false);
    assert_eq!(codes(world.app.validate(&disabled).await.unwrap()), faults(&[]), "what does not run needs no files");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_keeps_what_it_saw() {
    let world = world().await;
    write(world.folder.path(), "a.txt", "as it was");
    let body = pipeline(&["a.txt"]);
    let request = StartRun { project_id: world.project, body: &body, idempotency_key: None };
    let run_id = world.app.start_run(request).await.unwrap().run.run_id;
    // The run may have begun or not: what it sees was fixed when it was accepted.
    write(world.folder.path(), "a.txt", "as it is");
    let run = world.app.wait(run_id).await.unwrap();
    assert!(run.steps[0].prompt.contains("```txt\nas it was\n```"), "{}", run.steps[0].prompt);
}
