//! One batch of tokens of all generations that run.
//!
//! Those that write get their next token first, since somebody watches them; the rest of the batch is shared evenly by those
//! whose prompts are being read. Who comes first changes from batch to batch.

use std::sync::Arc;
use std::time::Instant;

use brickwork_worker_protocol::Prompt;
use llama_cpp_2::vocab::LlamaVocab;

use crate::drafts::earlier::Earlier;
use crate::failure::Failure;
use crate::generation::{Ended, Generation, Sources};
use crate::model::context::{Context, Place};
use crate::model::draft_model::DraftModel;
use crate::model::residents::AtWork;

/// Beside tokens that are being written, prompts get this part of a batch, so that writing goes on smoothly.
const PROMPT_SHARE: usize = 2;

/// The least that prompts get of a batch, in tokens.
const LEAST_PROMPT_SHARE: usize = 32;

/// Computes the next batch. The generations that ended with it are taken out of `running` and returned, with their prompts and
/// places.
///
/// # Errors
/// When llama.cpp cannot compute; then nothing of any generation is in the cache.
pub(crate) fn compute(
    at_work: AtWork<'_>,
    running: &mut Vec<Generation>,
    n_batches: usize,
) -> Result<Vec<(Prompt, Place, Ended)>, Failure> {
    let AtWork { model, context, draft_model } = at_work;
    let weights = Arc::clone(&model.weights);
    let vocab = weights.vocab();
    let n_first = n_batches % running.len().max(1);
    running.rotate_left(n_first);
    let outcome = fill(context, &model.earlier, draft_model, &vocab, running).and_then(|has_prompt| {
        let started = Instant::now();
        let n_tokens = context.n_pending();
        context.compute()?;
        if !has_prompt {
            context.synchronize();
            context.costs.measured(n_tokens, started.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(())
    });
    running.rotate_right(n_first);
    outcome?;

    let mut ended = Vec::new();
    for mut generation in std::mem::take(running) {
        match generation.take_result(&vocab, context) {
            None => running.push(generation),
            Some(reason) => {
                model.earlier.remember(generation.ids());
                let (prompt, place) = (generation.request().prompt.clone(), generation.place());
                ended.push((prompt, place, generation.end(&vocab, reason)));
            }
        }
    }
    Ok(ended)
}

/// Fills the batch. Returns whether a part of a prompt is in it.
fn fill(
    context: &mut Context,
    earlier: &Earlier,
    mut draft_model: Option<&mut DraftModel>,
    vocab: &LlamaVocab<'_>,
    running: &mut [Generation],
) -> Result<bool, Failure> {
    let n_batch = context.size().n_batch as usize;
    let (mut reading, mut writing): (Vec<_>, Vec<_>) =
        running.iter_mut().partition(|generation| generation.n_left_of_prompt(context) > 0);
    let n_writing = writing.len();
    for (index, generation) in writing.iter_mut().enumerate() {
        // One token for each that follows; what is left may be guesses.
        let room = n_batch.saturating_sub(context.n_pending() + (n_writing - index - 1));
        if room == 0 {
            break;
        }
        let sources = Sources { earlier, draft_model: draft_model.as_deref_mut() };
        generation.add_to(context, sources, vocab, room)?;
    }
    let free = n_batch.saturating_sub(context.n_pending());
    let mut room = if n_writing == 0 { free } else { free.min(LEAST_PROMPT_SHARE.max(n_batch / PROMPT_SHARE)) };
    let n_reading = reading.len();
    for (index, generation) in reading.iter_mut().enumerate() {
        let before = context.n_pending();
        let share = room.div_ceil(n_reading - index);
        if share > 0 {
            generation.add_to(context, Sources { earlier, draft_model: None }, vocab, share)?;
        }
        room -= (context.n_pending() - before).min(room);
    }
    Ok(n_reading > 0)
}
