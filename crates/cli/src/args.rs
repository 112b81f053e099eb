//! The command line's grammar.

mod artifacts;
mod hub;
mod library;
mod machine;
mod model_files;
mod preview;
mod pull;
mod remote;
mod runs;
mod serve;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use uuid::Uuid;

pub(crate) use artifacts::ArtifactsArgs;
pub(crate) use hub::{HubCommand, HubSetArgs, SettingsArgs};
pub(crate) use library::{DataCommand, PipelinesCommand, ProjectsCommand, PruneArgs, SavePipelineArgs};
pub(crate) use machine::{FitArgs, LendArgs, OptionsArgs, QuantizeArgs, Switch};
pub(crate) use model_files::{
    BundleCommand, ExportBundleArgs, ImportBundleArgs, ImportModelArgs, RelocateModelArgs, RemoveModelArgs,
    RenameModelArgs, VerifyModelArgs,
};
pub(crate) use preview::{ContextArgs, PreviewArgs};
pub(crate) use pull::{PullArgs, SearchModelsArgs, TransfersArgs, TransfersCommand};
pub(crate) use remote::{BindArgs, RemoteCommand};
pub(crate) use runs::RunsCommand;
pub(crate) use serve::ServeArgs;

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  2  wrong usage
  3  invalid input (a pipeline, file, id or model that cannot be used)
  4  failed (a step, the worker, the data folder)
  5  cancelled

Environment:
  BRICKWORK_DATA_DIR    the folder of the database, logs and models
  BRICKWORK_MODELS_DIR  the folder of the models alone
  BRICKWORK_BACKENDS_DIR  the folder of modules that were added for more devices
  BRICKWORK_MEMORY_LIMIT_MIB  what of the machine's memory models may count on
  BRICKWORK_SECRETS     `memory` to leave the system's keyring alone
  HF_ENDPOINT           the hub of models, when it is not the Hugging Face Hub
  HF_TOKEN              the token that the hub is shown
  BRICKWORK_TOKEN       the token that `serve` asks for, unless --token-file names one
  BRICKWORK_LOG         the log filter, e.g. debug";

