//! Lays llama.cpp's shared libraries and its modules for devices out in one folder, `backends`, beside the programs of this
//! build, and tells the worker to look there: first beside itself, then where a package puts them.
//!
//! The folder is all that has to go along with the worker. Further modules (CUDA, Vulkan) are files that are added to it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the worker looks for its libraries, from its own folder: beside it, beside the folder of test programs, and where
/// packages for Linux put a program's private libraries.
const FOLDERS: [&str; 3] = ["backends", "../backends", "../lib/brickwork/backends"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let (Some(modules), Some(profile)) = (variable("DEP_LLAMA_BACKENDS_DIR"), profile_folder()) else {
        println!(
            "cargo::error=llama-cpp-sys-2 did not tell where its modules are: it must be built with `dynamic-backends`"
        );
        return;
    };
    let built = modules.parent().unwrap_or(&modules);
    let folder = if windows() { profile } else { profile.join("backends") };
    let sources = [modules.clone(), built.join(if windows() { "bin" } else { "lib" })];
    if let Err(error) = sources.iter().try_for_each(|source| lay_out(source, &folder)) {
        println!("cargo::error=the libraries of llama.cpp could not be put into {}: {error}", folder.display());
    }
    let origin = match variable("CARGO_CFG_TARGET_OS").as_deref().and_then(Path::to_str) {
        Some("windows") => return,
        Some("macos") => "@loader_path",
        _ => "$ORIGIN",
    };
    for folder in FOLDERS {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{origin}/{folder}");
    }
}

/// Puts the shared libraries of `source` into `folder`, in place of those of an earlier build.
fn lay_out(source: &Path, folder: &Path) -> io::Result<()> {
    if !source.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(source)? {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|name| is_library(&name.to_string_lossy())) else { continue };
        let target = folder.join(name);
        match fs::remove_file(&target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // The names that programs ask for are links to the files; the same bytes serve under each of them.
        let file = fs::canonicalize(&path)?;
        if fs::hard_link(&file, &target).is_err() {
            fs::copy(&file, &target)?;
        }
    }
    Ok(())
}

fn is_library(name: &str) -> bool {
    [".so", ".dylib", ".dll"].iter().any(|ending| name.ends_with(ending)) || name.contains(".so.")
}

/// The folder of this profile's programs: `OUT_DIR` is `PROFILE/build/PACKAGE-HASH/out`.
fn profile_folder() -> Option<PathBuf> {
    Some(variable("OUT_DIR")?.ancestors().nth(3)?.to_path_buf())
}

fn windows() -> bool {
    variable("CARGO_CFG_TARGET_OS").is_some_and(|name| name.as_os_str() == "windows")
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}
