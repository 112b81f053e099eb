//! Frames survive being split anywhere, and hostile bytes are refused with typed errors.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use brickwork_worker_protocol::{
    CacheType, ChatMessage, Compute, ContextLimits, CountTexts, CountTokens, Device, DeviceKind, Done, Failed,
    FailureCode, FailureParam, FinishReason, FrameDecoder, FrameError, FromWorker, Generate, PROTOCOL_VERSION, Prompt,
    PromptCache, Render, Rendered, Residency, ResidentModel, Role, Sampling, Timings, ToWorker, check_protocol, encode,
};
use proptest::prelude::*;

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::System), Just(Role::User), Just(Role::Assistant)]
}

fn prompt() -> impl Strategy<Value = Prompt> {
    prop_oneof![
        any::<String>().prop_map(Prompt::Raw),
        prop::collection::vec((role(), any::<String>()), 0..5).prop_map(|messages| {
            Prompt::Chat(messages.into_iter().map(|(role, content)| ChatMessage { role, content }).collect())
        }),
    ]
}

fn sampling() -> impl Strategy<Value = Sampling> {
    (0f32..2.0, any::<u32>(), prop::option::of(0f32..1.0), prop::option::of(1f32..2.0)).prop_map(
        |(temperature, seed, top_p, repeat_penalty)| Sampling {
            temperature,
            seed,
            top_p,
            repeat_penalty,
            dry_multiplier: repeat_penalty,
        },
    )
}

fn to_worker() -> impl Strategy<Value = ToWorker> {
    prop_oneof![
        any::<u32>().prop_map(|protocol| ToWorker::Hello { protocol }),
        any::<u64>().prop_map(|job| ToWorker::Cancel { job }),
        any::<String>().prop_map(|model| ToWorker::Unload { model }),
        any::<u64>().prop_map(|job| ToWorker::Devices { job }),
        Just(ToWorker::Shutdown),
        (any::<u64>(), any::<String>(), prompt()).prop_map(|(job, model, prompt)| ToWorker::CountTokens(CountTokens {
            job,
            model,
            prompt
        })),
        (any::<u64>(), any::<String>(), prompt(), any::<bool>())
            .prop_map(|(job, model, prompt, with_text)| ToWorker::Render(Render { job, model, prompt, with_text })),
        (any::<u64>(), any::<String>(), prop::collection::vec(any::<String>(), 0..4))
            .prop_map(|(job, model, texts)| ToWorker::CountTexts(CountTexts { job, model, texts })),
        (
            any::<u64>(),
            any::<String>(),
            prompt(),
            any::<u32>(),
            sampling(),
            prop::collection::vec(any::<String>(), 0..3)
        )
            .prop_map(|(job, model, prompt, max_tokens, sampling, stop)| {
                let limits = ContextLimits { max_context_tokens: Some(max_tokens), max_batch_tokens: None };
                let gpu_layers = sampling.top_p.map(|_| max_tokens);
                let rpc_servers = stop.clone();
                let compute = Compute {
                    device: stop.first().cloned(),
                    threads: Some(max_tokens),
                    gpu_layers,
                    rpc_servers,
                    cache_type: if stop.is_empty() { CacheType::F16 } else { CacheType::Q8_0 },
                    flash_attention: sampling.top_p.map(|_| stop.is_empty()),
                    draft_model: stop.last().cloned(),
                };
                let residency = Residency { budget_bytes: gpu_layers.map(u64::from), idle_ms: Some(job) };
                let cache = Some(PromptCache { folder: model.clone(), limit_bytes: job });
                ToWorker::Generate(Box::new(Generate {
                    job,
                    model,
                    prompt,
                    max_tokens,
                    sampling,
                    stop,
                    limits,
                    compute,
                    residency,
                    cache,
                }))
            }),
    ]
}

fn from_worker() -> impl Strategy<Value = FromWorker> {
    prop_oneof![
        (any::<u64>(), any::<String>(), any::<u32>()).prop_map(|(job, text, generated)| FromWorker::Text {
            job,
            text,
            generated
        }),
        (any::<u64>(), any::<String>()).prop_map(|(job, message)| FromWorker::Failed(Failed {
            job,
            code: FailureCode::PromptTooLong,
            message: message.clone(),
            reason: Some(message.clone()),
            params: [
                (message.clone(), FailureParam::Text(message.clone())),
                ("n".to_owned(), FailureParam::Count(job))
            ]
            .into(),
        })),
        (any::<u64>(), prop::collection::vec(any::<u32>(), 0..50)).prop_map(|(job, token_ids)| {
            let timings = Timings { load_ms: 1.5, generated_tokens: 3, ..Timings::default() };
            FromWorker::Done(Done { job, finish_reason: FinishReason::StopString, timings, token_ids })
        }),
        (any::<u64>(), prop::option::of(any::<String>()), any::<u32>()).prop_map(|(job, text, tokens)| {
            let (n_ctx_train, has_chat_template) = (tokens, text.is_some());
            FromWorker::Rendered(Rendered { job, text, tokens, n_ctx_train, has_chat_template })
        }),
        (any::<u64>(), prop::collection::vec(any::<u32>(), 0..50))
            .prop_map(|(job, counts)| FromWorker::TextCounts { job, counts }),
        (any::<u64>(), any::<String>(), any::<u32>()).prop_map(|(job, model, n_ctx)| {
            let (weights_bytes, kv_bytes, compute_bytes, n_batch, threads) = (job, u64::from(n_ctx), 7, 64, 2);
            let resident = ResidentModel { model, weights_bytes, kv_bytes, compute_bytes, n_ctx, n_batch, threads };
            FromWorker::Memory { job, models: vec![resident] }
        }),
        (any::<u64>(), any::<String>()).prop_map(|(job, name)| {
            let (description, backend, kind) = (name.clone(), name.clone(), DeviceKind::IntegratedGpu);
            let (memory_total_bytes, memory_free_bytes) = (job, 1);
            let device = Device { name, description, kind, backend, memory_total_bytes, memory_free_bytes };
            FromWorker::Devices { job, devices: vec![device] }
        }),
    ]
}

