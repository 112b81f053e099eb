//! Products of rows in blocks with many vectors: what reading a source mostly is. Sixteen rows are laid out for it once,
//! the same four numbers of each side by side, and are then multiplied with four vectors at a time, so that what is loaded is
//! used several times.
//!
//! Each product is the one that [`super::dot`] gives, to the last bit: the same whole sums, added in the same order.

#[cfg(target_arch = "x86_64")]
mod x86;

use super::blocks::{BLOCK, BlockKind, Q4_BYTES, Q4_NUMBERS, Q4Block, Q8_BYTES, half};
use super::dot::{Rounded, SUMS};

/// Rows that lie side by side in a register.
const LANES: usize = 8;
/// Registers of rows in a tile.
const HALVES: usize = 2;
/// Rows of a tile.
pub(super) const TILE: usize = LANES * HALVES;
/// Vectors that a tile is multiplied with at once.
const GROUP: usize = 4;
/// Numbers of a row that lie together.
const QUAD: usize = 4;
/// Bytes of vectors that all tiles of a part are multiplied with before the next ones: they stay near the processor.
const NEAR: usize = 256 << 10;

/// A number for each row of a tile.
type Lanes<T> = [[T; LANES]; HALVES];

/// Sixteen rows, or fewer at the end of a matrix; those that are missing are 0.
#[derive(Debug, Default)]
struct Tile {
    /// For each block of 32 numbers its quads, the bytes of one in a number of 32 bits.
    numbers: Vec<[Lanes<i32>; BLOCK / QUAD]>,
    /// What each block is to be multiplied with.
    scales: Vec<Lanes<f32>>,
    /// What is to be taken from each block, times the sum of the vector's; none for `Q8_0`.
    offsets: Vec<Lanes<f32>>,
}

impl Tile {
    /// Lays out `rows` of `row_bytes` each.
    #[inline(always)]
    fn new(kernel: impl Kernel, kind: BlockKind, rows: &[u8], row_bytes: usize) -> Self {
        let n_blocks = match kind {
            BlockKind::Q8 => row_bytes / Q8_BYTES,
            BlockKind::Q4 => row_bytes / Q4_BYTES * (Q4_NUMBERS / BLOCK),
        };
        let n_offsets = if kind == BlockKind::Q4 { n_blocks } else { 0 };
        let mut tile = Self {
            numbers: vec![[[[0; LANES]; HALVES]; BLOCK / QUAD]; n_blocks],
            scales: vec![[[0.0; LANES]; HALVES]; n_blocks],
            offsets: vec![[[0.0; LANES]; HALVES]; n_offsets],
        };
        for (part, rows) in rows.chunks(LANES * row_bytes).enumerate() {
            match kind {
                BlockKind::Q8 => tile.lay_out_q8(kernel, rows, row_bytes, part),
                BlockKind::Q4 => tile.lay_out_q4(kernel, rows, row_bytes, part),
            }
        }
        tile
    }

    #[inline(always)]
    fn lay_out_q8(&mut self, kernel: impl Kernel, rows: &[u8], row_bytes: usize, part: usize) {
        for at in 0..row_bytes / Q8_BYTES {
            let mut whole = [[0; BLOCK]; LANES];
            for (lane, row) in rows.chunks_exact(row_bytes).enumerate() {
                let [low, high, block @ ..] = &row.as_chunks::<Q8_BYTES>().0[at];
                self.scales[at][part][lane] = half(*low, *high);
                whole[lane] = *block;
            }
            self.put(at, part, kernel.turn(whole));
        }
    }

