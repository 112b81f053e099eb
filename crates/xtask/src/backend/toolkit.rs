//! NVIDIA's compiler and libraries for CUDA: those of this machine, or fetched as Python packages into the build folder.
//!
//! The packages hold what an installed toolkit does but for links, which are added, and the driver's stub, without which
//! ggml maps no memory by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::python::Environment;
use crate::workspace::{Workspace, variable};

/// Packages on PyPI that fit together, by name and version; the first one names the folder. They are under NVIDIA's licence.
const PACKAGES: [(&str, &str); 6] = [
    ("nvidia-cuda-nvcc", "13.0.88"),
    ("nvidia-cuda-crt", "13.0.88"),
    ("nvidia-nvvm", "13.0.88"),
    ("nvidia-cuda-runtime", "13.0.96"),
    ("nvidia-cuda-cccl", "13.0.85"),
    ("nvidia-cublas", "13.1.0.3"),
];

/// Where the packages lay out the toolkit, below Python's folder of packages.
const INSIDE: [&str; 2] = ["nvidia", "cu13"];

/// Options for CMake that name the compiler: none where one is installed or `given` names one. With `fetch` a missing one is
/// fetched.
///
/// # Errors
/// When there is none and it may not be fetched, or cannot be.
pub(super) fn options(workspace: &Workspace, given: &[String], fetch: bool) -> Result<Vec<String>> {
    let is_named = given.iter().any(|option| option.starts_with("-DCMAKE_CUDA_COMPILER"));
    if is_named || is_installed() {
        return Ok(Vec::new());
    }
    if !fetch {
        bail!(
            "NVIDIA's compiler nvcc was not found. Install NVIDIA's CUDA toolkit and put it on the PATH, name it with \
             -DCMAKE_CUDA_COMPILER=PATH, or add --toolkit: then it is fetched from PyPI into the build folder (530 MB, under \
             NVIDIA's licence)."
        );
    }
    if !cfg!(target_os = "linux") {
        bail!("--toolkit works on Linux only: install NVIDIA's CUDA toolkit");
    }
    let root = fetched(workspace)?;
    let (compiler, root) = (root.join("bin").join("nvcc").display().to_string(), root.display().to_string());
    Ok(vec![
        format!("-DCMAKE_CUDA_COMPILER={compiler}"),
        format!("-DCUDAToolkit_ROOT={root}"),
        // There is no stub of the driver to link against.
        "-DGGML_CUDA_NO_VMM=ON".to_owned(),
        // The libraries are nowhere that a system looks.
        format!("-DCMAKE_INSTALL_RPATH=$ORIGIN;{root}/lib"),
    ])
}

/// Whether CMake finds a compiler by itself.
fn is_installed() -> bool {
    let default = Path::new("/usr/local/cuda/bin/nvcc").is_file();
    default || variable("CUDACXX").is_some() || process::succeeds(Command::new("nvcc").arg("--version"))
}

/// The toolkit's folder, fetched unless it is there.
fn fetched(workspace: &Workspace) -> Result<PathBuf> {
    let nvcc = |environment: &Environment| {
        root(environment).is_ok_and(|root| Environment::says(&root.join("bin/nvcc"), &["--version"], PACKAGES[0].1))
    };
    let environment = Environment::with(workspace, &PACKAGES, nvcc)?;
    let root = root(&environment)?;
    link(&root)?;
    Ok(root)
}

/// Where a toolkit lies in an environment.
fn root(environment: &Environment) -> Result<PathBuf> {
    let packages = environment.packages()?;
    let root = INSIDE.iter().fold(packages, |folder, name| folder.join(name));
    if root.is_dir() { Ok(root) } else { bail!("the packages laid out no toolkit at {}", root.display()) }
}

/// Adds the names under which a compiler and a linker look for the libraries: `lib64`, and `libx.so` for `libx.so.13`.
fn link(root: &Path) -> Result<()> {
    let libraries = root.join("lib");
    add_link("lib".as_ref(), &root.join("lib64"))?;
    for entry in fs::read_dir(&libraries).with_context(|| format!("{} could not be read", libraries.display()))? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if let Some((stem, _)) = text.split_once(".so.") {
            add_link(name.as_ref(), &libraries.join(format!("{stem}.so")))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn add_link(to: &Path, at: &Path) -> Result<()> {
    match std::os::unix::fs::symlink(to, at) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("{} could not be linked", at.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn add_link(_to: &Path, at: &Path) -> Result<()> {
    bail!("{} cannot be linked on this system", at.display())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn libraries_get_the_names_that_a_linker_looks_for() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("lib")).unwrap();
        for name in ["libcudart.so.13", "libcublasLt.so.13", "libcudadevrt.a"] {
            fs::write(root.path().join("lib").join(name), name).unwrap();
        }
        for _again in 0..2 {
            link(root.path()).unwrap();
            let found = fs::read_to_string(root.path().join("lib64/libcublasLt.so")).unwrap();
            assert_eq!(found, "libcublasLt.so.13");
        }
        assert!(!root.path().join("lib/libcudadevrt.so").exists());
    }
}
