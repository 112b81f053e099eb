//! The system packages that building and testing need.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// What compiles the project: llama.cpp, the window's webview, the model download.
const BUILD_PACKAGES: [&str; 9] = [
    "build-essential",
    "cmake",
    "libayatana-appindicator3-dev",
    "libclang-dev",
    "librsvg2-dev",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "pkg-config",
    "python3-pip",
];

/// What drives the real window without a screen and a browser beside it, a keyring, and Python's environments for the
/// client that tries the server and for a server of models. `xvfb-run` needs `xauth`, which its package only recommends.
const TEST_PACKAGES: [&str; 8] =
    ["chromium", "chromium-driver", "dbus", "gnome-keyring", "python3-venv", "webkit2gtk-driver", "xauth", "xvfb"];

/// What loads the server in benches, which also drive the window.
const BENCH_PACKAGES: [&str; 1] = ["wrk"];

/// What compiles llama.cpp's module for Vulkan.
const VULKAN_PACKAGES: [&str; 3] = ["glslc", "libvulkan-dev", "spirv-headers"];

/// What the packages are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To build and run.
    Build,
    /// To build, run and test.
    Tests,
    /// To build and measure.
    Bench,
    /// To build a module for Vulkan.
    Vulkan,
}

/// Installs what is missing on Debian and Ubuntu; names what is needed on another Linux; does nothing elsewhere.
///
/// # Errors
/// When packages are missing and this user may not install them; the message holds the command that does.
pub(crate) fn run(purpose: Purpose) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let wanted = wanted(purpose);
    if !has_apt() {
        println!("System packages: this is not Debian or Ubuntu, so nothing is installed. The equivalents of these");
        println!("Debian packages are needed: {}", wanted.join(" "));
        return Ok(());
    }
    let missing = missing(&wanted, &installed(&wanted));
    if missing.is_empty() {
        println!("System packages: all {} are installed.", wanted.len());
        return Ok(());
    }
    println!("System packages: missing {}", missing.join(" "));
    let Some(prefix) = privilege() else {
        bail!(
            "system packages are missing and cannot be installed without a password. Run this, then try again:\n\n  \
             sudo apt-get update && sudo apt-get install -y --no-install-recommends {}\n",
            missing.join(" ")
        );
    };
    process::run(apt(prefix).arg("update"))?;
    process::run(apt(prefix).args(["install", "-y", "--no-install-recommends"]).args(&missing))
}

fn wanted(purpose: Purpose) -> Vec<&'static str> {
    let more: &[&[&str]] = match purpose {
        Purpose::Build => &[],
        Purpose::Tests => &[&TEST_PACKAGES],
        Purpose::Bench => &[&TEST_PACKAGES, &BENCH_PACKAGES],
        Purpose::Vulkan => &[&VULKAN_PACKAGES],
    };
    BUILD_PACKAGES.iter().chain(more.iter().copied().flatten()).copied().collect()
}

fn has_apt() -> bool {
    process::succeeds(Command::new("apt-get").arg("--version"))
        && process::succeeds(Command::new("dpkg-query").arg("--version"))
}

/// What `dpkg-query` prints about the packages: a status and a name a line. It fails when it knows one of them not at
/// all, and still prints the others.
fn installed(packages: &[&str]) -> String {
    let output =
        Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status} ${Package}\\n"]).args(packages).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

/// The packages of `wanted` that the report does not call installed.
fn missing<'a>(wanted: &[&'a str], report: &str) -> Vec<&'a str> {
    let has = |package: &str| report.lines().any(|line| line.strip_prefix("installed ") == Some(package));
    wanted.iter().copied().filter(|package| !has(package)).collect()
}

/// The words before `apt-get`: none for root, `sudo -n` where it asks for no password.
fn privilege() -> Option<&'static [&'static str]> {
    let is_root = process::capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if is_root {
        return Some(&[]);
    }
    process::succeeds(Command::new("sudo").args(["-n", "true"])).then_some(&["sudo", "-n"])
}

fn apt(prefix: &[&str]) -> Command {
    let words: Vec<&str> = prefix.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_that_are_fully_installed_count() {
        let report = "installed cmake\nconfig-files xvfb\nnot-installed dbus\ninstalled libssl-dev\n";
        assert_eq!(missing(&["cmake", "xvfb", "dbus", "xauth", "libssl-dev"], report), ["xvfb", "dbus", "xauth"]);
        assert!(missing(&["cmake"], report).is_empty());
    }
}
