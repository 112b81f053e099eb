//! `brickwork data`.

use std::path::{Path, PathBuf};

use brickwork_app::{App, AppConfig, BackupReport, PruneReport, RestoreReport, Retention, StorageView, restore_backup};
use serde_json::json;

use crate::args::{DataCommand, PruneArgs};
use crate::exit::Failure;

/// Looks at the data folder, backs it up, or removes old runs from it. A restore has ended before: see [`restore`].
pub(crate) async fn data(app: &App, command: DataCommand) -> Result<(), Failure> {
    match command {
        DataCommand::Info { json } => {
            let storage = app.storage().await?;
            if json { println!("{}", serde_json::to_string(&storage)?) } else { print_storage(&storage) }
        }
        DataCommand::Backup { file, json } => {
            let report = app.backup(&absolute(&file)?).await?;
            if json { println!("{}", serde_json::to_string(&report)?) } else { print_backup(&report) }
        }
        DataCommand::Prune(args) => prune(app, &args).await?,
        DataCommand::Check { json } => check(app, json).await?,
        DataCommand::Restore { .. } => {}
    }
    Ok(())
}

/// Restores a backup. The data folder is not opened before, since nobody may use it meanwhile.
pub(crate) async fn restore(config: &AppConfig, file: &Path, json: bool) -> Result<(), Failure> {
    let report = restore_backup(config, &absolute(file)?).await?;
    if json {
        println!("{}", serde_json::to_string(&report)?)
    } else {
        print_restore(&report)
    }
    Ok(())
}

async fn prune(app: &App, args: &PruneArgs) -> Result<(), Failure> {
    let retention = Retention { max_age_days: args.older_than, max_size_mib: args.max_size };
    let report = app.prune(retention, args.dry_run).await?;
    if args.vacuum {
        app.vacuum().await?;
    }
    if args.json {
        println!("{}", serde_json::to_string(&report)?)
    } else {
        print_prune(&report, args.vacuum)
    }
    Ok(())
}

async fn check(app: &App, json: bool) -> Result<(), Failure> {
    let finding = app.check_database().await.err();
    if json {
        let finding = finding.as_ref().map(ToString::to_string);
        println!("{}", json!({ "ok": finding.is_none(), "finding": finding }));
    } else if finding.is_none() {
        println!("The database is whole.");
    }
    finding.map_or(Ok(()), |finding| Err(finding.into()))
}

fn absolute(file: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(file)
        .map_err(|error| Failure::invalid(format!("{} is no usable path: {error}.", file.display())))
}

fn print_storage(storage: &StorageView) {
    println!("Data folder  {}", storage.data_dir);
    println!(
        "Database     {} ({} in use, {} free)",
        size(storage.database_bytes),
        size(storage.used_bytes),
        size(storage.free_bytes)
    );
    println!("Its log      {}", size(storage.wal_bytes));
    println!("Log files    {}", size(storage.logs_bytes));
    println!("Models       {} in {}", size(storage.models_bytes), storage.models_dir);
    println!("Runs         {}, {} of them not ended", storage.runs, storage.unfinished_runs);
    if storage.trashed_runs > 0 {
        println!("Trash        {} runs", storage.trashed_runs);
    }
    if let Some(oldest) = storage.oldest_run_at {
        println!("Oldest run   {oldest}");
    }
    println!("Artifacts    {}", storage.artifacts);
    println!("Projects     {}", storage.projects);
    println!("Pipelines    {} in {} versions", storage.pipelines, storage.pipeline_versions);
}

fn print_backup(report: &BackupReport) {
    println!("Wrote {} ({})", report.path, size(report.size_bytes));
    println!("  {} runs, {} projects, {} saved pipelines", report.runs, report.projects, report.pipelines);
    println!("  Models are not in it. Keep a copy of {} where that matters.", report.models_dir);
}

fn print_restore(report: &RestoreReport) {
    println!("Restored the backup of {} (Brickwork {})", report.created_at, report.program_version);
    println!("  {} runs, {} projects, {} saved pipelines", report.runs, report.projects, report.pipelines);
    match &report.moved_aside {
        Some(aside) => println!("  The database that was there is now {aside}"),
        None => println!("  There was no database before."),
    }
    println!("  Models are not in a backup; those in {} are as they were.", report.models_dir);
}

fn print_prune(report: &PruneReport, vacuum: bool) {
    let verb = if report.dry_run { "Would remove" } else { "Removed" };
    println!(
        "{verb} {} runs ({} of them from the trash), {} of the database; {} in use.",
        report.runs,
        report.trashed_runs,
        size(report.freed_bytes),
        size(report.used_bytes)
    );
    if report.over_limit {
        println!("That is still more than asked for: what is left has not ended, or is no run.");
    }
    if report.runs > 0 && !report.dry_run && !vacuum {
        println!("The file keeps its size and the room is used again; --vacuum gives it back.");
    }
}

/// A size for people, with one decimal from a KiB on.
fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let mut tenths = bytes * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10 * 1024 && unit + 1 < units.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_read_well() {
        for (bytes, text) in
            [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB"), (3 << 30, "3.0 GiB")]
        {
            assert_eq!(super::size(bytes), text);
        }
    }
}
