//! `cargo xtask backend`: a further module of llama.cpp, built from the sources of the worker's own llama.cpp, so that a GPU
//! is used without building anything else again.

mod toolkit;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace::{Workspace, variable};
use crate::{models, process, setup};

/// The oldest headers that llama.cpp's module for Vulkan compiles with: 1.3.272, which brought layer settings.
const LEAST_VULKAN_HEADER: u32 = 272;

/// The package whose sources hold llama.cpp.
const SOURCES: &str = "llama-cpp-sys-2";

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// NVIDIA's GPUs; needs NVIDIA's toolkit (nvcc, cudart, cublas), which can be fetched.
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
/// CMake, e.g. `-DCMAKE_CUDA_ARCHITECTURES=90`; with `fetch_toolkit` NVIDIA's toolkit is fetched where there is none.
///
/// # Errors
/// When the sources, a compiler or a toolkit are missing, or the build fails.
pub(crate) fn build(workspace: &Workspace, kind: Kind, more: &[String], fetch_toolkit: bool) -> Result<()> {
    setup::run(if kind == Kind::Vulkan { setup::Purpose::Vulkan } else { setup::Purpose::Build })?;
    if kind == Kind::Vulkan {
        check_vulkan_headers()?;
    }
    let toolkit = if kind == Kind::Cuda { toolkit::options(workspace, more, fetch_toolkit)? } else { Vec::new() };
    let sources = sources(workspace)?;
    let folder = workspace.target.join("backends").join(kind.name());
    let mut configure = workspace.command("cmake");
    configure.arg("-S").arg(&sources).arg("-B").arg(&folder);
    // The same kind of build as the worker's, without the processor's part.
    configure.args(["-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=ON", "-DGGML_BACKEND_DL=ON", "-DGGML_CPU=OFF"]);
    configure.args(["-DGGML_NATIVE=OFF", "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON", "-DCMAKE_INSTALL_RPATH=$ORIGIN"]);
    let parts = ["APP", "COMMON", "EXAMPLES", "SERVER", "TESTS", "TOOLS"];
    configure.args(parts.map(|part| format!("-DLLAMA_BUILD_{part}=OFF")));
    process::run(configure.args(kind.options()).args(toolkit).args(more))?;
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

/// Headers that are too old fail only in the middle of a long build.
fn check_vulkan_headers() -> Result<()> {
    let sdk = variable("VULKAN_SDK").map(|folder| PathBuf::from(folder).join("include"));
    let header = sdk.unwrap_or_else(|| PathBuf::from("/usr/include")).join("vulkan").join("vulkan_core.h");
    // Elsewhere CMake finds them, or says that it does not.
    let Ok(text) = fs::read_to_string(&header) else { return Ok(()) };
    match header_version(&text) {
        Some(version) if version < LEAST_VULKAN_HEADER => bail!(
            "{} is of version {version}, and llama.cpp needs {LEAST_VULKAN_HEADER} (of 1.3.{LEAST_VULKAN_HEADER}) or newer (Debian 13 and Ubuntu \
             24.04 have it). Set VULKAN_SDK to the folder of a newer Vulkan SDK, or to one in which `include`, `share` and `lib` are \
             those of newer packages (libvulkan-dev and spirv-headers).",
            header.display()
        ),
        _ => Ok(()),
    }
}

/// The last number of a header's version. It grows through all versions: 1.4 began at 303.
fn header_version(text: &str) -> Option<u32> {
    let number = |line: &str| line.strip_prefix("#define VK_HEADER_VERSION ")?.trim().parse().ok();
    text.lines().find_map(number)
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
struct Package {
    name: String,
    manifest_path: PathBuf,
}

/// The sources that the worker is built from.
fn sources(workspace: &Workspace) -> Result<PathBuf> {
    let packages: Vec<Package> = workspace.packages(&["--locked"])?;
    let package = packages.into_iter().find(|package| package.name == SOURCES);
    let manifest = package.with_context(|| format!("cargo knows no package {SOURCES}"))?.manifest_path;
    Ok(manifest.parent().unwrap_or(Path::new("")).join("llama.cpp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_vulkan_headers_is_read() {
        let text = "// x\n#define VK_HEADER_VERSION_COMPLETE VK_MAKE_API_VERSION(0, 1, 3, VK_HEADER_VERSION)\n#define VK_HEADER_VERSION 239\n";
        assert_eq!(header_version(text), Some(239));
        assert_eq!(header_version("#define VK_API 1\n"), None);
    }

    #[test]
    fn modules_have_the_names_that_the_worker_looks_for() {
        if cfg!(target_os = "linux") {
            assert_eq!(file_name("ggml-cuda"), "libggml-cuda.so");
        }
        assert_eq!((Kind::named("cuda"), Kind::named("metal")), (Some(Kind::Cuda), None));
    }
}
