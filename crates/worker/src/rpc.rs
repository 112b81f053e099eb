//! Devices of other machines, through llama.cpp's RPC: servers that a model's layers are put on, and this machine's devices
//! lent to others.
//!
//! llama.cpp waits for a server without a limit and ends its process when one does not answer, so a server is asked in our
//! own words before llama.cpp hears of it. What travels is not encrypted and nobody has to sign in: it is for networks
//! whose every machine is trusted.
#![allow(unsafe_code, reason = "llama.cpp offers RPC by C functions; each call states why it is sound")]

mod probe;

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_void};
use std::net::SocketAddr;

use brickwork_worker_protocol::FailureCode;
use llama_cpp_sys_2 as sys;

use crate::devices::{self, Known};
use crate::failure::Failure;

/// How llama.cpp names the module.
const MODULE: &CStr = c"RPC";

/// The servers that llama.cpp knows.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    /// Places of its devices in llama.cpp's list, by address.
    known: BTreeMap<String, Vec<usize>>,
}

impl Servers {
    /// The devices of the server at `address`, in llama.cpp's list. `is_in_use` says that a loaded model is spread over it,
    /// so that it needs not be asked whether it is there: it would not answer, since it serves one program at a time.
    ///
    /// # Errors
    /// [`FailureCode::ServerUnreachable`] when it is not there or speaks another version, [`FailureCode::LoadFailed`] when
    /// this build has no such module.
    pub(crate) fn devices(&mut self, address: &str, is_in_use: bool) -> Result<Vec<usize>, Failure> {
        if !is_in_use {
            probe::ask(address)?;
        }
        if let Some(devices) = self.known.get(address) {
            return Ok(devices.clone());
        }
        let before = devices::known().len();
        add(address)?;
        let added: Vec<usize> = devices::known().into_iter().skip(before).map(|Known { index, .. }| index).collect();
        self.known.insert(address.to_owned(), added.clone());
        Ok(added)
    }
}

/// Makes the devices of a server llama.cpp's own.
fn add(address: &str) -> Result<(), Failure> {
    type AddServer = unsafe extern "C" fn(*const c_char) -> sys::ggml_backend_reg_t;

    let function = function(c"ggml_backend_rpc_add_server")?;
    // SAFETY: llama.cpp's header gives the function of this name this type.
    let add_server = unsafe { std::mem::transmute::<*mut c_void, AddServer>(function) };
    let text = CString::new(address).map_err(|_| probe::unusable(address, "it is no address"))?;
    // SAFETY: the text ends with NUL and outlives the call; what is returned is null or lives as long as the process.
    unsafe {
        let module = add_server(text.as_ptr());
        if module.is_null() {
            return Err(probe::unusable(address, "it has no devices"));
        }
        sys::ggml_backend_register(module);
    }
    Ok(())
}

/// Lends this machine's devices at `address` until the process is ended: those that `names` names, all without any. The
/// processor alone is lent where there is nothing else.
///
/// # Errors
/// When there is no such device, or the server ended by itself, whose reason llama.cpp has printed.
pub(crate) fn serve(address: SocketAddr, names: &[String], threads: u32) -> Result<(), String> {
    type StartServer = unsafe extern "C" fn(*const c_char, *const c_char, usize, usize, *mut sys::ggml_backend_dev_t);

    let known = devices::known();
    let lent = lent(&known, names)?;
    let function = function(c"ggml_backend_rpc_start_server").map_err(|failure| failure.message)?;
    // SAFETY: llama.cpp's header gives the function of this name this type.
    let start_server = unsafe { std::mem::transmute::<*mut c_void, StartServer>(function) };
    let endpoint = CString::new(address.to_string()).map_err(|error| error.to_string())?;
    // SAFETY: the places come from llama.cpp's list.
    let mut devices: Vec<_> = lent.iter().map(|device| unsafe { sys::ggml_backend_dev_get(device.index) }).collect();
    // SAFETY: the address ends with NUL, the list has the length that is told, and both outlive the call. Without a folder
    // for a cache nothing is written.
    unsafe {
        start_server(endpoint.as_ptr(), std::ptr::null(), threads as usize, devices.len(), devices.as_mut_ptr());
        // What it printed comes before what is said about its end.
        libc::fflush(std::ptr::null_mut());
    }
    Err(format!("The RPC server at {address} ended. Is the address taken by another program?"))
}

fn lent<'a>(known: &'a [Known], names: &[String]) -> Result<Vec<&'a Known>, String> {
    if names.is_empty() {
        let gpus: Vec<&Known> = known.iter().filter(|device| device.is_gpu()).collect();
        return Ok(if gpus.is_empty() { known.iter().take(1).collect() } else { gpus });
    }
    let find = |name: &String| {
        known.iter().find(|device| device.name == *name).ok_or_else(|| {
            let all: Vec<&str> = known.iter().map(|device| device.name.as_str()).collect();
            format!("There is no device `{name}`. Choose one of: {}.", all.join(", "))
        })
    };
    names.iter().map(find).collect()
}

/// One of the module's functions.
fn function(name: &CStr) -> Result<*mut c_void, Failure> {
    let missing = || Failure::new(FailureCode::LoadFailed, "This build of the worker has no module for RPC servers.");
    // SAFETY: the names end with NUL, and what is returned is null or lives as long as the process.
    let function = unsafe {
        let module = sys::ggml_backend_reg_by_name(MODULE.as_ptr());
        if module.is_null() {
            return Err(missing());
        }
        sys::ggml_backend_reg_get_proc_address(module, name.as_ptr())
    };
    if function.is_null() { Err(missing()) } else { Ok(function) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use brickwork_worker_protocol::DeviceKind;

    use super::*;

    #[test]
    fn graphics_processors_are_lent_before_the_processor() {
        let device = |index, name: &str, kind| Known { index, name: name.to_owned(), module: "M".to_owned(), kind };
        let (gpu, cpu) = (device(0, "CUDA0", DeviceKind::Gpu), device(1, "CPU", DeviceKind::Cpu));
        let check = |known: &[Known], names: &[&str], expected: Option<&[&str]>| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let lent =
                lent(known, &names).map(|lent| lent.iter().map(|device| device.name.clone()).collect::<Vec<_>>());
            assert_eq!(lent.ok(), expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect()));
        };
        let both = [gpu, cpu.clone()];
        check(&both, &[], Some(&["CUDA0"]));
        check(&both, &["CPU"], Some(&["CPU"]));
        check(&[cpu], &[], Some(&["CPU"]));
        check(&both, &["CUDA1"], None);
    }
}
