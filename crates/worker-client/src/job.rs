//! One generation: from its place in the queue to its last event.

use std::sync::Arc;

use brickwork_engine::Phrase;
use brickwork_engine::ports::{Generation, InferenceError, InferenceErrorCode, InferenceEvent};
use brickwork_worker_protocol::{FromWorker, JobId};

use crate::admission::{Admitted, admit};
use crate::client::closed;
use crate::door::Place;
use crate::fate::{Attempts, Kind, Loss};
use crate::mailbox::Mailbox;
use crate::replay::Replay;
use crate::routes::{Errand, Sign};
use crate::shared::Shared;
use crate::{convert, idle};

/// How one attempt ended.
enum Outcome {
    /// With the job's last event.
    Ended(InferenceEvent),
    /// Nobody listens any more.
    Left,
    /// The worker was lost.
    Lost(Loss),
    /// It does not go on where the attempt before it broke off.
    Diverged,
}

/// Runs `generation` and puts its events into `events`.
pub(crate) async fn generate(shared: Arc<Shared>, generation: Generation, place: Place, events: Mailbox) {
    let last = run(&shared, &generation, &place, &events).await;
    idle::watch(&shared);
    if let Some(last) = last {
        events.put(last);
    }
}

/// The last event; `None` when nobody listens any more.
async fn run(shared: &Arc<Shared>, generation: &Generation, place: &Place, events: &Mailbox) -> Option<InferenceEvent> {
    let model = &generation.model;
    let request = |job: JobId| convert::request(job, generation, &shared.config, shared.orders_for(model));
    let errand = Errand { place: place.number(), model: Some(&model.id), request: &request };
    let mut replay = Replay::default();
    let mut attempts = Attempts::of(Kind::Generation);
    loop {
        let admitted = tokio::select! {
            biased;
            () = shared.closing.cancelled() => Err(closed()),
            () = events.left() => return None,
            admitted = admit(shared, place, &attempts, Some(model), &errand) => admitted,
        };
        let admitted = match admitted {
            Ok(admitted) => admitted,
            // A crash tells more than what came of it.
            Err(error) => return Some(InferenceEvent::Failed(attempts.into_error().unwrap_or(error))),
        };
        replay.begin();
        match follow(shared, admitted, events, &mut replay).await {
            Outcome::Ended(last) => return Some(last),
            Outcome::Left => return None,
            Outcome::Lost(loss) => {
                if let Err(error) = attempts.lose(&loss) {
                    return Some(InferenceEvent::Failed(error));
                }
            }
            Outcome::Diverged => {
                return Some(InferenceEvent::Failed(attempts.into_error().unwrap_or_else(diverged)));
            }
        }
    }
}

/// Passes the frames of a job on until its last one. A job that is left in the middle is cancelled.
async fn follow(shared: &Shared, mut admitted: Admitted, events: &Mailbox, replay: &mut Replay) -> Outcome {
    loop {
        let sign = tokio::select! {
            biased;
            () = shared.closing.cancelled() => return Outcome::Ended(InferenceEvent::Failed(closed())),
            () = events.left() => return Outcome::Left,
            sign = admitted.seat.next() => sign,
        };
        let frame = match sign {
            Some(Sign::Frame(frame)) => frame,
            Some(Sign::Lost(loss)) => return Outcome::Lost(loss),
            // The runtime is ending, and the tasks of the worker did so before this one.
            None => return Outcome::Ended(InferenceEvent::Failed(closed())),
        };
        match frame {
            FromWorker::Done(done) => return Outcome::Ended(InferenceEvent::Done(convert::completion(done))),
            FromWorker::Failed(failed) => return Outcome::Ended(InferenceEvent::Failed(convert::error(failed))),
            FromWorker::Cancelled { .. }
            | FromWorker::Devices { .. }
            | FromWorker::TokenCount { .. }
            | FromWorker::Rendered(_)
            | FromWorker::TextCounts { .. } => return Outcome::Ended(InferenceEvent::Failed(unexpected())),
            frame => match convert::event(frame) {
                Some(InferenceEvent::Text { text, generated }) => match replay.take(&text, generated) {
                    Ok(Some((text, generated))) => events.put(InferenceEvent::Text { text, generated }),
                    Ok(None) => {}
                    Err(_) => return Outcome::Diverged,
                },
                Some(event) => events.put(event),
                None => {}
            },
        }
    }
}

/// The error of a job that got an answer which is none.
pub(crate) fn unexpected() -> InferenceError {
    InferenceError::new(
        InferenceErrorCode::Internal,
        "The model worker answered with another kind of frame. Install program and worker from one release.",
    )
    .saying(Phrase::new("worker_of_another_release"))
}

/// The error of a job whose attempts say different things, where nothing else is known of why there were several.
fn diverged() -> InferenceError {
    let message = "The model worker ended in the middle of the job, and the model said something else when it was tried again. \
                   Run the step again.";
    InferenceError::new(InferenceErrorCode::WorkerCrashed, message).saying(Phrase::new("worker_said_something_else"))
}
