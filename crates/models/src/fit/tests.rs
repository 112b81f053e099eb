//! The arithmetic of memory, on headers made up for it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::gguf::PerLayer;

const MIB: u64 = 1 << 20;

/// A model of four layers of 10 MiB, with 2 heads of 64 for keys and values.
fn small() -> GgufInfo {
    GgufInfo {
        architecture: "llama".to_owned(),
        context_length: Some(32_768),
        block_count: Some(4),
        embedding_length: Some(512),
        head_count: Some(PerLayer::All(8)),
        head_count_kv: Some(PerLayer::All(2)),
        feed_forward_length: Some(PerLayer::All(2048)),
        vocab_size: Some(1024),
        tensor_bytes: 50 * MIB,
        token_embedding_bytes: 10 * MIB,
        layer_bytes: vec![10 * MIB; 4],
        tokenizer_model: Some("gpt2".to_owned()),
        ..GgufInfo::default()
    }
}

fn request(context_tokens: u32) -> FitRequest {
    FitRequest {
        context_tokens,
        sequences: 1,
        batch_tokens: 64,
        cache_type: CacheType::F16,
        flash_attention: true,
        gpu_layers: 0,
    }
}

#[test]
fn cache_types_have_one_name_everywhere() {
    for cache_type in CacheType::ALL {
        assert_eq!(serde_json::to_value(cache_type).unwrap(), cache_type.name());
        assert_eq!(CacheType::named(cache_type.name()), Some(cache_type));
    }
    assert_eq!(CacheType::named("f32"), None);
}

#[test]
fn keys_and_values_grow_with_the_context() {
    let kv = |tokens| estimate(&small(), &request(tokens)).machine.kv_bytes;
    // 4 layers, 2 heads, 64 wide, keys and values, 2 bytes.
    assert_eq!(kv(4096), 4 * 2 * 64 * 2 * 2 * 4096);
    assert_eq!(kv(4097), kv(4352), "contexts are padded");
    let without = estimate(&small(), &FitRequest { flash_attention: false, ..request(4096) });
    let with = estimate(&small(), &request(4096));
    let heads = small().head_count.and_then(|heads| heads.max()).unwrap();
    // The matrix in place of the last token's scores, and masks of twice the size.
    let row = small().vocab_size.unwrap() * 4;
    assert_eq!(without.total_bytes() + row - with.total_bytes(), heads * 64 * 4096 * 4 + 64 * 4096 * 2);
    let quantized = estimate(&small(), &FitRequest { cache_type: CacheType::Q8_0, ..request(4096) });
    assert_eq!(quantized.machine.kv_bytes * 32, kv(4096) * 17);
}

#[test]
fn layers_keep_what_their_kind_needs() {
    let check = |change: &dyn Fn(&mut GgufInfo), expected: u64, what: &str| {
        let mut info = small();
        change(&mut info);
        assert_eq!(estimate(&info, &request(1024)).machine.kv_bytes, expected, "{what}");
    };
    let layer = 2 * 64 * 2 * 2 * 1024;
    check(&|_| (), 4 * layer, "attention in all");
    check(&|info| info.head_count_kv = None, 16 * layer, "keys for every head");
    check(&|info| info.shared_kv_layers = Some(1), 3 * layer, "one layer reuses another's");
    check(&|info| info.head_count_kv = Some(PerLayer::Each(vec![2, 0, 2, 0])), 2 * layer, "two without attention");
    check(&|info| info.key_length = Some(128), 6 * layer, "wide keys");
    check(&|info| info.key_length_mla = Some(64), 2 * layer, "latent attention keeps no values");
    let recurrent = |info: &mut GgufInfo| {
        info.recurrent = true;
        info.full_attention_interval = Some(4);
        (info.ssm_conv_kernel, info.ssm_inner_size) = (Some(4), Some(100));
        (info.ssm_state_size, info.ssm_group_count) = (Some(16), Some(1));
    };
    check(&recurrent, layer + 3 * 4 * (3 * (100 + 32) + 1600), "one of four with attention");
}

