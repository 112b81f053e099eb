//! `cargo xtask`: everything that builds, checks, tests and shows the project, on a machine that has Rust and Node.
//!
//! It has few dependencies, since it is compiled before anything else, and it holds none of the product's rules: it
//! calls cargo, npm, pip and the built binaries, and reads the source tree.

mod backend;
mod bench;
mod check;
mod contract;
mod counts;
mod demo;
mod hash;
mod lock;
mod models;
mod peer;
mod process;
mod python;
mod rust_source;
mod served;
mod setup;
mod suites;
mod ui;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

const HELP: &str = "\
Builds, checks, tests and shows Brickwork. Needs Rust and Node 20.19 or newer.

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  demo [--headless] [--out DIR]
          Sets the machine up, builds in release, fetches the default model, runs
          pipelines/react-component.json, exports its files (default: brickwork-demo in the
          project's folder) and opens the window on that run where there is a display.
          --headless: do not open the window
  test    Runs every test: Rust, documentation, web UI, API contract and the real window
  check [--quick]
          Format, lints, documentation, licences and the rules of ARCHITECTURE.md
          --quick: only what compiles nothing
  bench [ARM]
          Measures and prints a table, and keeps the figures below the build folder
          api: the HTTP interface with 1,000 connections beside a run
          ui: the window's start, memory and frame times
          yield: what comes of 50 small tasks on the default model, with gates and without
          t5gemma: T5Gemma against Hugging Face's transformers on the CPU; installs torch (6 GB)
          below the build folder, and is skipped where that cannot be had
          step, pipeline, copy, concurrent, cold: against llama-server, which is built below the
          build folder (10 minutes or more); BRICKWORK_BENCH_ROUNDS: how often (default: 5)
          slope: how the time to first token grows along a conversation
          store: pages of a history of 100,000 runs
  backend cuda|vulkan [--toolkit] [-DNAME=VALUE...]
          Builds llama.cpp's module for a kind of GPU and puts it where the worker finds it
          cuda: needs NVIDIA's toolkit; e.g. -DCMAKE_CUDA_ARCHITECTURES=90 builds for one kind
          --toolkit: where there is none, fetch it from PyPI into the build folder (530 MB)
  setup [--tests]
          Installs the system packages that are missing (Debian and Ubuntu)
          --tests: also what only the tests need
  ui      Installs the web UI's packages and builds it
  models [--all]
          Fetches the default model into the models folder and verifies it
          --all: also the second model, which only the tests need
  peer    Installs llama.cpp's own server below the build folder, which only the tests need
  lock    Completes the npm lock files with the packages of other platforms: run it after
          `npm install` where `npm ci` then says that packages are missing from the lock file
  help    Prints this

Environment:
  BRICKWORK_TARGET      build folder of every cargo call (default: ~/.cache/brickwork/target)
  BRICKWORK_DATA_DIR    the app's data folder, database and models
  BRICKWORK_MODELS_DIR  the models folder alone
  BRICKWORK_BACKENDS_DIR  the folder of further modules (default: backends in the data folder)

Exit codes: 0 done, 1 failed, 2 wrong usage
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Help,
    Demo { headless: bool, out: Option<PathBuf> },
    Test,
    Check { quick: bool },
    Bench { arm: Option<String> },
    Backend { kind: backend::Kind, options: Vec<String>, toolkit: bool },
    Setup { tests: bool },
    Ui,
    Models { all: bool },
    Lock,
    Peer,
}

