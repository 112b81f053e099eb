//! What one layer keeps of each token, or instead of them.

use super::FitRequest;
use crate::gguf::GgufInfo;

/// Bytes that the layer `layer` of `n_layers`, counted from 0, keeps for a context of `context_tokens`.
pub(super) fn layer_bytes(
    info: &GgufInfo,
    layer: usize,
    n_layers: u64,
    context_tokens: u64,
    request: &FitRequest,
) -> u64 {
    if shares_cache(info, layer, n_layers) {
        return 0;
    }
    let heads = if is_recurrent(info, layer) { 0 } else { kv_heads(info, layer) };
    if heads == 0 {
        return if info.recurrent { state_bytes(info).saturating_mul(u64::from(request.sequences)) } else { 0 };
    }
    let (key, value) = head_widths(info, layer);
    let elements = |width: u64| heads.saturating_mul(width).saturating_mul(context_tokens);
    let values = if info.key_length_mla.is_some() { 0 } else { elements(value) };
    request.cache_type.bytes(elements(key)).saturating_add(request.cache_type.bytes(values))
}

/// Whether the layer reads the keys and values of an earlier one.
fn shares_cache(info: &GgufInfo, layer: usize, n_layers: u64) -> bool {
    let n_own = n_layers.saturating_sub(info.shared_kv_layers.unwrap_or(0));
    layer as u64 >= n_own
}

/// Whether the layer keeps a state of fixed size, where the file names the layers that do not.
fn is_recurrent(info: &GgufInfo, layer: usize) -> bool {
    let interval = info.full_attention_interval.filter(|interval| *interval > 0);
    info.recurrent && interval.is_some_and(|interval| !(layer as u64 + 1).is_multiple_of(interval))
}

fn kv_heads(info: &GgufInfo, layer: usize) -> u64 {
    let heads = info.head_count_kv.as_ref().or(info.head_count.as_ref());
    heads.and_then(|heads| heads.at(layer)).unwrap_or(0)
}

/// Widths of one head's key and value.
fn head_widths(info: &GgufInfo, layer: usize) -> (u64, u64) {
    let heads = info.head_count.as_ref().and_then(|heads| heads.at(layer)).filter(|heads| *heads > 0);
    let usual = info.embedding_length.zip(heads).map_or(0, |(width, heads)| width / heads);
    let own = (info.key_length.unwrap_or(usual), info.value_length.unwrap_or(usual));
    // Where the architecture alone knows which layers have a window, the wider heads are taken for all.
    match (info.key_length_swa, info.value_length_swa) {
        (None, None) => own,
        (key, value) => (own.0.max(key.unwrap_or(0)), own.1.max(value.unwrap_or(0))),
    }
}

/// Bytes of the state of a recurrent layer, for one sequence: the last inputs of its convolution, and the state itself,
/// in 32 bits (`llama_memory_recurrent`).
fn state_bytes(info: &GgufInfo) -> u64 {
    let inner = info.ssm_inner_size.unwrap_or(0);
    let state = info.ssm_state_size.unwrap_or(0);
    let groups = info.ssm_group_count.unwrap_or(0);
    let inputs = inner.saturating_add(groups.saturating_mul(state).saturating_mul(2));
    let convolution = info.ssm_conv_kernel.unwrap_or(1).saturating_sub(1).saturating_mul(inputs);
    convolution.saturating_add(inner.saturating_mul(state)).saturating_mul(4)
}
