//! One piece of memory for all blocks of a model. Where the system has large pages it is laid in those: generating reads
//! every weight for every token, and with small pages a good part of that time goes into finding them.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use memmap2::{Mmap, MmapMut};

use crate::error::T5GemmaError;
use crate::files::{Kind, ModelFiles, Reader};

/// Rows begin at multiples of it, as processors read memory.
const ALIGNMENT: usize = 64;

/// The tensors in blocks of a model, by name.
#[derive(Debug, Default)]
pub(super) struct Arena {
    memory: Option<Arc<Mmap>>,
    places: HashMap<String, Range<usize>>,
}

/// A tensor in it. A clone shares the memory.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    memory: Arc<Mmap>,
    place: Range<usize>,
}

impl Arena {
    /// Reads all tensors in blocks that the model needs.
    pub(super) fn read(files: &ModelFiles, reader: &mut Reader<'_>) -> Result<Self, T5GemmaError> {
        let (mut places, mut end) = (HashMap::new(), 0_usize);
        for (name, _) in files.config.tensors() {
            let stored = files.tensor(&name)?;
            if let Kind::Blocks(_) = stored.kind {
                let n_bytes = usize::try_from(stored.n_bytes).map_err(|_| no_room(files))?;
                places.insert(name, end..end + n_bytes);
                end = (end + n_bytes).next_multiple_of(ALIGNMENT);
            }
        }
        if places.is_empty() {
            return Ok(Self::default());
        }
        let mut memory =
            MmapMut::map_anon(end).map_err(|cause| T5GemmaError::Io { path: files.path.clone(), cause })?;
        #[cfg(target_os = "linux")]
        // Only faster with it: what the system does not give is done without.
        let _ = memory.advise(memmap2::Advice::HugePage);
        // In the order in which they lie in the file.
        let mut order: Vec<_> = places.iter().collect();
        order.sort_by_key(|(_, place)| place.start);
        for (name, place) in order {
            reader.bytes(files.tensor(name)?, &mut memory[place.clone()])?;
        }
        let memory = memory.make_read_only().map_err(|cause| T5GemmaError::Io { path: files.path.clone(), cause })?;
        Ok(Self { memory: Some(Arc::new(memory)), places })
    }

    /// The bytes of a tensor that was read.
    pub(super) fn piece(&self, name: &str) -> Option<Piece> {
        let (memory, place) = (self.memory.as_ref()?, self.places.get(name)?);
        Some(Piece { memory: Arc::clone(memory), place: place.clone() })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
impl Piece {
    /// Memory of its own with these bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut memory = MmapMut::map_anon(bytes.len()).unwrap();
        memory.copy_from_slice(bytes);
        Self { memory: Arc::new(memory.make_read_only().unwrap()), place: 0..bytes.len() }
    }
}

impl std::ops::Deref for Piece {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[self.place.clone()]
    }
}

fn no_room(files: &ModelFiles) -> T5GemmaError {
    T5GemmaError::Io { path: files.path.clone(), cause: io::Error::from(io::ErrorKind::OutOfMemory) }
}
