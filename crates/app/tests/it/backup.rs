//! Backups, and the way back from them.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use brickwork_app::{
    App, AppConfig, AppError, ArchiveFault, BackupError, DEFAULT_PROJECT_ID, ErrorCode, NewPipeline, QueueRole,
    RunStatus, StartRun, restore_backup,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use uuid::Uuid;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Where an SQLite file has its `user_version`, big-endian (<https://www.sqlite.org/fileformat.html>).
const USER_VERSION_AT: usize = 60;

/// A data folder with one run and one saved pipeline, and a backup of it beside it.
struct World {
    folder: TempDir,
    run: Uuid,
    pipeline: Uuid,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = App::open(AppConfig::new(folder.path().join("data"))).await.unwrap();
        for role in ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"] {
            app.bind(role, "scripted").await.unwrap();
        }
        let body = json!({ "name": "One", "steps": [{ "step_name": "a", "model_type": "CodeLlama", "prompt": "x" }] });
        let request = StartRun { project_id: DEFAULT_PROJECT_ID, body: &body, idempotency_key: None };
        let run = app.start_run(request).await.unwrap().run.run_id;
        assert_eq!(app.wait(run).await.unwrap().status, RunStatus::Success);
        let draft = NewPipeline { project_id: None, document: json!({ "name": "Form" }), label: None };
        let pipeline = app.save_pipeline(draft).await.unwrap().id;
        let world = Self { folder, run, pipeline };
        let report = app.backup(&world.archive()).await.unwrap();
        assert_eq!((report.runs, report.projects, report.pipelines), (1, 1, 1));
        assert!(!report.models_included);
        assert_eq!(report.size_bytes, world.archive().metadata().unwrap().len());
        close(app).await;
        world
    }

    fn config(&self) -> AppConfig {
        AppConfig::new(self.folder.path().join("data"))
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join("backup.zip")
    }

    async fn open(&self) -> App {
        App::open(AppConfig { queue: QueueRole::Look, ..self.config() }).await.unwrap()
    }

    /// Names and contents of the data folder, but for lock files, logs and models.
    fn data(&self) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(&self.config().data_dir).unwrap().map(Result::unwrap);
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        let mut files: Vec<_> = files
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .filter(|(name, _)| !name.ends_with(".lock") && !name.ends_with(".opening"))
            .collect();
        files.sort();
        files
    }

    /// The archive's two entries.
    fn entries(&self) -> (Value, Vec<u8>) {
        let mut zip = ZipArchive::new(File::open(self.archive()).unwrap()).unwrap();
        assert_eq!(zip.len(), 2);
        let manifest = serde_json::from_reader(zip.by_name("manifest.json").unwrap()).unwrap();
        let mut database = Vec::new();
        zip.by_name("brickwork.db").unwrap().read_to_end(&mut database).unwrap();
        (manifest, database)
    }

    /// Checks that an archive is refused for a reason that `is_it` knows, and that nothing was changed.
    async fn refuses(&self, archive: &Path, is_it: fn(&ArchiveFault) -> bool) {
        let before = self.data();
        let error = restore_backup(&self.config(), archive).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Invalid, "{error}");
        assert!(error.to_string().contains("Nothing was changed"), "{error}");
        let AppError::Backup(BackupError::Archive { fault, .. }) = error else { panic!("{error}") };
        assert!(is_it(&fault), "{fault:?}");
        assert!(self.data() == before, "the data folder is as it was");
        let left = fs::read_dir(&self.config().data_dir).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with(".restore")), "nothing is left behind");
    }
}

