//! What has one answer or none.

use std::sync::Arc;

use brickwork_engine::ModelRef;
use brickwork_engine::ports::InferenceError;
use brickwork_worker_protocol::{FromWorker, JobId, ToWorker};

use crate::admission::{Admitted, admit};
use crate::client::closed;
use crate::door::Place;
use crate::fate::{Attempts, Kind};
use crate::job::unexpected;
use crate::routes::{Errand, Sign, is_last};
use crate::shared::Shared;
use crate::{convert, idle};

/// Sends the request that `request` makes of a job's number, and waits for its one answer.
///
/// # Errors
/// Those of a generation.
pub(crate) async fn ask(
    shared: &Arc<Shared>,
    place: &Place,
    model: Option<&ModelRef>,
    request: impl Fn(JobId) -> ToWorker + Send + Sync,
) -> Result<FromWorker, InferenceError> {
    let errand = Errand { place: place.number(), model: None, request: &request };
    let mut attempts = Attempts::of(Kind::Question);
    let answer = loop {
        let mut admitted = match admit(shared, place, &attempts, model, &errand).await {
            Ok(admitted) => admitted,
            Err(error) => break Err(attempts.into_error().unwrap_or(error)),
        };
        match last_sign(&mut admitted).await {
            Some(Sign::Frame(frame)) => break answer(frame),
            Some(Sign::Lost(loss)) => {
                if let Err(error) = attempts.lose(&loss) {
                    break Err(error);
                }
            }
            None => break Err(closed()),
        }
    };
    idle::watch(shared);
    answer
}

/// What ends the question; frames before that only tell of progress.
async fn last_sign(admitted: &mut Admitted) -> Option<Sign> {
    loop {
        match admitted.seat.next().await {
            Some(Sign::Frame(frame)) if !is_last(&frame) => {}
            sign => return sign,
        }
    }
}

fn answer(frame: FromWorker) -> Result<FromWorker, InferenceError> {
    match frame {
        FromWorker::Failed(failed) => Err(convert::error(failed)),
        FromWorker::TokenCount { .. }
        | FromWorker::Rendered(_)
        | FromWorker::TextCounts { .. }
        | FromWorker::Devices { .. } => Ok(frame),
        _ => Err(unexpected()),
    }
}

/// Asks the worker, if one runs, to free a model once no earlier job uses it.
pub(crate) async fn unload(shared: &Shared, model: &ModelRef) {
    let place = shared.door.place();
    let _passage = tokio::select! {
        () = shared.closing.cancelled() => return,
        passage = place.enter() => passage,
    };
    if let Some(worker) = shared.worker() {
        worker.send(&ToWorker::Unload { model: model.path.clone() });
    }
}
