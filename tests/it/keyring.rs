//! Keys in a real keyring: GNOME's, on a session bus of the test's own.

use std::process::{Command, Stdio};

use brickwork_tests::{Home, program};
use serde_json::{Value, json};

/// Unlocks a new keyring with an empty password, then keeps a key in one process and looks for it in another.
const SCRIPT: &str = r#"
set -eu
printf '\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
printf 'sk-kept-by-gnome\n' | "$BRICKWORK" remote key "$URL" --json
"$BRICKWORK" models bind CodeGemma --remote "$URL" --model m >/dev/null
"$BRICKWORK" models list --json
"$BRICKWORK" remote key "$URL" --remove --json
"$BRICKWORK" models list --json
"#;

#[test]
fn row_35_a_key_outlives_its_program_in_the_systems_keyring() {
    let home = Home::new();
    let folder = home.path("home");
    std::fs::create_dir_all(&folder).unwrap();
    let url = "http://127.0.0.1:9/v1";
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", SCRIPT])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", &folder)
        .env("XDG_RUNTIME_DIR", &folder)
        .env("BRICKWORK", program("brickwork"))
        .env("BRICKWORK_DATA_DIR", home.data_dir())
        .env("URL", url)
        .stdin(Stdio::null())
        .output()
        .expect("dbus-run-session and gnome-keyring are needed: cargo xtask setup --tests");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}\n{log}");
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0], json!({ "origin": "http://127.0.0.1:9", "has_key": true, "kept_in": "keyring" }), "{log}");
    let has_key = |models: &Value| models["models"][1]["binding"]["remote"]["has_key"].clone();
    assert_eq!(has_key(&lines[1]), json!(true), "another program finds it");
    assert_eq!(lines[2]["has_key"], json!(false));
    assert_eq!(has_key(&lines[3]), json!(false), "it is gone");
    assert!(!said.contains("sk-kept") && !log.contains("sk-kept"));
}
