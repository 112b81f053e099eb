//! Finding out with how many threads the processor writes tokens fastest.
//!
//! As many threads as there are physical cores are right on most machines. They are not where some cores are slower than others, or
//! where memory is what all wait for. So when a model has given its first answer and nothing else is to be done, some tokens
//! are computed with fewer threads too, and with all that the processor can run. Each is taken in turn, and its shortest time
//! counts: what another program takes meanwhile only makes times longer. Of the usual number the shortest time of the answer counts
//! too, so that a program that takes a core during the rehearsal alone cannot make it look slow.

use std::sync::Arc;
use std::time::Instant;

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use super::context::{Context, ContextSize, Layout, Manner};
use super::shelf::Shelf;
use crate::threads;

/// Times that are taken of each number of threads. The first counts not: the weights may have to be read from the disk.
const N_TAKEN: usize = 5;

/// The context in which they are taken, in tokens.
const N_CTX: u32 = 64;

/// It does not matter which token is computed, and every vocabulary has this one.
const ANY_TOKEN: LlamaToken = LlamaToken(0);

/// Another number than that of the cores must be faster by this part to be taken instead.
const LEAST_GAIN: f64 = 0.08;

/// The rehearsal of one model. Each [`Rehearsal::step`] computes one token, so that a job that comes waits no longer.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    /// The usual number of threads first.
    tried: Vec<Tried>,
    n_steps: usize,
}

#[derive(Debug)]
struct Tried {
    threads: u32,
    context: Context,
    shortest_ms: Option<f64>,
}

impl Rehearsal {
    /// A rehearsal of `model`, whose context would have `layout`, and which took `usual_ms` for a token with the usual number of
    /// threads. `None` where there is nothing to choose between, or no room in memory.
    pub(crate) fn of(
        backend: &LlamaBackend,
        model: &Arc<LlamaModel>,
        layout: Layout,
        usual_ms: Option<f64>,
    ) -> Option<Self> {
        let candidates = threads::candidates(threads::physical_cores(), threads::usable());
        let mut rehearsal = Self::with(backend, model, layout, &candidates)?;
        rehearsal.tried.first_mut()?.shortest_ms = usual_ms;
        Some(rehearsal)
    }

    fn with(backend: &LlamaBackend, model: &Arc<LlamaModel>, layout: Layout, candidates: &[u32]) -> Option<Self> {
        if candidates.len() < 2 {
            return None;
        }
        let tried = candidates.iter().map(|threads| {
            let manner = Manner { threads: *threads, batch_threads: *threads, layout };
            let size = ContextSize { n_ctx: N_CTX, n_batch: 1 };
            let context = Context::new(backend, Arc::clone(model), size, manner)?;
            Some(Tried { threads: *threads, context, shortest_ms: None })
        });
        Some(Self { tried: tried.collect::<Option<_>>()?, n_steps: 0 })
    }

    /// Computes one token. Returns the number of threads to take from now on when enough is known, or `None`, so that it is to be
    /// called again.
    pub(crate) fn step(&mut self) -> Option<u32> {
        let usual = self.tried.first().map_or(1, |tried| tried.threads);
        let n_tried = self.tried.len().max(1);
        let (round, mut index) = (self.n_steps / n_tried, self.n_steps % n_tried);
        // Every second round goes backwards, so that a machine that gets slower or faster meanwhile favours none.
        if round % 2 == 1 {
            index = n_tried - 1 - index;
        }
        let Some(tried) = self.tried.get_mut(index) else { return Some(usual) };
        let Some(ms) = tried.take() else { return Some(usual) };
        if round > 0 {
            tried.shortest_ms = Some(tried.shortest_ms.map_or(ms, |shortest| shortest.min(ms)));
        }
        self.n_steps += 1;
        (self.n_steps >= n_tried * N_TAKEN).then(|| {
            let times = self.tried.iter().filter_map(|tried| Some((tried.threads, tried.shortest_ms?)));
            fastest(times).unwrap_or(usual)
        })
    }
}

impl Tried {
    /// Computes a token; the time in milliseconds, `None` when llama.cpp cannot.
    fn take(&mut self) -> Option<f64> {
        let place = self.context.place(&[ANY_TOKEN], 1, &mut Shelf::default())?;
        let started = Instant::now();
        self.context.add(place.sequence, ANY_TOKEN, true).ok()?;
        self.context.compute().ok()?;
        self.context.synchronize();
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        self.context.cut_back_to(place.sequence, 0);
        self.context.release(place.sequence);
        Some(ms)
    }
}

/// The number of threads with the shortest time, but the first one unless another gains enough over it.
fn fastest(times: impl Iterator<Item = (u32, f64)>) -> Option<u32> {
    let times: Vec<(u32, f64)> = times.collect();
    let (usual, usual_ms) = *times.first()?;
    let (best, best_ms) = times.into_iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(if best_ms < usual_ms * (1.0 - LEAST_GAIN) { best } else { usual })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::super::context::tests::{Fixture, MODELS};
    use super::*;

    #[test]
    fn another_number_must_be_clearly_faster() {
        for (times, expected) in [
            (&[(8, 10.0), (4, 9.5), (16, 12.0)][..], 8),
            (&[(8, 10.0), (4, 9.0), (16, 12.0)], 4),
            (&[(1, 10.0), (2, 6.0)], 2),
            (&[(2, 10.0)], 2),
        ] {
            assert_eq!(fastest(times.iter().copied()), Some(expected), "{times:?}");
        }
        assert_eq!(fastest([].into_iter()), None);
    }

    #[test]
    fn a_rehearsal_ends_with_a_number_that_was_tried() {
        let fixture = Fixture::new(MODELS[0]);
        let mut rehearsal = Rehearsal::with(fixture.backend, &fixture.model, Layout::default(), &[1, 2]).unwrap();
        let n_steps = (1..100).find(|_| rehearsal.step().is_some_and(|threads| [1, 2].contains(&threads)));
        assert_eq!(n_steps, Some(2 * N_TAKEN));
        assert!(rehearsal.tried.iter().all(|tried| tried.shortest_ms.is_some_and(|ms| ms > 0.0)));
        // A number that took less while it answered is not given up for what is slower.
        let mut rehearsal = Rehearsal::with(fixture.backend, &fixture.model, Layout::default(), &[2, 1]).unwrap();
        rehearsal.tried[0].shortest_ms = Some(0.001);
        assert_eq!((1..100).find_map(|_| rehearsal.step()), Some(2));
        assert!(Rehearsal::with(fixture.backend, &fixture.model, Layout::default(), &[2]).is_none());
    }
}
