//! Names of files to export: what is let through is a path below the folder on every system, whoever joins it.
#![no_main]

use std::path::{Component, Path};

use brickwork_artifacts::{check_path, relative_path};
use brickwork_export::check_name;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let name = String::from_utf8_lossy(data);
    if check_name(&name).is_ok() {
        assert!(Path::new(&*name).components().all(|part| matches!(part, Component::Normal(_))), "{name:?}");
        assert!(!name.contains(['\\', ':', '\0']) && !name.contains("..") || !name.split('/').any(|part| part == ".."));
        let first = name.split('/').next().unwrap_or_default();
        assert!(!first.eq_ignore_ascii_case(".git") && !first.starts_with('~'), "{name:?}");
        for part in name.split('/') {
            assert!(!part.is_empty() && part.len() <= 255 && !part.ends_with(['.', ' ']), "{name:?}");
        }
    }
    if let Ok(path) = relative_path(&name) {
        assert!(check_path(&path).is_ok(), "{path:?}");
    }
});
