//! `brickwork models quantize`.

use std::io::{IsTerminal, Write};

use brickwork_app::App;
use serde_json::json;

use crate::args::QuantizeArgs;
use crate::exit::Failure;
use crate::signals::Signals;

/// Converts a T5Gemma folder. Ctrl+C stops; the same command again goes on.
pub(crate) async fn quantize(app: &App, args: QuantizeArgs) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let is_watched = std::io::stderr().is_terminal();
    let on_progress = |part: f32| {
        if is_watched {
            eprint!("\r{:>3.0} %", part * 100.0);
            // What is not shown is only not shown.
            let _ = std::io::stderr().flush();
        }
    };
    let converted = tokio::select! {
        converted = app.quantize(&args.model, &args.kind, args.out, on_progress) => converted?,
        () = signals.next() => return Err(Failure::cancelled()),
    };
    if is_watched {
        eprintln!();
    }
    if args.json {
        println!("{}", json!({ "path": converted.path, "size_bytes": converted.size_bytes }));
    } else {
        println!("{} ({} MB)", converted.path.display(), converted.size_bytes / 1_000_000);
    }
    Ok(())
}
