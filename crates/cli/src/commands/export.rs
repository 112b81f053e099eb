//! `brickwork export`.

use brickwork_app::{App, ExportRequest, ExportSource};

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
        ..ExportRequest::default()
    };
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
