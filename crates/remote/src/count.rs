//! How many tokens a prompt has, for a preview.
//!
//! A preview is made while the user writes, and must not let text leave this machine. So only a llama.cpp server of this
//! machine is asked, which counts exactly; everything else is estimated.

use std::time::Duration;

use brickwork_engine::{InferenceError, Message, ModelRef};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::address::BaseUrl;
use crate::client::{Key, Peer, RemoteClient, Shared, authorized};
use crate::fault::{self, Fault};
use crate::survey::{self, ServerKind};
use crate::wire::{Applied, Tokenized};

/// How long one count may take.
const COUNT_LIMIT: Duration = Duration::from_secs(10);

/// The longest answer that is read, in bytes: tokens have a few digits each.
const MOST_BYTES: usize = 64 << 20;

/// Exact counts of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Tokens of the whole prompt, its layout included.
    pub whole: u32,
    /// Tokens of each text by itself, in their order.
    pub texts: Vec<u32>,
    /// The server's context window in tokens, where it tells it.
    pub context_length: Option<u32>,
    /// The whole text as the model gets it.
    pub text: String,
}

/// Tokens of a text whose tokenizer is not known: one for every four bytes, rounded up, which is more than most have.
#[must_use]
pub fn estimated_tokens(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(4)).unwrap_or(u32::MAX)
}

impl RemoteClient {
    /// Counts `messages` as a whole and each of `texts` by itself where the server of `model` runs on this machine and can
    /// count; `None` where counts have to be estimated.
    ///
    /// # Errors
    /// When such a server fails.
    pub async fn count(
        &self,
        model: &ModelRef,
        messages: &[Message],
        texts: &[String],
    ) -> Result<Option<Counts>, InferenceError> {
        let Some(base) = model.base_url().and_then(|url| BaseUrl::parse(url, false).ok()) else { return Ok(None) };
        if !base.is_this_machine() {
            return Ok(None);
        }
        let Peer { key, .. } = (self.shared.peer_of)(model.clone()).await;
        let Ok(checked) = survey::survey(&self.shared.network, &base, key.as_ref()).await else { return Ok(None) };
        if checked.server != ServerKind::LlamaCpp {
            return Ok(None);
        }
        let listed = checked.models.iter().find(|listed| listed.id == model.id).or_else(|| checked.models.first());
        let asking = Asking { shared: &self.shared, base: &base, key: key.as_ref(), model: &model.id };
        let applied: Applied = asking.ask("apply-template", &json!({ "messages": messages })).await?;
        let whole = asking.tokens(&applied.prompt, true).await?;
        let mut counts = Vec::with_capacity(texts.len());
        for text in texts {
            counts.push(asking.tokens(text, false).await?);
        }
        let context_length = listed.and_then(|listed| listed.context_length);
        Ok(Some(Counts { whole, texts: counts, context_length, text: applied.prompt }))
    }
}

struct Asking<'a> {
    shared: &'a Shared,
    base: &'a BaseUrl,
    key: Option<&'a Key>,
    model: &'a str,
}

impl Asking<'_> {
    /// Tokens of a text; `whole` for a prompt with its control tokens.
    async fn tokens(&self, text: &str, whole: bool) -> Result<u32, InferenceError> {
        let body = json!({ "content": text, "add_special": whole, "parse_special": whole });
        let tokenized: Tokenized = self.ask("tokenize", &body).await?;
        Ok(u32::try_from(tokenized.tokens.len()).unwrap_or(u32::MAX))
    }

    async fn ask<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, InferenceError> {
        let answer = tokio::time::timeout(COUNT_LIMIT, self.post(path, body)).await;
        answer.unwrap_or_else(|_| Err(fault::silent(self.base, COUNT_LIMIT))).map_err(|fault| fault.error)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Fault> {
        let client = self.shared.network.client(self.base).map_err(|error| survey::no_client(&error))?;
        let request = authorized(client.post(self.base.root_path(path)).json(body), self.key);
        let response = request.send().await.map_err(|error| fault::unreachable(self.base, error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = survey::read(self.base, response, MOST_BYTES).await?;
        if !status.is_success() {
            let body = String::from_utf8_lossy(&body);
            return Err(fault::refusal(self.base, self.model, self.key, status, &headers, &body));
        }
        serde_json::from_slice(&body).map_err(|_| fault::nonsense(self.base, "no count"))
    }
}
