//! The tiny model with random weights, and what Hugging Face's transformers computed with it.

use std::path::PathBuf;

use brickwork_t5gemma::{Batch, Device, Encoded, ModelFiles, Network, Tensor, Tokenizer};
use serde_json::Value;

/// The tolerances that the reference values themselves suggest.
pub(crate) const HIDDEN: f64 = 7e-5;
pub(crate) const LOGITS: f64 = 1.3e-4;

pub(crate) struct Fixture {
    pub(crate) network: Network,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) reference: Value,
}

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny")
}

pub(crate) fn tokenizer() -> Tokenizer {
    let path = folder().join("tokenizer.json");
    Tokenizer::new(&std::fs::read(&path).unwrap(), &path).unwrap()
}

pub(crate) fn reference() -> Value {
    serde_json::from_slice(&std::fs::read(folder().join("reference.json")).unwrap()).unwrap()
}

impl Fixture {
    pub(crate) fn load() -> Self {
        let files = ModelFiles::open(&folder()).unwrap();
        let network = Network::load(&files, &Device::Cpu, &mut |_| true).unwrap();
        Self { network, tokenizer: tokenizer(), reference: reference() }
    }

    pub(crate) fn case(&self, name: &str) -> &Value {
        list(&self.reference["cases"]).iter().find(|case| case["name"] == name).unwrap()
    }
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

pub(crate) fn ids(value: &Value) -> Vec<u32> {
    list(value).iter().map(|id| u32::try_from(id.as_u64().unwrap()).unwrap()).collect()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(|number| number.as_f64().unwrap()).collect()
}

/// The numbers of a tensor, row after row.
pub(crate) fn rows(tensor: &Tensor) -> Vec<Vec<f32>> {
    let width = *tensor.dims().last().unwrap();
    let all: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
    all.chunks(width).map(<[f32]>::to_vec).collect()
}

pub(crate) fn encode(network: &Network, source: &[u32]) -> Encoded {
    network.encode(&Batch::single(source, &Device::Cpu).unwrap(), &mut |_, _| true, None).unwrap()
}

/// Fails unless the numbers are the same but for `tolerance`.
pub(crate) fn assert_near(found: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let difference = (f64::from(*found) - expected).abs();
        assert!(difference <= tolerance, "{what}, number {index}: {found}, expected {expected}, off by {difference:e}");
    }
}
