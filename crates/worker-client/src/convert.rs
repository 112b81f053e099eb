//! Between the engine's words and the protocol's.

use brickwork_engine::ports::{
    Completion, FinishReason, Generation, InferenceError, InferenceErrorCode, InferenceEvent, Prompt, Speaker, Timings,
};
use brickwork_engine::{Phrase, PhraseParam};
use brickwork_worker_protocol as protocol;

use crate::config::{Compute, Residency, SamplerDefaults, WorkerConfig};

/// The frame that asks for `generation`.
pub(crate) fn request(
    job: protocol::JobId,
    generation: &Generation,
    config: &WorkerConfig,
    (compute, residency): (Compute, Residency),
) -> protocol::ToWorker {
    let parameters = &generation.parameters;
    let defaults = if parameters.temperature > 0.0 {
        config.sampler_defaults.get(&generation.model)
    } else {
        SamplerDefaults::default()
    };
    protocol::ToWorker::Generate(Box::new(protocol::Generate {
        job,
        model: generation.model.path.clone(),
        prompt: prompt(&generation.prompt),
        max_tokens: parameters.max_tokens,
        sampling: protocol::Sampling {
            temperature: parameters.temperature,
            // The engine settles the seed before a run starts; a request without one is still reproducible.
            seed: parameters.seed.unwrap_or(0),
            top_p: parameters.top_p,
            repeat_penalty: defaults.repeat_penalty,
            dry_multiplier: defaults.dry_multiplier,
        },
        stop: parameters.stop.clone(),
        limits: protocol::ContextLimits {
            max_context_tokens: smaller(config.max_context_tokens, compute.max_context_tokens),
            max_batch_tokens: config.max_batch_tokens,
        },
        compute: protocol::Compute {
            device: compute.device,
            threads: compute.threads,
            gpu_layers: compute.gpu_layers,
            rpc_servers: compute.rpc_servers,
            cache_type: compute.cache_type,
            flash_attention: compute.flash_attention,
            draft_model: compute.draft_model,
        },
        residency: protocol::Residency {
            budget_bytes: residency.budget_bytes,
            idle_ms: residency.idle.map(|idle| u64::try_from(idle.as_millis()).unwrap_or(u64::MAX)),
        },
        cache: prompt_cache(config, residency),
    }))
}

/// Where computed prompts are kept, if anywhere.
fn prompt_cache(config: &WorkerConfig, residency: Residency) -> Option<protocol::PromptCache> {
    let cache = config.prompt_cache.as_ref()?;
    let limit_bytes = residency.prompt_cache_bytes.unwrap_or(cache.limit_bytes);
    let folder = cache.folder.to_string_lossy().into_owned();
    (limit_bytes > 0).then_some(protocol::PromptCache { folder, limit_bytes })
}

/// The smaller of two limits, where there are any.
fn smaller(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.into_iter().chain(other).min()
}

/// The protocol's form of a prompt.
pub(crate) fn prompt(prompt: &Prompt) -> protocol::Prompt {
    match prompt {
        Prompt::Raw(text) => protocol::Prompt::Raw(text.clone()),
        Prompt::Chat(messages) => protocol::Prompt::Chat(
            messages
                .iter()
                .map(|message| protocol::ChatMessage {
                    role: match message.role {
                        Speaker::System => protocol::Role::System,
                        Speaker::User => protocol::Role::User,
                        Speaker::Assistant => protocol::Role::Assistant,
                    },
                    content: message.content.clone(),
                })
                .collect(),
        ),
    }
}

/// What a frame in the middle of a job tells the engine.
pub(crate) fn event(frame: protocol::FromWorker) -> Option<InferenceEvent> {
    match frame {
        protocol::FromWorker::LoadProgress { fraction, .. } => Some(InferenceEvent::Loading { fraction }),
        protocol::FromWorker::PromptProgress { done, total, cached, .. } => {
            Some(InferenceEvent::Prompt { done, total, cached })
        }
        // A frame without text only shows that the worker is at work.
        protocol::FromWorker::Text { text, generated, .. } if !text.is_empty() => {
            Some(InferenceEvent::Text { text, generated })
        }
        _ => None,
    }
}

/// The engine's form of a generation's end.
pub(crate) fn completion(done: protocol::Done) -> Completion {
    let timings = done.timings;
    Completion {
        finish_reason: match done.finish_reason {
            protocol::FinishReason::EndOfTurn => FinishReason::EndOfTurn,
            protocol::FinishReason::StopString => FinishReason::StopString,
            protocol::FinishReason::Length => FinishReason::Length,
        },
        timings: Timings {
            load_ms: timings.load_ms,
            prompt_ms: timings.prompt_ms,
            generate_ms: timings.generate_ms,
            prompt_tokens: timings.prompt_tokens,
            cached_tokens: timings.cached_tokens,
            generated_tokens: timings.generated_tokens,
            drafted_tokens: timings.drafted_tokens,
            accepted_tokens: timings.accepted_tokens,
        },
        token_ids: done.token_ids,
    }
}

/// The engine's form of a failure.
pub(crate) fn error(failed: protocol::Failed) -> InferenceError {
    let code = match failed.code {
        protocol::FailureCode::ModelMissing => InferenceErrorCode::ModelMissing,
        protocol::FailureCode::ModelInvalid => InferenceErrorCode::ModelInvalid,
        protocol::FailureCode::LoadFailed => InferenceErrorCode::LoadFailed,
        protocol::FailureCode::OutOfMemory => InferenceErrorCode::OutOfMemory,
        protocol::FailureCode::ServerUnreachable => InferenceErrorCode::RemoteUnreachable,
        protocol::FailureCode::PromptTooLong => InferenceErrorCode::PromptTooLong,
        protocol::FailureCode::BadRequest => InferenceErrorCode::BadRequest,
        protocol::FailureCode::Internal => InferenceErrorCode::Internal,
    };
    let error = InferenceError::new(code, failed.message);
    let Some(reason) = failed.reason else { return error };
    let value = |param| match param {
        protocol::FailureParam::Count(count) => PhraseParam::Count(count),
        protocol::FailureParam::Text(text) => PhraseParam::Text(text),
    };
    let params = failed.params.into_iter().map(|(name, param)| (name, value(param))).collect();
    error.saying(Phrase { reason, params })
}
