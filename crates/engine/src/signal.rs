//! What a run can be told while it goes.

use futures::channel::oneshot;
use futures::future::{FutureExt, Shared};

/// Gives a [`Signal`].
#[derive(Debug)]
pub struct SignalGiver(oneshot::Sender<()>);

/// Something that can be said once and stays said. A dropped giver never says it.
#[derive(Debug, Clone)]
pub struct Signal(Shared<oneshot::Receiver<()>>);

/// What a run obeys.
#[derive(Debug, Clone)]
pub struct RunSignals {
    /// End at once: CANCELLED.
    pub cancel: Signal,
    /// Wait for the user after the running step: PENDING and `paused`.
    pub pause: Signal,
    /// Stop after the running step and take the old place in the queue: PENDING.
    pub park: Signal,
}

/// The givers of one run's [`RunSignals`].
#[derive(Debug)]
pub struct RunSignalGivers {
    /// Gives `cancel`.
    pub cancel: SignalGiver,
    /// Gives `pause`.
    pub pause: SignalGiver,
    /// Gives `park`.
    pub park: SignalGiver,
}

/// A giver and its signal.
#[must_use]
pub fn signal_pair() -> (SignalGiver, Signal) {
    let (sender, receiver) = oneshot::channel();
    (SignalGiver(sender), Signal(receiver.shared()))
}

impl RunSignals {
    /// The signals of one run, and who gives them.
    #[must_use]
    pub fn pair() -> (RunSignalGivers, Self) {
        let ((cancel, cancelled), (pause, paused), (park, parked)) = (signal_pair(), signal_pair(), signal_pair());
        (RunSignalGivers { cancel, pause, park }, Self { cancel: cancelled, pause: paused, park: parked })
    }
}

impl SignalGiver {
    /// Says it. Does nothing when nobody listens any more.
    pub fn give(self) {
        // A closed receiver means that the run has ended, so there is nothing left to tell.
        let _ = self.0.send(());
    }
}

impl Signal {
    /// Resolves when the signal is given, and never otherwise.
    pub async fn given(&self) {
        if self.0.clone().await.is_err() {
            futures::future::pending::<()>().await;
        }
    }

    /// Whether it was given.
    #[must_use]
    pub fn is_given(&self) -> bool {
        matches!(self.0.peek(), Some(Ok(()))) || matches!(self.0.clone().now_or_never(), Some(Ok(())))
    }
}
