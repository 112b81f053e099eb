//! The grammar of `brickwork runs`.

use clap::Subcommand;
use uuid::Uuid;

use super::FollowArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List runs, newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Only runs in whose name, prompts and outputs all these words are, the last one perhaps only begun; or the run
        /// whose id begins with this.
        #[arg(long, visible_alias = "text", value_name = "WORDS")]
        search: Option<String>,
        /// Only favourites.
        #[arg(long)]
        favourite: bool,
        /// Only runs of this saved pipeline.
        #[arg(long, value_name = "ID")]
        pipeline: Option<Uuid>,
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
        /// A pipeline file with changes to that step or later ones; with --keep-unchanged to any.
        #[arg(long, value_name = "FILE")]
        pipeline: Option<String>,
        /// Take over every finished step that would be asked what it was asked, and say why the others run.
        #[arg(long)]
        keep_unchanged: bool,
        #[command(flatten)]
        follow: FollowArgs,
    },
    /// Move a run that has ended to the trash, from which `restore` takes it for a week.
    Delete {
        /// The run's id.
        run: String,
        /// Remove it for good, with everything that it made; also one in the trash.
        #[arg(long)]
        forever: bool,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Take a run out of the trash.
    Restore {
        /// The run's id.
        run: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

impl RunsCommand {
    /// Whether a run is to be carried out, so that this program has to work if no other does.
    pub(crate) const fn works(&self) -> bool {
        matches!(self, Self::Follow { .. } | Self::Resume { .. } | Self::Rerun { .. })
    }
}