/// Build code with pipelines of local models.
#[derive(Debug, Parser)]
#[command(name = "brickwork", version, about, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline: a JSON file, or a template by its id.
    Run(Box<RunArgs>),
    /// Show what each step would ask its model, and how many tokens that takes, without running anything.
    Preview(PreviewArgs),
    /// Generate text from one prompt with one model.
    Generate(GenerateArgs),
    /// List the artifacts of a run and whether they parse; choose the final ones, or find all of them anew.
    Artifacts(ArtifactsArgs),
    /// Print the artifacts in a model's output, and whether they parse.
    Extract {
        /// The output's file, or `-` for standard input.
        file: String,
        /// A file that edits in the output may be of; may be given more than once.
        #[arg(long, value_name = "FILE")]
        earlier: Vec<std::path::PathBuf>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Check a pipeline file without running it.
    Validate {
        /// The pipeline's JSON file, a template's id, or `-`.
        pipeline: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Look at past and present runs, and steer them.
    Runs {
        #[command(subcommand)]
        command: RunsCommand,
    },
    /// Look at the models and the roles that they serve.
    Models {
        #[command(subcommand)]
        command: ModelsCommand,
    },
    /// Look after servers that run models, and their keys.
    Remote {
        #[command(subcommand)]
        command: RemoteCommand,
    },
    /// Show the hub that models come from; choose it, its token and how fast is downloaded.
    Hub {
        #[command(subcommand)]
        command: HubCommand,
    },
    /// Show the settings, or change one.
    Settings(SettingsArgs),
    /// Carry pipelines, and the models that they need, to another machine in one file.
    Bundle {
        #[command(subcommand)]
        command: BundleCommand,
    },
    /// Look at everything that models need on this machine, and say what to do where something is wrong.
    Doctor {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Lend this machine's devices to Brickwork on another one, until it is stopped. Whoever reaches the address may use
    /// them and nothing is encrypted: only for networks whose every machine you trust.
    Lend(LendArgs),
    /// Look at the pipelines that ship with Brickwork.
    Templates {
        #[command(subcommand)]
        command: TemplatesCommand,
    },
    /// Run the pipeline of an export again, with the same seeds: the folder, or its `brickwork.json`.
    Reproduce {
        /// The folder or the manifest.
        path: PathBuf,
        /// The project to run it in, whose folder holds the files that its steps read.
        #[arg(long, value_name = "ID")]
        project: Option<Uuid>,
        /// Only print the pipeline.
        #[arg(long)]
        print: bool,
        #[command(flatten)]
        follow: FollowArgs,
    },
    /// Write the files of a run into a folder. Files that were edited since are never overwritten unless told so.
    Export(ExportArgs),
    /// Look after projects, which runs and saved pipelines belong to.
    Projects {
        #[command(subcommand)]
        command: ProjectsCommand,
    },
    /// Look after saved pipelines and their versions.
    Pipelines {
        #[command(subcommand)]
        command: PipelinesCommand,
    },
    /// Look after the data folder: its size, backups, old runs.
    Data {
        #[command(subcommand)]
        command: DataCommand,
    },
    /// Answer the REST interface, and browsers with --ui, until it is stopped.
    Serve(ServeArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the JSON Schema of a pipeline file.
    #[command(hide = true)]
    PipelineSchema,
    /// Print the OpenAPI document of the HTTP interface.
    #[command(hide = true)]
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The pipeline's JSON file, a template's id, or `-` for standard input.
    pub(crate) pipeline: String,
    /// The project that the run belongs to.
    #[arg(long)]
    pub(crate) project: Option<Uuid>,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
    /// Seed of the samplers of all steps that set none, to make a run again.
    #[arg(long)]
    pub(crate) seed: Option<u32>,
    #[command(flatten)]
    pub(crate) follow: FollowArgs,
}

/// What becomes of a run that is followed to its end.
#[derive(Debug, Args)]
pub(crate) struct FollowArgs {
    /// Export the final files into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print events as JSON lines; the last line is the result.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the result as JSON into this file as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) result_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// A role, a model file, or an id that `models list` shows.
    #[arg(long, default_value = "CodeLlama")]
    pub(crate) model: String,
    /// The prompt, or `-` for standard input.
    #[arg(long)]
    pub(crate) prompt: String,
    /// Continue the prompt as it stands, without the model's chat template.
    #[arg(long)]
    pub(crate) raw: bool,
    /// The most tokens to generate.
    #[arg(long, default_value_t = 512)]
    pub(crate) max_tokens: u32,
    /// 0 is deterministic, 1 is creative.
    #[arg(long, default_value_t = 0.7)]
    pub(crate) temperature: f32,
    /// Nucleus sampling.
    #[arg(long)]
    pub(crate) top_p: Option<f32>,
    /// Seed of the sampler.
    #[arg(long)]
    pub(crate) seed: Option<u32>,
    /// Stop at this text; may be given several times.
    #[arg(long)]
    pub(crate) stop: Vec<String>,
    /// Print one JSON document with text, token ids and timings.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the roles with what serves them, and the model files.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Search the catalog, and the hub with --hub.
    Search(SearchModelsArgs),
    /// Download a model. Ctrl+C pauses; the same command again goes on.
    Pull(PullArgs),
    /// List downloads that are under way or were left unfinished, and steer them.
    Transfers(TransfersArgs),
    /// Show everything that is known of a model file.
    Show {
        /// The model's id.
        id: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show what models take of memory, whether that fits, and what would.
    Fit(FitArgs),
    /// Choose how a role's model is computed. What is not given is left to the program.
    Options(OptionsArgs),
    /// Convert a T5Gemma folder into one file with smaller weights. Ctrl+C stops; the same command again goes on.
    Quantize(QuantizeArgs),
    /// Let a model serve a role.
    Bind(BindArgs),
    /// List the models that Ollama, LM Studio, Jan and the Hugging Face cache hold on this machine.
    Found {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Take a model of this machine into the list: used where it lies, copied or moved.
    Import(ImportModelArgs),
    /// Compare a model's files with their checksums.
    Verify(VerifyModelArgs),
    /// Remove a model; one that is used where it lies is only taken off the list.
    Rm(RemoveModelArgs),
    /// Give a model another id.
    Mv(RenameModelArgs),
    /// Move a model's files to another folder or disk, from where they are used, or back into the models folder.
    Relocate(RelocateModelArgs),
    /// Show how much room models take.
    Usage {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TemplatesCommand {
    /// List the templates.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The run's id, or `latest`. With --undo the folder alone is enough.
    pub(crate) run: String,
    /// The folder; made when missing. With --zip there is none.
    #[arg(required_unless_present_any = ["zip", "undo"])]
    pub(crate) dir: Option<PathBuf>,
    /// Write one zip file instead of a folder, with the manifest in it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dir", "plan", "undo", "new_branch", "include", "rename"])]
    pub(crate) zip: Option<PathBuf>,
    /// Export the pieces of every step, not only the final ones.
    #[arg(long)]
    pub(crate) all: bool,
    /// Export only this file; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) include: Vec<String>,
    /// Export the file OLD under the name NEW; may be given several times.
    #[arg(long, value_name = "OLD=NEW", value_parser = old_and_new)]
    pub(crate) rename: Vec<(String, String)>,
    /// Overwrite files that were edited, or that Brickwork did not write.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Make this branch and switch to it first, where the folder lies in a git repository. Nothing is staged or committed.
    #[arg(long, value_name = "BRANCH", conflicts_with_all = ["plan", "undo"])]
    pub(crate) new_branch: Option<String>,
    /// Only show what would be written.
    #[arg(long)]
    pub(crate) plan: bool,
    /// With --plan, show how each file differs from what is there.
    #[arg(long, requires = "plan", conflicts_with = "json")]
    pub(crate) diff: bool,
    /// Write the files, which is what happens without --plan and --undo.
    #[arg(long, conflicts_with_all = ["plan", "undo"])]
    pub(crate) apply: bool,
    /// Undo the newest export of the run into this folder.
    #[arg(long, conflicts_with = "plan")]
    pub(crate) undo: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `OLD=NEW`, split at its first `=`.
fn old_and_new(text: &str) -> Result<(String, String), String> {
    let (old, new) = text.split_once('=').ok_or("give OLD=NEW")?;
    Ok((old.to_owned(), new.to_owned()))
}
