//! Pipelines from files and requests: every text is a pipeline or a list of faults, each with its place and remedy, and
//! what is a pipeline is the same one after it was written down.
#![no_main]

use brickwork_engine::parse_pipeline;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(document) = serde_json::from_slice::<Value>(data) else { return };
    match parse_pipeline(&document) {
        Ok(pipeline) => {
            let written = serde_json::to_value(&pipeline).expect("a pipeline can be written");
            let again = parse_pipeline(&written).expect("what was written is a pipeline");
            assert_eq!(again, pipeline);
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults {
                assert!(fault.path.starts_with('$') && !fault.message.is_empty(), "{fault:?}");
            }
        }
    }
});
