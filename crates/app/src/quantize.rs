//! Converting a T5Gemma folder into one file with smaller weights.

use std::path::{Path, PathBuf};

use brickwork_models::ModelFile;

use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;

/// The kinds of weights that a model can be converted to.
const KINDS: [&str; 2] = ["q8_0", "q4_k"];

/// A model that was converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantizedModel {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub size_bytes: u64,
}

impl App {
    /// Converts the T5Gemma folder `model` (a listed model's id, or a path) to weights of the kind `q8_0` or `q4_k`, into
    /// the file `to`, or into the folder itself. `on_progress` gets the part done, 0 to 1. When this is dropped, what was
    /// converted until then is kept for the next attempt.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is no such model or kind, [`AppError::ModelProblem`] when the model is no T5Gemma
    /// folder, cannot be used, or the disk is full.
    pub async fn quantize(
        &self,
        model: &str,
        kind: &str,
        to: Option<PathBuf>,
        on_progress: impl FnMut(f32),
    ) -> Result<QuantizedModel, AppError> {
        let kind = kind.to_lowercase();
        if !KINDS.contains(&&*kind) {
            let remedy = format!("Choose one of: {}.", KINDS.join(", "));
            return Err(AppError::Unknown { what: "kind of weights", id: kind, remedy });
        }
        let folder = PathBuf::from(self.model_named(model)?.path);
        if !folder.is_dir() {
            let message = format!(
                "{} is no folder of a T5Gemma model in safetensors format. Only such models are converted.",
                folder.display()
            );
            return Err(AppError::ModelProblem(message.into()));
        }
        let to = match to {
            Some(to) => std::path::absolute(&to).unwrap_or(to),
            None => usual_place(&folder, &kind),
        };
        let worker = self.config().worker();
        let converted = brickwork_worker_client::quantize(&worker, &folder, &to, &kind, on_progress).await;
        converted.map_err(|error| AppError::ModelProblem(error.into()))?;
        let path = to.clone();
        let file = blocking(move || ModelFile::describe(String::new(), path, None)).await?;
        match file.problem {
            None => Ok(QuantizedModel { path: to, size_bytes: file.size_bytes }),
            Some(problem) => Err(AppError::ModelProblem(problem.into())),
        }
    }
}

/// Inside the folder, under its name with the kind behind it.
fn usual_place(folder: &Path, kind: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.join(format!("{name}-{}.gguf", kind.to_uppercase()))
}