    #[inline(always)]
    fn lay_out_q4(&mut self, kernel: impl Kernel, rows: &[u8], row_bytes: usize, part: usize) {
        for at in 0..row_bytes / Q4_BYTES {
            let first = at * (Q4_NUMBERS / BLOCK);
            let mut pairs = [[[0; BLOCK]; LANES]; Q4_NUMBERS / (2 * BLOCK)];
            for (lane, row) in rows.chunks_exact(row_bytes).enumerate() {
                let block = Q4Block::of(&row.as_chunks::<Q4_BYTES>().0[at]);
                for n in 0..Q4_NUMBERS / BLOCK {
                    self.scales[first + n][part][lane] = block.scale * f32::from(block.scales[n]);
                    self.offsets[first + n][part][lane] = block.offset * f32::from(block.offsets[n]);
                }
                for (pair, halves) in pairs.iter_mut().zip(block.halves) {
                    pair[lane] = *halves;
                }
            }
            for (number, pair) in pairs.into_iter().enumerate() {
                const LOW: i32 = 0x0F0F_0F0F;
                let turned = kernel.turn(pair);
                let (mut lower, mut upper) = (turned, turned);
                for bytes in lower.as_flattened_mut() {
                    *bytes &= LOW;
                }
                for bytes in upper.as_flattened_mut() {
                    *bytes = (*bytes >> 4) & LOW;
                }
                self.put(first + 2 * number, part, lower);
                self.put(first + 2 * number + 1, part, upper);
            }
        }
    }

    /// Puts the quads of a block in half of the rows where they belong.
    #[inline(always)]
    fn put(&mut self, at: usize, part: usize, quads: [[i32; LANES]; BLOCK / QUAD]) {
        for (numbers, quad) in self.numbers[at].iter_mut().zip(quads) {
            numbers[part] = quad;
        }
    }
}

/// The products of consecutive `rows` with each of `vectors`, one list for each vector with a number for each row.
pub(super) fn multiply(kind: BlockKind, rows: &[u8], vectors: &[Rounded], products: &mut [&mut [f32]]) {
    let n_rows = products.first().map_or(0, |products| products.len());
    if n_rows == 0 {
        return;
    }
    let work = Multiply { kind, rows, row_bytes: rows.len() / n_rows, vectors, products };
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(x86::Multiply { simd, work });
    }
    pulp::Arch::new().dispatch(work);
}

struct Multiply<'a, 'b> {
    kind: BlockKind,
    rows: &'a [u8],
    row_bytes: usize,
    vectors: &'a [Rounded],
    products: &'a mut [&'b mut [f32]],
}

/// How tiles are laid out and multiplied.
trait Kernel: Copy {
    /// The quads of eight rows, the first ones of all rows first.
    fn turn(self, rows: [[u8; BLOCK]; LANES]) -> [[i32; LANES]; BLOCK / QUAD];

    /// The products of a tile with some vectors.
    fn sums<const IS_Q4: bool, const N: usize>(self, tile: &Tile, vectors: [&Rounded; N]) -> [Lanes<f32>; N];
}

impl Multiply<'_, '_> {
    // Compiled once for each kind of processor, so it must be part of the caller; as everything here that is.
    #[inline(always)]
    fn with(self, kernel: impl Kernel) {
        match self.kind {
            BlockKind::Q8 => self.all::<false>(kernel),
            BlockKind::Q4 => self.all::<true>(kernel),
        }
    }