fn main() -> ExitCode {
    let task = match parse(std::env::args_os().skip(1).collect()) {
        Ok(task) => task,
        Err(error) => {
            eprintln!("error: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match carry_out(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(task: Task) -> Result<()> {
    if task == Task::Help {
        print!("{HELP}");
        return Ok(());
    }
    let workspace = Workspace::find()?;
    workspace.remove_dead_links();
    match task {
        Task::Help => Ok(()),
        Task::Demo { headless, out } => demo::run(&workspace, headless, out),
        Task::Test => suites::run(&workspace),
        Task::Check { quick } => check::run(&workspace, quick),
        Task::Backend { kind, options, toolkit } => backend::build(&workspace, kind, &options, toolkit),
        Task::Bench { arm } => bench::run(&workspace, arm.as_deref()),
        Task::Setup { tests } => setup::run(if tests { setup::Purpose::Tests } else { setup::Purpose::Build }),
        Task::Ui => ui::build(&workspace),
        Task::Lock => lock::complete(&workspace),
        Task::Peer => peer::install(&workspace),
        Task::Models { all } => models::fetch(&workspace, all),
    }
}

/// Reads the arguments that follow `cargo xtask`.
fn parse(arguments: Vec<OsString>) -> Result<Task> {
    let mut arguments = arguments.into_iter();
    let Some(command) = arguments.next() else { bail!("no command was given") };
    let mut flags = Vec::new();
    let mut out = None;
    let mut arm: Option<String> = None;
    let mut options = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("-h" | "--help") => return Ok(Task::Help),
            Some("--out") if command == "demo" => match arguments.next() {
                Some(folder) => out = Some(PathBuf::from(folder)),
                None => bail!("--out needs a folder"),
            },
            Some(name) if command == "backend" && name.starts_with("-D") => options.push(name.to_owned()),
            Some(name)
                if matches!(command.to_str(), Some("bench" | "backend")) && !name.starts_with('-') && arm.is_none() =>
            {
                arm = Some(name.to_owned())
            }
            Some(flag) => flags.push(flag.to_owned()),
            None => bail!("{} is not an option", argument.to_string_lossy()),
        }
    }
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let (task, known) = match command.to_str().unwrap_or_default() {
        "help" | "-h" | "--help" => (Task::Help, ""),
        "demo" => (Task::Demo { headless: has("--headless"), out }, "--headless"),
        "test" => (Task::Test, ""),
        "check" => (Task::Check { quick: has("--quick") }, "--quick"),
        "bench" => (Task::Bench { arm }, ""),
        "backend" => match arm.as_deref().and_then(backend::Kind::named) {
            Some(kind) => {
                let known = if kind == backend::Kind::Cuda { "--toolkit" } else { "" };
                (Task::Backend { kind, options, toolkit: has("--toolkit") }, known)
            }
            None => bail!("name the kind of module: cuda or vulkan"),
        },
        "setup" => (Task::Setup { tests: has("--tests") }, "--tests"),
        "ui" => (Task::Ui, ""),
        "lock" => (Task::Lock, ""),
        "peer" => (Task::Peer, ""),
        "models" => (Task::Models { all: has("--all") }, "--all"),
        other => bail!("there is no command `{other}`"),
    };
    if let Some(flag) = flags.iter().find(|flag| *flag != known) {
        bail!("`{}` does not know `{flag}`", command.to_string_lossy());
    }
    Ok(task)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn read(line: &str) -> Result<Task> {
        parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn commands_and_their_options_are_read() {
        assert_eq!(read("demo").unwrap(), Task::Demo { headless: false, out: None });
        assert_eq!(
            read("demo --out here --headless").unwrap(),
            Task::Demo { headless: true, out: Some(PathBuf::from("here")) }
        );
        assert_eq!(read("models --all").unwrap(), Task::Models { all: true });
        assert_eq!(read("setup").unwrap(), Task::Setup { tests: false });
        assert_eq!(read("test --help").unwrap(), Task::Help);
        assert_eq!(read("bench").unwrap(), Task::Bench { arm: None });
        assert_eq!(read("bench api").unwrap(), Task::Bench { arm: Some("api".to_owned()) });
        let options = vec!["-DCMAKE_CUDA_ARCHITECTURES=90".to_owned()];
        assert_eq!(
            read("backend cuda -DCMAKE_CUDA_ARCHITECTURES=90").unwrap(),
            Task::Backend { kind: backend::Kind::Cuda, options, toolkit: false }
        );
        assert_eq!(
            read("backend cuda --toolkit").unwrap(),
            Task::Backend { kind: backend::Kind::Cuda, options: Vec::new(), toolkit: true }
        );
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        for line in [
            "",
            "bench --all",
            "bench api more",
            "dist",
            "backend",
            "backend metal",
            "backend cuda vulkan",
            "backend vulkan --toolkit",
            "bench -DX=1",
            "demo --out",
            "demo --all",
            "test --headless",
            "models --out x",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
