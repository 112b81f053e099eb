//! The stream of a run's events: what was recorded, then what happens, with nothing lost between the two.

use std::pin::Pin;

use brickwork_engine::{Journal, RunChange, RunEvent, RunEventKind, RunId};
use futures::Stream;
use tokio::sync::broadcast::error::RecvError;

use crate::app::App;
use crate::error::AppError;

/// Events of one run, in order. It ends after the run's end.
pub type EventStream = Pin<Box<dyn Stream<Item = RunEvent> + Send>>;

impl App {
    /// The run's recorded changes after number `after`, and then everything that happens. Dropping the stream detaches
    /// the listener and nothing else.
    ///
    /// Text may come twice where a listener joins in the middle of a step; its byte offsets say so.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], or a fault of the database.
    pub async fn events(&self, run_id: RunId, after: u64) -> Result<EventStream, AppError> {
        self.run(run_id).await?;
        let app = self.clone();
        Ok(Box::pin(async_stream::stream! {
            let mut last = after;
            loop {
                // Listening comes before reading, so that nothing falls between the two.
                let live = app.live().get(&run_id).cloned();
                let listening = live.as_ref().map(|live| live.listen());
                let recorded = match app.store().events(run_id, last).await {
                    Ok(recorded) => recorded,
                    Err(error) => {
                        tracing::error!(%run_id, %error, "the run's events could not be read");
                        return;
                    }
                };
                for event in recorded {
                    last = event.seq.unwrap_or(last);
                    let ended = is_end(&event);
                    yield event;
                    if ended {
                        return;
                    }
                }
                // Without a live run nothing more will happen by this program.
                let Some((tail, mut listener)) = listening else { return };
                for event in tail {
                    yield event;
                }
                loop {
                    match listener.recv().await {
                        Ok(event) if event.seq.is_some_and(|seq| seq <= last) => {}
                        Ok(event) => {
                            last = event.seq.unwrap_or(last);
                            let ended = is_end(&event);
                            yield event;
                            if ended {
                                return;
                            }
                        }
                        // Too slow: what was missed is in the journal. Closed: the run has ended, and so does the journal.
                        Err(RecvError::Lagged(_)) => break,
                        Err(RecvError::Closed) => break,
                    }
                }
                if app.live().get(&run_id).is_none() && app.run(run_id).await.is_ok_and(|run| run.seq <= last) {
                    return;
                }
            }
        }))
    }
}

const fn is_end(event: &RunEvent) -> bool {
    matches!(event.kind, RunEventKind::Change { change: RunChange::Finished { .. } })
}
