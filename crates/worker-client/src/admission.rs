//! How a job gets into a worker: in the order of places, into the one that runs or a fresh one.

use std::sync::Arc;

use brickwork_engine::ports::{InferenceError, InferenceErrorCode};
use brickwork_engine::{ModelRef, Phrase};

use crate::client::SHUTDOWN_LIMIT;
use crate::door::{Passage, Place};
use crate::fate::Attempts;
use crate::routes::{Errand, Refused};
use crate::shared::Shared;
use crate::worker::{Seat, Worker};

/// A job in a worker.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) seat: Seat,
    /// Keeps later jobs out where this one must be alone.
    _passage: Option<Passage>,
}

/// Waits for `place`'s turn and sends its job to a worker. Dropping the future leaves nothing behind.
///
/// # Errors
/// [`InferenceErrorCode::ModelMissing`] when there is no file of `model`, [`InferenceErrorCode::BadRequest`] for a request that
/// is too long, and those of a worker that cannot be started.
pub(crate) async fn admit(
    shared: &Arc<Shared>,
    place: &Place,
    attempts: &Attempts,
    model: Option<&ModelRef>,
    errand: &Errand<'_>,
) -> Result<Admitted, InferenceError> {
    loop {
        let passage = place.enter().await;
        let _entering = errand.model.map(|id| shared.entering(id));
        if let Some(model) = model {
            check_model(model).await?;
        }
        let Some(worker) = worker_for(shared, attempts.is_alone()).await? else {
            // Its jobs came first, so they may first go back to their places.
            let ending = shared.worker();
            drop(passage);
            if let Some(worker) = ending {
                worker.gone().await;
            }
            continue;
        };
        match worker.submit(errand) {
            Ok(seat) => return Ok(Admitted { seat, _passage: attempts.is_alone().then_some(passage) }),
            Err(Refused::Closed) => {}
            Err(Refused::TooLong(reason)) => {
                let message = format!("The request cannot be sent to the model worker: {reason}. Make it shorter.");
                let phrase = Phrase::new("request_too_long_to_send").with("cause", reason);
                return Err(InferenceError::new(InferenceErrorCode::BadRequest, message).saying(phrase));
            }
        }
    }
}

/// The worker that runs, or a fresh one; `None` while the last one ends.
async fn worker_for(shared: &Arc<Shared>, is_alone: bool) -> Result<Option<Worker>, InferenceError> {
    if let Some(worker) = shared.worker().filter(|worker| !worker.is_gone()) {
        if is_alone && !worker.routes().is_fresh() {
            worker.routes().emptied().await;
            worker.end(SHUTDOWN_LIMIT).await;
        } else if worker.routes().is_closed() {
            return Ok(None);
        } else {
            return Ok(Some(worker));
        }
    }
    shared.start_worker().await.map(Some)
}

async fn check_model(model: &ModelRef) -> Result<(), InferenceError> {
    let missing = |what: String, phrase: Phrase| {
        Err(InferenceError::new(
            InferenceErrorCode::ModelMissing,
            format!("{what} Download the model, or bind the role to another one."),
        )
        .saying(phrase.with("id", &model.id)))
    };
    if model.path.is_empty() {
        return missing(format!("Model '{}' has no file.", model.id), Phrase::new("model_without_file"));
    }
    match tokio::fs::metadata(&model.path).await {
        // A folder is a model of several files; whether it is one is for the worker to say.
        Ok(metadata) if metadata.is_file() || metadata.is_dir() => Ok(()),
        Ok(_) => {
            let phrase = Phrase::new("model_no_file_or_folder").with("path", &model.path);
            missing(format!("{} is neither a file nor a folder.", model.path), phrase)
        }
        Err(error) => {
            let phrase =
                Phrase::new("model_file_unreadable").with("path", &model.path).with("cause", error.to_string());
            missing(format!("The file of model '{}' cannot be read at {} ({error}).", model.id, model.path), phrase)
        }
    }
}
