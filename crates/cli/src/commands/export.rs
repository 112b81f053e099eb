//! `brickwork export`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use brickwork_app::{App, ExportPlanView, ExportRequest, ExportSource, MANIFEST_NAME, UndoRequest, export_id_of};
use serde_json::{Value, json};
use uuid::Uuid;

use super::find_run;
use crate::args::ExportArgs;
use crate::exit::Failure;

/// Writes the files of a run into a folder, or shows what would be written.
pub(crate) async fn export(app: &App, args: ExportArgs) -> Result<(), Failure> {
    let (run, dir) = match &args.dir {
        None if args.undo => (run_of(Path::new(&args.run))?, PathBuf::from(&args.run)),
        dir => (args.run.clone(), dir.clone().unwrap_or_default()),
    };
    let run_id = find_run(app, &run).await?;
    if let Some(file) = &args.zip {
        return zip(app, run_id, file, &args).await;
    }
    let folder = std::path::absolute(&dir)
        .map_err(|error| Failure::invalid(format!("{} is no usable folder: {error}.", dir.display())))?;
    let request = ExportRequest {
        folder: folder.display().to_string(),
        source: if args.all { ExportSource::All } else { ExportSource::Final },
        rename: (!args.rename.is_empty()).then(|| args.rename.iter().cloned().collect()),
        include: (!args.include.is_empty()).then(|| args.include.clone()),
        overwrite: args.overwrite,
        new_branch: args.new_branch.clone(),
    };
    // `--apply` says what happens anyway.
    let _ = args.apply;
    if args.undo {
        return undo(app, run_id, &request.folder, &args).await;
    }
    if args.plan {
        let plan = app.plan_export(run_id, &request).await?;
        if args.json {
            println!("{}", serde_json::to_string(&plan)?);
        } else {
            show(&plan, args.include.as_slice(), args.diff);
        }
        return Ok(());
    }
    let result = app.export(run_id, &request).await?;
    if args.json {
        println!("{}", serde_json::to_string(&result)?);
    } else {
        for file in &result.written {
            println!("wrote   {} ({} bytes)", file.name, file.size_bytes);
        }
        for file in &result.skipped {
            println!("skipped {}: {}", file.name, file.reason);
        }
        println!("{} written to {}", result.written.len(), result.folder);
        if let Some(branch) = &result.branch {
            println!("on the new branch {branch}");
        }
    }
    Ok(())
}

/// The branch where there is one, and each file that would be written; only the chosen ones where some were.
fn show(plan: &ExportPlanView, chosen: &[String], with_diffs: bool) {
    match &plan.branch {
        Some(branch) => println!("branch {branch}"),
        None if plan.is_git => println!("in git, on no branch"),
        None => {}
    }
    let is_chosen = |name: &String| chosen.is_empty() || chosen.contains(name);
    for file in plan.files.iter().filter(|file| is_chosen(&file.name)) {
        let reason = file.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
        println!("{:<9} {}{reason}", file.action, file.name);
        if let (true, Some(diff)) = (with_diffs, &file.diff) {
            println!("{}", diff.trim_end_matches('\n'));
        }
    }
}

/// Writes the files of a run and their manifest into one zip file, which may not be there yet unless it is overwritten.
async fn zip(app: &App, run_id: Uuid, file: &Path, args: &ExportArgs) -> Result<(), Failure> {
    let bytes = app.artifacts_zip(run_id, args.all).await?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!args.overwrite);
    let written = options.open(file).and_then(|mut zip| zip.write_all(&bytes));
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message = format!("{} exists already. Choose another name, or add --overwrite.", file.display());
            return Err(Failure::invalid(message));
        }
        Err(error) => return Err(Failure::failed(format!("{} cannot be written: {error}.", file.display()))),
        Ok(()) => {}
    }
    if args.json {
        println!("{}", json!({ "zip": file, "size_bytes": bytes.len() }));
    } else {
        println!("wrote   {} ({} bytes)", file.display(), bytes.len());
    }
    Ok(())
}

/// The run of the newest export into a folder, as its manifest names it.
fn run_of(dir: &Path) -> Result<String, Failure> {
    let path = dir.join(MANIFEST_NAME);
    let refused = |cause: &dyn std::fmt::Display| {
        let remedy = "Give the run and the folder: `brickwork export RUN DIR --undo`.";
        Failure::invalid(format!("{} does not tell which run was exported ({cause}). {remedy}", path.display()))
    };
    let text = std::fs::read_to_string(&path).map_err(|error| refused(&error))?;
    let manifest: Value = serde_json::from_str(&text).map_err(|error| refused(&error))?;
    manifest["run_id"].as_str().map(str::to_owned).ok_or_else(|| refused(&"it names no run"))
}

/// Undoes the newest export of the run into the folder that was not undone yet.
async fn undo(app: &App, run_id: Uuid, folder: &str, args: &ExportArgs) -> Result<(), Failure> {
    let exports = app.run_exports(run_id).await?.exports;
    let Some(newest) = exports.iter().find(|export| export.folder == folder && !export.undone) else {
        return Err(Failure::invalid(format!("The run has no export into {folder} that could be undone.")));
    };
    let done = app.undo_export(export_id_of(&newest.export_id)?, &UndoRequest { overwrite: args.overwrite }).await?;
    if args.json {
        println!("{}", serde_json::to_string(&done)?);
        return Ok(());
    }
    for name in &done.restored {
        println!("restored {name}");
    }
    for name in &done.removed {
        println!("removed  {name}");
    }
    for file in &done.skipped {
        println!("skipped  {}: {}", file.name, file.reason);
    }
    if let Some(branch) = &done.branch {
        println!("The branch {branch}, which was made for the export, stays.");
    }
    Ok(())
}
