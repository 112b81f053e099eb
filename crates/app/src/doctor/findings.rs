//! From what was seen to findings, each with what to do about it.

use brickwork_engine::Phrase;

use super::{DoctorReport, Finding, FindingLevel};
use crate::fit::Verdict;
use crate::said::Said;

/// Room on a disk below which little can be stored, in bytes.
const LITTLE_ROOM_BYTES: u64 = 2 << 30;

/// The findings of `report`. `worker` and `database` say what is wrong with those, and `graphics` who made the graphics
/// cards that are present.
pub(super) fn of(
    report: &DoctorReport,
    worker: Option<Said>,
    database: Option<Said>,
    graphics: &[&str],
) -> Vec<Finding> {
    let mut found = vec![self::worker(report, worker)];
    found.extend(processor(report));
    found.extend(modules(report));
    found.extend(gpus(report, graphics));
    found.push(memory(report));
    found.extend(folders(report));
    found.push(model_files(report));
    found.extend(roles(report));
    found.push(match database {
        None => ok("database", "Database", "It is whole.").saying(Phrase::new("doctor_database_whole")),
        Some(problem) => error(
            "database",
            "Database",
            problem.text,
            "Restore a backup with `brickwork data restore`, and keep the present file aside.",
        )
        .saying(within("doctor_database_fault", problem.phrase)),
    });
    found.push(match report.secrets {
        "keyring" => ok("secrets", "Keys and tokens", "They are kept in the keyring of this system.")
            .saying(Phrase::new("doctor_keyring")),
        _ => finding(
            "secrets",
            FindingLevel::Info,
            "Keys and tokens",
            "This system offers no keyring, so they are kept in memory until the program ends.",
            Some("Start a keyring (the Secret Service on Linux), or enter them anew after each start."),
        )
        .saying(Phrase::new("doctor_no_keyring")),
    });
    found
}

fn finding(
    code: &'static str,
    level: FindingLevel,
    title: impl Into<String>,
    detail: impl Into<String>,
    remedy: Option<&str>,
) -> Finding {
    let remedy = remedy.map(str::to_owned);
    Finding { code, level, title: title.into(), detail: detail.into(), remedy, name: None, phrase: None }
}

impl Finding {
    /// The finding, whose detail and remedy are `phrase` in other languages.
    fn saying(mut self, phrase: impl Into<Option<Phrase>>) -> Self {
        self.phrase = phrase.into();
        self
    }

    /// The finding about the thing called `name`, which its title holds.
    fn about(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }
}

/// The sentence `reason`, within which the sentence `fault` stands with what it names.
fn within(reason: &str, fault: Option<Phrase>) -> Option<Phrase> {
    fault.map(|Phrase { reason: fault, params }| Phrase { reason: reason.to_owned(), params }.with("fault", fault))
}

