//! The tensor part: names, shapes, types and places, checked against each other and the file's length.

use std::collections::{BTreeMap, HashSet};
use std::io::{Read, Seek};

use super::fault::GgufFault;
use super::quantization::{TensorType, tensor_type};
use super::source::Source;
use super::values::MAX_LAYERS;

const MAX_TENSORS: u64 = 100_000;
/// ggml keeps names in 64 bytes, the last of which is 0 (`GGML_MAX_NAME`).
const MAX_NAME_BYTES: u64 = 63;
/// `GGML_MAX_DIMS`.
const MAX_DIMENSIONS: u32 = 4;

/// What is kept of the tensors.
#[derive(Debug, Default)]
pub(super) struct Tensors {
    /// Elements of all tensors together.
    pub(super) n_elements: u64,
    /// Elements held by each type.
    pub(super) per_type: BTreeMap<&'static str, u64>,
    /// Bytes of all tensors together, without the padding between them.
    pub(super) bytes: u64,
    /// Bytes of the tensors of each layer, from layer 0 on.
    pub(super) layer_bytes: Vec<u64>,
    /// Bytes of the table of token embeddings.
    pub(super) token_embedding_bytes: u64,
    /// Bytes of the output matrix; 0 where the token embeddings serve as such.
    pub(super) output_bytes: u64,
}

struct Tensor {
    name: String,
    kind: &'static TensorType,
    n_elements: u64,
    size_bytes: u64,
    offset: u64,
}

impl Tensors {
    pub(super) fn read<R: Read + Seek>(
        source: &mut Source<R>,
        n_tensors: u64,
        alignment: u64,
    ) -> Result<Self, GgufFault> {
        if n_tensors > MAX_TENSORS {
            return Err(GgufFault::TooMany { what: "tensors", found: n_tensors, limit: MAX_TENSORS });
        }
        let (mut expected, mut end) = (0_u64, 0_u64);
        let mut tensors = Self::default();
        let mut seen = HashSet::new();
        for _ in 0..n_tensors {
            let tensor = read_tensor(source)?;
            let Tensor { name, size_bytes, offset, .. } = &tensor;
            // llama.cpp accepts tensors only one after another in the order of this list.
            if *offset != expected {
                return Err(GgufFault::Offset { tensor: name.clone(), found: *offset, expected });
            }
            let too_large = || GgufFault::Shape { tensor: name.clone(), cause: "all tensors together are too large" };
            end = offset.checked_add(*size_bytes).ok_or_else(too_large)?;
            expected = end.checked_next_multiple_of(alignment).ok_or_else(too_large)?;
            tensors.count(&tensor).ok_or_else(too_large)?;
            if let Some(name) = seen.replace(tensor.name) {
                return Err(GgufFault::Duplicate(name));
            }
        }
        let needed = source.position().checked_next_multiple_of(alignment).and_then(|data| data.checked_add(end));
        let size_bytes = source.size_bytes();
        match needed {
            // Without tensors there is no data, and no padding before it.
            Some(needed) if needed > size_bytes && n_tensors > 0 => Err(GgufFault::DataMissing { needed, size_bytes }),
            None => Err(GgufFault::DataMissing { needed: u64::MAX, size_bytes }),
            Some(_) => Ok(tensors),
        }
    }

    /// Takes a tensor into the sums; `None` when one of them overflows.
    fn count(&mut self, tensor: &Tensor) -> Option<()> {
        let Tensor { name, kind, n_elements, size_bytes, .. } = tensor;
        self.n_elements = self.n_elements.checked_add(*n_elements)?;
        self.bytes = self.bytes.checked_add(*size_bytes)?;
        *self.per_type.entry(kind.name).or_default() += n_elements;
        match name.as_str() {
            "token_embd.weight" => self.token_embedding_bytes = *size_bytes,
            "output.weight" => self.output_bytes = *size_bytes,
            name => {
                if let Some(layer) = layer_of(name) {
                    if self.layer_bytes.len() <= layer {
                        self.layer_bytes.resize(layer + 1, 0);
                    }
                    self.layer_bytes[layer] += size_bytes;
                }
            }
        }
        Some(())
    }

    /// Takes the tensors of another part of the same model in; `None` when a sum overflows.
    pub(super) fn add(&mut self, other: Self) -> Option<()> {
        self.n_elements = self.n_elements.checked_add(other.n_elements)?;
        self.bytes = self.bytes.checked_add(other.bytes)?;
        self.token_embedding_bytes = self.token_embedding_bytes.checked_add(other.token_embedding_bytes)?;
        self.output_bytes = self.output_bytes.checked_add(other.output_bytes)?;
        for (kind, elements) in other.per_type {
            *self.per_type.entry(kind).or_default() += elements;
        }
        if self.layer_bytes.len() < other.layer_bytes.len() {
            self.layer_bytes.resize(other.layer_bytes.len(), 0);
        }
        self.layer_bytes.iter_mut().zip(other.layer_bytes).for_each(|(sum, bytes)| *sum += bytes);
        Some(())
    }

    /// The type that holds most of the elements.
    pub(super) fn main_type(&self) -> Option<&'static str> {
        self.per_type.iter().max_by_key(|(_, elements)| **elements).map(|(name, _)| *name)
    }
}

/// The layer that a tensor belongs to, counted from 0: the number in `blk.N.`.
fn layer_of(name: &str) -> Option<usize> {
    let (number, _) = name.strip_prefix("blk.")?.split_once('.')?;
    number.parse().ok().filter(|layer| *layer < MAX_LAYERS as usize)
}

fn read_tensor<R: Read + Seek>(source: &mut Source<R>) -> Result<Tensor, GgufFault> {
    let name = source.text("bytes in a tensor's name", MAX_NAME_BYTES)?;
    let n_dimensions = source.u32()?;
    if n_dimensions > MAX_DIMENSIONS {
        let limit = u64::from(MAX_DIMENSIONS);
        return Err(GgufFault::TooMany { what: "dimensions of a tensor", found: n_dimensions.into(), limit });
    }
    let shape = |cause| GgufFault::Shape { tensor: name.clone(), cause };
    let (mut n_elements, mut row) = (1_u64, 1_u64);
    for dimension in 0..n_dimensions {
        let length = source.u64()?;
        // ggml counts elements in signed 64-bit integers.
        let product = n_elements.checked_mul(length).filter(|product| i64::try_from(*product).is_ok());
        n_elements = product.ok_or_else(|| shape("it has too many elements"))?;
        if i64::try_from(length).is_err() {
            return Err(shape("a dimension is negative"));
        }
        if dimension == 0 {
            row = length;
        }
    }
    let number = source.u32()?;
    let Some(kind) = tensor_type(number) else {
        return Err(GgufFault::UnknownType { what: format!("tensor `{name}`"), found: number });
    };
    if row % kind.block_elements != 0 {
        return Err(shape("its rows are not whole blocks of its type"));
    }
    let size_bytes = (n_elements / kind.block_elements).checked_mul(kind.block_bytes);
    let size_bytes = size_bytes.ok_or_else(|| shape("it is too large"))?;
    let offset = source.u64()?;
    Ok(Tensor { name, kind, n_elements, size_bytes, offset })
}