    #[inline(always)]
    fn all<const IS_Q4: bool>(self, kernel: impl Kernel) {
        let n_bytes = self.vectors.first().map_or(1, |vector| vector.numbers.len() * BLOCK).max(1);
        let near = (NEAR / n_bytes).next_multiple_of(GROUP).max(GROUP);
        let mut tiles = Vec::with_capacity(self.rows.len() / self.row_bytes / TILE + 1);
        for rows in self.rows.chunks(TILE * self.row_bytes) {
            tiles.push(Tile::new(kernel, self.kind, rows, self.row_bytes));
        }
        for (vectors, products) in self.vectors.chunks(near).zip(self.products.chunks_mut(near)) {
            for (number, tile) in tiles.iter().enumerate() {
                for (vectors, products) in vectors.chunks(GROUP).zip(products.chunks_mut(GROUP)) {
                    match vectors {
                        [a, b, c, d] => store(kernel.sums::<IS_Q4, 4>(tile, [a, b, c, d]), number, products),
                        [a, b, c] => store(kernel.sums::<IS_Q4, 3>(tile, [a, b, c]), number, products),
                        [a, b] => store(kernel.sums::<IS_Q4, 2>(tile, [a, b]), number, products),
                        rest => {
                            for (vector, products) in rest.iter().zip(products.chunks_mut(1)) {
                                store(kernel.sums::<IS_Q4, 1>(tile, [vector]), number, products);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Puts the products of the tile with this number where they belong.
#[inline(always)]
fn store<const N: usize>(sums: [Lanes<f32>; N], tile: usize, products: &mut [&mut [f32]]) {
    for (sums, products) in sums.iter().zip(products) {
        for (sum, product) in sums.as_flattened().iter().zip(&mut products[tile * TILE..]) {
            *product = *sum;
        }
    }
}

impl pulp::WithSimd for Multiply<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.with(Plain);
    }
}

/// In a form that compilers turn into whatever the processor has.
#[derive(Clone, Copy)]
struct Plain;

impl Kernel for Plain {
    #[inline(always)]
    fn turn(self, rows: [[u8; BLOCK]; LANES]) -> [[i32; LANES]; BLOCK / QUAD] {
        let mut turned = [[0; LANES]; BLOCK / QUAD];
        for (lane, row) in rows.iter().enumerate() {
            for (turned, quad) in turned.iter_mut().zip(row.as_chunks::<QUAD>().0) {
                turned[lane] = i32::from_le_bytes(*quad);
            }
        }
        turned
    }

    #[inline(always)]
    fn sums<const IS_Q4: bool, const N: usize>(self, tile: &Tile, vectors: [&Rounded; N]) -> [Lanes<f32>; N] {
        let mut kept = [[[[0.0_f32; LANES]; HALVES]; N]; SUMS];
        for (at, (numbers, scales)) in tile.numbers.iter().zip(&tile.scales).enumerate() {
            for (vector, kept) in vectors.iter().zip(&mut kept[at % SUMS]) {
                let (quads, _) = vector.numbers[at].as_chunks::<QUAD>();
                for part in 0..HALVES {
                    let mut sums = [0_i32; LANES];
                    for (numbers, quad) in numbers.iter().zip(quads) {
                        for lane in 0..LANES {
                            let bytes = numbers[part][lane].to_le_bytes();
                            for n in 0..QUAD {
                                sums[lane] += i32::from(bytes[n].cast_signed()) * i32::from(quad[n]);
                            }
                        }
                    }
                    for lane in 0..LANES {
                        kept[part][lane] += scales[part][lane] * vector.scales[at] * sums[lane] as f32;
                        if IS_Q4 {
                            kept[part][lane] -= tile.offsets[at][part][lane] * vector.sums[at];
                        }
                    }
                }
            }
        }
        std::array::from_fn(|n| {
            std::array::from_fn(|part| {
                std::array::from_fn(|lane| super::dot::total(std::array::from_fn(|at| kept[at][n][part][lane])))
            })
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};

    use super::super::arena::Piece;
    use super::super::blocks::Blocks;
    use super::*;
    use crate::model::dot;

    fn noise(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|n| (((n * 7919 + seed * 313) % 1009) as f32 / 504.5 - 1.0) * 0.8).collect()
    }

    /// Many vectors at once give what each gives alone, bit for bit, and what 64-bit numbers give, but for rounding.
    fn check(kind: GgmlDType, n_rows: usize, n_columns: usize, n_vectors: usize) {
        let what = format!("{kind:?}, {n_rows} rows of {n_columns}, {n_vectors} vectors");
        let whole = Tensor::from_vec(noise(n_rows * n_columns, 1), (n_rows, n_columns), &Device::Cpu).unwrap();
        let bytes = Piece::of(&QTensor::quantize(&whole, kind).unwrap().data().unwrap());
        let blocks = Blocks::new(kind, &[n_rows, n_columns], bytes).unwrap();
        let vectors: Vec<Rounded> = (0..n_vectors).map(|n| Rounded::new(&noise(n_columns, n + 2))).collect();
        let matrix: Vec<Vec<f32>> = blocks.lookup(&(0..n_rows as u32).collect::<Vec<_>>()).unwrap().to_vec2().unwrap();
        let exact = |row: &[f32], vector: &Rounded| -> f64 {
            let numbers = vector
                .numbers
                .iter()
                .zip(&vector.scales)
                .flat_map(|(numbers, scale)| numbers.iter().map(|number| f64::from(*number) * f64::from(*scale)));
            row.iter().zip(numbers).map(|(a, b)| f64::from(*a) * b).sum()
        };
        let mut products = vec![vec![f32::NAN; n_rows]; n_vectors];
        let slices = |products: &mut Vec<Vec<f32>>, run: &dyn Fn(&mut [&mut [f32]])| {
            run(&mut products.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
        };
        slices(&mut products, &|products| multiply(blocks.kind, blocks.rows(0, n_rows), &vectors, products));
        for (vector, products) in vectors.iter().zip(&products) {
            let mut alone = vec![0.0; n_rows];
            dot::multiply(blocks.kind, blocks.rows(0, n_rows), vector, &mut alone);
            assert_eq!(*products, alone, "{what}");
            for (product, row) in products.iter().zip(&matrix) {
                let exact = exact(row, vector);
                assert!((f64::from(*product) - exact).abs() < 3e-4, "{what}: {product}, not {exact}");
            }
        }
        let mut plain = vec![vec![f32::NAN; n_rows]; n_vectors];
        slices(&mut plain, &|products| {
            let (rows, row_bytes) = (blocks.rows(0, n_rows), blocks.row_bytes());
            Multiply { kind: blocks.kind, rows, row_bytes, vectors: &vectors, products }.with(Plain);
        });
        for (vector, products) in vectors.iter().zip(&plain) {
            let mut alone = vec![0.0; n_rows];
            dot::plain(blocks.kind, blocks.rows(0, n_rows), vector, &mut alone);
            assert_eq!(*products, alone, "{what}, as any processor does it");
        }
    }

    #[test]
    fn many_vectors_have_the_products_of_each_alone() {
        for (kind, columns) in
            [(GgmlDType::Q8_0, [32, 96, 224, 256, 288, 768].as_slice()), (GgmlDType::Q4K, &[256, 768, 1280])]
        {
            for n_columns in columns {
                for n_rows in [1, 2, TILE - 1, TILE, TILE + 1, 3 * TILE + 5] {
                    for n_vectors in [1, 2, 3, GROUP, GROUP + 1, 2 * GROUP + 3] {
                        check(kind, n_rows, *n_columns, n_vectors);
                    }
                }
            }
        }
    }

    #[test]
    fn more_vectors_than_are_near_at_once_are_multiplied() {
        for n_vectors in [NEAR / 8192 - 1, NEAR / 8192, NEAR / 8192 + 1, NEAR / 8192 * 2 + 5] {
            check(GgmlDType::Q8_0, 3, 8192, n_vectors);
        }
    }

    /// The largest numbers that blocks hold, also the one that has no opposite, do not run over.
    #[test]
    fn the_largest_numbers_are_multiplied() {
        for number in [-128_i8, -127, 127] {
            let mut row = Vec::new();
            for _ in 0..9 {
                row.extend(half::f16::ONE.to_le_bytes());
                row.extend([number.cast_unsigned(); BLOCK]);
            }
            for sign in [-1.0, 1.0] {
                let vectors = [Rounded::new(&[sign * 127.0; 9 * BLOCK]), Rounded::new(&[sign * 127.0; 9 * BLOCK])];
                let (mut first, mut second, mut alone) = ([0.0], [0.0], [0.0]);
                multiply(BlockKind::Q8, &row, &vectors, &mut [&mut first, &mut second]);
                dot::multiply(BlockKind::Q8, &row, &vectors[0], &mut alone);
                let expected = f32::from(number) * sign * 127.0 * 9.0 * BLOCK as f32;
                assert_eq!([first, second, alone], [[expected]; 3], "{number} times {sign} * 127");
            }
        }
        // All ones in 4 bits, with the largest scale and no offset.
        let mut block = [0xFF_u8; Q4_BYTES];
        block[..2].copy_from_slice(&half::f16::ONE.to_le_bytes());
        block[2..4].copy_from_slice(&half::f16::ZERO.to_le_bytes());
        let vectors = [Rounded::new(&[-127.0; Q4_NUMBERS]), Rounded::new(&[127.0; Q4_NUMBERS])];
        let (mut first, mut second) = ([0.0], [0.0]);
        multiply(BlockKind::Q4, &block, &vectors, &mut [&mut first, &mut second]);
        let expected = 15.0 * 63.0 * 127.0 * 256.0;
        assert_eq!([first, second], [[-expected], [expected]]);
    }
}
