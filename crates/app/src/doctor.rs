//! What was found on this machine, what of it is used and why, and what to do for more.

mod findings;
mod machine;

use std::path::Path;
use std::time::Instant;

use brickwork_engine::Phrase;
use brickwork_models::disk::free_bytes;
use brickwork_worker_client::{Device, DeviceKind, Module, PROTOCOL_VERSION, WorkerClient};
use serde::Serialize;

use crate::app::App;
use crate::config::AppConfig;
use crate::error::AppError;
use crate::fit::{FitRequest, Verdict};
use crate::memory::machine_memory;
use crate::models::{BindingView, RoleView};
use crate::said::Said;
use crate::secrets::SecretsKind;

pub use machine::CpuView;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FindingLevel {
    /// All is well.
    Ok,
    /// Good to know.
    Info,
    /// Something will not work as it could.
    Warn,
    /// Something does not work.
    Error,
}

/// One thing that was looked at.
// A gate's finding has the same name, and the API's document one list of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DoctorFinding)]
pub struct Finding {
    /// The stable word for what was looked at.
    pub code: &'static str,
    /// How much it matters.
    pub level: FindingLevel,
    /// What was looked at.
    pub title: String,
    /// What was found.
    pub detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The role, the folder, the module or the GPU that the title names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Detail and remedy in a form that can be put into another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrase: Option<Phrase>,
}

/// The program that runs models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DoctorWorkerView {
    /// Its file; absent where none was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether it starts and answers.
    pub starts: bool,
    /// Time until it answered, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The version of the protocol that this program speaks with it.
    pub protocol: u32,
    /// The binding to llama.cpp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llama_version: Option<String>,
    /// Threads that it computes with unless the settings name a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
}

/// A part of llama.cpp that drives devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DoctorModuleView {
    /// What it is for, with the processor's variant: `cpu-haswell`, `cuda`.
    pub name: String,
    /// Its file.
    pub path: String,
    /// Whether it is in use.
    pub used: bool,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// One place where models can run, and whether they do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DoctorDeviceView {
    /// Short name, by which a role's options choose it.
    pub name: String,
    /// What the hardware calls itself.
    pub description: String,
    /// `cpu`, `gpu`, `integrated_gpu` or `accelerator`.
    pub kind: &'static str,
    /// The part of llama.cpp that drives it.
    pub backend: String,
    /// Its whole memory in bytes.
    pub memory_total_bytes: u64,
    /// Its free memory in bytes.
    pub memory_free_bytes: u64,
    /// Whether models are computed there with the present settings.
    pub used: bool,
    /// Why, or why not.
    pub why: String,
    /// The same in a form that can be put into another language.
    pub why_phrase: Phrase,
}

/// A folder that the program writes into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DoctorFolderView {
    /// `data` or `models`.
    pub name: &'static str,
    /// Its path.
    pub path: String,
    /// Whether files can be made there.
    pub writable: bool,
    /// Room on its disk in bytes; absent where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
}

/// The machine's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DoctorMemoryView {
    /// All of it in bytes; absent where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
    /// What programs can take now, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_bytes: Option<u64>,
    /// What models in memory may take together, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_bytes: Option<u64>,
}

