//! The tensor part: names, shapes, types and places, checked against each other and the file's length.

use std::collections::{BTreeMap, HashSet};
use std::io::{Read, Seek};

use super::fault::GgufFault;
use super::quantization::{TensorType, tensor_type};
use super::source::Source;

const MAX_TENSORS: u64 = 100_000;
/// ggml keeps names in 64 bytes, the last of which is 0 (`GGML_MAX_NAME`).
const MAX_NAME_BYTES: u64 = 63;
/// `GGML_MAX_DIMS`.
const MAX_DIMENSIONS: u32 = 4;

/// What is kept of the tensors.
#[derive(Debug)]
pub(super) struct Tensors {
    /// Elements of all tensors together.
    pub(super) n_elements: u64,
    /// The type that holds most of them.
    pub(super) main_type: Option<&'static str>,
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
        let (mut n_elements, mut expected, mut end) = (0_u64, 0_u64, 0_u64);
        let mut per_type: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut seen = HashSet::new();
        for _ in 0..n_tensors {
            let Tensor { name, kind, n_elements: elements, size_bytes, offset } = read_tensor(source)?;
            // llama.cpp accepts tensors only one after another in the order of this list.
            if offset != expected {
                return Err(GgufFault::Offset { tensor: name, found: offset, expected });
            }
            let too_large = || GgufFault::Shape { tensor: name.clone(), cause: "all tensors together are too large" };
            end = offset.checked_add(size_bytes).ok_or_else(too_large)?;
            expected = end.checked_next_multiple_of(alignment).ok_or_else(too_large)?;
            n_elements = n_elements.checked_add(elements).ok_or_else(too_large)?;
            *per_type.entry(kind.name).or_default() += elements;
            if let Some(name) = seen.replace(name) {
                return Err(GgufFault::Duplicate(name));
            }
        }
        let needed = source.position().checked_next_multiple_of(alignment).and_then(|data| data.checked_add(end));
        let size_bytes = source.size_bytes();
        match needed {
            // Without tensors there is no data, and no padding before it.
            Some(needed) if needed > size_bytes && n_tensors > 0 => Err(GgufFault::DataMissing { needed, size_bytes }),
            None => Err(GgufFault::DataMissing { needed: u64::MAX, size_bytes }),
            Some(_) => {
                let main_type = per_type.into_iter().max_by_key(|(_, elements)| *elements).map(|(name, _)| name);
                Ok(Self { n_elements, main_type })
            }
        }
    }
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
