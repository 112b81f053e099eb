//! The configuration of a T5Gemma model, and the tensors that follow from it. What they are is told where the worker that
//! runs the model asks too, so nothing is taken here that is refused there.

use std::collections::BTreeMap;
use std::path::Path;

use brickwork_t5gemma_config::{Config, ConfigError, LM_HEAD};

use super::fault::{SafetensorsError, SafetensorsFault};
use super::header::Tensor;
use super::{CONFIG, GENERATION, MAX_CONFIG_BYTES, at, small_file};

/// The types of numbers that the worker reads.
const FLOATS: [&str; 3] = ["BF16", "F16", "F32"];

/// Reads the configuration of the model in `folder`.
pub(super) fn read(folder: &Path) -> Result<Config, SafetensorsError> {
    let path = folder.join(CONFIG);
    let config = small_file(&path, MAX_CONFIG_BYTES)?;
    let generation = folder.join(GENERATION);
    let generation = generation.is_file().then(|| small_file(&generation, MAX_CONFIG_BYTES)).transpose()?;
    Config::parse(&config, generation.as_deref()).map_err(|error| {
        at(&path)(match error {
            ConfigError::OtherModel(model_type) => SafetensorsFault::OtherModel(model_type),
            ConfigError::Invalid(what) => SafetensorsFault::Config(what),
        })
    })
}

/// Every tensor that the model needs is there, with the shape that it needs and in numbers that can be read.
pub(super) fn check_tensors(config: &Config, tensors: &BTreeMap<String, Tensor>) -> Result<(), SafetensorsFault> {
    let is_of_model = |name: &str| name.starts_with("model.") || name == LM_HEAD;
    if let Some((name, tensor)) =
        tensors.iter().find(|(name, tensor)| is_of_model(name) && !FLOATS.contains(&tensor.kind.name))
    {
        let cause = format!("it is stored as {}, where only F32, BF16 and F16 can be read", tensor.kind.name);
        return Err(SafetensorsFault::Tensor { tensor: name.clone(), cause });
    }
    for (name, shape) in config.tensors() {
        let Some(tensor) = tensors.get(&name) else { return Err(SafetensorsFault::TensorMissing(name)) };
        if !tensor.shape.iter().copied().eq(shape.iter().map(|length| *length as u64)) {
            let cause = format!("its shape is {:?}, where the configuration needs {shape:?}", tensor.shape);
            return Err(SafetensorsFault::Tensor { tensor: name, cause });
        }
    }
    Ok(())
}
