//! llama.cpp's own server, as `cargo xtask test` installs it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// The folder of the Python environment below the build folder; `crates/xtask/src/peer.rs` makes it.
const FOLDER: &str = "xllamacpp-2026.10.11549";

/// The model that it serves.
const MODEL: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// A running server, which ends when this is dropped.
pub(crate) struct Peer {
    pub(crate) url: String,
    child: Child,
    /// It ends when its standard input does.
    stdin: Option<ChildStdin>,
}

impl Peer {
    /// Starts the server with the default model; it asks for `key`.
    pub(crate) fn start(key: &str) -> Self {
        let mut child = Command::new(python())
            .arg(script())
            .arg(model())
            .arg(key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        // Its log is read to its end, so that the server never waits for a reader.
        let mut log = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = log.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let url = said.filter_map(|line| line.strip_prefix("LISTENING ").map(str::to_owned)).next();
        let stdin = child.stdin.take();
        let Some(url) = url else {
            drop(stdin);
            panic!("llama.cpp's server did not start:\n{}", log.join().unwrap());
        };
        Self { url, child, stdin }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This file is a part of the end-to-end tests too, whose package lies elsewhere.
fn script() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let from = package.ancestors().map(|folder| folder.join("crates/remote/tests/peer.py"));
    from.into_iter().find(|path| path.is_file()).expect("crates/remote/tests/peer.py is a part of the project")
}

fn python() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    // <build folder>/<profile>/deps/<this test>
    let target = program.ancestors().nth(3).unwrap();
    let programs = target.join(FOLDER).join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = programs.join(format!("python{}", std::env::consts::EXE_SUFFIX));
    assert!(
        python.is_file(),
        "llama.cpp's server is not installed at {}; `cargo xtask test` installs it, or `cargo xtask peer` alone",
        python.display()
    );
    python
}

fn model() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = named("BRICKWORK_MODELS_DIR")
        .or_else(|| named("BRICKWORK_DATA_DIR").map(|folder| folder.join("models")))
        .unwrap_or_else(|| {
            let folders = directories::ProjectDirs::from("dev", "brickwork", "brickwork").unwrap();
            folders.data_dir().join("models")
        });
    let path = folder.join(MODEL);
    assert!(path.is_file(), "the test model {} is missing; fetch it with: cargo xtask models", path.display());
    path
}