/// A role, and whether it can work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DoctorRoleView {
    /// The role's name.
    pub role: &'static str,
    /// The id of the model that serves it.
    pub model_id: String,
    /// Whether that fits into memory; absent where it cannot run at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What it takes of the machine's memory in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
    /// The machines over which that is spread.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rpc_servers: Vec<String>,
    /// Why it cannot run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The same in a form that can be put into another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem_phrase: Option<Phrase>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DoctorReport {
    /// The program's version.
    pub version: &'static str,
    /// The system, e.g. `linux x86_64`.
    pub system: String,
    /// The processor.
    pub cpu: CpuView,
    /// The machine's memory.
    pub memory: DoctorMemoryView,
    /// The folders that are written into.
    pub folders: Vec<DoctorFolderView>,
    /// The program that runs models.
    pub worker: DoctorWorkerView,
    /// The parts of llama.cpp that drive devices; of the processor's variants the one that suits it best.
    pub modules: Vec<DoctorModuleView>,
    /// The folder in which further modules are looked for.
    pub backends_dir: String,
    /// Where models can run.
    pub devices: Vec<DoctorDeviceView>,
    /// The roles.
    pub roles: Vec<DoctorRoleView>,
    /// Model files on disk, and how many of them cannot be used.
    pub model_files: DoctorFilesView,
    /// Where keys and tokens are kept: `keyring` or `memory`.
    pub secrets: &'static str,
    /// The worst level of the findings.
    pub worst: FindingLevel,
    /// Everything that was looked at, in a fixed order.
    pub findings: Vec<Finding>,
}

/// How many model files there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DoctorFilesView {
    /// Those that can be used.
    pub usable: usize,
    /// Those that cannot.
    pub unusable: usize,
}

impl App {
    /// Looks at everything that models need. Starts a worker for a moment, writes and removes a file in each folder, and
    /// reads the whole database.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn doctor(&self) -> Result<DoctorReport, AppError> {
        let config = self.config();
        let settings = self.settings().await?;
        let memory = machine_memory(config);
        let program = config.find_worker();
        let Examined { worker, modules, devices, problem } = examine_worker(config, program.as_deref()).await;
        let folders = [("data", config.data_dir.clone()), ("models", config.models_dir.clone())]
            .map(|(name, path)| tokio::task::spawn_blocking(move || examine_folder(name, &path)));
        let folders: Vec<DoctorFolderView> = futures::future::join_all(folders).await.into_iter().flatten().collect();
        let models = self.models().await?;
        let unusable = models.files.iter().filter(|file| file.problem.is_some()).count();
        let mut report = DoctorReport {
            version: env!("CARGO_PKG_VERSION"),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cpu: machine::cpu(),
            memory: DoctorMemoryView {
                total_bytes: memory.map(|memory| memory.total_bytes),
                available_bytes: memory.map(|memory| memory.available_bytes),
                budget_bytes: settings.memory_budget_bytes(memory),
            },
            folders,
            worker,
            modules: modules.into_iter().map(DoctorModuleView::from).collect(),
            backends_dir: config.backends_dir.display().to_string(),
            devices: device_views(devices, settings.gpu_layers),
            roles: Vec::new(),
            model_files: DoctorFilesView { usable: models.files.len() - unusable, unusable },
            secrets: match self.secrets().kind().await {
                SecretsKind::Keyring => "keyring",
                SecretsKind::Memory => "memory",
            },
            worst: FindingLevel::Ok,
            findings: Vec::new(),
        };
        for role in models.models {
            report.roles.push(self.examine_role(role).await);
        }
        let database = self.check_database().await.err().map(|error| Said::new(error.to_string(), error.phrase()));
        let graphics = machine::graphics(Path::new("/"));
        report.findings = findings::of(&report, problem, database, &graphics);
        report.worst = report.findings.iter().map(|finding| finding.level).max().unwrap_or(FindingLevel::Ok);
        Ok(report)
    }

    async fn examine_role(&self, role: RoleView) -> DoctorRoleView {
        let BindingView { id, problem, problem_phrase, .. } = role.binding;
        let mut view = DoctorRoleView {
            role: role.name,
            model_id: id,
            verdict: None,
            total_bytes: None,
            rpc_servers: role.options.rpc_servers,
            problem,
            problem_phrase,
        };
        if view.problem.is_some() {
            return view;
        }
        let request = FitRequest { model: Some(role.name.to_owned()), ..FitRequest::default() };
        match self.fit(request).await {
            Ok(fit) => {
                let model = fit.models.into_iter().next();
                view.verdict = model.as_ref().map(|model| model.verdict);
                view.total_bytes = model.as_ref().map(|model| model.machine.total_bytes);
                (view.problem, view.problem_phrase) =
                    model.map_or((None, None), |model| (model.problem, model.problem_phrase));
            }
            Err(error) => {
                view.problem = Some(error.to_string());
                view.problem_phrase = error.phrase();
            }
        }
        view
    }
}

