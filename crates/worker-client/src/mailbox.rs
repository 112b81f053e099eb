//! Events on their way to a job's listener, who may be slow.
//!
//! Putting an event in never waits, so a slow listener holds up neither its own job nor any other. What it has not fetched is
//! bounded all the same: beyond [`MOST_APART`] events, text is joined to the text before it and newer progress takes the place
//! of older. No text is lost, so what waits is at most one answer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brickwork_engine::ports::InferenceEvent;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Events that wait each by itself.
const MOST_APART: usize = 64;

/// A new mailbox, and who reads it.
pub(crate) fn mailbox() -> (Mailbox, Listener) {
    let shared = Arc::new(Shared::default());
    (Mailbox { shared: Arc::clone(&shared) }, Listener { shared })
}

/// The end where events are put in. Dropping it ends the listener's stream.
#[derive(Debug)]
pub(crate) struct Mailbox {
    shared: Arc<Shared>,
}

/// The end where events are taken out.
#[derive(Debug)]
pub(crate) struct Listener {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
    is_left: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<InferenceEvent>,
    is_ended: bool,
}

impl Mailbox {
    /// Puts an event in; nobody gets it when the listener is gone.
    pub(crate) fn put(&self, event: InferenceEvent) {
        self.shared.state().put(event);
        self.shared.changed.notify_one();
    }

    /// Waits until the listener is gone.
    pub(crate) async fn left(&self) {
        self.shared.is_left.cancelled().await;
    }
}

impl Listener {
    /// The next event; `None` after the last one.
    pub(crate) async fn next(&self) -> Option<InferenceEvent> {
        loop {
            if let Some(next) = self.shared.state().next() {
                return next;
            }
            self.shared.changed.notified().await;
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put(&mut self, event: InferenceEvent) {
        use InferenceEvent::{Loading, Prompt, Text};
        let is_full = self.events.len() >= MOST_APART;
        match (self.events.back_mut(), event) {
            (Some(Text { text, generated }), Text { text: more, generated: now }) if is_full => {
                text.push_str(&more);
                *generated = now;
            }
            (Some(last @ (Loading { .. } | Prompt { .. })), event @ (Loading { .. } | Prompt { .. })) if is_full => {
                *last = event;
            }
            (_, event) => self.events.push_back(event),
        }
    }

    /// The next event, or that there will be none; `None` when it has not come yet.
    fn next(&mut self) -> Option<Option<InferenceEvent>> {
        match self.events.pop_front() {
            Some(event) => Some(Some(event)),
            None => self.is_ended.then_some(None),
        }
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.shared.state().is_ended = true;
        self.shared.changed.notify_one();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.is_left.cancel();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn text(n: u32) -> InferenceEvent {
        InferenceEvent::Text { text: format!("{n} "), generated: n }
    }

    #[tokio::test]
    async fn a_slow_listener_gets_all_text_in_few_events() {
        let (mailbox, listener) = mailbox();
        for done in 0..100 {
            mailbox.put(InferenceEvent::Prompt { done, total: 100, cached: 0 });
        }
        (1..=1000).for_each(|n| mailbox.put(text(n)));
        drop(mailbox);
        let (mut n_events, mut whole, mut last) = (0, String::new(), None);
        while let Some(event) = listener.next().await {
            n_events += 1;
            if let InferenceEvent::Text { text, .. } = &event {
                whole.push_str(text);
            }
            last = Some(event);
        }
        assert_eq!(whole, (1..=1000).map(|n| format!("{n} ")).collect::<String>());
        assert!(matches!(last, Some(InferenceEvent::Text { generated: 1000, .. })), "{last:?}");
        assert!(n_events <= MOST_APART + 1, "{n_events} events");
    }

    #[tokio::test]
    async fn a_quick_listener_gets_each_event() {
        let (mailbox, listener) = mailbox();
        for n in 1..=200 {
            mailbox.put(text(n));
            assert_eq!(listener.next().await, Some(text(n)));
        }
        assert!(mailbox.left().now_or_never().is_none());
        drop(listener);
        mailbox.left().await;
    }
}
