//! Vectors times matrices as they lie in memory. A few vectors are what generating a token mostly is: it reads each weight
//! once, so it is bound by the memory, provided that all threads read. Many vectors are what reading a source is; for them
//! blocks are laid out anew, a part at a time. Matrices that take the same vectors are multiplied together, so that threads
//! meet once.

use candle_core::{CpuStorage, Device, Result, Storage, Tensor};
use rayon::prelude::*;

use super::blocks::Blocks;
use super::dot::{self, Rounded};
use super::tile;

/// Bytes of a matrix that a thread takes at a time: at least, and at most.
const PART: (usize, usize) = (32 << 10, 512 << 10);
/// The most vectors that blocks are multiplied with one by one. The products are the same either way.
const FEW: usize = 4;
/// Sums that run side by side within a row.
const LANES: usize = 32;

/// A matrix `[n_rows, n_columns]` on the CPU.
#[derive(Clone, Copy)]
pub(super) enum Rows<'a> {
    Full(&'a Tensor),
    Blocks(&'a Blocks),
}

/// `vectors [n, n_columns]` times each of the transposed `matrices`: `[n, n_rows]` each.
pub(super) fn multiply(matrices: &[Rows<'_>], vectors: &Tensor) -> Result<Vec<Tensor>> {
    let (n, n_columns) = vectors.dims2()?;
    let (storage, layout) = vectors.storage_and_layout();
    let numbers = floats(&storage, layout.contiguous_offsets())?;
    let vectors: Vec<&[f32]> = numbers.chunks_exact(n_columns).collect();
    let has_blocks = matrices.iter().any(|matrix| matches!(matrix, Rows::Blocks(_)));
    let rounded: Vec<Rounded> = match n {
        _ if !has_blocks => Vec::new(),
        0..=FEW => vectors.iter().map(|vector| Rounded::new(vector)).collect(),
        _ => vectors.par_iter().map(|vector| Rounded::new(vector)).collect(),
    };
    let guards = matrices.iter().map(|matrix| match matrix {
        Rows::Full(matrix) => Some(matrix.storage_and_layout()),
        Rows::Blocks(_) => None,
    });
    let guards: Vec<_> = guards.collect();
    let sources = matrices.iter().zip(&guards).map(|(matrix, guard)| match (matrix, guard) {
        (Rows::Blocks(blocks), _) => Source::blocks(blocks, &rounded, n_columns),
        (Rows::Full(matrix), Some((storage, layout))) => {
            let (n_rows, width) = matrix.dims2()?;
            let rows = floats(storage, layout.contiguous_offsets())?;
            if width != n_columns {
                candle_core::bail!("vectors of {n_columns} numbers do not fit a matrix of {width} columns");
            }
            Ok(Source { n_rows, row_bytes: 4 * n_columns, part: SourcePart::Full { rows, vectors: &vectors } })
        }
        (Rows::Full(_), None) => candle_core::bail!("a matrix has no numbers"),
    });
    let sources: Vec<Source<'_>> = sources.collect::<Result<_>>()?;
    let mut products: Vec<Vec<f32>> = sources.iter().map(|source| vec![0.0; n * source.n_rows]).collect();
    let n_bytes: usize = sources.iter().map(|source| source.n_rows * source.row_bytes).sum();
    let part = (n_bytes / (4 * rayon::current_num_threads())).clamp(PART.0, PART.1);
    let mut parts = Vec::new();
    for (source, products) in sources.iter().zip(&mut products) {
        // Whole tiles; a row may be longer than a part.
        let n_rows = (part / source.row_bytes).next_multiple_of(tile::TILE).max(tile::TILE);
        let cut = cut(products, source.n_rows, n_rows).into_iter().enumerate();
        parts.extend(cut.map(|(index, products)| (source, index * n_rows, products)));
    }
    parts
        .into_par_iter()
        .with_max_len(1)
        .for_each(|(source, first, mut products)| source.multiply(first, &mut products));
    let tensors = products.into_iter().zip(&sources);
    tensors.map(|(products, source)| Tensor::from_vec(products, (n, source.n_rows), &Device::Cpu)).collect()
}

/// Cuts `products [n, n_rows]` into parts `[n, step]`, the last one of which may be shorter.
fn cut(products: &mut [f32], n_rows: usize, step: usize) -> Vec<Vec<&mut [f32]>> {
    let n = products.len() / n_rows.max(1);
    let mut parts: Vec<Vec<&mut [f32]>> = (0..n_rows.div_ceil(step)).map(|_| Vec::with_capacity(n)).collect();
    for products in products.chunks_mut(n_rows.max(1)) {
        for (part, products) in parts.iter_mut().zip(products.chunks_mut(step)) {
            part.push(products);
        }
    }
    parts
}

fn floats(storage: &Storage, place: Option<(usize, usize)>) -> Result<&[f32]> {
    match (storage, place) {
        (Storage::Cpu(CpuStorage::F32(numbers)), Some((start, end))) => Ok(&numbers[start..end]),
        _ => candle_core::bail!("a matrix or a vector is not contiguous, on the CPU and in 32 bits"),
    }
}

struct Source<'a> {
    n_rows: usize,
    row_bytes: usize,
    part: SourcePart<'a>,
}

enum SourcePart<'a> {
    Full { rows: &'a [f32], vectors: &'a [&'a [f32]] },
    Blocks { blocks: &'a Blocks, vectors: &'a [Rounded] },
}

impl<'a> Source<'a> {
    fn blocks(blocks: &'a Blocks, vectors: &'a [Rounded], n_columns: usize) -> Result<Self> {
        if blocks.n_columns != n_columns {
            candle_core::bail!("vectors of {n_columns} numbers do not fit a matrix of {} columns", blocks.n_columns);
        }
        let part = SourcePart::Blocks { blocks, vectors };
        Ok(Self { n_rows: blocks.n_rows, row_bytes: blocks.row_bytes(), part })
    }

    /// The products of the rows from `first` on with each vector, as many as there is room for.
    fn multiply(&self, first: usize, products: &mut [&mut [f32]]) {
        let n_rows = products.first().map_or(0, |products| products.len());
        match self.part {
            SourcePart::Full { rows, vectors } => {
                let width = self.row_bytes / 4;
                let rows = &rows[first * width..(first + n_rows) * width];
                for (vector, products) in vectors.iter().zip(products) {
                    pulp::Arch::new().dispatch(FullRows { products, rows, vector });
                }
            }
            SourcePart::Blocks { blocks, vectors } if vectors.len() <= FEW => {
                for (vector, products) in vectors.iter().zip(products) {
                    dot::multiply(blocks.kind, blocks.rows(first, n_rows), vector, products);
                }
            }
            SourcePart::Blocks { blocks, vectors } => {
                tile::multiply(blocks.kind, blocks.rows(first, n_rows), vectors, products);
            }
        }
    }
}

struct FullRows<'a> {
    products: &'a mut [f32],
    rows: &'a [f32],
    vector: &'a [f32],
}

impl pulp::WithSimd for FullRows<'_> {
    type Output = ();

    // Compiled once for each kind of processor, so it must be part of the caller.
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for (product, row) in self.products.iter_mut().zip(self.rows.chunks_exact(self.vector.len())) {
            *product = dot(row, self.vector);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn rows_longer_than_a_part_are_multiplied() {
        for (n_rows, n_columns) in [(1, 8193), (3, 20_000), (9, 140_000)] {
            let numbers: Vec<f32> = (0..n_rows * n_columns).map(|i| (i % 7) as f32 - 3.0).collect();
            let matrix = Tensor::from_vec(numbers.clone(), (n_rows, n_columns), &Device::Cpu).unwrap();
            let vector = Tensor::full(0.5_f32, (1, n_columns), &Device::Cpu).unwrap();
            let products = multiply(&[Rows::Full(&matrix)], &vector).unwrap();
            let expected: Vec<f32> = numbers.chunks(n_columns).map(|row| row.iter().sum::<f32>() / 2.0).collect();
            assert_eq!(products[0].to_vec2::<f32>().unwrap()[0], expected, "{n_rows} rows of {n_columns}");
        }
    }
}