fn ok(code: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Finding {
    finding(code, FindingLevel::Ok, title, detail, None)
}

fn error(code: &'static str, title: impl Into<String>, detail: impl Into<String>, remedy: &str) -> Finding {
    finding(code, FindingLevel::Error, title, detail, Some(remedy))
}

fn worker(report: &DoctorReport, problem: Option<Said>) -> Finding {
    let worker = &report.worker;
    match problem {
        None => {
            let version = worker.version.as_deref().unwrap_or("?");
            let llama = worker.llama_version.as_deref().unwrap_or("?");
            let detail = format!(
                "Version {version} with {llama}, protocol {}, answered after {} ms.",
                worker.protocol,
                worker.start_ms.unwrap_or(0)
            );
            let phrase = Phrase::new("doctor_worker").with("version", version).with("llama", llama);
            let phrase = phrase.with("protocol", worker.protocol).with("ms", worker.start_ms.unwrap_or(0));
            ok("worker", "Model worker", detail).saying(phrase)
        }
        Some(problem) => error(
            "worker",
            "Model worker",
            problem.text,
            "Install Brickwork again, or set BRICKWORK_WORKER to the path of brickwork-worker.",
        )
        .saying(within("doctor_worker_fault", problem.phrase)),
    }
}

fn processor(report: &DoctorReport) -> Option<Finding> {
    let features = &report.cpu.features;
    if cfg!(target_arch = "x86_64") && !features.contains(&"avx2") {
        let detail = format!("{} has no AVX2 instructions, so models are slow on it.", report.cpu.name);
        let remedy = "Choose small models, or a machine with a newer processor.";
        let phrase = Phrase::new("doctor_no_avx2").with("processor", &report.cpu.name);
        return Some(finding("processor", FindingLevel::Warn, "Processor", detail, Some(remedy)).saying(phrase));
    }
    let cores = report.cpu.physical_cores.unwrap_or(report.cpu.logical_cores);
    let threads = report.worker.threads.map_or_else(String::new, |threads| format!(", {threads} of which compute"));
    let variant = report.modules.iter().find(|module| module.used && module.name.starts_with("cpu"));
    let variant = variant.map_or_else(String::new, |module| {
        format!(" Computed with llama.cpp's {}, the best of its variants for this processor.", module.name)
    });
    let detail = format!("{}: {cores} cores{threads}; {}.{variant}", report.cpu.name, features.join(", "));
    let phrase = Phrase::new(match (report.worker.threads, variant.is_empty()) {
        (None, true) => "doctor_processor",
        (None, false) => "doctor_processor_variant",
        (Some(_), true) => "doctor_processor_threads",
        (Some(_), false) => "doctor_processor_threads_variant",
    });
    let phrase = phrase.with("processor", &report.cpu.name).with("cores", cores).with("features", features.join(", "));
    let phrase = report.worker.threads.into_iter().fold(phrase, |phrase, threads| phrase.with("threads", threads));
    let module = report.modules.iter().find(|module| module.used && module.name.starts_with("cpu"));
    let phrase = module.into_iter().fold(phrase, |phrase, module| phrase.with("variant", &module.name));
    Some(ok("processor", "Processor", detail).saying(phrase))
}

/// The modules that are there and not in use.
fn modules(report: &DoctorReport) -> Vec<Finding> {
    let unused = report.modules.iter().filter_map(|module| Some((module, module.problem.as_ref()?)));
    unused
        .map(|(module, problem)| {
            let detail = format!("{} is not in use: {problem}.", module.path);
            let remedy = "Install the driver and the libraries that it names, or remove the file.";
            let phrase = Phrase::new("doctor_module").with("path", &module.path).with("cause", problem);
            finding("module", FindingLevel::Warn, format!("Module {}", module.name), detail, Some(remedy))
                .saying(phrase)
                .about(&module.name)
        })
        .collect()
}

fn gpus(report: &DoctorReport, graphics: &[&str]) -> Vec<Finding> {
    let gpus = report.devices.iter().filter(|device| matches!(device.kind, "gpu" | "integrated_gpu"));
    let known: Vec<Finding> = gpus
        .map(|gpu| {
            let free = gpu.memory_free_bytes >> 20;
            let detail = format!("{} ({}), {free} MiB free. {}", gpu.description, gpu.backend, gpu.why);
            let level = if gpu.used { FindingLevel::Ok } else { FindingLevel::Info };
            let phrase =
                Phrase::new("doctor_gpu").with("description", &gpu.description).with("backend", gpu.backend.as_str());
            let phrase = phrase.with("free_mib", free).with("fault", &gpu.why_phrase.reason);
            finding("gpu", level, format!("GPU {}", gpu.name), detail, None).saying(phrase).about(&gpu.name)
        })
        .collect();
    if !known.is_empty() || !report.worker.starts {
        return known;
    }
    let unused = graphics.iter().map(|maker| {
        let module = if *maker == "NVIDIA" { "cuda` or `cargo xtask backend vulkan" } else { "vulkan" };
        let detail = format!(
            "A graphics card by {maker} is present, but no module drives it, so models are computed on the processor."
        );
        let remedy = format!(
            "Install the card's driver, and put a module of this llama.cpp for it into {}: `cargo xtask backend {module}` \
             builds one.",
            report.backends_dir
        );
        let phrase = Phrase::new("doctor_gpu_unused").with("maker", *maker).with("folder", &report.backends_dir);
        finding("gpu_unused", FindingLevel::Info, "Graphics card", detail, Some(&remedy))
            .saying(phrase.with("module", module))
    });
    unused.collect()
}

fn memory(report: &DoctorReport) -> Finding {
    let memory = &report.memory;
    let (Some(total), Some(available)) = (memory.total_bytes, memory.available_bytes) else {
        let detail = "The system does not tell how much memory there is, so nothing is refused for want of it.";
        return finding("memory", FindingLevel::Info, "Memory", detail, None)
            .saying(Phrase::new("doctor_memory_unknown"));
    };
    let budget = memory.budget_bytes.unwrap_or(total) >> 20;
    let detail = format!(
        "{} MiB, of which {} MiB can be taken now; models may take {budget} MiB together.",
        total >> 20,
        available >> 20
    );
    let phrase = Phrase::new("doctor_memory").with("total", total >> 20).with("available", available >> 20);
    ok("memory", "Memory", detail).saying(phrase.with("budget", budget))
}

fn folders(report: &DoctorReport) -> Vec<Finding> {
    let of_folder = |folder: &super::DoctorFolderView| {
        let title = format!("The folder of the {}", folder.name);
        let room =
            folder.free_bytes.map_or_else(|| "unknown room".to_owned(), |free| format!("{} MiB free", free >> 20));
        if !folder.writable {
            let detail = format!("{} cannot be written.", folder.path);
            return error("folder", title, detail, "Correct its permissions, or name another folder.")
                .saying(Phrase::new("doctor_folder_unwritable").with("path", &folder.path))
                .about(folder.name);
        }
        let detail = format!("{}, {room}.", folder.path);
        if folder.free_bytes.is_some_and(|free| free < LITTLE_ROOM_BYTES) {
            let remedy = "Make room, or move the models to another disk with BRICKWORK_MODELS_DIR.";
            let free = folder.free_bytes.unwrap_or(0) >> 20;
            return finding("folder", FindingLevel::Warn, title, detail, Some(remedy))
                .saying(Phrase::new("doctor_folder_little_room").with("path", &folder.path).with("free_mib", free))
                .about(folder.name);
        }
        let phrase = match folder.free_bytes {
            Some(free) => Phrase::new("doctor_folder").with("free_mib", free >> 20),
            None => Phrase::new("doctor_folder_unknown_room"),
        };
        ok("folder", title, detail).saying(phrase.with("path", &folder.path)).about(folder.name)
    };
    report.folders.iter().map(of_folder).collect()
}

fn model_files(report: &DoctorReport) -> Finding {
    let files = report.model_files;
    let detail = format!("{} can be used, {} cannot.", files.usable, files.unusable);
    if files.unusable > 0 {
        let remedy = "Look at `brickwork models list`, which says why.";
        return finding("model_files", FindingLevel::Warn, "Model files", detail, Some(remedy)).saying(
            Phrase::new("doctor_files_unusable").with("usable", files.usable).with("unusable", files.unusable),
        );
    }
    if files.usable == 0 {
        let remedy = "Get one with `brickwork models pull`, or import a file.";
        return finding("model_files", FindingLevel::Warn, "Model files", "There are none.", Some(remedy))
            .saying(Phrase::new("doctor_no_files"));
    }
    ok("model_files", "Model files", detail)
        .saying(Phrase::new("doctor_files").with("usable", files.usable).with("unusable", files.unusable))
}

fn roles(report: &DoctorReport) -> Vec<Finding> {
    let of_role = |role: &super::DoctorRoleView| {
        let title = format!("Role {}", role.role);
        if let Some(problem) = &role.problem {
            return finding("role", FindingLevel::Warn, title, problem.clone(), Some("Bind another model in Models."))
                .saying(within("doctor_role_fault", role.problem_phrase.clone()))
                .about(role.role);
        }
        let size = role.total_bytes.unwrap_or(0) >> 20;
        let said = |reason: &str| Phrase::new(reason).with("model", &role.model_id).with("mib", size);
        let found = match role.verdict {
            Some(Verdict::DoesNotFit) => {
                let detail = format!("{} needs {size} MiB, which are not free.", role.model_id);
                let remedy = "Look at `brickwork models fit`, which says what would fit.";
                finding("role", FindingLevel::Warn, title, detail, Some(remedy))
                    .saying(said("doctor_role_does_not_fit"))
            }
            Some(Verdict::Tight) => {
                let detail = format!("{} needs {size} MiB, which leaves little.", role.model_id);
                finding("role", FindingLevel::Info, title, detail, None).saying(said("doctor_role_tight"))
            }
            Some(Verdict::Spread) => {
                let detail = format!("{} needs {size} MiB, of which a part goes to other machines.", role.model_id);
                finding("role", FindingLevel::Info, title, detail, None).saying(said("doctor_role_spread_in_part"))
            }
            Some(Verdict::NotHere) => ok("role", title, format!("{} does not run on this machine.", role.model_id))
                .saying(said("doctor_role_not_here")),
            _ => ok("role", title, format!("{} fits with {size} MiB.", role.model_id)).saying(said("doctor_role_fits")),
        };
        found.about(role.role)
    };
    let spread = report.roles.iter().filter(|role| !role.rpc_servers.is_empty()).map(|role| {
        let detail = format!(
            "{} is spread over {}: its weights and what it computes travel there, unencrypted.",
            role.model_id,
            role.rpc_servers.join(", ")
        );
        let phrase = Phrase::new("doctor_role_spread").with("model", &role.model_id);
        finding("role_spread", FindingLevel::Info, format!("Role {}", role.role), detail, None)
            .saying(phrase.with("servers", role.rpc_servers.join(", ")))
            .about(role.role)
    });
    report.roles.iter().map(of_role).chain(spread).collect()
}
