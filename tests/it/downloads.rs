//! `brickwork models search|pull|transfers` against a hub on the loopback interface, killed and interrupted.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use brickwork_tests::Home;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::hub_server::{Fault, GOOD_TOKEN, HubServer, UNLICENSED_TOKEN, noise};

const REPOSITORY: &str = "owner/tiny-GGUF";
const FILE: &str = "tiny.Q4_0.gguf";
const NAME: &str = "owner/tiny-GGUF:Q4_0";

/// A hub with one file, and a data folder with an empty models folder whose programs know that hub alone.
struct World {
    server: HubServer,
    home: Home,
    models: TempDir,
}

impl World {
    fn new(bytes: &[u8], token: Option<&str>) -> Self {
        let server = HubServer::start();
        server.add(REPOSITORY, FILE, bytes.to_vec());
        let models = tempfile::tempdir().unwrap();
        let mut home = Home::with_models(models.path()).with_variable("HF_ENDPOINT", server.url());
        if let Some(token) = token {
            home = home.with_variable("HF_TOKEN", token);
        }
        Self { server, home, models }
    }

    fn file(&self) -> PathBuf {
        self.models.path().join(FILE)
    }

    /// Bytes of the download that has not ended.
    fn arrived(&self) -> u64 {
        let transfers = self.home.run(&["models", "transfers", "--json"]).expect_code(0).json();
        transfers["transfers"][0]["done_bytes"].as_u64().unwrap_or(0)
    }
}

