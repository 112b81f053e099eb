//! The reader of folders of safetensors files. The first byte chooses which file of a sound folder has the input: the
//! weights as they are, the weights' header, the configuration, or the index.
#![no_main]

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::Write;

use brickwork_models::safetensors::read_folder;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

thread_local! {
    static FOLDER: RefCell<TempDir> = RefCell::new(folder());
}

/// What is needed beside the file that has the input.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(folder.path().join("tokenizer.json"), "{}").expect("it can be written");
    folder
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else { return };
    FOLDER.with_borrow(|folder| {
        let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).expect("it can be written");
        let _ = fs::remove_file(folder.path().join("model.safetensors"));
        write("config.json", include_bytes!("../seeds/config.json"));
        match mode % 4 {
            0 => write("model.safetensors", data),
            1 => {
                let (sizes, header) = data.split_at(data.len().min(4));
                let mut n_bytes = [0; 4];
                n_bytes[..sizes.len()].copy_from_slice(sizes);
                let path = folder.path().join("model.safetensors");
                let mut file = File::create(path).expect("it can be made");
                file.write_all(&(header.len() as u64).to_le_bytes()).expect("it can be written");
                file.write_all(header).expect("it can be written");
                let size_bytes = 8 + header.len() as u64 + u64::from(u32::from_le_bytes(n_bytes) % (1 << 20));
                file.set_len(size_bytes).expect("it can be longer");
            }
            2 => {
                write("config.json", data);
                write("model.safetensors", b"\x02\0\0\0\0\0\0\0{}");
            }
            _ => write("model.safetensors.index.json", data),
        }
        if let Err(error) = read_folder(folder.path()) {
            assert!(error.to_string().len() < 100_000);
        }
    });
});
