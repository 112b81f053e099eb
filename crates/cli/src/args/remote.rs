//! The grammar of `brickwork models bind` and `brickwork remote`.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["id", "remote"]))]
pub(crate) struct BindArgs {
    /// CodeLlama, CodeGemma, T5Gemma or Assembler.
    pub(crate) role: String,
    /// A model's id, a file, `default`, or `scripted` for the placeholder.
    #[arg(value_name = "MODEL")]
    pub(crate) id: Option<String>,
    /// The base address of an OpenAI-compatible server, e.g. http://127.0.0.1:8080/v1. The text of the role's steps is sent
    /// there.
    #[arg(long, value_name = "URL", requires = "model")]
    pub(crate) remote: Option<String>,
    /// The name under which the server has the model.
    #[arg(long, value_name = "NAME", requires = "remote")]
    pub(crate) model: Option<String>,
    /// Read the server's key from standard input and keep it in the system's keyring.
    #[arg(long, requires = "remote")]
    pub(crate) key_stdin: bool,
    /// Seconds that the server may say nothing before the first token.
    #[arg(long, value_name = "SECONDS", requires = "remote")]
    pub(crate) timeout: Option<u64>,
    /// How often a request that failed before its first token is sent again.
    #[arg(long, value_name = "NUMBER", requires = "remote")]
    pub(crate) retries: Option<u32>,
    /// Use http although the address is public: everyone on the way can read prompts and key.
    #[arg(long, requires = "remote")]
    pub(crate) allow_insecure: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RemoteCommand {
    /// Ask a server which program it is and which models it has.
    Check {
        /// The base address of its interface, e.g. http://127.0.0.1:8080/v1.
        url: String,
        /// Read a key to try from standard input; it is not kept.
        #[arg(long)]
        key_stdin: bool,
        /// Use http although the address is public: everyone on the way can read the key.
        #[arg(long)]
        allow_insecure: bool,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Keep a server's key, which is read from standard input, or forget it.
    Key {
        /// The base address of its interface.
        url: String,
        /// Forget the key that is kept.
        #[arg(long)]
        remove: bool,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}