#[test]
fn row_17_a_download_that_is_killed_50_times_is_right_in_the_end() {
    let bytes = noise(60_000_000);
    let world = World::new(&bytes, None);
    world.server.limit(8_000_000);
    let begun = Instant::now();
    let mut kills_with_progress = 0;
    for i in 0..50_u64 {
        let sent = world.server.sent();
        let mut pull = world.home.watch(&["models", "pull", NAME, "--json"]);
        // Some die before their first byte, most in the middle; the last moments differ from kill to kill.
        if i % 10 != 9 {
            let limit = Instant::now();
            while world.server.sent() == sent && limit.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        std::thread::sleep(Duration::from_millis(i * 7 % 90));
        pull.kill();
        kills_with_progress += u32::from(world.server.sent() > sent);
        assert!(!world.file().exists(), "nothing is listed before it is whole");
    }
    assert!(kills_with_progress >= 40, "{kills_with_progress} of 50 were killed in the middle");
    let arrived = world.arrived();
    assert!(arrived > 0 && arrived < bytes.len() as u64, "{arrived} bytes have arrived");
    world.server.limit(0);
    let sent = world.server.sent();
    let result = world.home.run(&["models", "pull", NAME, "--json"]).expect_code(0).result();
    assert_eq!((&result["state"], &result["model_id"]), (&json!("done"), &json!("tiny.Q4_0")));
    assert!(std::fs::read(world.file()).unwrap() == bytes, "the file is right");
    assert_eq!(world.server.sent() - sent, bytes.len() as u64 - arrived, "what had arrived was not fetched again");
    assert!(!world.models.path().join(".downloads").exists(), "nothing is left");
    println!("50 kills took {:?}, {kills_with_progress} of them in the middle", begun.elapsed());
}

#[cfg(unix)]
#[test]
fn ctrl_c_pauses_and_the_same_command_goes_on() {
    let bytes = noise(4_000_000);
    let world = World::new(&bytes, None);
    world.server.limit(2_000_000);
    let mut pull = world.home.watch(&["models", "pull", NAME, "--json"]);
    pull.wait_for("progress", |line| line["done_bytes"].as_u64() > Some(100_000));
    pull.interrupt();
    pull.wait().expect_code(5).expect_stderr(&["paused", "brickwork models pull owner/tiny-GGUF:Q4_0"]);
    let listed = world.home.run(&["models", "transfers", "--json"]).expect_code(0).json();
    let left = &listed["transfers"][0];
    assert_eq!((&left["state"], &left["total_bytes"]), (&json!("paused"), &json!(4_000_000)));
    world.server.limit(0);
    let done = world.home.run(&["models", "pull", NAME]).expect_code(0);
    assert!(done.stdout.contains("tiny.Q4_0 is at"), "{}", done.stdout);
    assert!(std::fs::read(world.file()).unwrap() == bytes);
    let ranges = world.server.seen_files();
    assert_eq!(ranges.len(), 2);
    assert!(ranges[1].header("range").is_some(), "it went on where it was");
    // The next one is cancelled instead.
    std::fs::remove_file(world.file()).unwrap();
    world.server.limit(1_000_000);
    let mut pull = world.home.watch(&["models", "pull", &format!("{REPOSITORY}/{FILE}"), "--json"]);
    let line = pull.wait_for("progress", |line| line["done_bytes"].as_u64() > Some(0));
    let id = line["id"].as_str().unwrap().to_owned();
    let seen: Value = world.home.run(&["models", "transfers", "--json"]).expect_code(0).json();
    assert_eq!(seen["transfers"][0]["state"], "running", "another program sees it");
    world.home.run(&["models", "transfers", "cancel", &id]).expect_code(3).expect_stderr(&["Another program"]);
    pull.kill();
    world.home.run(&["models", "transfers", "cancel", &id]).expect_code(0);
    assert!(!world.models.path().join(".downloads").exists());
}

#[test]
fn several_models_come_with_one_command() {
    let world = World::new(&noise(2_000), None);
    let other = noise(3_000);
    world.server.add("owner/other-GGUF", "other.Q8_0.gguf", other.clone());
    let names = [NAME, "owner/other-GGUF:Q8_0"];
    // Nothing is fetched before every name is understood.
    world.home.run(&["models", "pull", NAME, "owner/none-GGUF"]).expect_stderr(&["owner/none-GGUF"]);
    assert!(!world.file().exists());
    let done = world.home.run(&[&["models", "pull"], &names[..]].concat()).expect_code(0);
    assert!(done.stdout.contains("tiny.Q4_0 is at") && done.stdout.contains("other.Q8_0 is at"), "{}", done.stdout);
    assert!(std::fs::read(world.models.path().join("other.Q8_0.gguf")).unwrap() == other);
}

#[test]
fn what_goes_wrong_is_told_plainly() {
    let world = World::new(&noise(1000), None);
    world.server.gate(REPOSITORY);
    world.home.run(&["models", "pull", NAME]).expect_code(3).expect_stderr(&["signed in", "token"]);
    world.home.run(&["models", "pull", "no-such-model"]).expect_code(3).expect_stderr(&["catalog"]);
    world.home.run(&["models", "pull", "../x/y"]).expect_code(3);
    world.home.run(&["models", "search", "tiny", "--hub"]).expect_code(0);

    let world = World::new(&noise(1000), Some(UNLICENSED_TOKEN));
    world.server.gate(REPOSITORY);
    let page = format!("{}/{REPOSITORY}", world.server.url());
    world.home.run(&["models", "pull", NAME]).expect_code(3).expect_stderr(&["licence", &page]);

    let world = World::new(&noise(1000), Some(GOOD_TOKEN));
    world.server.gate(REPOSITORY);
    world.home.run(&["models", "pull", &format!("{REPOSITORY}:Q8_0")]).expect_code(3).expect_stderr(&["Q4_0"]);
    world.server.always(Fault::Flip(5));
    world.home.run(&["models", "pull", NAME]).expect_code(4).expect_stderr(&["SHA-256", "removed"]);
    assert!(!world.file().exists());
    world.server.always(Fault::None);
    world.home.run(&["models", "pull", NAME]).expect_code(0);
    assert!(world.file().exists());

    let World { home, server, .. } = world;
    drop(server);
    home.run(&["models", "search", "tiny"]).expect_code(0);
    home.run(&["models", "search", "tiny", "--hub"]).expect_code(4).expect_stderr(&["hub", "work without it"]);
}

#[test]
fn the_catalog_is_searched_first() {
    let world = World::new(&noise(10), None);
    let found = world.home.run(&["models", "search", "smollm2", "--json"]).expect_code(0).json();
    assert_eq!(found["catalog"][0]["id"], "smollm2-135m-instruct");
    assert_eq!(found["hub"], Value::Null);
    assert_eq!(world.server.seen().len(), 0, "nothing goes over the network unasked");
    let shown = world.home.run(&["models", "search", "t5gemma"]).expect_code(0);
    for expected in ["8192 tokens", "of memory", "to be accepted on the hub first"] {
        assert!(shown.stdout.contains(expected), "`{expected}` is missing in:\n{}", shown.stdout);
    }
    let found = world.home.run(&["models", "search", "TINY", "--hub", "--json"]).expect_code(0).json();
    assert_eq!(found["hub"]["repositories"][0]["repository"], REPOSITORY);
}

#[test]
fn the_hub_is_chosen_on_the_command_line() {
    let world = World::new(&noise(10), None);
    let hub = |args: &[&str]| world.home.run(&[&["hub"], args, &["--json"]].concat()).expect_code(0).json();
    let mirror = "https://mirror.example/hf";
    let set = hub(&["set", "--endpoint", mirror, "--max-downloads", "3", "--speed-limit", "500"]);
    assert_eq!(set, hub(&["show"]));
    assert_eq!((&set["endpoint"], &set["stored_endpoint"]), (&json!(world.server.url()), &json!(mirror)));
    assert_eq!((&set["max_downloads"], &set["speed_limit_kib_s"]), (&json!(3), &json!(500)));
    let set = hub(&["set", "--speed-limit", "0"]);
    assert_eq!((&set["speed_limit_kib_s"], &set["stored_endpoint"]), (&Value::Null, &json!(mirror)), "the rest stays");
    assert_eq!(hub(&["set", "--endpoint", "default"])["stored_endpoint"], Value::Null);
    world.home.run(&["hub", "set"]).expect_code(2);
    world.home.run(&["hub", "set", "--max-downloads", "9"]).expect_code(3).expect_stderr(&["from 1 to 8"]);
    // The tests' programs have no keyring, and a program that ends keeps nothing in memory.
    world.home.run_with_input(&["hub", "token"], "hf_x\n").expect_code(4).expect_stderr(&["no keyring", "HF_TOKEN"]);
}
