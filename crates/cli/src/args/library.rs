//! The grammar of `brickwork data`, `brickwork projects` and `brickwork pipelines`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Show how much there is in the data folder, and how large it is.
    Info {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Write a backup of everything but the models into one new file. Runs may go on meanwhile.
    Backup {
        /// The file to write; it must not exist.
        file: PathBuf,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Put a backup in the place of the present database, which is kept under another name. Close Brickwork first.
    Restore {
        /// The file that `brickwork data backup` wrote.
        file: PathBuf,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Empty the trash and remove old runs that have ended. Runs that wait or are under way are never touched.
    Prune(PruneArgs),
    /// Check that the database is whole.
    Check {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("limit").required(true).multiple(true).args(["older_than", "max_size"]))]
pub(crate) struct PruneArgs {
    /// Remove runs that ended longer ago than this, e.g. 30d or 4w.
    #[arg(long, value_name = "TIME", value_parser = parse_days)]
    pub(crate) older_than: Option<u32>,
    /// Then remove the first to have ended until the database uses no more than this, e.g. 500MiB or 2GiB.
    #[arg(long, value_name = "SIZE", value_parser = parse_mib)]
    pub(crate) max_size: Option<u64>,
    /// Only tell what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Give the free room back to the file system afterwards, by writing the database anew.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) vacuum: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectsCommand {
    /// List the projects, the oldest first.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Make a project.
    Create {
        /// Its name.
        name: String,
        /// The folder into which its files are exported.
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
        /// A JSON file whose object every step of its runs sees.
        #[arg(long, value_name = "FILE")]
        context: Option<String>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show a project.
    Show {
        /// Its id.
        project: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Delete a project.
    Delete {
        /// Its id.
        project: String,
        /// Delete its runs and saved pipelines with it.
        #[arg(long)]
        with_content: bool,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PipelinesCommand {
    /// List the saved pipelines, the last saved first.
    List {
        /// Only this project's.
        #[arg(long)]
        project: Option<Uuid>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Save a pipeline, or with --id the next version of a saved one.
    Save(SavePipelineArgs),
    /// Print a saved pipeline, as a file that `brickwork run` takes.
    Show {
        /// Its id.
        pipeline: String,
        /// This version of it; the newest when absent.
        #[arg(long, value_name = "NUMBER")]
        version: Option<u32>,
        /// Print one JSON document with its stamps and its project.
        #[arg(long)]
        json: bool,
    },
    /// List the versions of a saved pipeline, the newest first, or give one of them another label.
    Versions {
        /// Its id.
        pipeline: String,
        /// The version to label.
        #[arg(long, value_name = "NUMBER", requires = "label")]
        version: Option<u32>,
        /// What to call that version; an empty text takes its label away.
        #[arg(long, requires = "version")]
        label: Option<String>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Delete a saved pipeline with all its versions.
    Delete {
        /// Its id.
        pipeline: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SavePipelineArgs {
    /// The pipeline's JSON file, a template's id, or `-` for standard input. It may be unfinished.
    pub(crate) pipeline: String,
    /// The project to save it in; the default project when absent.
    #[arg(long, conflicts_with = "id")]
    pub(crate) project: Option<Uuid>,
    /// The saved pipeline whose next version this is.
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Save only if this is the newest version still.
    #[arg(long, value_name = "NUMBER", requires = "id")]
    pub(crate) base_version: Option<u32>,
    /// What to call this version.
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Days, from `30d`, `4w` or a plain number of days.
fn parse_days(text: &str) -> Result<u32, String> {
    let (number, days) = match text.strip_suffix('w') {
        Some(number) => (number, 7),
        None => (text.strip_suffix('d').unwrap_or(text), 1),
    };
    let number: u32 = number.parse().map_err(|_| "give a number of days or weeks, e.g. 30d or 4w".to_owned())?;
    number.checked_mul(days).ok_or_else(|| "that is too long ago".to_owned())
}

/// MiB, from `500MiB`, `2GiB` or `1TiB`.
fn parse_mib(text: &str) -> Result<u64, String> {
    let units = [("MiB", 1), ("GiB", 1 << 10), ("TiB", 1 << 20)];
    let found = units.iter().find_map(|(unit, mib)| Some((text.strip_suffix(unit)?.trim(), *mib)));
    let (number, mib) = found.ok_or_else(|| "give a size in MiB or GiB, e.g. 500MiB or 2GiB".to_owned())?;
    let number: u64 = number.parse().map_err(|_| "give a whole number before the unit, e.g. 2GiB".to_owned())?;
    number.checked_mul(mib).ok_or_else(|| "that is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes() {
        for (text, days) in [("30d", Some(30)), ("4w", Some(28)), ("7", Some(7)), ("0d", Some(0))] {
            assert_eq!(parse_days(text).ok(), days, "{text}");
        }
        for text in ["", "d", "-1d", "1.5d", "30m", "4000000000w"] {
            assert!(parse_days(text).is_err(), "{text}");
        }
        for (text, mib) in [("500MiB", 500), ("2GiB", 2048), ("1 TiB", 1 << 20)] {
            assert_eq!(parse_mib(text), Ok(mib), "{text}");
        }
        for text in ["", "2", "2GB", "GiB", "-2GiB", "99999999999999999999GiB", "18446744073709551615TiB"] {
            assert!(parse_mib(text).is_err(), "{text}");
        }
    }
}
