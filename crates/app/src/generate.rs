//! One generation outside a pipeline.

use std::path::Path;

use brickwork_engine::{Generation, Inference, InferenceEvent, Message, ModelRef, Parameters, Prompt, Speaker};
use futures::stream::BoxStream;

use crate::app::App;
use crate::error::AppError;

/// What to generate.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateRequest {
    /// A model's id or the path of its file.
    pub model: String,
    /// The prompt.
    pub prompt: String,
    /// Whether the prompt is continued as it stands, without a chat template.
    pub raw: bool,
    /// Sampling and length; a missing seed is 0.
    pub parameters: Parameters,
}

impl App {
    /// Starts a generation. Dropping the stream cancels it.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is neither a file nor a listed model of that name, [`AppError::ModelProblem`] when
    /// the file is no model.
    pub fn generate(&self, request: GenerateRequest) -> Result<BoxStream<'static, InferenceEvent>, AppError> {
        let prompt = if request.raw {
            Prompt::Raw(request.prompt)
        } else {
            Prompt::Chat(vec![Message::new(Speaker::User, request.prompt)])
        };
        let model = self.model_named(&request.model)?;
        Ok(self.inner().models.generate(Generation { model, prompt, parameters: request.parameters }))
    }

    /// A listed model by id, or a file by path.
    fn model_named(&self, name: &str) -> Result<ModelRef, AppError> {
        if name == ModelRef::SCRIPTED {
            return Ok(ModelRef::scripted());
        }
        if let Some(file) = self.scan_models().into_iter().find(|file| file.id == name) {
            if let Err(problem) = file.info {
                return Err(AppError::ModelProblem(problem));
            }
            return Ok(ModelRef { id: file.id, path: file.path.display().to_string(), stand_in: false });
        }
        let path = std::path::absolute(Path::new(name)).unwrap_or_else(|_| name.into());
        if !path.exists() {
            return Err(AppError::Unknown {
                what: "model",
                id: name.to_owned(),
                remedy: "Give the path of a .gguf file, or an id that `brickwork models list` shows.".into(),
            });
        }
        // Our own reader looks first: a file that is no model never reaches llama.cpp.
        brickwork_models::gguf::read_header(&path).map_err(|error| AppError::ModelProblem(error.to_string()))?;
        let id = path.file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned());
        Ok(ModelRef { id, path: path.display().to_string(), stand_in: false })
    }
}