/// Ends the program, and waits until its database is closed: the last of its tasks may still hold it for a moment.
async fn close(app: App) {
    app.shutdown().await;
    let mut log = app.config().database().into_os_string();
    log.push("-wal");
    drop(app);
    for _ in 0..500 {
        if !Path::new(&log).exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the database was not closed");
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes an archive of these entries.
fn write_zip(path: &Path, entries: &[(&str, &[u8])]) {
    let mut zip = ZipWriter::new(File::create(path).unwrap());
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_brings_everything_back() {
    let world = World::new().await;
    let (manifest, database) = world.entries();
    assert_eq!((&manifest["format"], &manifest["runs"]), (&json!(1), &json!(1)));
    assert_eq!(manifest["sha256"], sha256(&database));
    assert_eq!(manifest["program_version"], env!("CARGO_PKG_VERSION"));

    let app = world.open().await;
    app.delete_pipeline(world.pipeline).await.unwrap();
    close(app).await;
    let report = restore_backup(&world.config(), &world.archive()).await.unwrap();
    let aside = PathBuf::from(report.moved_aside.unwrap());
    assert!(aside.file_name().unwrap().to_str().unwrap().starts_with("brickwork.db.before-restore-"), "{aside:?}");
    let app = world.open().await;
    assert_eq!(app.pipeline(world.pipeline).await.unwrap().name, "Form");
    assert_eq!(app.run(world.run).await.unwrap().status, RunStatus::Success);
    app.check_database().await.unwrap();
    close(app).await;

    // What was there before the restore can itself be opened.
    let old = world.folder.path().join("old");
    fs::create_dir(&old).unwrap();
    fs::rename(aside, old.join("brickwork.db")).unwrap();
    let app = App::open(AppConfig { queue: QueueRole::Look, ..AppConfig::new(&old) }).await.unwrap();
    assert_eq!(app.pipeline(world.pipeline).await.unwrap_err().code(), ErrorCode::NotFound);
    assert!(app.run(world.run).await.is_ok());
    close(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_machine_takes_a_backup() {
    let world = World::new().await;
    let config = AppConfig::new(world.folder.path().join("new").join("data"));
    let report = restore_backup(&config, &world.archive()).await.unwrap();
    assert_eq!((report.moved_aside, report.runs), (None, 1));
    let app = App::open(config).await.unwrap();
    assert!(app.run(world.run).await.is_ok());
    close(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_archives_are_refused_and_nothing_changes() {
    let world = World::new().await;
    let whole = fs::read(world.archive()).unwrap();
    let damaged = world.folder.path().join("damaged.zip");
    // The manifest's data lie at the beginning, behind its header; then come those of the database, and a short table.
    for at in [0, 100, whole.len() / 4, whole.len() / 2, whole.len() * 3 / 4] {
        let mut bytes = whole.clone();
        // One changed bit may leave the content as it is: a reference of the compression to another place with the same bytes.
        bytes[at..at + 64].iter_mut().for_each(|byte| *byte ^= 0x55);
        fs::write(&damaged, bytes).unwrap();
        world.refuses(&damaged, |_| true).await;
    }
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&damaged, &whole[..length]).unwrap();
        world.refuses(&damaged, |fault| matches!(fault, ArchiveFault::NoZip(_))).await;
    }
    world.refuses(&world.folder.path().join("missing.zip"), |fault| matches!(fault, ArchiveFault::Unreadable(_))).await;
    world.refuses(world.folder.path(), |_| true).await;

    // A flipped byte of the database under a right checksum of the zip.
    let (manifest, mut database) = world.entries();
    let manifest = manifest.to_string();
    let middle = database.len() / 2;
    database[middle] ^= 1;
    write_zip(&damaged, &[("manifest.json", manifest.as_bytes()), ("brickwork.db", &database)]);
    world.refuses(&damaged, |fault| matches!(fault, ArchiveFault::Hash)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_is_refused_and_nothing_changes() {
    let world = World::new().await;
    let (mut manifest, mut database) = world.entries();
    let archive = world.folder.path().join("newer.zip");
    let write = |manifest: &Value, database: &[u8]| {
        write_zip(&archive, &[("manifest.json", manifest.to_string().as_bytes()), ("brickwork.db", database)]);
    };
    let known = manifest["schema_version"].as_i64().unwrap();
    manifest["schema_version"] = json!(known + 1);
    write(&manifest, &database);
    world.refuses(&archive, |fault| matches!(fault, ArchiveFault::Newer { .. })).await;

    // The manifest hides what the database says.
    manifest["schema_version"] = json!(known);
    let newer = u32::try_from(known + 1).unwrap();
    database[USER_VERSION_AT..USER_VERSION_AT + 4].copy_from_slice(&newer.to_be_bytes());
    manifest["sha256"] = json!(sha256(&database));
    write(&manifest, &database);
    world.refuses(&archive, |fault| matches!(fault, ArchiveFault::Newer { .. })).await;

    manifest["format"] = json!(2);
    write(&manifest, &database);
    world.refuses(&archive, |fault| matches!(fault, ArchiveFault::Format(2))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_of_other_things_are_refused_and_nothing_changes() {
    let world = World::new().await;
    let (manifest, database) = world.entries();
    let text = manifest.to_string();
    let text = text.as_bytes();
    let archive = world.folder.path().join("odd.zip");
    for entries in [
        vec![],
        vec![("manifest.json", text)],
        vec![("manifest.json", text), ("brickwork.db", &database), ("more.txt", b"x")],
        vec![("manifest.json", text), ("../brickwork.db", &database)],
        vec![("manifest.json", text), ("/brickwork.db", &database)],
        vec![("manifest.json", text), ("Brickwork.db", &database)],
        vec![("./manifest.json", text), ("brickwork.db", &database)],
    ] {
        write_zip(&archive, &entries);
        world.refuses(&archive, |fault| matches!(fault, ArchiveFault::OtherEntries)).await;
    }
    let large = vec![b' '; 100 * 1024];
    write_zip(&archive, &[("manifest.json", &large), ("brickwork.db", &database)]);
    world.refuses(&archive, |fault| matches!(fault, ArchiveFault::Size)).await;
    write_zip(&archive, &[("manifest.json", b"{}"), ("brickwork.db", &database)]);
    world.refuses(&archive, |fault| matches!(fault, ArchiveFault::Manifest(_))).await;

    // Much that packs well, with a manifest that describes it rightly: refused at its first bytes.
    let zeros = vec![0; 64 << 20];
    let mut bomb = manifest.clone();
    bomb["database_bytes"] = json!(zeros.len());
    bomb["sha256"] = json!(sha256(&zeros));
    write_zip(&archive, &[("manifest.json", bomb.to_string().as_bytes()), ("brickwork.db", &zeros)]);
    assert!(archive.metadata().unwrap().len() < 1 << 20);
    world.refuses(&archive, |fault| matches!(fault, ArchiveFault::NoDatabase)).await;
    // A size that differs from the manifest's.
    let mut longer = database.clone();
    longer.extend([0; 10]);
    write_zip(&archive, &[("manifest.json", text), ("brickwork.db", &longer)]);
    world.refuses(&archive, |fault| matches!(fault, ArchiveFault::Size)).await;
    // Another program's database.
    let mut foreign = database.clone();
    foreign[68..72].copy_from_slice(b"LOVE");
    let mut manifest = manifest;
    manifest["sha256"] = json!(sha256(&foreign));
    write_zip(&archive, &[("manifest.json", manifest.to_string().as_bytes()), ("brickwork.db", &foreign)]);
    world.refuses(&archive, |fault| matches!(fault, ArchiveFault::NoDatabase)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_restored_while_a_program_uses_the_data() {
    let world = World::new().await;
    for queue in [QueueRole::Work, QueueRole::Look] {
        let app = App::open(AppConfig { queue, ..world.config() }).await.unwrap();
        let error = restore_backup(&world.config(), &world.archive()).await.unwrap_err();
        assert!(matches!(error, AppError::Backup(BackupError::InUse(_))), "{queue:?}: {error}");
        assert_eq!(error.code(), ErrorCode::Conflict);
        assert!(error.to_string().contains("Close Brickwork"), "{error}");
        assert!(app.run(world.run).await.is_ok(), "the program goes on");
        close(app).await;
        assert!(world.data().iter().all(|(name, _)| !name.contains("before-restore")));
    }
    restore_backup(&world.config(), &world.archive()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_overwrites_nothing_and_needs_a_place() {
    let world = World::new().await;
    let app = world.open().await;
    let taken = world.folder.path().join("letter.txt");
    fs::write(&taken, "precious").unwrap();
    let error = app.backup(&taken).await.unwrap_err();
    assert!(
        matches!(error, AppError::Backup(BackupError::Exists(_))) && error.code() == ErrorCode::Conflict,
        "{error}"
    );
    assert_eq!(fs::read_to_string(&taken).unwrap(), "precious");
    let missing = world.folder.path().join("missing").join("backup.zip");
    for (path, code) in [(Path::new("backup.zip"), "not_absolute"), (&missing, "no_folder")] {
        let error = app.backup(path).await.unwrap_err();
        let [found] = error.diagnostics() else { panic!("{error}") };
        assert_eq!((&*found.code, &*found.path), (code, "$.path"));
    }
    let names: Vec<_> = fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "data, backup.zip and letter.txt alone: {names:?}");
    close(app).await;
}
