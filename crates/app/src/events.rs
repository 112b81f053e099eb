//! The stream of a run's events: what was recorded, then what happens, with nothing lost between the two.

use std::pin::Pin;

use brickwork_engine::{Journal, RunChange, RunEvent, RunEventKind, RunId};
use futures::Stream;
use tokio::sync::broadcast;

use crate::app::App;
use crate::error::AppError;

/// Events of one run, in order. It ends after the run's end, or with the program.
pub type EventStream = Pin<Box<dyn Stream<Item = RunEvent> + Send>>;

impl App {
    /// The run's recorded changes after number `after`, and then everything that happens, whichever program carries the
    /// run out. Dropping the stream detaches the listener and nothing else.
    ///
    /// Recorded changes come once each, in order. Passing progress comes only of runs that this program carries out; text
    /// may come twice where a listener joins in the middle of a step, as its byte offsets say.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], or a fault of the database.
    pub async fn events(&self, run_id: RunId, after: u64) -> Result<EventStream, AppError> {
        self.standing(run_id).await?;
        let app = self.clone();
        Ok(Box::pin(async_stream::stream! {
            let mut last = after;
            loop {
                // Listening comes before reading, so that nothing falls between the two.
                let mut changes = app.changes().subscribe();
                // Only the receiver is kept: the live run itself would keep its sender open beyond its end here.
                let listening = app.live().get(&run_id).map(|live| live.listen());
                let recorded = match app.store().events(run_id, last).await {
                    Ok(recorded) => recorded,
                    Err(error) => {
                        tracing::error!(%run_id, %error, "the run's events could not be read");
                        return;
                    }
                };
                let mut ended = false;
                for event in recorded {
                    last = event.seq.unwrap_or(last);
                    ended |= is_end(&event);
                    yield event;
                }
                // A client that has seen everything of a run that ended is told nothing more.
                if ended || app.has_ended_by(run_id, last).await {
                    return;
                }
                match listening {
                    Some((tail, mut listener)) => {
                        for event in tail {
                            yield event;
                        }
                        while let Some(event) = next(&mut listener).await {
                            if let Some(seq) = event.seq {
                                if seq <= last {
                                    continue;
                                }
                                // Another program recorded something in between: the journal has it in order.
                                if seq > last + 1 {
                                    break;
                                }
                                last = seq;
                            }
                            let ended = is_end(&event);
                            yield event;
                            if ended {
                                return;
                            }
                        }
                    }
                    None => tokio::select! {
                        // The state that sends the changes lives as long as this stream.
                        _ = changes.changed() => {}
                        () = app.keeper().stopped() => return,
                    },
                }
            }
        }))
    }

    /// Whether the run has ended, or is gone, and nothing was recorded after number `seq`.
    async fn has_ended_by(&self, run_id: RunId, seq: u64) -> bool {
        match self.store().standing(run_id).await {
            Ok(Some(standing)) => standing.status.has_ended() && standing.seq <= seq,
            Ok(None) => true,
            Err(_) => false,
        }
    }
}

/// The next event; `None` when the listener was too slow or the run is no longer carried out here: then the journal is
/// to be read again.
async fn next(listener: &mut broadcast::Receiver<RunEvent>) -> Option<RunEvent> {
    listener.recv().await.ok()
}

const fn is_end(event: &RunEvent) -> bool {
    matches!(event.kind, RunEventKind::Change { change: RunChange::Finished { .. } })
}
