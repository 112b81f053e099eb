//! `cargo xtask test`: every suite, one after another, each to its end, and a sum that anyone can read.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::counts::{Counts, Reporter};
use crate::served::Server;
use crate::workspace::{TEST_FEATURES, Workspace, variable};
use crate::{contract, models, peer, process, setup, ui};

/// How one suite ended.
#[derive(Debug)]
struct Outcome {
    name: &'static str,
    passed: bool,
    counts: Option<Counts>,
    took: Duration,
}

/// Prepares the machine and runs every suite, also after a failure.
///
/// # Errors
/// When the preparation fails, or at least one suite.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    setup::run(setup::Purpose::Tests)?;
    ui::build(workspace)?;
    models::fetch(workspace, true)?;
    peer::install(workspace)?;
    build(workspace)?;
    let mut outcomes = vec![
        suite("Rust", rust(workspace)),
        suite("documentation", vec![(doc_tests(workspace), Reporter::CargoTest)]),
        suite("web UI", vec![(npm_test(workspace), Reporter::Vitest)]),
    ];
    outcomes.push(contract(workspace));
    if cfg!(target_os = "linux") {
        outcomes.push(window(workspace));
    } else {
        println!("\nThe window's end-to-end tests need WebKitGTK's driver: they run on Linux only.");
    }
    report(&outcomes)
}

/// Builds every binary and test in one call, so that the suites find the binaries and compile nothing again.
///
/// # Errors
/// When the build fails.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo();
    process::run(cargo.args(["build", "--workspace", "--bins", "--tests", "--features", TEST_FEATURES]))
}

/// nextest where it is installed, cargo's own runner elsewhere. nextest lists the tests of this package too.
fn rust(workspace: &Workspace) -> Vec<(Command, Reporter)> {
    let mut cargo = with_test_environment(workspace.cargo(), workspace);
    if process::succeeds(workspace.cargo().args(["nextest", "--version"])) {
        cargo.args(["nextest", "run", "--workspace", "--no-fail-fast", "--features", TEST_FEATURES]);
        return vec![(cargo, Reporter::Nextest)];
    }
    cargo.args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast", "--features", TEST_FEATURES]);
    vec![(cargo, Reporter::CargoTest)]
}

fn doc_tests(workspace: &Workspace) -> Command {
    let mut cargo = with_test_environment(workspace.cargo(), workspace);
    cargo.args(["test", "--doc", "--workspace", "--no-fail-fast", "--features", TEST_FEATURES]);
    cargo
}

fn npm_test(workspace: &Workspace) -> Command {
    let mut npm = ui::npm(workspace, &workspace.root.join("ui"));
    npm.arg("test");
    npm
}

/// The running server against its own description.
fn contract(workspace: &Workspace) -> Outcome {
    const NAME: &str = "API contract";
    let started = Instant::now();
    let prepared = Server::start(workspace, "debug", &[])
        .and_then(|server| contract::command(workspace, &server).map(|command| (server, command)));
    match prepared {
        // The server lives until the suite has ended.
        Ok((_server, command)) => suite(NAME, vec![(command, Reporter::Schemathesis)]),
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            Outcome { name: NAME, passed: false, counts: None, took: started.elapsed() }
        }
    }
}

/// The end-to-end tests in the real window, on a screen of their own.
fn window(workspace: &Workspace) -> Outcome {
    let started = Instant::now();
    let prepared = window_command(workspace);
    match prepared {
        Ok(command) => suite("window", vec![(command, Reporter::NodeTest)]),
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            Outcome { name: "window", passed: false, counts: None, took: started.elapsed() }
        }
    }
}

fn window_command(workspace: &Workspace) -> Result<Command> {
    let folder = workspace.root.join("tests").join("window");
    ui::install(workspace, &folder)?;
    let files = test_files(&folder)?;
    if files.is_empty() {
        bail!("there is no *.test.mjs in tests/window");
    }
    let mut command = on_own_screen(workspace, "debug");
    command.args(["node", "--test", "--test-concurrency=1"]).args(files).current_dir(&folder);
    Ok(command)
}

