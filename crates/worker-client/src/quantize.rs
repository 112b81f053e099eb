//! Converting a T5Gemma folder into one file with smaller weights, in a worker that does nothing else.

use std::path::Path;

use brickwork_engine::ports::{InferenceError, InferenceErrorCode};

use crate::config::WorkerConfig;
use crate::task;

/// The argument that makes a worker convert.
const QUANTIZE: &str = "quantize";

/// Before the part done, from 0 to 1, in what the worker says.
const PROGRESS: &str = "progress ";

/// Converts the model in `folder` into the file `to`; `kind` is `q8_0` or `q4_k`. `on_progress` gets the part done, 0 to 1.
/// When it is dropped, what was converted until then is kept for the next attempt.
///
/// # Errors
/// [`InferenceErrorCode::WorkerUnavailable`] when the worker cannot be started, [`InferenceErrorCode::ModelInvalid`] with
/// what is wrong with the model, the kind or the disk.
pub async fn quantize(
    config: &WorkerConfig,
    folder: &Path,
    to: &Path,
    kind: &str,
    mut on_progress: impl FnMut(f32),
) -> Result<(), InferenceError> {
    let path = |path: &Path| path.display().to_string();
    let arguments = [QUANTIZE.to_owned(), path(folder), path(to), kind.to_owned()];
    let on_line = |line: &str| {
        if let Some(part) = line.strip_prefix(PROGRESS).and_then(|part| part.parse().ok()) {
            on_progress(part);
        }
    };
    let ended = task::run(config, &arguments, on_line).await.map_err(|error| {
        let message = format!("{} could not be started ({error}).", config.program.display());
        InferenceError::new(InferenceErrorCode::WorkerUnavailable, message)
    })?;
    if ended.is_success { Ok(()) } else { Err(InferenceError::new(InferenceErrorCode::ModelInvalid, ended.last)) }
}
