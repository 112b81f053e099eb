//! The grammar of `brickwork hub` and `brickwork settings`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum HubCommand {
    /// Show where the hub is, whether it is shown a token, and the limits of downloads.
    Show {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Choose the hub and the limits of downloads. What is not given stays as it is.
    Set(HubSetArgs),
    /// Keep a token for the hub in the system's keyring, which is read from standard input, or forget it.
    Token {
        /// Forget the token that is kept.
        #[arg(long)]
        remove: bool,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["endpoint", "max_downloads", "speed_limit"]))]
pub(crate) struct HubSetArgs {
    /// The address of the hub or of a mirror, or `default` for the Hugging Face Hub.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// The most downloads at once, 1 to 8.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_downloads: Option<u8>,
    /// The most that all downloads together take, in KiB per second; 0 for no limit.
    #[arg(long, value_name = "KIB")]
    pub(crate) speed_limit: Option<u64>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    /// The setting's name, e.g. allow_overcommit or memory_budget_mib; all settings are shown when absent.
    pub(crate) name: Option<String>,
    /// Its new value as JSON, e.g. true or 8192; null for the program's own choice. It is shown when absent.
    #[arg(requires = "name")]
    pub(crate) value: Option<String>,
}
