//! The keys and values of the decoder's own tokens.
//!
//! Room is made in advance and filled in place, so a token costs no copy of the ones before it. A layer with a window keeps
//! the last `window - 1` tokens: the next one sees no more.

use candle_core::{Result, Tensor};

use super::attention::KeysValues;

/// Tokens that room is made for at first.
const FIRST_ROOM: usize = 256;

#[derive(Debug, Clone)]
pub(crate) struct Cache {
    window: Option<usize>,
    /// `[n_batch, n_kv_heads, room, head_dim]` each.
    room: Option<(Tensor, Tensor)>,
    /// Tokens that are held.
    len: usize,
    /// Position of the first token that is held.
    first: usize,
}

impl Cache {
    pub(crate) const fn new(window: Option<usize>) -> Self {
        Self { window, room: None, len: 0, first: 0 }
    }

    /// Adds what follows, and gives all that the new tokens may see.
    pub(crate) fn append(&mut self, new: &KeysValues) -> Result<KeysValues> {
        let n = new.k.dim(2)?;
        self.make_room(n, &new.k)?;
        let Some((k, v)) = &self.room else { candle_core::bail!("a cache has no room") };
        k.slice_set(&new.k.contiguous()?, 2, self.len)?;
        v.slice_set(&new.v.contiguous()?, 2, self.len)?;
        self.len += n;
        Ok(KeysValues { k: k.narrow(2, 0, self.len)?, v: v.narrow(2, 0, self.len)?, first: self.first })
    }

    /// Tokens of which the keys are held now.
    #[cfg(test)]
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Room for `n` more tokens that look like `like`; what nobody sees any more goes.
    fn make_room(&mut self, n: usize, like: &Tensor) -> Result<()> {
        let room = match &self.room {
            Some((k, _)) => k.dim(2)?,
            None => 0,
        };
        if self.len + n <= room {
            return Ok(());
        }
        let kept = self.window.map_or(self.len, |window| self.len.min(window - 1));
        // What a layer with a window drops makes room in the memory that is there already, a good part of it at a time.
        let wanted = if kept + n + kept / 4 <= room { room } else { (kept + n).next_power_of_two().max(FIRST_ROOM) };
        let (n_batch, n_kv_heads, _, head_dim) = like.dims4()?;
        let grow = |old: Option<&Tensor>| {
            let new = Tensor::zeros((n_batch, n_kv_heads, wanted, head_dim), like.dtype(), like.device())?;
            if let Some(old) = old.filter(|_| kept > 0) {
                new.slice_set(&old.narrow(2, self.len - kept, kept)?.contiguous()?, 2, 0)?;
            }
            Ok::<_, candle_core::Error>(new)
        };
        let (k, v) = (self.room.as_ref().map(|(k, _)| k), self.room.as_ref().map(|(_, v)| v));
        self.room = Some((grow(k)?, grow(v)?));
        self.first += self.len - kept;
        self.len = kept;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn a_window_keeps_what_the_next_token_sees_and_memory_stays_bounded() {
        for window in [1, 2, 8, 300] {
            let mut cache = Cache::new(Some(window));
            for position in 0..2000 {
                let one = Tensor::full(position as f32, (1, 1, 1, 2), &Device::Cpu).unwrap();
                let held = cache.append(&KeysValues { k: one.clone(), v: one, first: position }).unwrap();
                let keys: Vec<f32> = held.k.flatten_all().unwrap().to_vec1().unwrap();
                assert_eq!(held.first + keys.len() / 2, position + 1);
                assert!(keys.len() / 2 >= window.min(position + 1), "window {window} at {position}");
                assert_eq!(keys[0], held.first as f32);
                assert_eq!(keys[keys.len() - 1], position as f32);
                assert!(cache.len() <= 1024, "window {window} holds {}", cache.len());
            }
        }
    }
}
