//! What llama.cpp logs: warnings and errors go to standard error, and the latest errors are kept, since llama.cpp tells
//! the reason of a failed load nowhere else. So are the sizes of the buffers that it allocates and the files of the
//! modules that it loads, which its interface for C does not tell either.
#![allow(unsafe_code, reason = "llama.cpp takes a C function for its log; the two calls state why they are sound")]

use std::ffi::{CStr, c_char, c_void};
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use llama_cpp_sys_2::{
    GGML_LOG_LEVEL_CONT, GGML_LOG_LEVEL_DEBUG, GGML_LOG_LEVEL_ERROR, GGML_LOG_LEVEL_WARN, ggml_log_level,
};

/// Environment variable: `debug` lets everything through that llama.cpp logs.
pub(crate) const LOG_VARIABLE: &str = "BRICKWORK_WORKER_LOG";

/// How many errors are kept.
const KEPT_ERRORS: usize = 16;

/// How many buffers are kept; a model has a few on each device.
const KEPT_BUFFERS: usize = 256;

/// How many loaded modules are kept.
const KEPT_MODULES: usize = 64;

/// What llama.cpp uses a buffer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Weights.
    Weights,
    /// Key/value cache, or the state of a recurrent model.
    Cache,
    /// Intermediate results and scores.
    Compute,
}

/// A buffer that llama.cpp allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Buffer {
    pub(crate) purpose: Purpose,
    pub(crate) size_bytes: u64,
}

struct Log {
    least: ggml_log_level,
    /// Level of the last message, which a continuation shares.
    last: ggml_log_level,
    errors: Vec<String>,
    buffers: Vec<Buffer>,
    /// Files of the modules that were loaded.
    modules: Vec<String>,
}

static LOG: Mutex<Log> = Mutex::new(Log {
    least: GGML_LOG_LEVEL_WARN,
    last: GGML_LOG_LEVEL_DEBUG,
    errors: Vec::new(),
    buffers: Vec::new(),
    modules: Vec::new(),
});

/// Sends llama.cpp's log here. Safe to call again after something replaced it.
pub(crate) fn install() {
    if std::env::var_os(LOG_VARIABLE).is_some_and(|value| value == "debug") {
        log().least = GGML_LOG_LEVEL_DEBUG;
    }
    // SAFETY: the function lives as long as the process and ignores the pointer, which is null.
    unsafe { llama_cpp_sys_2::llama_log_set(Some(on_message), std::ptr::null_mut()) };
}

/// Takes the errors that were logged since the last call, oldest first.
pub(crate) fn take_errors() -> Vec<String> {
    std::mem::take(&mut log().errors)
}

/// Takes the buffers that were allocated since the last call.
pub(crate) fn take_buffers() -> Vec<Buffer> {
    std::mem::take(&mut log().buffers)
}

/// Takes the files of the modules that were loaded since the last call.
pub(crate) fn take_modules() -> Vec<String> {
    std::mem::take(&mut log().modules)
}

/// The file of the module that a message tells of, as in `load_backend: loaded CPU backend from /x/libggml-cpu-x64.so`.
fn module(message: &str) -> Option<&str> {
    let (before, file) = message.trim_end().split_once(" backend from ")?;
    before.contains("loaded ").then_some(file)
}

/// The buffer that a message tells of, as in `load_tensors:   CPU_Mapped model buffer size =    92.10 MiB`.
fn buffer(message: &str) -> Option<Buffer> {
    let (before, size) = message.split_once(" buffer size = ")?;
    let purpose = match before.split_whitespace().next_back()? {
        "model" => Purpose::Weights,
        "KV" | "RS" => Purpose::Cache,
        "compute" | "output" => Purpose::Compute,
        _ => return None,
    };
    let (whole, hundredths) = size.trim().strip_suffix("MiB")?.trim().split_once('.')?;
    let hundredths: u64 = format!("{whole}{hundredths:0<2}").parse().ok()?;
    Some(Buffer { purpose, size_bytes: hundredths.checked_mul(1 << 20)? / 100 })
}

fn log() -> MutexGuard<'static, Log> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn on_message(level: ggml_log_level, text: *const c_char, _data: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: llama.cpp passes a text that ends with NUL and lives until this function returns.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let mut log = log();
    let level = if level == GGML_LOG_LEVEL_CONT { log.last } else { level };
    log.last = level;
    if level == GGML_LOG_LEVEL_ERROR && !text.trim().is_empty() {
        if log.errors.len() == KEPT_ERRORS {
            log.errors.remove(0);
        }
        log.errors.push(text.trim().to_owned());
    }
    if let Some(buffer) = buffer(&text)
        && log.buffers.len() < KEPT_BUFFERS
    {
        log.buffers.push(buffer);
    }
    if let Some(file) = module(&text)
        && log.modules.len() < KEPT_MODULES
    {
        log.modules.push(file.to_owned());
    }
    if level >= log.least {
        // A closed standard error must not stop inference.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loaded_modules_are_read_from_messages() {
        let loaded = "load_backend: loaded CPU backend from /a folder/libggml-cpu-haswell.so\n";
        assert_eq!(module(loaded), Some("/a folder/libggml-cpu-haswell.so"));
        assert_eq!(module("load_backend: failed to initialize backend from /x/libggml-cuda.so: no\n"), None);
        assert_eq!(module("load_tensors: loading\n"), None);
    }

    #[test]
    fn buffers_are_read_from_messages() {
        let check = |message: &str, expected: Option<(Purpose, u64)>| {
            let found = buffer(message).map(|buffer| (buffer.purpose, buffer.size_bytes));
            assert_eq!(found, expected, "{message}");
        };
        let mib = 1 << 20;
        check("load_tensors:   CPU_Mapped model buffer size =    92.50 MiB\n", Some((Purpose::Weights, 185 * mib / 2)));
        check("llama_kv_cache:        CPU KV buffer size =   180.00 MiB\n", Some((Purpose::Cache, 180 * mib)));
        check("llama_memory_recurrent:  CUDA0 RS buffer size =   1.00 MiB\n", Some((Purpose::Cache, mib)));
        check(
            "sched_reserve:        CPU compute buffer size =    27.25 MiB\n",
            Some((Purpose::Compute, 109 * mib / 4)),
        );
        check("llama_context:        CPU  output buffer size =     2.00 MiB\n", Some((Purpose::Compute, 2 * mib)));
        check("load: token to piece cache size = 0.3170 MB\n", None);
        check("x model buffer size = many MiB\n", None);
    }
}
