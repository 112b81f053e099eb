//! Which model plays which role.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brickwork_engine::{ModelRef, Phrase, Role};
use serde::{Deserialize, Serialize};

use crate::catalog::DEFAULT_MODEL_ID;
use crate::folder::{ModelFile, file_id};

/// What the user chose for a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BindingChoice {
    /// Nothing: the default model stands in.
    #[default]
    Default,
    /// A model file.
    File {
        /// The id of a file of the models folder, or the absolute path of a file anywhere.
        file: String,
    },
    /// The scripted placeholder.
    Scripted,
    /// A model that an OpenAI-compatible server runs. Its key is kept elsewhere.
    Remote {
        /// The base address of the server's interface.
        base_url: String,
        /// The name under which the server has the model.
        model: String,
        /// Seconds that the server may say nothing before the first token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_s: Option<u64>,
        /// How often a request that failed before its first token is sent again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retries: Option<u32>,
        /// Whether http may be used although the address is public.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        allow_insecure: bool,
    },
}

impl BindingChoice {
    /// The choice that a user names: `scripted`, `default`, the id of a file, or an absolute path.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            ModelRef::SCRIPTED => Self::Scripted,
            "default" => Self::Default,
            file => Self::File { file: file.to_owned() },
        }
    }
}

/// The choices for all roles; a role without one has [`BindingChoice::Default`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bindings {
    roles: BTreeMap<Role, BindingChoice>,
}

impl Bindings {
    /// The choice for `role`.
    #[must_use]
    pub fn get(&self, role: Role) -> &BindingChoice {
        self.roles.get(&role).unwrap_or(&BindingChoice::Default)
    }

    /// Makes `choice` the one for `role`.
    pub fn set(&mut self, role: Role, choice: BindingChoice) {
        self.roles.insert(role, choice);
    }
}

/// Why a role has no usable model.
#[derive(Debug, thiserror::Error)]
pub enum BindingProblem {
    /// The default model's file is not there.
    #[error(
        "{role} has no model of its own, and the default model `{DEFAULT_MODEL_ID}` is missing: get it with \
         `cargo xtask models`, or bind another model in Models",
        role = role.name()
    )]
    DefaultMissing {
        /// The role.
        role: Role,
    },
    /// The chosen file is not there.
    #[error("{role} is bound to `{file}`, which does not exist: bind another model in Models", role = role.name())]
    FileMissing {
        /// The role.
        role: Role,
        /// The id or path that was chosen.
        file: String,
    },
    /// The file is no model that can be used.
    #[error("{role} is bound to `{file}`, which cannot be used: {cause}. Bind another model in Models", role = role.name())]
    Unusable {
        /// The role.
        role: Role,
        /// The id or path of the file.
        file: String,
        /// What is wrong with the file.
        cause: String,
        /// The same in a form that can be put into another language, where it has one.
        cause_phrase: Option<Box<Phrase>>,
    },
    /// The path cannot be written as text.
    #[error("{role} is bound to {}, whose name is not valid Unicode: rename the file", path.display(), role = role.name())]
    NotUnicode {
        /// The role.
        role: Role,
        /// The file.
        path: PathBuf,
    },
}

impl BindingProblem {
    /// The problem in a form that can be put into another language.
    #[must_use]
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::DefaultMissing { role } => {
                Phrase::new("default_model_missing").with("role", role.name()).with("model", DEFAULT_MODEL_ID)
            }
            Self::FileMissing { role, file } => {
                Phrase::new("bound_model_missing").with("role", role.name()).with("file", file)
            }
            Self::Unusable { role, file, cause, cause_phrase } => {
                let phrase = match cause_phrase.as_deref().cloned() {
                    Some(Phrase { reason, params }) => {
                        Phrase { params, ..Phrase::new("bound_model_unusable_for") }.with("fault", reason)
                    }
                    None => Phrase::new("bound_model_unusable").with("cause", cause),
                };
                phrase.with("role", role.name()).with("file", file)
            }
            Self::NotUnicode { role, path } => {
                Phrase::new("bound_model_not_unicode").with("role", role.name()).with("path", path)
            }
        }
    }
}

/// The model that serves `role`, given the `files` of the models folder. Reads the header of a file bound by its path.
///
/// Without a choice the default model serves, but for the role T5Gemma where a T5Gemma is there. The default model is
/// marked as a stand-in, since it serves roles that it was not made for; a model that the user chose is not, whichever it
/// is.
///
/// # Errors
/// [`BindingProblem`] when that model is missing or cannot be used; its text says what to do.
pub fn resolve(role: Role, bindings: &Bindings, files: &[ModelFile]) -> Result<ModelRef, BindingProblem> {
    match bindings.get(role) {
        BindingChoice::Scripted => Ok(ModelRef::scripted()),
        BindingChoice::Remote { base_url, model, .. } => Ok(ModelRef::remote(base_url, model)),
        BindingChoice::Default => {
            // The one role whose models tell by their kind that they were made for it.
            let made_for_it = files.iter().find(|file| role == Role::T5Gemma && file.is_t5gemma());
            if let Some(file) = made_for_it {
                return model_ref(role, file, false);
            }
            let file = files.iter().find(|file| file.id == DEFAULT_MODEL_ID);
            model_ref(role, file.ok_or(BindingProblem::DefaultMissing { role })?, true)
        }
        BindingChoice::File { file: wanted } => {
            let listed = files.iter().find(|file| file.id == *wanted || file.path == Path::new(wanted));
            match listed {
                Some(file) => model_ref(role, file, false),
                None => by_path(role, wanted),
            }
        }
    }
}

fn by_path(role: Role, wanted: &str) -> Result<ModelRef, BindingProblem> {
    let path = Path::new(wanted);
    if !path.is_absolute() || !path.exists() {
        return Err(BindingProblem::FileMissing { role, file: wanted.to_owned() });
    }
    let described = ModelFile::describe(file_id(path), path.to_owned(), None);
    if let Some(cause) = described.problem {
        let cause_phrase = described.problem_phrase.map(Box::new);
        return Err(BindingProblem::Unusable { role, file: wanted.to_owned(), cause, cause_phrase });
    }
    Ok(ModelRef { id: file_id(path), path: wanted.to_owned(), stand_in: false })
}

fn model_ref(role: Role, file: &ModelFile, stand_in: bool) -> Result<ModelRef, BindingProblem> {
    if let Some(cause) = &file.problem {
        let cause_phrase = file.problem_phrase.clone().map(Box::new);
        return Err(BindingProblem::Unusable { role, file: file.id.clone(), cause: cause.clone(), cause_phrase });
    }
    let path = file.path.to_str().ok_or_else(|| BindingProblem::NotUnicode { role, path: file.path.clone() })?;
    Ok(ModelRef { id: file.id.clone(), path: path.to_owned(), stand_in })
}
