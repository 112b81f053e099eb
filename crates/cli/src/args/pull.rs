//! The grammar of `models search|pull|transfers`.

use clap::{Args, Subcommand};
use uuid::Uuid;

#[derive(Debug, Args)]
pub(crate) struct SearchModelsArgs {
    /// Words of the model's name.
    pub(crate) query: String,
    /// Ask the hub as well; this goes over the network.
    #[arg(long)]
    pub(crate) hub: bool,
    /// The most repositories of the hub to list.
    #[arg(long, default_value_t = 20, requires = "hub", value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) limit: u16,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// Models of the catalog, `NAME` or `NAME:QUANTIZATION`, or of the hub, `OWNER/NAME`, `OWNER/NAME:QUANTIZATION` or
    /// `OWNER/NAME/FILE`. Several come at once, as many side by side as `brickwork hub` says.
    #[arg(required = true, value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// The branch, tag or commit of the hub's repositories; their newest state when absent.
    #[arg(long)]
    pub(crate) revision: Option<String>,
    /// Print progress as JSON lines; the last line is the result.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TransfersArgs {
    #[command(subcommand)]
    pub(crate) command: Option<TransfersCommand>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TransfersCommand {
    /// Go on with a download that was left unfinished, and wait for its end.
    Resume {
        /// Its id.
        id: Uuid,
    },
    /// Remove a download that was left unfinished, with what has arrived of it.
    Cancel {
        /// Its id.
        id: Uuid,
    },
}
