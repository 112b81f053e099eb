//! What llama.cpp logs: warnings and errors go to standard error, and the latest errors are kept, since llama.cpp tells
//! the reason of a failed load nowhere else.
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

struct Log {
    least: ggml_log_level,
    /// Level of the last message, which a continuation shares.
    last: ggml_log_level,
    errors: Vec<String>,
}

static LOG: Mutex<Log> = Mutex::new(Log { least: GGML_LOG_LEVEL_WARN, last: GGML_LOG_LEVEL_DEBUG, errors: Vec::new() });

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
    if level >= log.least {
        // A closed standard error must not stop inference.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}
