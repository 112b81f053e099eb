//! The header of one safetensors file: its length in 8 bytes, then a JSON object of the tensors.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};

use super::fault::SafetensorsFault;

/// Headers of known models have less than 1 MiB; the format's own limit is 100 MB.
const MAX_HEADER_BYTES: u64 = 8 << 20;
const MAX_TENSORS: usize = 100_000;
/// Bytes of the number before the header.
const LENGTH_BYTES: u64 = 8;

/// A type of tensor elements.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TensorType {
    pub(super) name: &'static str,
    /// Bytes of one element.
    bytes: u64,
}

/// The format's types (`Dtype` in the `safetensors` crate), but for those that share a byte between elements.
const TYPES: [TensorType; 17] = [
    TensorType { name: "BF16", bytes: 2 },
    TensorType { name: "BOOL", bytes: 1 },
    TensorType { name: "C64", bytes: 8 },
    TensorType { name: "F16", bytes: 2 },
    TensorType { name: "F32", bytes: 4 },
    TensorType { name: "F64", bytes: 8 },
    TensorType { name: "F8_E4M3", bytes: 1 },
    TensorType { name: "F8_E5M2", bytes: 1 },
    TensorType { name: "F8_E8M0", bytes: 1 },
    TensorType { name: "I16", bytes: 2 },
    TensorType { name: "I32", bytes: 4 },
    TensorType { name: "I64", bytes: 8 },
    TensorType { name: "I8", bytes: 1 },
    TensorType { name: "U16", bytes: 2 },
    TensorType { name: "U32", bytes: 4 },
    TensorType { name: "U64", bytes: 8 },
    TensorType { name: "U8", bytes: 1 },
];

/// A tensor of the file.
#[derive(Debug)]
pub(super) struct Tensor {
    pub(super) kind: &'static TensorType,
    pub(super) shape: Vec<u64>,
    pub(super) n_elements: u64,
}

/// The tensors of a file by name.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) tensors: BTreeMap<String, Tensor>,
}

impl Header {
    /// Reads the header at the beginning of `reader`, whose file has `size_bytes` bytes.
    pub(super) fn read(mut reader: impl Read, size_bytes: u64) -> Result<Self, SafetensorsFault> {
        if size_bytes < LENGTH_BYTES {
            return Err(SafetensorsFault::Truncated { needed: LENGTH_BYTES, size_bytes });
        }
        let mut length = [0; 8];
        reader.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER_BYTES {
            return Err(SafetensorsFault::TooLarge { what: "its header", found: length, limit: MAX_HEADER_BYTES });
        }
        let data = LENGTH_BYTES + length;
        if data > size_bytes {
            return Err(SafetensorsFault::Truncated { needed: data, size_bytes });
        }
        let mut text = Vec::new();
        reader.take(length).read_to_end(&mut text)?;
        let Entries(entries) = serde_json::from_slice(&text).map_err(SafetensorsFault::Json)?;
        check_places(&entries, size_bytes, data)?;
        let tensors = entries.into_iter().map(|(name, entry)| Ok((name.clone(), entry.check(&name)?)));
        Ok(Self { tensors: tensors.collect::<Result<_, SafetensorsFault>>()? })
    }
}

/// The tensors lie one after another without a gap, and fill the file.
fn check_places(entries: &[(String, Entry)], size_bytes: u64, data: u64) -> Result<(), SafetensorsFault> {
    let mut in_order: Vec<_> = entries.iter().map(|(name, entry)| (entry.data_offsets, name)).collect();
    in_order.sort();
    let mut end = 0;
    for ([from, to], name) in in_order {
        if from != end || to < from {
            let cause = format!("its data are from {from} to {to}, where the tensor before ends at {end}");
            return Err(SafetensorsFault::Tensor { tensor: name.clone(), cause });
        }
        end = to;
    }
    let end = end.saturating_add(data);
    match end.cmp(&size_bytes) {
        std::cmp::Ordering::Greater => Err(SafetensorsFault::Truncated { needed: end, size_bytes }),
        std::cmp::Ordering::Less => Err(SafetensorsFault::Surplus { end, size_bytes }),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    /// From and to, in bytes from the end of the header.
    data_offsets: [u64; 2],
}

impl Entry {
    fn check(self, name: &str) -> Result<Tensor, SafetensorsFault> {
        let Some(kind) = TYPES.iter().find(|kind| kind.name == self.dtype) else {
            return Err(SafetensorsFault::UnknownType { tensor: name.to_owned(), found: self.dtype });
        };
        let n_elements = self.shape.iter().try_fold(1_u64, |product, length| product.checked_mul(*length));
        let bytes = n_elements.and_then(|n| n.checked_mul(kind.bytes));
        let [from, to] = self.data_offsets;
        match (n_elements, bytes) {
            (Some(n_elements), Some(bytes)) if bytes == to - from => Ok(Tensor { kind, shape: self.shape, n_elements }),
            _ => {
                let cause = format!("{} bytes are not what its shape needs", to - from);
                Err(SafetensorsFault::Tensor { tensor: name.to_owned(), cause })
            }
        }
    }
}

/// The object's tensors; refuses what occurs twice.
struct Entries(Vec<(String, Entry)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tensors;
        impl<'de> Visitor<'de> for Tensors {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut seen = std::collections::HashSet::new();
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    if entries.len() >= MAX_TENSORS {
                        return Err(A::Error::custom("it has too many tensors"));
                    }
                    if !seen.insert(name.clone()) {
                        return Err(A::Error::custom(format!("tensor `{name}` occurs twice")));
                    }
                    entries.push((name, map.next_value()?));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Tensors)
    }
}