#[test]
fn layers_on_a_gpu_leave_the_machine() {
    let on = |gpu_layers| estimate(&small(), &FitRequest { gpu_layers, ..request(4096) });
    let none = on(0);
    assert_eq!(none.gpu, Share::default());
    assert_eq!(none.machine.weights_bytes, 50 * MIB);
    let output = on(1);
    assert_eq!((output.gpu.weights_bytes, output.gpu.kv_bytes), (10 * MIB, 0), "the output goes first");
    let two = on(3);
    assert_eq!(
        (two.gpu.weights_bytes, two.machine.weights_bytes),
        (30 * MIB, 30 * MIB),
        "tied embeddings are twice there"
    );
    assert_eq!(two.gpu.kv_bytes, none.machine.kv_bytes / 2);
    assert_eq!(on(99), on(5), "there are no more layers than there are");
    assert_eq!(on(5).machine.kv_bytes, 0);
}

#[test]
fn hostile_figures_do_not_overflow() {
    let huge = GgufInfo {
        block_count: Some(1024),
        head_count: Some(PerLayer::All(u64::MAX)),
        key_length: Some(u64::MAX),
        value_length: Some(u64::MAX),
        vocab_size: Some(u64::MAX),
        feed_forward_length: Some(PerLayer::All(u64::MAX)),
        tensor_bytes: u64::MAX,
        layer_bytes: vec![u64::MAX; 4],
        ..GgufInfo::default()
    };
    let request = FitRequest { gpu_layers: u32::MAX, ..request(u32::MAX) };
    assert_eq!(estimate(&huge, &request).total_bytes(), u64::MAX);
    assert_eq!(longest_context(&huge, &request, 1 << 40, 1 << 40), None);
    assert_eq!(estimate(&GgufInfo::default(), &request).gpu.weights_bytes, 0);
}

#[test]
fn what_would_fit_fits() {
    let info = small();
    let wanted = request(32_768);
    let free = estimate(&info, &request(10_000)).machine.total_bytes();
    let found = longest_context(&info, &wanted, free, 0).unwrap();
    assert!((9_984..=10_240).contains(&found), "{found}");
    let at = |tokens| estimate(&info, &request(tokens)).machine.total_bytes();
    assert!(at(found) <= free && at(found + 257) > free, "{found}");
    assert_eq!(longest_context(&info, &wanted, u64::MAX, 0), Some(32_768));
    assert_eq!(longest_context(&info, &wanted, 50 * MIB, 0), None);

    let wanted = FitRequest { gpu_layers: 99, ..request(4096) };
    let gpu = |gpu_layers| estimate(&info, &FitRequest { gpu_layers, ..wanted }).gpu.total_bytes();
    for layers in 0..=5 {
        assert_eq!(most_gpu_layers(&info, &wanted, gpu(layers)), layers);
    }
    for advice in [
        Advice::ShorterContext { context_tokens: 4096 },
        Advice::FewerGpuLayers { gpu_layers: 3 },
        Advice::SmallerModel,
    ] {
        assert!(advice.text().ends_with('.'));
    }
}

#[test]
fn a_run_frees_what_was_used_least_recently() {
    let run = |keys: &str, budget: u64| {
        let steps: Vec<RunModel> = keys
            .chars()
            .map(|key| RunModel { key: key.to_string(), total_bytes: if key == 'c' { 20 } else { 10 } })
            .collect();
        fit_run(&steps, budget)
    };
    let fit = run("aabab", 20);
    assert_eq!((fit.peak_bytes, fit.n_loads, fit.all_stay), (20, 2, true));
    let fit = run("abab", 15);
    assert_eq!((fit.peak_bytes, fit.n_loads, fit.all_stay), (10, 4, false));
    let fit = run("abac", 35);
    assert_eq!(fit.steps[3].freed, ["b"], "b was used longer ago than a");
    assert_eq!((fit.peak_bytes, fit.n_loads), (30, 3));
    let fit = run("cc", 15);
    assert_eq!((fit.peak_bytes, fit.n_loads), (20, 1), "one alone may take more");
    assert_eq!(run("", 0), RunFit { all_stay: true, ..RunFit::default() });
}
