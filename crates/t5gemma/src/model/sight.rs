//! Which keys a query sees.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Result, Tensor};

/// Which tokens of a batch's sources are real; the others only fill the shorter rows.
#[derive(Debug, Clone)]
pub(crate) struct KeyMask {
    n_keys: usize,
    is_real: Arc<[bool]>,
}

impl KeyMask {
    /// `is_real [n_batch, n_keys]`; `None` when there is nothing to hide.
    pub(crate) fn new(n_keys: usize, is_real: Vec<bool>) -> Option<Self> {
        let hides = is_real.iter().any(|is_real| !is_real);
        hides.then(|| Self { n_keys, is_real: is_real.into() })
    }

    /// For the keys from `first` on of the source with this number.
    pub(crate) fn of(&self, row: usize, keys: Range<usize>) -> &[bool] {
        &self.is_real[row * self.n_keys..][keys]
    }
}

/// What the queries of a layer see.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    /// Nothing behind themselves.
    pub(crate) is_causal: bool,
    /// Only what is less than this away.
    pub(crate) window: Option<usize>,
    /// Only real tokens. `None` where all are.
    pub(crate) keys: Option<KeyMask>,
}

impl Sight {
    /// The keys that the query at position `query` can see, of the keys at the positions `keys`.
    pub(crate) fn of(&self, query: usize, keys: &Range<usize>) -> Range<usize> {
        self.of_all(query..query + 1, keys)
    }

    /// The keys that any query of `queries` can see.
    pub(crate) fn of_all(&self, queries: Range<usize>, keys: &Range<usize>) -> Range<usize> {
        let reach = self.window.map(|window| window - 1);
        let start = reach.map_or(keys.start, |reach| queries.start.saturating_sub(reach)).max(keys.start);
        let end = if self.is_causal { queries.end } else { reach.map_or(keys.end, |reach| queries.end + reach) };
        start..end.min(keys.end).max(start)
    }

    /// Numbers to add to scores `[n_batch, 1, 1, n_queries, n_keys]`: 0 for what is seen and -inf for the rest. Rows that see
    /// nothing get 0 everywhere, so that they stay finite. `None` when everything is seen.
    pub(crate) fn bias(
        &self,
        n_batch: usize,
        queries: Range<usize>,
        keys: &Range<usize>,
        device: &Device,
    ) -> Result<Option<Tensor>> {
        if self.keys.is_none() && !self.is_causal && self.window.is_none() {
            return Ok(None);
        }
        let n_rows = if self.keys.is_some() { n_batch } else { 1 };
        let mut bias = Vec::with_capacity(n_rows * queries.len() * keys.len());
        for row in 0..n_rows {
            for query in queries.clone() {
                let seen = self.of(query, keys);
                let is_seen = |key: usize| {
                    seen.contains(&key) && self.keys.as_ref().is_none_or(|mask| mask.of(row, key..key + 1)[0])
                };
                let sees_any = keys.clone().any(is_seen);
                bias.extend(keys.clone().map(|key| if is_seen(key) || !sees_any { 0.0 } else { f32::NEG_INFINITY }));
            }
        }
        Tensor::from_vec(bias, (n_rows, 1, 1, queries.len(), keys.len()), device).map(Some)
    }
}
