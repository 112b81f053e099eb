//! Attention of one query of each head, which is what writing a token needs: the keys and values are read where they lie,
//! and nothing is copied or laid out anew. On the CPU.

use std::ops::Range;

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor};
use rayon::prelude::*;

use super::attention::KeysValues;
use super::gemv::dot;
use super::sight::Sight;
use super::weigh::Row;

/// Heads that read fewer numbers than this together are not shared among threads.
const LEAST_SHARED: usize = 1 << 17;

/// How scores are formed.
#[derive(Clone, Copy)]
pub(super) struct Scores<'a> {
    pub(super) scale: f32,
    pub(super) cap: Option<f32>,
    pub(super) sight: &'a Sight,
}

/// What the queries `q [n_batch, n_heads, 1, head_dim]` at `position` take from `kv`: `[n_batch, 1, n_heads * head_dim]`.
pub(super) fn attend(q: &Tensor, position: usize, kv: &KeysValues, scores: Scores<'_>) -> Result<Tensor> {
    let (n_batch, n_heads, _, head_dim) = q.dims4()?;
    let (_, n_kv_heads, n_keys, _) = kv.k.dims4()?;
    let keys = kv.first..kv.first + n_keys;
    let seen = scores.sight.of(position, &keys);
    let (q_storage, q_layout) = q.storage_and_layout();
    let (k_storage, k_layout) = kv.k.storage_and_layout();
    let (v_storage, v_layout) = kv.v.storage_and_layout();
    let q = Heads::new(&q_storage, q_layout)?;
    let (k, v) = (Heads::new(&k_storage, k_layout)?, Heads::new(&v_storage, v_layout)?);
    let rows = seen.start - keys.start..seen.end - keys.start;
    let group = n_heads / n_kv_heads;
    let mut taken = vec![0.0; n_batch * n_heads * head_dim];
    let arch = pulp::Arch::new();
    let work = |(number, taken): (usize, &mut [f32])| {
        let (batch, head) = (number / n_heads, number % n_heads);
        let query = q.row(batch, head, 0);
        let is_real = scores.sight.keys.as_ref().map(|mask| mask.of(batch, seen.clone()));
        let weights = vec![0.0; rows.len()];
        arch.dispatch(OneHead {
            query,
            k,
            v,
            at: (batch, head / group),
            rows: rows.clone(),
            weights,
            is_real,
            scores,
            taken,
        });
    };
    if n_batch * n_heads * rows.len() * head_dim < LEAST_SHARED {
        taken.chunks_exact_mut(head_dim).enumerate().for_each(work);
    } else {
        taken.par_chunks_exact_mut(head_dim).enumerate().for_each(work);
    }
    Tensor::from_vec(taken, (n_batch, 1, n_heads * head_dim), kv.k.device())
}

/// Numbers `[n_batch, n_heads, n, head_dim]`, of which the last ones lie side by side.
#[derive(Clone, Copy)]
struct Heads<'a> {
    numbers: &'a [f32],
    strides: [usize; 3],
    head_dim: usize,
}

impl<'a> Heads<'a> {
    fn new(storage: &'a Storage, layout: &Layout) -> Result<Self> {
        let Storage::Cpu(CpuStorage::F32(numbers)) = storage else { candle_core::bail!("heads are not in 32 bits") };
        let (&[batch, head, row, 1], &[.., head_dim]) = (layout.stride(), layout.dims()) else {
            candle_core::bail!("the numbers of a head do not lie side by side")
        };
        Ok(Self { numbers: &numbers[layout.start_offset()..], strides: [batch, head, row], head_dim })
    }

    #[inline(always)]
    fn row(&self, batch: usize, head: usize, row: usize) -> &'a [f32] {
        let [batch_stride, head_stride, row_stride] = self.strides;
        &self.numbers[batch * batch_stride + head * head_stride + row * row_stride..][..self.head_dim]
    }
}

struct OneHead<'a> {
    query: &'a [f32],
    k: Heads<'a>,
    v: Heads<'a>,
    /// The number of the text, and that of the head whose keys are read.
    at: (usize, usize),
    rows: Range<usize>,
    weights: Vec<f32>,
    is_real: Option<&'a [bool]>,
    scores: Scores<'a>,
    taken: &'a mut [f32],
}

impl pulp::WithSimd for OneHead<'_> {
    type Output = ();

    // Compiled once for each kind of processor, so it must be part of the caller.
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) {
        let Self { query, k, v, at: (batch, head), rows, mut weights, is_real, scores, taken } = self;
        for (weight, row) in weights.iter_mut().zip(rows.clone()) {
            *weight = dot(query, k.row(batch, head, row));
        }
        Row { scores: &mut weights, scale: scores.scale, cap: scores.cap, is_real }.with_simd(simd);
        for (weight, row) in weights.iter().zip(rows) {
            for (taken, value) in taken.iter_mut().zip(v.row(batch, head, row)) {
                *taken += weight * value;
            }
        }
    }
}
