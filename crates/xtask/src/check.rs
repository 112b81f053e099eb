//! `cargo xtask check`: format, lints, documentation, and the project's own rules, each proved and each named.
//!
//! Every check runs, also after a failure, so that one call shows everything that is to be mended.

mod architecture;
mod licences;
mod openapi;
mod pipelines;
mod reliability;
mod rooms;
mod sources;

use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::{TEST_FEATURES, Workspace};
use crate::{process, setup, ui};

/// What a check found wrong, one sentence each; empty when all is well.
type Faults = Vec<String>;

/// A check's name and what carries it out.
type Check = (&'static str, fn(&Workspace) -> Result<Faults>);

/// The checks that compile nothing.
const QUICK: [Check; 11] = [
    ("format", format),
    ("file sizes", sources::sizes),
    ("module documentation", sources::module_docs),
    ("unsafe only in the worker", sources::unsafe_code),
    ("engine and artifacts are pure", sources::purity),
    ("rooms use only what they may", rooms::dependencies),
    ("engine and artifacts depend on no I/O", rooms::purity),
    ("ARCHITECTURE.md names what exists", architecture::paths),
    ("reliability table", reliability::table),
    ("licences and sources of crates", licences::crates),
    ("cargo deny", cargo_deny),
];

/// The checks that need the web UI's packages or a compiled workspace.
const THOROUGH: [Check; 7] = [
    ("web UI", web_ui),
    ("clippy", clippy),
    ("documentation builds", documentation),
    ("pipeline schema is current", pipelines::schema),
    ("shipped pipelines are valid", pipelines::valid),
    ("OpenAPI file is current", openapi::document),
    ("UI bindings are current", openapi::bindings),
];

/// Runs every check, or only those that compile nothing.
///
/// # Errors
/// When the machine cannot be set up or at least one check finds a fault.
pub(crate) fn run(workspace: &Workspace, quick: bool) -> Result<()> {
    let mut checks = QUICK.to_vec();
    if !quick {
        setup::run(setup::Purpose::Build)?;
        ui::build(workspace)?;
        checks.extend(THOROUGH);
    }
    let failed: Vec<&str> = checks.iter().filter(|check| !passes(workspace, check)).map(|(name, _)| *name).collect();
    println!("\n── Summary ──");
    println!("{} of {} checks passed", checks.len() - failed.len(), checks.len());
    if failed.is_empty() {
        return Ok(());
    }
    bail!("these checks failed: {}", failed.join("; "))
}

/// Runs one check and shows what it found.
fn passes(workspace: &Workspace, (name, check): &Check) -> bool {
    println!("\n── {name} ──");
    let faults = check(workspace).unwrap_or_else(|error| vec![format!("{error:#}")]);
    for fault in &faults {
        println!("  {fault}");
    }
    println!("{}  {name}", if faults.is_empty() { "ok    " } else { "FAILED" });
    faults.is_empty()
}

/// A check that is a command: its failure is the only fault.
fn command(command: &mut Command) -> Result<Faults> {
    Ok(process::run(command).err().map(|error| format!("{error:#}")).into_iter().collect())
}

fn format(workspace: &Workspace) -> Result<Faults> {
    command(workspace.cargo().args(["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Result<Faults> {
    let mut cargo = workspace.cargo();
    cargo.args(["clippy", "--workspace", "--all-targets", "--features", TEST_FEATURES, "--", "-D", "warnings"]);
    command(&mut cargo)
}

fn documentation(workspace: &Workspace) -> Result<Faults> {
    let mut cargo = workspace.cargo();
    cargo.args(["doc", "--workspace", "--no-deps", "--features", TEST_FEATURES]).env("RUSTDOCFLAGS", "-Dwarnings");
    command(&mut cargo)
}

fn web_ui(workspace: &Workspace) -> Result<Faults> {
    command(ui::npm(workspace, &workspace.root.join("ui")).args(["run", "check"]))
}

/// The bans, licences and sources of `deny.toml`. The built-in check holds the licences and sources in any case.
fn cargo_deny(workspace: &Workspace) -> Result<Faults> {
    if !process::succeeds(workspace.cargo().args(["deny", "--version"])) {
        println!(
            "not run: cargo-deny is not installed (`cargo install cargo-deny`); the built-in check above stands in"
        );
        return Ok(Faults::new());
    }
    command(workspace.cargo().args(["deny", "--offline", "check", "bans", "licenses", "sources"]))
}
