//! Each way to come by a cache gives the scores of a cold run.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::OnceLock;

use super::super::load::{self, Extent, Placement};
use super::*;
use crate::test_models::model_path;

pub(crate) const MODELS: [&str; 2] = ["SmolLM2-135M-Instruct.Q4_1.gguf", "gemma-3-270m-q4_k_m.gguf"];

/// The most that a score may differ from a cold run whose batches had the same sizes.
const EXACT: f32 = 1e-3;

const TEXT: &str =
    "def add(first, second):\n    \"\"\"Return the sum of two numbers.\"\"\"\n    return first + second\n";

/// A model on the processor, and what makes contexts for it.
pub(crate) struct Fixture {
    pub(crate) backend: &'static LlamaBackend,
    pub(crate) model: Arc<LlamaModel>,
    pub(crate) path: String,
    pub(crate) ids: Vec<LlamaToken>,
}

impl Fixture {
    pub(crate) fn new(file: &str) -> Self {
        static BACKEND: OnceLock<LlamaBackend> = OnceLock::new();
        let path = model_path(file);
        let backend = BACKEND.get_or_init(|| {
            crate::log::install();
            crate::modules::load().unwrap();
            LlamaBackend::init().unwrap()
        });
        let extent = Extent::Weights(Placement::default());
        let model = load::load(backend, &path, &extent, |_| true).unwrap();
        let ids = model.vocab().tokenize(TEXT.as_bytes(), true, false);
        Self { backend, model: Arc::new(model), path, ids }
    }

    pub(crate) fn context(&self) -> Context {
        self.context_with(usual_layout())
    }

    fn context_with(&self, layout: Layout) -> Context {
        let size = ContextSize { n_ctx: 1024, n_batch: 64 };
        Context::new(self.backend, Arc::clone(&self.model), size, manner(layout)).unwrap()
    }

    /// The scores behind all of `ids` in a context of their own, the last of them computed alone. `n_batch` tokens go before it at
    /// once.
    pub(crate) fn cold(&self, ids: &[LlamaToken], n_batch: usize) -> Vec<f32> {
        let mut context = self.context();
        let place = context.place(ids, 256, &mut Shelf::default()).unwrap();
        read(&mut context, place.sequence, &ids[..ids.len() - 1], n_batch);
        last(&mut context, place.sequence, ids)
    }

    /// How much scores differ by the sizes of batches alone: they are summed up in another order. Weights that llama.cpp lays
    /// out anew for this processor differ most.
    fn noise(&self, ids: &[LlamaToken]) -> f32 {
        2.0 * difference(&self.cold(ids, 1), &self.cold(ids, 64)) + EXACT
    }
}

/// The layout where nobody chose one.
fn usual_layout() -> Layout {
    Layout::of(&Compute::default(), false)
}

/// One thread computes: several that wait for each other would wait for other tests too.
const fn manner(layout: Layout) -> Manner {
    Manner { threads: 1, batch_threads: 1, layout }
}

/// Computes what is missing of `ids`, `n_batch` tokens at once.
fn read(context: &mut Context, sequence: SequenceId, ids: &[LlamaToken], n_batch: usize) {
    for part in ids[context.len(sequence)..].chunks(n_batch) {
        for id in part {
            context.add(sequence, *id, false).unwrap();
        }
        context.compute().unwrap();
    }
}

/// Computes the last token of `ids`, which alone is missing, and returns the scores behind it.
fn last(context: &mut Context, sequence: SequenceId, ids: &[LlamaToken]) -> Vec<f32> {
    assert_eq!(context.len(sequence) + 1, ids.len());
    let place = context.add(sequence, *ids.last().unwrap(), true).unwrap();
    context.compute().unwrap();
    context.scores(place).to_vec()
}

