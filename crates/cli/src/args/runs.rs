//! The grammar of `brickwork runs`.

use clap::Subcommand;

use super::FollowArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List runs, newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Only runs whose name holds this text.
        #[arg(long)]
        text: Option<String>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show one run with its steps and files.
    Show {
        /// The run's id, or `latest`.
        run: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show what runs, what waits and in which order, and what waits to be resumed.
    Queue {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Put a waiting run before another one, or at the end of the queue.
    Move {
        /// The run's id.
        run: String,
        /// The run before which it is to start; at the end without it.
        #[arg(long, value_name = "RUN")]
        before: Option<String>,
    },
    /// Follow a run to its end, whichever program carries it out. Ctrl+C cancels it.
    Follow {
        /// The run's id, or `latest`.
        run: String,
        #[command(flatten)]
        follow: FollowArgs,
    },
    /// End a run that runs or waits.
    Cancel {
        /// The run's id, or `latest`.
        run: String,
    },
    /// Let a run wait after its running step.
    Pause {
        /// The run's id, or `latest`.
        run: String,
    },
    /// Go on with a paused or interrupted run at its first unfinished step, and follow it to its end.
    Resume {
        /// The run's id, or `latest`.
        run: String,
        #[command(flatten)]
        follow: FollowArgs,
    },
    /// Run a run again as a new one, taking over the steps before --from, and follow it to its end.
    Rerun {
        /// The run's id, or `latest`.
        run: String,
        /// The first step to run again, `assembler` included; all of them without it.
        #[arg(long, value_name = "STEP")]
        from: Option<String>,
        /// A pipeline file with changes to that step or later ones.
        #[arg(long, value_name = "FILE")]
        pipeline: Option<String>,
        #[command(flatten)]
        follow: FollowArgs,
    },
    /// Remove a run that has ended, with everything that it made.
    Delete {
        /// The run's id.
        run: String,
    },
}

impl RunsCommand {
    /// Whether a run is to be carried out, so that this program has to work if no other does.
    pub(crate) const fn works(&self) -> bool {
        matches!(self, Self::Follow { .. } | Self::Resume { .. } | Self::Rerun { .. })
    }
}
