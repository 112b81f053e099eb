//! The parts of llama.cpp that drive devices: modules that are loaded when the worker starts.
//!
//! llama.cpp ships the processor's part in many variants, of which the best for this machine is taken, and the parts for
//! GPUs as files that may be there or not. They lie in one folder beside the worker, and in a second one that the program
//! may name for modules that were added later. Modules are looked for nowhere else; above all not in the current folder.
#![allow(unsafe_code, reason = "llama.cpp loads modules by C functions; each call states why it is sound")]

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_int};
use std::path::{Path, PathBuf};

use brickwork_worker_protocol::Module;
use llama_cpp_sys_2 as sys;

use crate::log;

/// Environment variable that names a folder with further modules.
const MORE_VARIABLE: &str = "BRICKWORK_BACKENDS_DIR";

/// Environment variable that names variants of the processor's part that must not be taken, with commas between them, e.g.
/// `sapphirerapids`. The program sets it when the processor turned out not to run one.
const AVOIDED_VARIABLE: &str = "BRICKWORK_AVOID_CPU";

/// Where the worker's own modules are, from the folder of its program; `build.rs` tells the linker the same.
const FOLDERS: [&str; 3] = ["backends", "../backends", "../lib/brickwork/backends"];

/// Loads the modules, once. What could not be loaded, or finds no device, is told with the reason; that is no fault as long as
/// the processor has its part.
///
/// # Errors
/// When there is no part for this processor.
pub(crate) fn load() -> Result<Vec<Module>, String> {
    let own = own_folder().ok_or("the folder `backends` with llama.cpp's modules is missing beside the worker")?;
    log::take_modules();
    let avoided = std::env::var(AVOIDED_VARIABLE).unwrap_or_default();
    if avoided.is_empty() {
        load_best_of_each(&own);
    } else {
        load_processor_without(&own, &avoided.split(',').collect::<Vec<_>>());
    }
    let mut files = files(&own);
    if let Some(more) = std::env::var_os(MORE_VARIABLE).filter(|value| !value.is_empty()) {
        for (name, file) in self::files(Path::new(&more)) {
            if kind(&name) != "cpu" {
                files.entry(name).or_insert(file);
            }
        }
    }
    let mut modules: Vec<Module> = log::take_modules().into_iter().map(loaded).collect();
    if modules.iter().all(|module| kind(&module.name) != "cpu") {
        return Err(format!("no module in {} serves this processor", own.display()));
    }
    for (name, file) in files {
        if modules.iter().all(|module| kind(&module.name) != kind(&name)) {
            modules.push(load_one(name, &file));
        }
    }
    Ok(modules)
}

/// Loads, of each kind of module in `folder`, the one that suits this machine best.
fn load_best_of_each(folder: &Path) {
    let Some(folder) = c_path(folder) else { return };
    // SAFETY: the text ends with NUL and outlives the call; nothing else uses llama.cpp yet.
    unsafe { sys::ggml_backend_load_all_from_path(folder.as_ptr()) };
}

/// Loads the variant of the processor's part that suits this machine best among those that are not `avoided`.
fn load_processor_without(folder: &Path, avoided: &[&str]) {
    let variants = modules_in(folder).filter(|(name, _)| kind(name) == "cpu");
    let allowed = variants.filter(|(name, _)| avoided.iter().all(|variant| name.strip_prefix("cpu-") != Some(variant)));
    let best = allowed.map(|(name, file)| (score(&file), name, file)).max();
    if let Some((1.., _, file)) = best
        && let Some(file) = c_path(&file)
    {
        // SAFETY: the text ends with NUL and outlives the call; nothing else uses llama.cpp yet.
        unsafe { sys::ggml_backend_load(file.as_ptr()) };
    }
}

/// How well a variant suits this machine, by its own judgement; 0 when it does not run here.
fn score(file: &Path) -> c_int {
    // SAFETY: the file is one of our own libraries, whose initialisation does nothing but register functions. Each variant has
    // this function, without arguments and with this result (`ggml_backend_score_t` in llama.cpp's `ggml-backend-impl.h`); it is
    // called before the library is closed.
    unsafe {
        let Ok(library) = libloading::Library::new(file) else { return 0 };
        library.get::<unsafe extern "C" fn() -> c_int>(b"ggml_backend_score\0").map_or(0, |score| score())
    }
}