/// Feeds `bytes` in pieces that end at `cuts` (taken modulo the length).
fn decode_in_pieces<T: serde::de::DeserializeOwned>(bytes: &[u8], cuts: &[usize]) -> Vec<Result<T, FrameError>> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.push(bytes.len());
    cuts.sort_unstable();
    let mut decoder = FrameDecoder::default();
    let mut found = Vec::new();
    let mut from = 0;
    for cut in cuts {
        decoder.push(&bytes[from..cut]);
        from = cut;
        while let Some(frame) = decoder.next_frame() {
            found.push(frame);
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn frames_to_the_worker_round_trip(messages in prop::collection::vec(to_worker(), 1..6), cuts in prop::collection::vec(any::<usize>(), 0..10)) {
        let bytes: Vec<u8> = messages.iter().flat_map(|message| encode(message).unwrap()).collect();
        let decoded: Vec<ToWorker> = decode_in_pieces(&bytes, &cuts).into_iter().map(Result::unwrap).collect();
        prop_assert_eq!(decoded, messages);
    }

    #[test]
    fn frames_from_the_worker_round_trip(messages in prop::collection::vec(from_worker(), 1..6), cuts in prop::collection::vec(any::<usize>(), 0..10)) {
        let bytes: Vec<u8> = messages.iter().flat_map(|message| encode(message).unwrap()).collect();
        let decoded: Vec<FromWorker> = decode_in_pieces(&bytes, &cuts).into_iter().map(Result::unwrap).collect();
        prop_assert_eq!(decoded, messages);
    }

    #[test]
    fn hostile_bytes_never_panic_and_the_next_frame_is_read(garbage in prop::collection::vec(any::<u8>(), 0..400), cuts in prop::collection::vec(any::<usize>(), 0..10)) {
        let mut bytes = garbage;
        bytes.push(b'\n');
        bytes.extend(encode(&ToWorker::Cancel { job: 7 }).unwrap());
        let found: Vec<Result<ToWorker, FrameError>> = decode_in_pieces(&bytes, &cuts);
        prop_assert_eq!(found.last().unwrap().as_ref().unwrap(), &ToWorker::Cancel { job: 7 });
    }

    #[test]
    fn mangled_frames_never_panic(message in to_worker(), position in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = encode(&message).unwrap();
        let position = position % bytes.len();
        bytes[position] = byte;
        decode_in_pieces::<ToWorker>(&bytes, &[position]);
    }
}

#[test]
fn an_overlong_line_is_one_error_and_is_not_kept() {
    let mut decoder: FrameDecoder<ToWorker> = FrameDecoder::with_limit(64);
    let mut errors = 0;
    for _ in 0..100 {
        decoder.push(&[b'x'; 50]);
        while let Some(frame) = decoder.next_frame() {
            assert_eq!(frame.unwrap_err(), FrameError::TooLong { limit_bytes: 64 });
            errors += 1;
        }
    }
    assert_eq!(errors, 1);
    decoder.push(b"\n{\"type\":\"shutdown\"}\n");
    assert_eq!(decoder.next_frame().unwrap().unwrap(), ToWorker::Shutdown);
    assert!(decoder.next_frame().is_none());
}

#[test]
fn deep_nesting_is_refused_without_a_stack_overflow() {
    let mut bytes = vec![b'['; 200_000];
    bytes.push(b'\n');
    let mut decoder: FrameDecoder<ToWorker> = FrameDecoder::default();
    decoder.push(&bytes);
    assert!(matches!(decoder.next_frame(), Some(Err(FrameError::Malformed { .. }))));
}

#[test]
fn another_protocol_version_is_a_typed_error() {
    assert!(check_protocol(PROTOCOL_VERSION).is_ok());
    let mismatch = check_protocol(PROTOCOL_VERSION + 1).unwrap_err();
    assert_eq!((mismatch.ours, mismatch.theirs), (PROTOCOL_VERSION, PROTOCOL_VERSION + 1));
    assert!(mismatch.to_string().contains("install both from one release"), "{mismatch}");
}
