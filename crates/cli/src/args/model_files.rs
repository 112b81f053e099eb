//! The grammar of `brickwork models` for files of this machine, and of `brickwork bundle`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

#[derive(Debug, Args)]
pub(crate) struct ImportModelArgs {
    /// A model's file, or a folder: all models directly in it and in its subfolders.
    pub(crate) path: PathBuf,
    /// Copy it into the models folder instead of using it where it lies.
    #[arg(long, conflicts_with = "move_it")]
    pub(crate) copy: bool,
    /// Move it into the models folder.
    #[arg(long = "move")]
    pub(crate) move_it: bool,
    /// What to call the model.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyModelArgs {
    /// The model's id.
    pub(crate) model: String,
    /// Take the files as they are now, whatever was known of them.
    #[arg(long)]
    pub(crate) accept: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveModelArgs {
    /// The model's id.
    pub(crate) model: String,
    /// Remove it even when a role or a run needs it.
    #[arg(long)]
    pub(crate) force: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RenameModelArgs {
    /// The model's id.
    pub(crate) model: String,
    /// Its new id.
    pub(crate) name: String,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RelocateModelArgs {
    /// The model's id, which it keeps.
    pub(crate) model: String,
    /// The folder that its files go to; the models folder when absent.
    pub(crate) folder: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    /// Write pipelines, with the names and checksums of their models, into one new file.
    Export(ExportBundleArgs),
    /// Take the pipelines and models of a bundle in. Nothing is overwritten.
    Import(ImportBundleArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ExportBundleArgs {
    /// The file to write, usually NAME.brickwork-bundle; it must not exist.
    pub(crate) file: PathBuf,
    /// A saved pipeline's id, a pipeline's JSON file, or a template's id; may be given several times.
    #[arg(long = "pipeline", required = true, value_name = "ID|FILE", num_args = 1..)]
    pub(crate) pipelines: Vec<String>,
    /// Put the models' files in as well.
    #[arg(long)]
    pub(crate) with_models: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportBundleArgs {
    /// The bundle.
    pub(crate) file: PathBuf,
    /// The project to save the pipelines in; the default project when absent.
    #[arg(long)]
    pub(crate) project: Option<Uuid>,
    /// Let roles that have no model of their own have the one that served them where the bundle was made.
    #[arg(long)]
    pub(crate) bind: bool,
    /// Only show what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}
