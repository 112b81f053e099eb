//! Counting prompts, in a worker of its own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use brickwork_engine::{
    InferenceError, InferenceErrorCode, Message, ModelRef, Phrase, Prompt, ScriptedInference, StepPreview,
};
use brickwork_models::loaded_header_of;
use brickwork_remote::{RemoteClient, estimated_tokens};
use brickwork_worker_client::{Device, WorkerClient, WorkerConfig, WorkerHello};

use super::cache::{Key, ModelStamp, Newest};

/// Counts that are kept.
const MOST_COUNTS: usize = 8192;

/// Whole texts that are kept: of the steps that were looked at last.
const MOST_TEXTS: usize = 16;

/// The longest conversation that is sent to the worker, in bytes. The largest context windows hold far less.
const MOST_BYTES: usize = 12 << 20;

/// What a step's prompt costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Tokens of the whole prompt, unknown outputs left empty.
    pub(crate) known_tokens: u32,
    /// Tokens of each part of the preview by itself, in their order.
    pub(crate) part_tokens: Vec<u32>,
    /// The model's context window in tokens; absent where there is none.
    pub(crate) context_length: Option<u32>,
    /// The most tokens that the model writes, where that does not depend on the length of the prompt.
    pub(crate) output_limit: Option<u32>,
    /// The whole text with placeholders, if it was asked for.
    pub(crate) text: Option<String>,
    /// Whether the tokens are estimated.
    pub(crate) estimated: bool,
}

/// The tokens of a whole prompt.
#[derive(Debug, Clone, Copy)]
struct Whole {
    tokens: u32,
    context_length: Option<u32>,
}

/// What was counted.
#[derive(Debug)]
struct Known {
    wholes: Newest<Whole>,
    texts: Newest<Arc<str>>,
    counts: Newest<u32>,
}

/// Lays prompts out and counts them in a worker that only ever reads vocabularies, and remembers what it counted.
#[derive(Debug)]
pub(crate) struct Counter {
    worker: WorkerClient,
    remote: RemoteClient,
    known: Mutex<Known>,
}

impl Counter {
    pub(crate) fn new(config: WorkerConfig, remote: RemoteClient) -> Self {
        let known = Known {
            wholes: Newest::new(MOST_COUNTS),
            texts: Newest::new(MOST_TEXTS),
            counts: Newest::new(MOST_COUNTS),
        };
        Self { worker: WorkerClient::new(config), remote, known: Mutex::new(known) }
    }

    /// What the last worker that was started said of itself.
    pub(crate) fn hello(&self) -> Option<WorkerHello> {
        self.worker.hello()
    }

    /// Where models can run, with what of their memory is free now.
    ///
    /// # Errors
    /// Those of a worker that cannot be started or is lost.
    pub(crate) async fn devices(&self) -> Result<Vec<Device>, InferenceError> {
        self.worker.devices().await
    }

    pub(crate) async fn shutdown(&self) {
        self.worker.shutdown().await;
    }

    /// What `step` costs with `model`.
    ///
    /// # Errors
    /// Those of a generation, and [`InferenceErrorCode::PromptTooLong`] for a conversation that no model could take.
    pub(crate) async fn budget(
        &self,
        model: &ModelRef,
        step: &StepPreview,
        with_text: bool,
    ) -> Result<Budget, InferenceError> {
        if model.is_simulated() {
            return Ok(scripted(step, with_text));
        }
        check_length(&step.counted)?;
        if !model.is_local() {
            return self.remote_budget(model, step, with_text).await;
        }
        let stamp = ModelStamp::of(model);
        let whole = self.whole(model, &stamp, &step.counted, with_text && step.shown == step.counted).await?;
        let text = if with_text {
            check_length(&step.shown)?;
            Some(self.text(model, &stamp, &step.shown).await?)
        } else {
            None
        };
        let texts: Vec<&str> = step.parts.iter().map(|part| part.text.as_str()).collect();
        let part_tokens = self.counts(model, &stamp, &texts).await?;
        let (known_tokens, context_length) = (whole.tokens, whole.context_length);
        let output_limit = output_limit(model).await;
        Ok(Budget { known_tokens, part_tokens, context_length, output_limit, text, estimated: false })
    }

    /// What `step` costs with a model that a server runs: counted where that server runs on this machine and can, else
    /// estimated, since a preview sends no text away.
    async fn remote_budget(
        &self,
        model: &ModelRef,
        step: &StepPreview,
        with_text: bool,
    ) -> Result<Budget, InferenceError> {
        let texts: Vec<String> = step.parts.iter().map(|part| part.text.clone()).collect();
        let Some(counts) = self.remote.count(model, &step.counted, &texts).await? else {
            return Ok(estimated(step, with_text));
        };
        let text = match with_text.then(|| step.shown == step.counted) {
            None => None,
            Some(true) => Some(counts.text),
            Some(false) => self.remote.count(model, &step.shown, &[]).await?.map(|shown| shown.text),
        };
        Ok(Budget {
            known_tokens: counts.whole,
            part_tokens: counts.texts,
            context_length: counts.context_length,
            output_limit: None,
            text,
            estimated: false,
        })
    }

