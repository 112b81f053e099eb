//! `brickwork export`.

use brickwork_app::{App, ExportRequest, ExportSource, UndoRequest, export_id_of};
use uuid::Uuid;

use super::find_run;
use crate::args::ExportArgs;
use crate::exit::Failure;

/// Writes the files of a run into a folder, or shows what would be written.
pub(crate) async fn export(app: &App, args: ExportArgs) -> Result<(), Failure> {
    let run_id = find_run(app, &args.run).await?;
    let folder = std::path::absolute(&args.dir)
        .map_err(|error| Failure::invalid(format!("{} is no usable folder: {error}.", args.dir.display())))?;
    let request = ExportRequest {
        folder: folder.display().to_string(),
        source: if args.all { ExportSource::All } else { ExportSource::Final },
        overwrite: args.overwrite,
        new_branch: args.new_branch.clone(),
        ..ExportRequest::default()
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
            for file in &plan.files {
                let reason = file.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
                println!("{:<9} {}{reason}", file.action, file.name);
            }
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
    }
    Ok(())
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
    Ok(())
}
