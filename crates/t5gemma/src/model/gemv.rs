//! One vector times a matrix of 32-bit numbers: what generating a token mostly is. It reads each weight once, so it is
//! bound by the memory, provided that all threads read.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// Rows that a thread takes at a time.
const ROWS: usize = 64;
/// Sums that run side by side within a row.
const LANES: usize = 32;

/// `x [1, n_columns]` times the transposed `matrix [n_rows, n_columns]`: `[1, n_rows]`. Both lie on the CPU.
pub(super) fn multiply(matrix: &Tensor, x: &Tensor) -> Result<Tensor> {
    matrix.apply_op2_no_bwd(x, &Gemv)
}

struct Gemv;

impl CustomOp2 for Gemv {
    fn name(&self) -> &'static str {
        "gemv"
    }

    fn cpu_fwd(&self, matrix: &CpuStorage, l1: &Layout, x: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n_rows, n_columns) = l1.shape().dims2()?;
        let (Some((m1, m2)), Some((x1, x2))) = (l1.contiguous_offsets(), l2.contiguous_offsets()) else {
            candle_core::bail!("a matrix or a vector is not contiguous");
        };
        let (matrix, x) = (&matrix.as_slice::<f32>()?[m1..m2], &x.as_slice::<f32>()?[x1..x2]);
        if x.len() != n_columns {
            candle_core::bail!("a vector of {} numbers does not fit a matrix of {n_columns} columns", x.len());
        }
        let mut product = vec![0.0; n_rows];
        let arch = pulp::Arch::new();
        product.par_chunks_mut(ROWS).zip(matrix.par_chunks(ROWS * n_columns)).for_each(|(product, rows)| {
            arch.dispatch(Rows { product, rows, x });
        });
        Ok((CpuStorage::F32(product), Shape::from((1, n_rows))))
    }
}

struct Rows<'a> {
    product: &'a mut [f32],
    rows: &'a [f32],
    x: &'a [f32],
}

impl pulp::WithSimd for Rows<'_> {
    type Output = ();

    // Compiled once for each kind of processor, so it must be part of the caller.
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for (sum, row) in self.product.iter_mut().zip(self.rows.chunks_exact(self.x.len())) {
            *sum = dot(row, self.x);
        }
    }
}

/// The sum of the products of two equally long vectors.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for lane in 0..LANES {
            // No `mul_add`: without that instruction it is a call.
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    sums[0] + rest
}