    async fn whole(
        &self,
        model: &ModelRef,
        stamp: &ModelStamp,
        messages: &[Message],
        with_text: bool,
    ) -> Result<Whole, InferenceError> {
        let key = stamp.of_messages(messages);
        let known = self.known().wholes.get(&key);
        match known {
            Some(whole) => Ok(whole),
            None => self.render(model, key, messages, with_text).await.map(|(whole, _)| whole),
        }
    }

    async fn text(&self, model: &ModelRef, stamp: &ModelStamp, messages: &[Message]) -> Result<String, InferenceError> {
        let key = stamp.of_messages(messages);
        let known = self.known().texts.get(&key);
        match known {
            Some(text) => Ok(text.as_ref().to_owned()),
            None => self.render(model, key, messages, true).await.map(|(_, text)| text.unwrap_or_default()),
        }
    }

    async fn render(
        &self,
        model: &ModelRef,
        key: Key,
        messages: &[Message],
        with_text: bool,
    ) -> Result<(Whole, Option<String>), InferenceError> {
        let rendering = self.worker.render(model.clone(), Prompt::Chat(messages.to_vec()), with_text).await?;
        let whole = Whole { tokens: rendering.tokens, context_length: rendering.context_length };
        let mut known = self.known();
        known.wholes.insert(key, whole);
        if let Some(text) = &rendering.text {
            known.texts.insert(key, text.as_str().into());
        }
        Ok((whole, rendering.text))
    }

    /// The tokens of each text by itself; only those that are not known are sent.
    async fn counts(&self, model: &ModelRef, stamp: &ModelStamp, texts: &[&str]) -> Result<Vec<u32>, InferenceError> {
        let keys: Vec<Key> = texts.iter().map(|text| stamp.of_text(text)).collect();
        let mut found: Vec<Option<u32>> = {
            let known = self.known();
            keys.iter().map(|key| known.counts.get(key)).collect()
        };
        let missing: Vec<usize> = (0..texts.len()).filter(|index| found[*index].is_none()).collect();
        if !missing.is_empty() {
            let unknown = missing.iter().map(|index| texts[*index].to_owned()).collect();
            let counts = self.worker.count_texts(model.clone(), unknown).await?;
            let mut known = self.known();
            for (index, count) in missing.into_iter().zip(counts) {
                known.counts.insert(keys[index], count);
                found[index] = Some(count);
            }
        }
        Ok(found.into_iter().map(Option::unwrap_or_default).collect())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limit of what an encoder-decoder writes: its source and its output have a window each.
async fn output_limit(model: &ModelRef) -> Option<u32> {
    let path = PathBuf::from(&model.path);
    // A file that cannot be read has failed by itself already.
    let info = tokio::task::spawn_blocking(move || loaded_header_of(&path)).await.ok()?.ok()?;
    info.t5gemma.map(|figures| u32::try_from(figures.output_tokens).unwrap_or(u32::MAX))
}

/// The placeholder counts words, as it does when it answers.
fn scripted(step: &StepPreview, with_text: bool) -> Budget {
    let count = |text: &str| ScriptedInference::count_tokens(&Prompt::Raw(text.to_owned()));
    Budget {
        known_tokens: ScriptedInference::count_tokens(&Prompt::Chat(step.counted.clone())),
        part_tokens: step.parts.iter().map(|part| count(&part.text)).collect(),
        context_length: None,
        output_limit: None,
        text: with_text.then(|| ScriptedInference::layout(&Prompt::Chat(step.shown.clone()))),
        estimated: false,
    }
}

/// Counts for a server that is not asked.
fn estimated(step: &StepPreview, with_text: bool) -> Budget {
    let count = |text: &str| estimated_tokens(text.len());
    Budget {
        known_tokens: step.counted.iter().map(|message| count(&message.content)).fold(0, u32::saturating_add),
        part_tokens: step.parts.iter().map(|part| count(&part.text)).collect(),
        context_length: None,
        output_limit: None,
        text: with_text.then(|| ScriptedInference::layout(&Prompt::Chat(step.shown.clone()))),
        estimated: true,
    }
}

fn check_length(messages: &[Message]) -> Result<(), InferenceError> {
    let bytes: usize = messages.iter().map(|message| message.content.len()).sum();
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    let message = format!(
        "The prompt has {} MiB of text, more than any model takes. Attach fewer files, or let the step see fewer earlier \
         steps.",
        bytes >> 20
    );
    let phrase = Phrase::new("prompt_larger_than_any").with("mib", bytes >> 20);
    Err(InferenceError::new(InferenceErrorCode::PromptTooLong, message).saying(phrase))
}