/// A command that runs what is added to it on a screen and a session bus of its own, with the programs of a profile
/// (`debug` or `release`).
pub(crate) fn on_own_screen(workspace: &Workspace, profile_folder: &str) -> Command {
    let mut command = with_test_environment(workspace.command("xvfb-run"), workspace);
    command.env("BRICKWORK_BIN_DIR", workspace.target.join(profile_folder));
    command.args(["-a", "-s", "-screen 0 2560x1440x24", "dbus-run-session", "--"]);
    // The program itself decides how it is drawn.
    command.env_remove("WEBKIT_DISABLE_DMABUF_RENDERER").env_remove("WEBKIT_DISABLE_COMPOSITING_MODE");
    command
}

fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} could not be read", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".test.mjs")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Variants of the processor's part that tests do without, unless this says otherwise: with AMX a token's scores depend on what else is in
/// its batch, and tests compare texts.
const AVOIDED_VARIABLE: &str = "BRICKWORK_AVOID_CPU";

/// Tests work in temporary data folders but share the one copy of the models.
fn with_test_environment(mut command: Command, workspace: &Workspace) -> Command {
    if let Ok(folder) = models::folder(workspace) {
        command.env("BRICKWORK_MODELS_DIR", folder);
    }
    if variable(AVOIDED_VARIABLE).is_none() {
        command.env(AVOIDED_VARIABLE, "sapphirerapids");
    }
    command.env("BRICKWORK_BIN_DIR", workspace.target.join("debug"));
    command
}

/// Runs the commands of one suite; it passes when all of them do.
fn suite(name: &'static str, commands: Vec<(Command, Reporter)>) -> Outcome {
    println!("\n── {name} ──");
    let started = Instant::now();
    let mut outcome = Outcome { name, passed: true, counts: None, took: Duration::ZERO };
    for (mut command, reporter) in commands {
        match process::tee(&mut command) {
            Ok((status, output)) => {
                outcome.passed &= status.success();
                if let Some(counts) = reporter.read(&output) {
                    *outcome.counts.get_or_insert_default() += counts;
                }
            }
            Err(error) => {
                eprintln!("error: {error:#}");
                outcome.passed = false;
            }
        }
    }
    outcome.took = started.elapsed();
    outcome
}

/// Prints each suite and the sum.
fn report(outcomes: &[Outcome]) -> Result<()> {
    println!("\n── Summary ──");
    for outcome in outcomes {
        println!("{}", line(outcome));
    }
    let sum = total(outcomes);
    if sum.skipped > 0 {
        println!("{} skipped", sum.skipped);
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    let failed: Vec<&str> = outcomes.iter().filter(|outcome| !outcome.passed).map(|outcome| outcome.name).collect();
    if failed.is_empty() {
        return Ok(());
    }
    bail!("these suites failed: {}", failed.join(", "))
}

fn line(outcome: &Outcome) -> String {
    let mark = if outcome.passed { "ok    " } else { "FAILED" };
    let counts = outcome.counts.map_or_else(
        || "no test was counted".to_owned(),
        |counts| format!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped),
    );
    format!("{mark}  {:<14} {counts}  ({:.0} s)", outcome.name, outcome.took.as_secs_f32())
}

/// The sum over the suites. A suite that failed without naming a failed test (it did not compile, it crashed) counts as
/// one failure.
fn total(outcomes: &[Outcome]) -> Counts {
    let mut sum = Counts::default();
    for outcome in outcomes {
        let mut counts = outcome.counts.unwrap_or_default();
        if !outcome.passed {
            counts.failed = counts.failed.max(1);
        }
        sum += counts;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(passed: bool, counts: Option<(u64, u64)>) -> Outcome {
        let counts = counts.map(|(passed, failed)| Counts { passed, failed, skipped: 0 });
        Outcome { name: "x", passed, counts, took: Duration::ZERO }
    }

    #[test]
    fn a_suite_that_failed_uncounted_is_one_failure() {
        let sum = total(&[outcome(true, Some((5, 0))), outcome(false, None), outcome(false, Some((2, 3)))]);
        assert_eq!((sum.passed, sum.failed), (7, 4));
    }

    #[test]
    fn the_report_fails_with_a_failed_suite() {
        assert!(report(&[outcome(true, Some((1, 0)))]).is_ok());
        assert!(report(&[outcome(true, Some((1, 0))), outcome(false, None)]).is_err());
    }
}
