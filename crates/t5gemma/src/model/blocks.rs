//! Matrices whose rows are cut into blocks of few bits, as GGUF files hold them:
//! <https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h>. They stay as they are in memory, and only what is
//! asked for becomes 32-bit numbers. On the CPU; other devices have their own way.
//!
//! A block of `Q8_0` is a factor in 16 bits and 32 whole numbers. A block of `Q4_K` is two factors in 16 bits, of which the
//! first belongs to the scales and the second to the offsets, 8 scales and offsets of 6 bits in 12 bytes, and 256 numbers of
//! 4 bits: number `n` of the blocks 2i and 2i + 1 of 32 shares byte `32 i + n`, the lower half first.

use candle_core::quantized::GgmlDType;
use candle_core::{Device, Result, Tensor};

use super::arena::Piece;

/// Numbers that have a scale of their own, in both kinds, and in vectors that they are multiplied with.
pub(super) const BLOCK: usize = 32;
/// Bytes of a block of `Q8_0`.
pub(super) const Q8_BYTES: usize = 34;
/// Numbers and bytes of a block of `Q4_K`.
pub(super) const Q4_NUMBERS: usize = 256;
pub(super) const Q4_BYTES: usize = 144;

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Q8,
    Q4,
}

/// A matrix `[n_rows, n_columns]`.
#[derive(Debug)]
pub(crate) struct Blocks {
    pub(super) kind: BlockKind,
    pub(super) n_rows: usize,
    pub(super) n_columns: usize,
    bytes: Piece,
}

impl Blocks {
    /// A matrix of the bytes of a file, whole blocks of `kind`, row after row.
    pub(crate) fn new(kind: GgmlDType, shape: &[usize], bytes: Piece) -> Result<Self> {
        let (kind, numbers, block_bytes) = match kind {
            GgmlDType::Q8_0 => (BlockKind::Q8, BLOCK, Q8_BYTES),
            GgmlDType::Q4K => (BlockKind::Q4, Q4_NUMBERS, Q4_BYTES),
            other => candle_core::bail!("blocks of the type {other:?} cannot be multiplied"),
        };
        let [n_rows, n_columns] = *shape else { candle_core::bail!("a matrix of the shape {shape:?}") };
        if n_columns == 0
            || !n_columns.is_multiple_of(numbers)
            || bytes.len() != n_rows * (n_columns / numbers) * block_bytes
        {
            candle_core::bail!("{} bytes do not make a matrix of the shape {shape:?}", bytes.len());
        }
        Ok(Self { kind, n_rows, n_columns, bytes })
    }

    pub(super) const fn row_bytes(&self) -> usize {
        match self.kind {
            BlockKind::Q8 => self.n_columns / BLOCK * Q8_BYTES,
            BlockKind::Q4 => self.n_columns / Q4_NUMBERS * Q4_BYTES,
        }
    }

    /// The bytes of `n` rows from `first` on.
    pub(super) fn rows(&self, first: usize, n: usize) -> &[u8] {
        &self.bytes[first * self.row_bytes()..(first + n) * self.row_bytes()]
    }

    /// The rows with the numbers `ids`, one after another: `[ids.len(), n_columns]`.
    pub(super) fn lookup(&self, ids: &[u32]) -> Result<Tensor> {
        let mut numbers = vec![0.0; ids.len() * self.n_columns];
        for (numbers, id) in numbers.chunks_exact_mut(self.n_columns).zip(ids) {
            if *id as usize >= self.n_rows {
                candle_core::bail!("row {id} of a matrix of {} rows", self.n_rows);
            }
            self.row_floats(self.rows(*id as usize, 1), numbers);
        }
        Tensor::from_vec(numbers, (ids.len(), self.n_columns), &Device::Cpu)
    }

    fn row_floats(&self, row: &[u8], numbers: &mut [f32]) {
        pulp::Arch::new().dispatch(RowFloats { kind: self.kind, row, numbers });
    }
}

struct RowFloats<'a> {
    kind: BlockKind,
    row: &'a [u8],
    numbers: &'a mut [f32],
}

impl pulp::WithSimd for RowFloats<'_> {
    type Output = ();

    // Compiled once for each kind of processor, so it must be part of the caller.
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        match self.kind {
            BlockKind::Q8 => {
                for (block, numbers) in self.row.as_chunks().0.iter().zip(self.numbers.as_chunks_mut().0) {
                    q8_floats(block, numbers);
                }
            }
            BlockKind::Q4 => {
                for (block, numbers) in self.row.as_chunks().0.iter().zip(self.numbers.as_chunks_mut().0) {
                    q4_floats(block, numbers);
                }
            }
        }
    }
}

#[inline(always)]
fn q8_floats(block: &[u8; Q8_BYTES], numbers: &mut [f32; BLOCK]) {
    let [low, high, whole @ ..] = block;
    let scale = half(*low, *high);
    for (number, whole) in numbers.iter_mut().zip(whole) {
        *number = scale * f32::from(whole.cast_signed());
    }
}

