//! The header reader that looks at every model file before llama.cpp does: refuses or accepts, and never panics, hangs or
//! takes memory for what a header merely claims.
#![no_main]

use std::io::Cursor;

use brickwork_models::fit::{CacheType, FitRequest, estimate, longest_context, most_gpu_layers};
use brickwork_models::gguf::read_header_from;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let size_bytes = data.len() as u64;
    let Ok(info) = read_header_from(Cursor::new(data), size_bytes) else { return };
    assert_eq!(info.size_bytes, size_bytes);
    assert!(info.tensor_bytes <= size_bytes);
    // What was accepted goes into the arithmetic of memory.
    let request = FitRequest {
        context_tokens: 8192,
        sequences: 1,
        batch_tokens: 512,
        cache_type: CacheType::F16,
        gpu_layers: u32::MAX,
    };
    let whole = estimate(&info, &request);
    let _ = (whole.machine.total_bytes(), whole.gpu.total_bytes());
    let _ = longest_context(&info, &request, 1 << 30, 1 << 30);
    let _ = most_gpu_layers(&info, &request, 1 << 30);
});
