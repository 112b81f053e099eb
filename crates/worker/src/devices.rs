//! Where models can run: the devices that the loaded modules drive, those of other machines left aside.
//!
//! llama.cpp counts the devices of RPC servers among its own. Asking one of them for its memory is a request over the
//! network that ends this process when the server is gone, so only loading a model there ever speaks with them.
#![allow(unsafe_code, reason = "llama.cpp lists devices by C functions; each call states why it is sound")]

use std::ffi::{CStr, c_char};

use brickwork_worker_protocol::{Device, DeviceKind};
use llama_cpp_sys_2 as sys;

/// One of llama.cpp's devices, without what would have to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its place in llama.cpp's list.
    pub(crate) index: usize,
    pub(crate) name: String,
    /// The module that drives it.
    pub(crate) module: String,
    pub(crate) kind: DeviceKind,
}

impl Known {
    /// Whether it belongs to another machine.
    pub(crate) fn is_remote(&self) -> bool {
        self.module.starts_with("RPC")
    }

    /// Whether layers can be put on it.
    pub(crate) const fn is_gpu(&self) -> bool {
        matches!(self.kind, DeviceKind::Gpu | DeviceKind::IntegratedGpu)
    }
}

/// All devices that llama.cpp knows.
pub(crate) fn known() -> Vec<Known> {
    // SAFETY: the function only reads a list that changes on this program's inference thread alone, as all callers are.
    let count = unsafe { sys::ggml_backend_dev_count() };
    let one = |index| {
        // SAFETY: the index is below the count. Devices and their modules live as long as the process, and their names too.
        unsafe {
            let device = sys::ggml_backend_dev_get(index);
            let module = sys::ggml_backend_dev_backend_reg(device);
            let kind = match sys::ggml_backend_dev_type(device) {
                sys::GGML_BACKEND_DEVICE_TYPE_CPU => DeviceKind::Cpu,
                sys::GGML_BACKEND_DEVICE_TYPE_GPU => DeviceKind::Gpu,
                sys::GGML_BACKEND_DEVICE_TYPE_IGPU => DeviceKind::IntegratedGpu,
                _ => DeviceKind::Accelerator,
            };
            let name = text(sys::ggml_backend_dev_name(device));
            Known { index, name, module: text(sys::ggml_backend_reg_name(module)), kind }
        }
    };
    (0..count).map(one).collect()
}

/// Where models can run on this machine, with what is free now.
pub(crate) fn local() -> Vec<Device> {
    let describe = |known: Known| {
        let (mut free, mut total) = (0, 0);
        // SAFETY: the index comes from llama.cpp's list, the places for the sizes outlive the call, and the description
        // lives as long as the device.
        let description = unsafe {
            let device = sys::ggml_backend_dev_get(known.index);
            sys::ggml_backend_dev_memory(device, &raw mut free, &raw mut total);
            text(sys::ggml_backend_dev_description(device))
        };
        Device {
            name: known.name,
            description,
            kind: known.kind,
            backend: known.module,
            memory_total_bytes: total as u64,
            memory_free_bytes: free as u64,
        }
    };
    known().into_iter().filter(|device| !device.is_remote()).map(describe).collect()
}

/// A copy of one of llama.cpp's texts.
///
/// # Safety
/// `text` is null or ends with NUL and lives until the call returns.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