#[inline(always)]
fn q4_floats(block: &[u8; Q4_BYTES], numbers: &mut [f32; Q4_NUMBERS]) {
    let Q4Block { scale, offset, scales, offsets, halves } = Q4Block::of(block);
    for (pair, (numbers, halves)) in numbers.as_chunks_mut::<{ 2 * BLOCK }>().0.iter_mut().zip(halves).enumerate() {
        let (lower, upper) = numbers.split_at_mut(BLOCK);
        let factors = |part: usize| (scale * f32::from(scales[part]), offset * f32::from(offsets[part]));
        let (scale, offset) = factors(2 * pair);
        for (number, byte) in lower.iter_mut().zip(halves) {
            *number = scale * f32::from(byte & 15) - offset;
        }
        let (scale, offset) = factors(2 * pair + 1);
        for (number, byte) in upper.iter_mut().zip(halves) {
            *number = scale * f32::from(byte >> 4) - offset;
        }
    }
}

/// A block of `Q4_K`, taken apart: number `n` of part `p` is `scale * scales[p] * n - offset * offsets[p]`.
pub(super) struct Q4Block<'a> {
    pub(super) scale: f32,
    pub(super) offset: f32,
    pub(super) scales: [u8; 8],
    pub(super) offsets: [u8; 8],
    pub(super) halves: &'a [[u8; BLOCK]; 4],
}

impl<'a> Q4Block<'a> {
    #[inline(always)]
    pub(super) fn of(block: &'a [u8; Q4_BYTES]) -> Self {
        let (head, halves) = block.split_at(16);
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        // Four bytes at a time: six bits of the first two words, and of the others four bits in the third word and two
        // above those of the first two.
        let (first, second, third) = (word(4), word(8), word(12));
        let low = |word: u32| word & 0x3F3F_3F3F;
        let high = |four: u32, two: u32| (four & 0x0F0F_0F0F) | ((two >> 2) & 0x3030_3030);
        let both = |low: u32, high: u32| (u64::from(low) | u64::from(high) << 32).to_le_bytes();
        let (halves, _) = halves.as_chunks::<BLOCK>();
        Self {
            scale: half(head[0], head[1]),
            offset: half(head[2], head[3]),
            scales: both(low(first), high(third, first)),
            offsets: both(low(second), high(third >> 4, second)),
            halves: halves.first_chunk().unwrap_or(&[[0; BLOCK]; 4]),
        }
    }
}

/// Where sign, exponent and digits of a number in 16 bits lie in 32 bits.
pub(super) const HALF_BITS: u32 = 0x8FFF_E000;
/// 2^112, between the two ways to count exponents.
pub(super) const HALF_SHIFT: f32 = f32::from_bits((127 + 112) << 23);

/// A finite number in 16 bits. Without a call into a library, which would cost more than what is done with it.
#[inline(always)]
pub(super) fn half(low: u8, high: u8) -> f32 {
    let bits = i32::from(i16::from_le_bytes([low, high])) << 13;
    f32::from_bits(bits.cast_unsigned() & HALF_BITS) * HALF_SHIFT
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use candle_core::quantized::QTensor;

    use super::*;

    #[test]
    fn every_finite_number_of_16_bits_is_read() {
        for bits in 0..=u16::MAX {
            let expected = half::f16::from_bits(bits).to_f32();
            if expected.is_finite() {
                let [low, high] = bits.to_le_bytes();
                assert_eq!(half(low, high).to_bits(), expected.to_bits(), "{bits:x}");
            }
        }
    }

    #[test]
    fn blocks_hold_the_numbers_that_candle_reads_from_them() {
        for kind in [GgmlDType::Q8_0, GgmlDType::Q4K] {
            let numbers: Vec<f32> = (0..7 * 512).map(|n| ((n * 37 % 101) as f32 - 40.0) * 0.013).collect();
            let whole = Tensor::from_vec(numbers, (7, 512), &Device::Cpu).unwrap();
            let blocks = QTensor::quantize(&whole, kind).unwrap();
            let ours = Blocks::new(kind, &[7, 512], Piece::of(&blocks.data().unwrap())).unwrap();
            let expected: Vec<Vec<f32>> = blocks.dequantize(&Device::Cpu).unwrap().to_vec2().unwrap();
            let check = |found: Vec<Vec<f32>>, expected: &[Vec<f32>]| {
                for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                    assert!((found - expected).abs() <= 1e-6, "{kind:?}: {found}, not {expected}");
                }
            };
            check(ours.lookup(&[2, 3, 4, 5]).unwrap().to_vec2().unwrap(), &expected[2..6]);
            check(ours.lookup(&[6, 0]).unwrap().to_vec2().unwrap(), &[expected[6].clone(), expected[0].clone()]);
            assert!(ours.lookup(&[7]).is_err());
            assert!(Blocks::new(kind, &[7, 256], Piece::of(&blocks.data().unwrap())).is_err());
        }
        assert!(Blocks::new(GgmlDType::Q5K, &[1, 256], Piece::of(&[0; 176])).is_err());
    }
}
