//! Keys and tokens: kept by the system's keyring, or in this program's memory only where there is none.
//!
//! No secret reaches the database, a file of ours, the log or an answer of the API: surfaces learn that one is there, never
//! what it is. Nothing talks to the keyring before a secret is asked for or set.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use keyring::Entry;
use serde::Serialize;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use crate::app::App;
use crate::error::AppError;

/// The name under which the keyring lists what is Brickwork's.
const SERVICE: &str = "dev.brickwork.brickwork";

/// How long the keyring may take, the user's answer to its prompt included.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a keyring that did not answer, or is locked, is left alone.
const REST: Duration = Duration::from_mins(1);

/// Where secrets are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretsKind {
    /// In the keyring of this system.
    Keyring,
    /// In the memory of this program: they are gone when it ends.
    Memory,
}

/// A key or token. It is never printed, and its memory is overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret with this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, to be handed to the peer that it is for and to nobody else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(not shown)")
    }
}

/// The program's secrets; clones share them.
#[derive(Clone)]
pub struct Secrets {
    inner: Arc<Inner>,
}

struct Inner {
    wanted: SecretsKind,
    /// Where they are kept, once somebody asked.
    kind: OnceCell<SecretsKind>,
    /// What the keyring does not hold. It goes before what the keyring holds, which may be older.
    memory: Mutex<HashMap<String, Secret>>,
    /// The keyring is not asked before.
    rests_until: Mutex<Option<Instant>>,
}

impl Secrets {
    /// Secrets that are kept in the keyring where `wanted` says so and this system has one.
    pub(crate) fn new(wanted: SecretsKind) -> Self {
        let inner = Inner { wanted, kind: OnceCell::new(), memory: Mutex::default(), rests_until: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// Where secrets are kept. The first call connects to the keyring.
    pub async fn kind(&self) -> SecretsKind {
        *self.inner.kind.get_or_init(|| find(self.inner.wanted)).await
    }

    /// The secret of this name.
    pub async fn get(&self, name: &str) -> Option<Secret> {
        if let Some(secret) = self.memory().get(name) {
            return Some(secret.clone());
        }
        match self.keyring(name, |entry| entry.get_password()).await {
            Ok(text) => text.map(Secret::new),
            Err(error) => {
                tracing::warn!(name, %error, "the keyring did not give a secret");
                None
            }
        }
    }

    /// Keeps `secret` under `name`, in place of the one before, and says where: a keyring that is locked or refuses leaves
    /// it in memory.
    pub async fn set(&self, name: &str, secret: Secret) -> SecretsKind {
        let kept = secret.clone();
        match self.keyring(name, move |entry| entry.set_password(kept.reveal())).await {
            Ok(Some(())) => {
                self.memory().remove(name);
                SecretsKind::Keyring
            }
            Ok(None) => self.remember(name, secret),
            Err(error) => {
                tracing::warn!(name, %error, "the keyring did not take a secret; it is kept until the program ends");
                self.remember(name, secret)
            }
        }
    }

    /// Forgets the secret of this name, and says whether there was one.
    ///
    /// # Errors
    /// [`AppError::Keyring`] when the keyring holds one and does not let go of it.
    pub async fn remove(&self, name: &str) -> Result<bool, AppError> {
        let remembered = self.memory().remove(name).is_some();
        let kept = self.keyring(name, |entry| entry.delete_credential()).await.map_err(AppError::Keyring)?;
        Ok(remembered || kept.is_some())
    }

    fn remember(&self, name: &str, secret: Secret) -> SecretsKind {
        self.memory().insert(name.to_owned(), secret);
        SecretsKind::Memory
    }

    /// What `ask` makes of the keyring's entry; `None` where there is no keyring, or no such entry.
    async fn keyring<T: Send + 'static>(
        &self,
        name: &str,
        ask: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<Option<T>, String> {
        if self.kind().await == SecretsKind::Memory {
            return Ok(None);
        }
        if self.rests_until().is_some_and(|until| Instant::now() < until) {
            return Err("it is locked, or did not answer a moment ago".into());
        }
        let name = name.to_owned();
        let outcome = patiently(move || match Entry::new(SERVICE, &name).and_then(|entry| ask(&entry)) {
            Ok(found) => Ok(Some(found)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(reason(&error)),
        })
        .await;
        *self.rests_until() = outcome.is_err().then(|| Instant::now() + REST);
        outcome
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<String, Secret>> {
        self.inner.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rests_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.inner.rests_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Secrets").field("kind", &self.inner.kind.get()).finish_non_exhaustive()
    }
}

async fn find(wanted: SecretsKind) -> SecretsKind {
    if wanted == SecretsKind::Memory {
        return SecretsKind::Memory;
    }
    match patiently(|| Entry::store_status().as_ref().copied().map_err(reason)).await {
        Ok(()) => SecretsKind::Keyring,
        Err(error) => {
            tracing::warn!(%error, "this system has no keyring that can be used; keys are kept until the program ends");
            SecretsKind::Memory
        }
    }
}

/// What `work` answers, off the threads of the runtime. A thread that waits for ever for a prompt is left behind.
async fn patiently<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    let (done, answer) = tokio::sync::oneshot::channel();
    let spawned = std::thread::Builder::new().name("keyring".into()).spawn(move || {
        // The asker may have stopped waiting.
        let _ = done.send(work());
    });
    spawned.map_err(|error| error.to_string())?;
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err("it failed".into()),
        Err(_) => Err(format!("it did not answer within {} s", PATIENCE.as_secs())),
    }
}

/// What the keyring says, without the bytes that two of its errors carry.
fn reason(error: &keyring::Error) -> String {
    match error {
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => "what it holds is no text".into(),
        keyring::Error::Ambiguous(found) => format!("it holds {} entries of this name", found.len()),
        other => other.to_string(),
    }
}

impl App {
    /// The program's keys and tokens.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.inner().secrets
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use super::*;

    #[tokio::test]
    async fn without_a_keyring_secrets_live_in_memory() {
        let secrets = Secrets::new(SecretsKind::Memory);
        assert_eq!(secrets.get("hub:https://example.org").await, None);
        let kept = secrets.set("hub:https://example.org", Secret::new("one")).await;
        assert_eq!(kept, SecretsKind::Memory);
        secrets.clone().set("hub:https://example.org", Secret::new("two")).await;
        assert_eq!(secrets.get("hub:https://example.org").await.unwrap().reveal(), "two");
        assert!(secrets.remove("hub:https://example.org").await.unwrap());
        assert!(!secrets.remove("hub:https://example.org").await.unwrap());
        assert_eq!(secrets.get("hub:https://example.org").await, None);
    }

    #[test]
    fn row_35_a_secret_is_never_printed() {
        let secret = Secret::new("hf_very-secret");
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains("very"));
        let bytes = keyring::Error::BadEncoding(b"hf_very-secret".to_vec());
        assert!(!reason(&bytes).contains("very"));
    }
}