impl From<Module> for DoctorModuleView {
    fn from(module: Module) -> Self {
        let Module { name, path, problem } = module;
        Self { name, path, used: problem.is_none(), problem }
    }
}

/// What a worker said of itself.
struct Examined {
    worker: DoctorWorkerView,
    modules: Vec<Module>,
    devices: Vec<Device>,
    /// Why it did not start.
    problem: Option<Said>,
}

/// Starts a worker of its own, so that one at work is not waited for.
async fn examine_worker(app: &AppConfig, program: Option<&Path>) -> Examined {
    let mut view = DoctorWorkerView {
        path: program.map(|path| path.display().to_string()),
        starts: false,
        start_ms: None,
        version: None,
        protocol: PROTOCOL_VERSION,
        llama_version: None,
        threads: None,
    };
    if program.is_none() {
        let text = "The program brickwork-worker was not found beside this program.";
        let problem = Some(Said::new(text, Phrase::new("worker_not_found")));
        return Examined { worker: view, modules: Vec::new(), devices: Vec::new(), problem };
    }
    let mut config = app.worker();
    config.silence_limit = std::time::Duration::from_secs(20);
    let client = WorkerClient::new(config);
    let begun = Instant::now();
    let answer = client.devices().await;
    let start_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut modules = Vec::new();
    if let Some(hello) = client.hello() {
        modules = hello.modules;
        view.version = Some(hello.version);
        view.llama_version = Some(hello.llama_version);
        view.threads = Some(hello.threads);
    }
    client.shutdown().await;
    match answer {
        Ok(devices) => {
            view.starts = true;
            view.start_ms = Some(start_ms);
            Examined { worker: view, modules, devices, problem: None }
        }
        Err(error) => Examined { worker: view, modules, devices: Vec::new(), problem: Some(error.into()) },
    }
}

fn device_views(devices: Vec<Device>, gpu_layers: Option<u32>) -> Vec<DoctorDeviceView> {
    let has_gpu = devices.iter().any(|device| is_gpu(device.kind));
    let view = |device: Device| {
        let (used, reason, why) = match (device.kind, has_gpu, gpu_layers) {
            (DeviceKind::Cpu, false, _) => {
                (true, "device_no_gpu", "Models are computed here: this build drives no GPU that is present.")
            }
            (DeviceKind::Cpu, true, _) => (true, "device_holds_the_rest", "It computes what no GPU holds."),
            (DeviceKind::Accelerator, ..) => (true, "device_with_processor", "It works together with the processor."),
            (_, _, Some(0)) => (false, "device_no_layers", "The settings put no layers on GPUs."),
            (_, _, Some(_)) => (true, "device_layers_by_settings", "The settings say how many layers it gets."),
            (_, _, None) => (true, "device_layers_that_fit", "It gets as many layers as fit."),
        };
        let view = crate::app::DeviceView::from(device);
        DoctorDeviceView {
            name: view.name,
            description: view.description,
            kind: view.kind,
            backend: view.backend,
            memory_total_bytes: view.memory_total_bytes,
            memory_free_bytes: view.memory_free_bytes,
            used,
            why: why.to_owned(),
            why_phrase: Phrase::new(reason),
        }
    };
    devices.into_iter().map(view).collect()
}

const fn is_gpu(kind: DeviceKind) -> bool {
    matches!(kind, DeviceKind::Gpu | DeviceKind::IntegratedGpu)
}

fn examine_folder(name: &'static str, path: &Path) -> DoctorFolderView {
    DoctorFolderView {
        name,
        path: path.display().to_string(),
        // The file is gone again when it is dropped.
        writable: tempfile::NamedTempFile::new_in(path).is_ok(),
        free_bytes: free_bytes(path).ok(),
    }
}
