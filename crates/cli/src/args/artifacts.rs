//! The grammar of `brickwork artifacts`.

use brickwork_app::FinalChoice;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct ArtifactsArgs {
    /// The run's id, or `latest`.
    pub(crate) run: String,
    /// Find the artifacts anew in the outputs, by this version's rules. What was edited stays.
    #[arg(long)]
    pub(crate) reread: bool,
    /// Make these the final ones.
    #[arg(long = "final", value_name = "FROM")]
    pub(crate) from: Option<FinalWord>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whose pieces are the final ones.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FinalWord {
    /// The Assembler's result.
    Assembler,
    /// The latest piece of each file of the steps.
    Steps,
}

impl From<FinalWord> for FinalChoice {
    fn from(word: FinalWord) -> Self {
        match word {
            FinalWord::Assembler => Self::Assembler,
            FinalWord::Steps => Self::Steps,
        }
    }
}