fn difference(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[track_caller]
fn check(what: &str, scores: &[f32], cold: &[f32], tolerance: f32) {
    let worst = difference(scores, cold);
    println!("{what}: {worst:.4} of {tolerance:.4}");
    assert!(worst <= tolerance, "{what}: {worst} is more than {tolerance}");
}

#[test]
fn guesses_leave_no_trace() {
    for file in MODELS {
        let fixture = Fixture::new(file);
        let ids = &fixture.ids;
        let mut context = fixture.context();
        let sequence = context.place(ids, 256, &mut Shelf::default()).unwrap().sequence;
        let n_read = ids.len() - 8;
        read(&mut context, sequence, &ids[..n_read], 64);
        // Behind each right token wrong ones, and a right one among them that is kept.
        for (index, id) in ids.iter().enumerate().take(ids.len() - 1).skip(n_read) {
            context.add(sequence, *id, true).unwrap();
            for _ in 0..=index % 4 {
                context.add(sequence, LlamaToken(100), true).unwrap();
            }
            context.compute().unwrap();
            context.cut_back_to(sequence, index + 1);
            assert_eq!(context.len(sequence), index + 1);
        }
        let scores = last(&mut context, sequence, ids);
        check(file, &scores, &fixture.cold(ids, 64), fixture.noise(ids));
    }
}

#[test]
fn a_branch_beside_its_trunk_has_the_scores_of_its_own_text() {
    for file in MODELS {
        let fixture = Fixture::new(file);
        let trunk = fixture.ids.clone();
        let (n_read, n_shared) = (trunk.len() - 8, trunk.len() - 12);
        let mut branch = trunk[..n_shared].to_vec();
        branch.extend_from_slice(&trunk[3..11]);
        let mut context = fixture.context();
        let mut shelf = Shelf::default();
        let first = context.place(&trunk, 256, &mut shelf).unwrap();
        read(&mut context, first.sequence, &trunk[..n_read], 64);
        let second = context.place(&branch, 256, &mut shelf).unwrap();
        assert_eq!(second.n_cached, n_shared, "the start in common is not computed again");
        assert_ne!(first.sequence, second.sequence);
        // Both go on in the same batches.
        for index in 0..7 {
            context.add(first.sequence, trunk[n_read + index], false).unwrap();
            context.add(second.sequence, branch[n_shared + index], false).unwrap();
            context.compute().unwrap();
        }
        let scores = last(&mut context, first.sequence, &trunk);
        check(&format!("{file}, trunk"), &scores, &fixture.cold(&trunk, 64), fixture.noise(&trunk));
        let scores = last(&mut context, second.sequence, &branch);
        check(&format!("{file}, branch"), &scores, &fixture.cold(&branch, 64), fixture.noise(&branch));
    }
}

#[test]
fn what_comes_from_the_shelf_has_the_scores_of_a_cold_run() {
    for file in MODELS {
        let fixture = Fixture::new(file);
        // Long enough to be worth it.
        let ids = &fixture.ids.repeat(2);
        let cold = fixture.cold(ids, 64);
        let mut context = fixture.context();
        let mut shelf = Shelf::default();
        let first = context.place(ids, 256, &mut shelf).unwrap();
        read(&mut context, first.sequence, &ids[..ids.len() - 1], 64);
        context.release(first.sequence);
        context.shelve_idle(&mut shelf);
        drop(context);

        let mut fresh = fixture.context();
        let again = fresh.place(ids, 256, &mut shelf).unwrap();
        assert_eq!(again.n_cached, ids.len() - 1, "{file}");
        let scores = last(&mut fresh, again.sequence, ids);
        check(&format!("{file}, from the shelf"), &scores, &cold, EXACT);

        // Jobs that run move to a larger context as they are.
        let size = ContextSize { n_ctx: 2048, n_batch: 64 };
        let mut larger =
            Context::new(fixture.backend, Arc::clone(&fixture.model), size, manner(usual_layout())).unwrap();
        fresh.cut_back_to(again.sequence, ids.len() - 1);
        assert!(larger.take_over(&fresh));
        assert_eq!(larger.len(again.sequence), ids.len() - 1);
        let scores = last(&mut larger, again.sequence, ids);
        check(&format!("{file}, in a larger context"), &scores, &cold, EXACT);
    }
}

#[test]
fn a_job_alone_lies_at_the_front_with_its_own_scores() {
    for file in MODELS {
        let fixture = Fixture::new(file);
        let text = |start: usize| fixture.ids.iter().cycle().skip(start).take(340).copied().collect::<Vec<_>>();
        let (first, second) = (text(0), text(7));
        let (mut context, mut shelf) = (fixture.context(), Shelf::default());
        let places = [&first, &second].map(|ids| {
            let place = context.place(ids, 400, &mut shelf).unwrap();
            read(&mut context, place.sequence, ids, 64);
            place
        });
        assert_eq!(context.extent, 680);
        places.iter().for_each(|place| context.release(place.sequence));
        // Another job that begins as the one at the back did.
        let ids = &second[..65];
        let third = context.place(ids, 256, &mut shelf).unwrap();
        assert_eq!((third.n_cached, context.extent), (64, 64), "{file}");
        assert_eq!(context.ids(third.sequence), &ids[..64]);
        // How many cells lie before and behind changes the order of sums.
        let difference = relative_difference(&last(&mut context, third.sequence, ids), &fixture.cold(ids, 64));
        println!("{file}: {difference:.4}");
        assert!(difference < 0.1, "{file}: {difference}");
        // What lay before it is not lost.
        context.release(third.sequence);
        assert_eq!(context.place(&first, 400, &mut shelf).unwrap().n_cached, 339, "{file}");
        assert_eq!(context.place(&second, 400, &mut shelf).unwrap().n_cached, 339, "{file}");
    }
}

#[test]
fn places_are_given_as_long_as_there_is_room() {
    let fixture = Fixture::new(MODELS[0]);
    let mut context = fixture.context();
    let mut shelf = Shelf::default();
    let places: Vec<_> = (0..4).map_while(|_| context.place(&fixture.ids, 256, &mut shelf)).collect();
    assert_eq!(places.len(), 4);
    assert_eq!(context.place(&fixture.ids, 1, &mut shelf), None, "every token is promised");
    context.release(places[2].sequence);
    assert!(context.has_room_for(256) && !context.has_room_for(257));
    assert!(context.place(&fixture.ids, 256, &mut shelf).is_some());
}

/// How much scores differ, as a part of their own spread: 0 for the same, about 1.4 for unrelated ones.
fn relative_difference(one: &[f32], other: &[f32]) -> f64 {
    let mean = |scores: &[f32]| scores.iter().map(|score| f64::from(*score)).sum::<f64>() / scores.len() as f64;
    let (mean_one, mean_other) = (mean(one), mean(other));
    let centred = one.iter().zip(other).map(|(a, b)| (f64::from(*a) - mean_one, f64::from(*b) - mean_other));
    let (between, within) =
        centred.fold((0.0, 0.0), |(between, within), (a, b)| (between + (a - b).powi(2), within + b * b));
    (between / within).sqrt()
}

#[test]
fn a_smaller_cache_keeps_the_scores_nearly() {
    for file in MODELS {
        let fixture = Fixture::new(file);
        let ids = &fixture.ids;
        let cold = fixture.cold(ids, 64);
        let of = |cache_type, flash_attention| {
            let mut context = fixture.context_with(Layout { cache_type, flash_attention });
            let place = context.place(ids, 256, &mut Shelf::default()).unwrap();
            read(&mut context, place.sequence, &ids[..ids.len() - 1], 64);
            let kv_bytes: u64 = context
                .buffers()
                .iter()
                .filter(|buffer| buffer.purpose == crate::log::Purpose::Cache)
                .map(|buffer| buffer.size_bytes)
                .sum();
            (last(&mut context, place.sequence, ids), kv_bytes)
        };
        let (_, whole) = of(CacheType::F16, None);
        for (cache_type, flash_attention, part, tolerance) in [
            (CacheType::F16, Some(false), 1.0, 0.1),
            (CacheType::F16, Some(true), 1.0, 0.1),
            (CacheType::Q8_0, None, 34.0 / 64.0, 0.15),
            (CacheType::Q4_0, Some(true), 18.0 / 64.0, 0.7),
        ] {
            let (scores, kv_bytes) = of(cache_type, flash_attention);
            let difference = relative_difference(&scores, &cold);
            println!("{file}, {cache_type:?}, {flash_attention:?}: {difference:.4} of {tolerance}");
            assert!(difference <= tolerance, "{file}, {cache_type:?}, {flash_attention:?}: {difference}");
            assert!(
                (kv_bytes as f64 / whole as f64 - part).abs() < 0.02,
                "{file}, {cache_type:?}: {kv_bytes} of {whole}"
            );
        }
    }
}

#[test]
fn what_was_kept_in_another_layout_is_computed_anew() {
    let fixture = Fixture::new(MODELS[0]);
    let ids = &fixture.ids.repeat(2);
    let mut shelf = Shelf::default();
    let mut context = fixture.context();
    let first = context.place(ids, 256, &mut shelf).unwrap();
    read(&mut context, first.sequence, &ids[..ids.len() - 1], 64);
    context.release(first.sequence);
    context.shelve_idle(&mut shelf);
    let mut other = fixture.context_with(Layout { cache_type: CacheType::Q8_0, flash_attention: None });
    let again = other.place(ids, 256, &mut shelf).unwrap();
    assert_eq!(again.n_cached, 0);
    assert_eq!(other.len(again.sequence), 0);
}
