//! Waiting for long work on files, with a line that tells how far it is.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use brickwork_app::{App, FileWork, TransferView};

use crate::exit::Failure;
use crate::signals::Signals;

/// The line is rewritten so often.
const REDRAW: Duration = Duration::from_millis(200);

/// Waits for the end of the work. Ctrl+C ends it, and what it has written is removed.
pub(crate) async fn follow<T>(app: &App, work: FileWork<T>) -> Result<T, Failure> {
    let id = work.transfer.id;
    let live = std::io::stderr().is_terminal();
    let mut signals = Signals::listen()?;
    let mut ticks = tokio::time::interval(REDRAW);
    let mut result = std::pin::pin!(work.result());
    let result = loop {
        tokio::select! {
            result = &mut result => break result,
            _ = ticks.tick() => {
                if let Some(transfer) = app.transfer(id).filter(|_| live) {
                    draw(&transfer);
                }
            }
            () = signals.next() => app.end_transfer(id),
        }
    };
    if live {
        eprint!("\r\x1b[2K");
    }
    result.map_err(|problem| {
        if problem.code == "cancelled" {
            Failure::cancelled()
        } else {
            Failure::failed(format!("{} {}", problem.message, problem.remedy))
        }
    })
}

fn draw(transfer: &TransferView) {
    let mega = |bytes: u64| bytes / 1_000_000;
    let total = transfer.total_bytes.map_or_else(String::new, |total| format!("/{}", mega(total)));
    let speed = transfer.bytes_per_second.map_or_else(String::new, |speed| format!(", {} MB/s", mega(speed)));
    eprint!("\r\x1b[2K{}: {}{total} MB{speed}", transfer.title, mega(transfer.done_bytes));
    // A terminal that went away is no reason to stop the work.
    let _ = std::io::stderr().flush();
}
