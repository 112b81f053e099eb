//! From scores to attention weights in one pass over the memory: scale, bound, hide, softmax. And the gate of the
//! feed-forward part, the sum at the end of a block, and the bound of logits, likewise. On the CPU only; other devices do the
//! same step by step.

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp2, CustomOp3, InplaceOp1, Layout, Result, Shape};
use rayon::prelude::*;

use super::gemv::dot;
use super::math;
use super::sight::Sight;

/// Work below this many numbers is not shared among threads.
const LEAST_SHARED: usize = 1 << 14;

/// Turns scores `[n_batch, n_kv_heads, group * n_queries, n_keys]` into weights.
pub(super) struct Weigh<'a> {
    /// What scores are multiplied with first.
    pub(super) scale: f32,
    pub(super) cap: Option<f32>,
    pub(super) sight: &'a Sight,
    pub(super) queries: Range<usize>,
    pub(super) keys: Range<usize>,
}

impl InplaceOp1 for Weigh<'_> {
    fn name(&self) -> &'static str {
        "weigh"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(scores) = storage else { candle_core::bail!("scores are not in 32 bits") };
        let Some((start, end)) = layout.contiguous_offsets() else { candle_core::bail!("scores are not contiguous") };
        let (_, n_kv_heads, n_rows, n_keys) = layout.shape().dims4()?;
        let arch = pulp::Arch::new();
        let work = |(number, scores): (usize, &mut [f32])| {
            let query = self.queries.start + number % n_rows % self.queries.len();
            let seen = self.sight.of(query, &self.keys);
            let (before, rest) = scores.split_at_mut(seen.start - self.keys.start);
            let (scores, behind) = rest.split_at_mut(seen.len());
            before.fill(0.0);
            behind.fill(0.0);
            let is_real = self.sight.keys.as_ref().map(|mask| mask.of(number / (n_kv_heads * n_rows), seen.clone()));
            arch.dispatch(Row { scores, scale: self.scale, cap: self.cap, is_real });
        };
        let scores = &mut scores[start..end];
        if scores.len() < LEAST_SHARED {
            scores.chunks_mut(n_keys).enumerate().for_each(work);
        } else {
            scores.par_chunks_mut(n_keys).enumerate().for_each(work);
        }
        Ok(())
    }
}

/// The scores of one query with the keys that it can see.
pub(super) struct Row<'a> {
    pub(super) scores: &'a mut [f32],
    pub(super) scale: f32,
    pub(super) cap: Option<f32>,
    /// Of each key, whether it counts. `None` where all do.
    pub(super) is_real: Option<&'a [bool]>,
}

impl pulp::WithSimd for Row<'_> {
    type Output = ();

    // Compiled once for each kind of processor, so it must be part of the caller.
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        match self.cap {
            Some(cap) => bound(self.scores, cap, self.scale / cap),
            None => {
                for score in self.scores.iter_mut() {
                    *score *= self.scale;
                }
            }
        }
        if let Some(is_real) = self.is_real {
            for (score, is_real) in self.scores.iter_mut().zip(is_real) {
                *score = if *is_real { *score } else { f32::NEG_INFINITY };
            }
        }
        let most = largest(self.scores);
        if most == f32::NEG_INFINITY {
            // It sees nothing; what it computes is used by nobody.
            self.scores.fill(0.0);
            return;
        }
        for score in self.scores.iter_mut() {
            // What is hidden gives a number too small to count, but not 0.
            *score = if *score == f32::NEG_INFINITY { 0.0 } else { math::exp(*score - most) };
        }
        let part = 1.0 / sum(self.scores);
        for score in self.scores.iter_mut() {
            *score *= part;
        }
    }
}

/// Bounds numbers, each multiplied with `part` first, by `cap` on either side.
#[inline(always)]
fn bound(numbers: &mut [f32], cap: f32, part: f32) {
    for number in numbers {
        *number = cap * math::tanh(*number * part);
    }
}

/// Bounds numbers by `cap` on either side, smoothly.
pub(super) struct Bound {
    pub(super) cap: f32,
}

