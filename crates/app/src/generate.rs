//! One generation outside a pipeline.

use std::path::Path;

use brickwork_engine::{Generation, Inference, InferenceEvent, Message, ModelRef, Parameters, Prompt, Role, Speaker};
use brickwork_models::ModelFile;
use futures::stream::BoxStream;

use crate::app::App;
use crate::error::AppError;
use crate::said::Said;

/// What to generate.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateRequest {
    /// A role's name, a model's id or the path of its file.
    pub model: String,
    /// The prompt.
    pub prompt: String,
    /// Whether the prompt is continued as it stands, without a chat template.
    pub raw: bool,
    /// Sampling and length; a missing seed is 0.
    pub parameters: Parameters,
}

/// A conversation to be continued.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// A role's name, a model's id or the path of its file.
    pub model: String,
    /// The conversation so far, not empty.
    pub messages: Vec<Message>,
    /// Sampling and length; a missing seed is 0.
    pub parameters: Parameters,
}

/// A model that can be talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatModel {
    /// The role's name, under which it is called.
    pub id: &'static str,
    /// The id of the model that serves the role.
    pub model_id: String,
    /// Whether it is the scripted placeholder.
    pub simulated: bool,
    /// Whether a server runs it, to which the conversation is sent.
    pub remote: bool,
}

impl App {
    /// The roles that a model serves which can run now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn chat_models(&self) -> Result<Vec<ChatModel>, AppError> {
        let served = self.models().await?.models.into_iter().filter(|role| role.binding.present);
        let chat = served.map(|role| ChatModel {
            id: role.name,
            model_id: role.binding.id,
            simulated: role.binding.simulated,
            remote: role.binding.remote.is_some(),
        });
        Ok(chat.collect())
    }

    /// Continues a conversation. Dropping the stream cancels it.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is no such role, model or file, [`AppError::ModelProblem`] when it cannot run, or
    /// a fault of the database.
    pub async fn chat(&self, request: ChatRequest) -> Result<BoxStream<'static, InferenceEvent>, AppError> {
        self.begin_generation(&request.model, Prompt::Chat(request.messages), request.parameters).await
    }

    /// Starts a generation. Dropping the stream cancels it.
    ///
    /// # Errors
    /// Those of [`App::chat`].
    pub async fn generate(&self, request: GenerateRequest) -> Result<BoxStream<'static, InferenceEvent>, AppError> {
        let GenerateRequest { model, prompt, raw, parameters } = request;
        let prompt = if raw { Prompt::Raw(prompt) } else { Prompt::Chat(vec![Message::new(Speaker::User, prompt)]) };
        self.begin_generation(&model, prompt, parameters).await
    }

    /// Lets the model that `name` means (a role, a listed model or a file) continue `prompt`.
    async fn begin_generation(
        &self,
        name: &str,
        prompt: Prompt,
        parameters: Parameters,
    ) -> Result<BoxStream<'static, InferenceEvent>, AppError> {
        let model = match Role::parse(name) {
            Some(role) => self.model_of(role).await?,
            None => self.model_named(name)?,
        };
        self.adopt_compute().await?;
        Ok(self.inner().models.generate(Generation { model, prompt, parameters }))
    }

    /// A listed model by id, or a file by path.
    pub(crate) fn model_named(&self, name: &str) -> Result<ModelRef, AppError> {
        if name == ModelRef::SCRIPTED {
            return Ok(ModelRef::scripted());
        }
        if let Some(file) = self.scan_models().into_iter().find(|file| file.id == name) {
            if let Some(problem) = file.problem {
                return Err(AppError::ModelProblem(Said::new(problem, file.problem_phrase)));
            }
            return Ok(ModelRef { id: file.id, path: file.path.display().to_string(), stand_in: false });
        }
        let path = std::path::absolute(Path::new(name)).unwrap_or_else(|_| name.into());
        if !path.exists() {
            return Err(AppError::Unknown {
                what: "model",
                id: name.to_owned(),
                remedy:
                    "Give the path of a .gguf file or of a T5Gemma folder, or an id that `brickwork models list` shows."
                        .into(),
            });
        }
        // Our own reader looks first: what is no model never reaches the worker.
        if let Some(problem) = ModelFile::describe(String::new(), path.clone(), None).problem {
            return Err(AppError::ModelProblem(problem.into()));
        }
        let id = path.file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned());
        Ok(ModelRef { id, path: path.display().to_string(), stand_in: false })
    }
}