fn load_one(name: String, file: &Path) -> Module {
    let path = file.display().to_string();
    log::take_errors();
    let is_loaded = c_path(file).is_some_and(|file| {
        // SAFETY: the text ends with NUL and outlives the call; nothing else uses llama.cpp yet.
        !unsafe { sys::ggml_backend_load(file.as_ptr()) }.is_null()
    });
    let said = log::take_errors().pop();
    let problem = if is_loaded {
        is_idle(kind(&name)).then(|| without_devices(said))
    } else {
        Some(said.unwrap_or_else(|| "nothing on this system suits it".to_owned()))
    };
    Module { name, path, problem }
}

fn loaded(path: String) -> Module {
    let name = name_of(Path::new(&path)).unwrap_or_else(|| path.clone());
    let problem = is_idle(kind(&name)).then(|| without_devices(None));
    Module { name, path, problem }
}

/// Why a module that was loaded is of no use, with what it `said` about it.
fn without_devices(said: Option<String>) -> String {
    match said {
        Some(said) => format!("it finds no device that it can drive ({said})"),
        None => "it finds no device that it can drive: either there is none, or its driver is missing".to_owned(),
    }
}

/// Whether the loaded module of that kind drives no device. That of RPC servers gets its devices later, and one that llama.cpp
/// knows by another name is left alone.
fn is_idle(kind: &str) -> bool {
    if kind == "rpc" {
        return false;
    }
    // SAFETY: the function only reads a list, which nothing changes meanwhile.
    let count = unsafe { sys::ggml_backend_reg_count() };
    (0..count).any(|index| {
        // SAFETY: the index is below the count; modules and their names live as long as the process.
        unsafe {
            let module = sys::ggml_backend_reg_get(index);
            let name = CStr::from_ptr(sys::ggml_backend_reg_name(module));
            name.to_string_lossy().eq_ignore_ascii_case(kind) && sys::ggml_backend_reg_dev_count(module) == 0
        }
    })
}

fn own_folder() -> Option<PathBuf> {
    let program = std::env::current_exe().and_then(std::fs::canonicalize).ok()?;
    let beside = program.parent()?;
    if cfg!(windows) {
        return Some(beside.to_path_buf());
    }
    FOLDERS.iter().map(|folder| beside.join(folder)).find(|folder| folder.is_dir())
}

/// The modules in a folder, by name. Of the processor's variants none is among them: the best one was taken.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    modules_in(folder).filter(|(name, _)| kind(name) != "cpu").collect()
}

/// All modules in a folder.
fn modules_in(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((name_of(&entry.path())?, entry.path())))
}

/// `cuda` for `libggml-cuda.so`; `None` for files that are no modules.
fn name_of(path: &Path) -> Option<String> {
    let ending = if cfg!(windows) { "dll" } else { "so" };
    let name = path.file_name()?.to_str()?.strip_suffix(ending)?.strip_suffix('.')?;
    let name = name.strip_prefix(if cfg!(windows) { "ggml-" } else { "libggml-" })?;
    (name != "base").then(|| name.to_owned())
}

/// `cpu` for `cpu-haswell`.
fn kind(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
}

fn c_path(path: &Path) -> Option<CString> {
    CString::new(path.to_str()?).ok()
}

#[cfg(all(test, not(windows)))]
mod tests {
    use super::*;

    #[test]
    fn modules_are_told_from_the_libraries_beside_them() {
        let check = |file: &str, expected: Option<&str>| {
            assert_eq!(name_of(&Path::new("/x").join(file)).as_deref(), expected, "{file}");
        };
        check("libggml-cuda.so", Some("cuda"));
        check("libggml-cpu-sapphirerapids.so", Some("cpu-sapphirerapids"));
        check("libggml-base.so", None);
        check("libggml-base.so.0", None);
        check("libggml.so", None);
        check("libllama.so", None);
        check("notes.txt", None);
        assert_eq!(kind("cpu-haswell"), "cpu");
        assert_eq!(kind("vulkan"), "vulkan");
    }
}
