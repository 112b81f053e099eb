//! `cargo xtask backend`: a further module of llama.cpp, built from the sources of the worker's own llama.cpp, so that a GPU
//! is used without building anything else again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace::Workspace;
use crate::{models, process, setup};

/// The package whose sources hold llama.cpp.
const SOURCES: &str = "llama-cpp-sys-2";

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// NVIDIA's GPUs; needs NVIDIA's toolkit (nvcc, cudart, cublas).
    Cuda,
    /// GPUs of all makers; its packages are installed on Debian and Ubuntu.
    Vulkan,
}

impl Kind {
    /// The kind of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "cuda" => Some(Self::Cuda),
            "vulkan" => Some(Self::Vulkan),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Vulkan => "vulkan",
        }
    }

    /// What switches it on in llama.cpp's build.
    const fn options(self) -> &'static [&'static str] {
        match self {
            // NCCL is for several GPUs that train together.
            Self::Cuda => &["-DGGML_CUDA=ON", "-DGGML_CUDA_NCCL=OFF"],
            Self::Vulkan => &["-DGGML_VULKAN=ON"],
        }
    }
}

/// Builds the module and puts it into the folder where the worker looks for further ones. `more` are further options for
/// CMake, e.g. `-DCMAKE_CUDA_ARCHITECTURES=90`.
///
/// # Errors
/// When the sources, a compiler or a toolkit are missing, or the build fails.
pub(crate) fn build(workspace: &Workspace, kind: Kind, more: &[String]) -> Result<()> {
    setup::run(if kind == Kind::Vulkan { setup::Purpose::Vulkan } else { setup::Purpose::Build })?;
    let sources = sources(workspace)?;
    let folder = workspace.target.join("backends").join(kind.name());
    let mut configure = workspace.command("cmake");
    configure.arg("-S").arg(&sources).arg("-B").arg(&folder);
    // The same kind of build as the worker's, without the processor's part.
    configure.args(["-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=ON", "-DGGML_BACKEND_DL=ON", "-DGGML_CPU=OFF"]);
    configure.args(["-DGGML_NATIVE=OFF", "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON", "-DCMAKE_INSTALL_RPATH=$ORIGIN"]);
    let parts = ["APP", "COMMON", "EXAMPLES", "SERVER", "TESTS", "TOOLS"];
    configure.args(parts.map(|part| format!("-DLLAMA_BUILD_{part}=OFF")));
    process::run(configure.args(kind.options()).args(more))?;
    let target = format!("ggml-{}", kind.name());
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).to_string();
    let mut build = workspace.command("cmake");
    process::run(build.arg("--build").arg(&folder).args([
        "--config",
        "Release",
        "--parallel",
        &jobs,
        "--target",
        &target,
    ]))?;
    let module = find(&folder, &file_name(&target))?;
    let place = place(workspace)?;
    fs::create_dir_all(&place).with_context(|| format!("{} could not be made", place.display()))?;
    let kept = place.join(file_name(&target));
    fs::copy(&module, &kept).with_context(|| format!("{} could not be written", kept.display()))?;
    println!("\nBackend: {} is in place. `brickwork doctor` tells whether it finds a device.", kept.display());
    Ok(())
}

/// Where the worker looks for further modules, by the same rule as the app's.
fn place(workspace: &Workspace) -> Result<PathBuf> {
    match workspace.folder("BRICKWORK_BACKENDS_DIR") {
        Some(folder) => Ok(folder.to_path_buf()),
        None => Ok(models::data_folder(workspace)?.join("backends")),
    }
}

fn file_name(target: &str) -> String {
    format!("{}{target}.{}", if cfg!(windows) { "" } else { "lib" }, if cfg!(windows) { "dll" } else { "so" })
}

/// The module, wherever below its folder this system's build leaves it.
fn find(folder: &Path, name: &str) -> Result<PathBuf> {
    for inner in ["bin", "bin/Release", "src", "lib"] {
        let path = folder.join(inner).join(name);
        if path.is_file() {
            return Ok(path);
        }
    }
    let kind = name.trim_start_matches("libggml-");
    let path = folder.join("src").join(format!("ggml-{}", kind.split('.').next().unwrap_or(kind))).join(name);
    if path.is_file() { Ok(path) } else { bail!("the build made no {name} below {}", folder.display()) }
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
}

/// The sources that the worker is built from.
fn sources(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = workspace.cargo();
    let text = process::capture(cargo.args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Metadata = serde_json::from_str(&text).context("cargo's metadata could not be read")?;
    let package = metadata.packages.into_iter().find(|package| package.name == SOURCES);
    let manifest = package.with_context(|| format!("cargo knows no package {SOURCES}"))?.manifest_path;
    Ok(manifest.parent().unwrap_or(Path::new("")).join("llama.cpp"))
}