impl InplaceOp1 for Bound {
    fn name(&self) -> &'static str {
        "bound"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(numbers) = storage else { candle_core::bail!("numbers are not in 32 bits") };
        let Some((start, end)) = layout.contiguous_offsets() else { candle_core::bail!("numbers are not contiguous") };
        let arch = pulp::Arch::new();
        numbers[start..end].par_chunks_mut(LEAST_SHARED).for_each(|numbers| {
            arch.dispatch(BoundPart { numbers, cap: self.cap });
        });
        Ok(())
    }
}

struct BoundPart<'a> {
    numbers: &'a mut [f32],
    cap: f32,
}

impl pulp::WithSimd for BoundPart<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        bound(self.numbers, self.cap, 1.0 / self.cap);
    }
}

/// The largest of some numbers.
pub(super) struct Largest<'a>(pub(super) &'a [f32]);

impl pulp::WithSimd for Largest<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f32 {
        largest(self.0)
    }
}

/// `x + y / rms(y) * scale`, row by row.
pub(super) struct AddNormed {
    pub(super) eps: f32,
}

impl CustomOp3 for AddNormed {
    fn name(&self) -> &'static str {
        "add-normed"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        l1: &Layout,
        y: &CpuStorage,
        l2: &Layout,
        scale: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (Some((x1, x2)), Some((y1, y2)), Some((s1, s2))) =
            (l1.contiguous_offsets(), l2.contiguous_offsets(), l3.contiguous_offsets())
        else {
            candle_core::bail!("what is to be added is not contiguous");
        };
        let (x, y) = (&x.as_slice::<f32>()?[x1..x2], &y.as_slice::<f32>()?[y1..y2]);
        let scale = &scale.as_slice::<f32>()?[s1..s2];
        let width = scale.len();
        let mut sum = vec![0.0; x.len()];
        let arch = pulp::Arch::new();
        let part = (LEAST_SHARED / width).max(1) * width;
        sum.par_chunks_mut(part).zip(x.par_chunks(part)).zip(y.par_chunks(part)).for_each(|((sum, x), y)| {
            let rows = sum.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(y.chunks_exact(width));
            for ((sum, x), y) in rows {
                arch.dispatch(RowSum { sum, x, y, scale, eps: self.eps });
            }
        });
        Ok((CpuStorage::F32(sum), l1.shape().clone()))
    }
}

struct RowSum<'a> {
    sum: &'a mut [f32],
    x: &'a [f32],
    y: &'a [f32],
    scale: &'a [f32],
    eps: f32,
}

impl pulp::WithSimd for RowSum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let mean = dot(self.y, self.y) / self.y.len() as f32;
        let part = 1.0 / (mean + self.eps).sqrt();
        for (((sum, x), y), scale) in self.sum.iter_mut().zip(self.x).zip(self.y).zip(self.scale) {
            *sum = x + y * part * scale;
        }
    }
}

const LANES: usize = 16;

#[inline(always)]
fn largest(numbers: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = if chunk[lane] > lanes[lane] { chunk[lane] } else { lanes[lane] };
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

#[inline(always)]
fn sum(numbers: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += chunk[lane];
        }
    }
    lanes.iter().chain(rest).sum()
}

/// `gelu(gate) * up`.
pub(super) struct Gate;

impl CustomOp2 for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn cpu_fwd(&self, gate: &CpuStorage, l1: &Layout, up: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (Some((g1, g2)), Some((u1, u2))) = (l1.contiguous_offsets(), l2.contiguous_offsets()) else {
            candle_core::bail!("a gate is not contiguous");
        };
        let (gate, up) = (&gate.as_slice::<f32>()?[g1..g2], &up.as_slice::<f32>()?[u1..u2]);
        let mut product = vec![0.0; gate.len()];
        let arch = pulp::Arch::new();
        let part = LEAST_SHARED;
        product.par_chunks_mut(part).zip(gate.par_chunks(part)).zip(up.par_chunks(part)).for_each(
            |((product, gate), up)| {
                arch.dispatch(GatePart { product, gate, up });
            },
        );
        Ok((CpuStorage::F32(product), l1.shape().clone()))
    }
}

struct GatePart<'a> {
    product: &'a mut [f32],
    gate: &'a [f32],
    up: &'a [f32],
}

impl pulp::WithSimd for GatePart<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for ((product, gate), up) in self.product.iter_mut().zip(self.gate).zip(self.up) {
            *product = math::gated(*gate, *up);
        }
    }
}
