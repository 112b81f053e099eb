//! What the worker may know of this program's environment: what a native program needs to run, and how its numeric
//! libraries are tuned. Everything else stays here, tokens and passwords above all.

use std::ffi::{OsStr, OsString};

const NAMES: [&str; 21] = [
    "PATH",
    "HOME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "PATHEXT",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
    "NVIDIA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "RUST_BACKTRACE",
    "BRICKWORK_WORKER_LOG",
    "BRICKWORK_BACKENDS_DIR",
];

const PREFIXES: [&str; 7] = ["LC_", "OMP_", "KMP_", "GOMP_", "GGML_", "CUDA_", "VK_"];

/// How long threads of a parallel computation spin before they sleep, for GNU's and for LLVM's OpenMP library. Their
/// defaults assume a machine that does nothing else: beside a build or a browser the spinning threads take the processor
/// from the one that they wait for, and a token takes up to 30 times as long. A short spin keeps the full speed of an idle
/// machine, which sleeping at once would halve. The user's own settings win.
const SPINNING: [(&str, &str); 2] = [("GOMP_SPINCOUNT", "500"), ("KMP_BLOCKTIME", "0")];

/// The worker's environment: the variables of `all` that are passed on, and how threads wait.
pub(crate) fn for_worker(all: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let mut passed: Vec<_> = all.filter(|(name, _)| is_passed_on(name)).collect();
    if passed.iter().all(|(name, _)| name != "OMP_WAIT_POLICY") {
        for (name, value) in SPINNING {
            if passed.iter().all(|(known, _)| known != name) {
                passed.push((name.into(), value.into()));
            }
        }
    }
    passed
}

fn is_passed_on(name: &OsStr) -> bool {
    // Names of variables know no case on Windows, and are written in many ways there.
    let Some(name) = name.to_str().map(|name| if cfg!(windows) { name.to_uppercase() } else { name.to_owned() }) else {
        return false;
    };
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_passed_on() {
        let all = [
            "PATH",
            "LC_ALL",
            "OMP_NUM_THREADS",
            "HF_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "SSH_AUTH_SOCK",
            "BRICKWORK_TOKEN",
        ];
        assert_eq!(names_for_worker(&all), ["PATH", "LC_ALL", "OMP_NUM_THREADS", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"]);
    }

    #[test]
    fn the_users_settings_of_waiting_threads_win() {
        assert_eq!(names_for_worker(&["OMP_WAIT_POLICY"]), ["OMP_WAIT_POLICY"]);
        assert_eq!(names_for_worker(&["GOMP_SPINCOUNT"]), ["GOMP_SPINCOUNT", "KMP_BLOCKTIME"]);
    }

    fn names_for_worker(all: &[&str]) -> Vec<String> {
        let variables = for_worker(all.iter().map(|name| (OsString::from(name), OsString::from("x"))));
        variables.into_iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
    }
}
