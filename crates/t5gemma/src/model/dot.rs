//! Products of rows in blocks with a vector, in whole numbers: the vector is rounded to 8 bits once, each block of 32 numbers
//! gives one whole sum, and only those become 32-bit numbers. A row is read once and takes less time than the memory needs
//! for it.
//!
//! Whole sums are exact. The numbers that they become are added in one order everywhere: block `n` of a row goes to sum
//! `n % 8`, and [`total`] adds up the eight. So one vector and many (`tile`) have the same products to the last bit, on the
//! same processor.

use super::blocks::{BLOCK, BlockKind, Q4_BYTES, Q4Block, Q8_BYTES, half};
#[cfg(target_arch = "x86_64")]
use super::blocks::{HALF_BITS, HALF_SHIFT};

/// A vector in blocks of whole numbers from -127 to 127.
#[derive(Debug)]
pub(super) struct Rounded {
    pub(super) numbers: Vec<[i8; BLOCK]>,
    /// What each block is to be multiplied with.
    pub(super) scales: Vec<f32>,
    /// The sum of each block, multiplied.
    pub(super) sums: Vec<f32>,
}

impl Rounded {
    /// Rounds a vector whose length is a multiple of a block's.
    pub(super) fn new(vector: &[f32]) -> Self {
        let (blocks, _) = vector.as_chunks::<BLOCK>();
        let n = blocks.len();
        let mut rounded = Self { numbers: vec![[0; BLOCK]; n], scales: vec![0.0; n], sums: vec![0.0; n] };
        pulp::Arch::new().dispatch(RoundTo { blocks, rounded: &mut rounded });
        rounded
    }
}

struct RoundTo<'a> {
    blocks: &'a [[f32; BLOCK]],
    rounded: &'a mut Rounded,
}

impl pulp::WithSimd for RoundTo<'_> {
    type Output = ();

    // Compiled once for each kind of processor, so it must be part of the caller; as everything here that is.
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Rounded { numbers, scales, sums } = self.rounded;
        for (((block, numbers), scale), sum) in self.blocks.iter().zip(numbers).zip(scales).zip(sums) {
            (*numbers, *scale) = round(block);
            *sum = *scale * numbers.iter().map(|number| i32::from(*number)).sum::<i32>() as f32;
        }
    }
}

#[inline(always)]
fn round(block: &[f32; BLOCK]) -> ([i8; BLOCK], f32) {
    let mut most = [0.0_f32; 8];
    for eight in block.as_chunks::<8>().0 {
        for lane in 0..8 {
            let size = eight[lane].abs();
            // What is not a number stays one.
            most[lane] = if size <= most[lane] { most[lane] } else { size };
        }
    }
    let mut largest = 0.0;
    for size in most {
        largest = if size <= largest { largest } else { size };
    }
    let scale = largest / 127.0;
    let part = if scale >= f32::MIN_POSITIVE { 1.0 / scale } else { 0.0 };
    // Adding and taking away this leaves the nearest whole number.
    const WHOLE: f32 = 12_582_912.0;
    let mut numbers = [0; BLOCK];
    for lane in 0..BLOCK {
        numbers[lane] = (block[lane] * part + WHOLE).to_bits().wrapping_sub(WHOLE.to_bits()) as i8;
    }
    (numbers, scale)
}

/// Sums of a row that run side by side.
pub(super) const SUMS: usize = 8;

/// What the sums of a row are together.
#[inline(always)]
pub(super) fn total([a, b, c, d, e, f, g, h]: [f32; SUMS]) -> f32 {
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

/// The products of consecutive `rows` with `vector`, one for each number of `products`.
pub(super) fn multiply(kind: BlockKind, rows: &[u8], vector: &Rounded, products: &mut [f32]) {
    if products.is_empty() {
        return;
    }
    let work = Multiply { kind, rows, vector, products };
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(x86::Multiply { simd, work });
    }
    pulp::Arch::new().dispatch(work);
}

struct Multiply<'a> {
    kind: BlockKind,
    rows: &'a [u8],
    vector: &'a Rounded,
    products: &'a mut [f32],
}

impl pulp::WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        plain(self.kind, self.rows, self.vector, self.products);
    }
}

/// In a form that compilers turn into whatever the processor has.
#[inline(always)]
pub(super) fn plain(kind: BlockKind, rows: &[u8], vector: &Rounded, products: &mut [f32]) {
    let row_bytes = rows.len() / products.len();
    for (product, row) in products.iter_mut().zip(rows.chunks_exact(row_bytes)) {
        *product = match kind {
            BlockKind::Q8 => plain_q8(row, vector),
            BlockKind::Q4 => plain_q4(row, vector),
        };
    }
}

#[inline(always)]
fn plain_q8(row: &[u8], vector: &Rounded) -> f32 {
    let mut sums = [0.0; SUMS];
    let blocks = row.as_chunks::<Q8_BYTES>().0.iter().zip(&vector.numbers).zip(&vector.scales);
    for (at, ((block, numbers), scale)) in blocks.enumerate() {
        let [low, high, whole @ ..] = block;
        let mut wide = [0_i16; BLOCK];
        for lane in 0..BLOCK {
            wide[lane] = i16::from(whole[lane].cast_signed());
        }
        sums[at % SUMS] += half(*low, *high) * scale * sum(&wide, numbers);
    }
    total(sums)
}

#[inline(always)]
fn plain_q4(row: &[u8], vector: &Rounded) -> f32 {
    let (numbers, scales) = (vector.numbers.as_chunks::<8>().0, vector.scales.as_chunks::<8>().0);
    let blocks = row.as_chunks::<Q4_BYTES>().0.iter().zip(numbers).zip(scales).zip(vector.sums.as_chunks::<8>().0);
    let mut sums = [0.0; SUMS];
    for (((block, numbers), scales), vector_sums) in blocks {
        let block = Q4Block::of(block);
        for part in 0..8 {
            let halves = &block.halves[part / 2];
            let mut wide = [0_i16; BLOCK];
            for lane in 0..BLOCK {
                wide[lane] = i16::from(if part % 2 == 0 { halves[lane] & 15 } else { halves[lane] >> 4 });
            }
            sums[part] += block.scale * f32::from(block.scales[part]) * scales[part] * sum(&wide, &numbers[part]);
            sums[part] -= block.offset * f32::from(block.offsets[part]) * vector_sums[part];
        }
    }
    total(sums)
}

#[inline(always)]
fn sum(a: &[i16; BLOCK], b: &[i8; BLOCK]) -> f32 {
    let mut sum = 0;
    for lane in 0..BLOCK {
        sum += i32::from(a[lane]) * i32::from(b[lane]);
    }
    sum as f32
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! With the instructions of 2013's processors for sums of products of bytes, which compilers do not find themselves.

    use std::arch::x86_64::{__m128i, __m256, __m256i};

    use pulp::cast;
    use pulp::x86::V3;

    use super::{BLOCK, BlockKind, Q4_BYTES, Q4Block, Q8_BYTES, Rounded, SUMS, total};

    pub(super) struct Multiply<'a> {
        pub(super) simd: V3,
        pub(super) work: super::Multiply<'a>,
    }

    impl pulp::NullaryFnOnce for Multiply<'_> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let super::Multiply { kind, rows, vector, products } = self.work;
            let row_bytes = rows.len() / products.len();
            // One row after another, which is how the memory is read ahead.
            for (product, row) in products.iter_mut().zip(rows.chunks_exact(row_bytes)) {
                *product = match kind {
                    BlockKind::Q8 => q8(self.simd, row, vector),
                    BlockKind::Q4 => q4(self.simd, row, vector),
                };
            }
        }
    }

    #[inline(always)]
    fn q8(simd: V3, row: &[u8], vector: &Rounded) -> f32 {
        let mut sums = simd.avx._mm256_setzero_ps();
        let (blocks, last) = row.as_chunks::<Q8_BYTES>().0.as_chunks::<SUMS>();
        let (numbers, last_numbers) = vector.numbers.as_chunks::<SUMS>();
        let (scales, last_scales) = vector.scales.as_chunks::<SUMS>();
        for ((blocks, numbers), scales) in blocks.iter().zip(numbers).zip(scales) {
            sums = q8_blocks(simd, blocks, numbers, scales, sums);
        }
        if !last.is_empty() {
            // Blocks of nothing fill them up.
            let (mut blocks, mut numbers, mut scales) = ([[0; Q8_BYTES]; SUMS], [[0; BLOCK]; SUMS], [0.0; SUMS]);
            blocks[..last.len()].copy_from_slice(last);
            numbers[..last.len()].copy_from_slice(&last_numbers[..last.len()]);
            scales[..last.len()].copy_from_slice(&last_scales[..last.len()]);
            sums = q8_blocks(simd, &blocks, &numbers, &scales, sums);
        }
        total(cast(sums))
    }

    #[inline(always)]
    fn q8_blocks(
        simd: V3,
        blocks: &[[u8; Q8_BYTES]; SUMS],
        numbers: &[[i8; BLOCK]; SUMS],
        scales: &[f32; SUMS],
        sums: __m256,
    ) -> __m256 {
        let ones = simd.avx._mm256_set1_epi16(1);
        let mut whole = [simd.avx._mm256_setzero_si256(); SUMS];
        let mut halves = [0_u16; SUMS];
        for at in 0..SUMS {
            let [low, high, block @ ..] = &blocks[at];
            halves[at] = u16::from_le_bytes([*low, *high]);
            let (block, numbers): (__m256i, __m256i) = (cast(*block), cast(numbers[at]));
            // The instruction wants one side without signs: they move to the other.
            let (sizes, turned) = (simd.avx2._mm256_abs_epi8(block), simd.avx2._mm256_sign_epi8(numbers, block));
            whole[at] = simd.avx2._mm256_madd_epi16(simd.avx2._mm256_maddubs_epi16(sizes, turned), ones);
        }
        let factors = simd.avx._mm256_mul_ps(eight_halves(simd, halves), cast(*scales));
        simd.fma._mm256_fmadd_ps(factors, simd.avx._mm256_cvtepi32_ps(eight_sums(simd, whole)), sums)
    }

    #[inline(always)]
    fn q4(simd: V3, row: &[u8], vector: &Rounded) -> f32 {
        let mut sums = simd.avx._mm256_setzero_ps();
        let low = simd.avx._mm256_set1_epi8(15);
        let ones = simd.avx._mm256_set1_epi16(1);
        let (numbers, _) = vector.numbers.as_chunks::<8>();
        let (scales, _) = vector.scales.as_chunks::<8>();
        let (vector_sums, _) = vector.sums.as_chunks::<8>();
        let blocks = row.as_chunks::<Q4_BYTES>().0.iter().zip(numbers).zip(scales).zip(vector_sums);
        for (((block, numbers), scales), vector_sums) in blocks {
            let block = Q4Block::of(block);
            let mut whole = [simd.avx._mm256_setzero_si256(); SUMS];
            for (pair, halves) in block.halves.iter().enumerate() {
                let halves: __m256i = cast::<[u8; BLOCK], __m256i>(*halves);
                let lower = simd.avx2._mm256_and_si256(halves, low);
                let upper = simd.avx2._mm256_and_si256(simd.avx2._mm256_srli_epi16::<4>(halves), low);
                let pairs = simd.avx2._mm256_maddubs_epi16(lower, cast(numbers[2 * pair]));
                whole[2 * pair] = simd.avx2._mm256_madd_epi16(pairs, ones);
                let pairs = simd.avx2._mm256_maddubs_epi16(upper, cast(numbers[2 * pair + 1]));
                whole[2 * pair + 1] = simd.avx2._mm256_madd_epi16(pairs, ones);
            }
            let factors = simd.avx._mm256_mul_ps(simd.avx._mm256_set1_ps(block.scale), eight_bytes(simd, block.scales));
            let factors = simd.avx._mm256_mul_ps(factors, cast(*scales));
            sums = simd.fma._mm256_fmadd_ps(factors, simd.avx._mm256_cvtepi32_ps(eight_sums(simd, whole)), sums);
            let factors =
                simd.avx._mm256_mul_ps(simd.avx._mm256_set1_ps(block.offset), eight_bytes(simd, block.offsets));
            sums = simd.fma._mm256_fnmadd_ps(factors, cast(*vector_sums), sums);
        }
        total(cast(sums))
    }

    #[inline(always)]
    fn eight_bytes(simd: V3, bytes: [u8; 8]) -> __m256 {
        let bytes: __m128i = cast(u128::from(u64::from_le_bytes(bytes)));
        simd.avx._mm256_cvtepi32_ps(simd.avx2._mm256_cvtepu8_epi32(bytes))
    }

    /// What [`super::half`] makes of each.
    #[inline(always)]
    fn eight_halves(simd: V3, halves: [u16; 8]) -> __m256 {
        let bits = simd.avx2._mm256_slli_epi32::<13>(simd.avx2._mm256_cvtepi16_epi32(cast(halves)));
        let bits = simd.avx2._mm256_and_si256(bits, simd.avx._mm256_set1_epi32(super::HALF_BITS.cast_signed()));
        simd.avx._mm256_mul_ps(cast(bits), simd.avx._mm256_set1_ps(super::HALF_SHIFT))
    }

    /// The sum of the numbers of each.
    #[inline(always)]
    fn eight_sums(simd: V3, [a, b, c, d, e, f, g, h]: [__m256i; 8]) -> __m256i {
        let add = |a, b| simd.avx2._mm256_hadd_epi32(a, b);
        let (first, second) = (add(add(a, b), add(c, d)), add(add(e, f), add(g, h)));
        // Sums of four, of which the second four lie in the upper half.
        let lower = simd.avx2._mm256_permute2x128_si256::<0x20>(first, second);
        let upper = simd.avx2._mm256_permute2x128_si256::<0x31>(first, second);
        simd.avx2._mm256_add_epi32(lower, upper)
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

    #[test]
    fn a_rounded_vector_is_near_the_vector_and_nothing_is_lost_at_its_ends() {
        let check = |vector: [f32; BLOCK]| {
            let most = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let Rounded { numbers, scales, sums } = Rounded::new(&vector);
            for (found, expected) in numbers[0].iter().map(|whole| f32::from(*whole) * scales[0]).zip(&vector) {
                assert!((found - expected).abs() <= most / 127.0 * 0.5001, "{found}, not {expected}");
            }
            let sum: i32 = numbers[0].iter().map(|x| i32::from(*x)).sum();
            assert_eq!(sums[0], scales[0] * sum as f32);
        };
        check([0.0; BLOCK]);
        check([1.0; BLOCK]);
        check(std::array::from_fn(|lane| lane as f32 - 31.0));
        check(std::array::from_fn(|lane| (lane as f32 * 0.37).sin() * 1e-30));
        check(std::array::from_fn(|lane| (lane as f32 * 0.37).sin() * 1e30));
        let spoiled = Rounded::new(&[f32::NAN; BLOCK]);
        assert!(spoiled.scales[0].is_nan(), "what is not a number must not look like one");
    }

    #[test]
    fn products_are_those_of_the_numbers_that_the_blocks_hold() {
        for kind in [GgmlDType::Q8_0, GgmlDType::Q4K] {
            for n_rows in [1, 3, 4, 9] {
                let noise = |n: usize, seed: usize| -> Vec<f32> {
                    (0..n).map(|n| (((n * 7919 + seed) % 1009) as f32 / 504.5 - 1.0) * 0.8).collect()
                };
                let whole = Tensor::from_vec(noise(n_rows * 768, 1), (n_rows, 768), &Device::Cpu).unwrap();
                let bytes = Piece::of(&QTensor::quantize(&whole, kind).unwrap().data().unwrap());
                let blocks = Blocks::new(kind, &[n_rows, 768], bytes).unwrap();
                let rounded = Rounded::new(&noise(768, 5));
                let vector: Vec<f32> = (0..768)
                    .map(|n| f32::from(rounded.numbers[n / BLOCK][n % BLOCK]) * rounded.scales[n / BLOCK])
                    .collect();
                let rows: Vec<Vec<f32>> =
                    blocks.lookup(&(0..n_rows as u32).collect::<Vec<_>>()).unwrap().to_vec2().unwrap();
                let exact: Vec<f64> = rows
                    .iter()
                    .map(|row| row.iter().zip(&vector).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum())
                    .collect();
                let check = |found: &[f32], way: &str| {
                    for (found, exact) in found.iter().zip(&exact) {
                        assert!((f64::from(*found) - exact).abs() < 2e-4, "{kind:?} {way}: {found}, not {exact}");
                    }
                };
                let mut products = vec![0.0; n_rows];
                multiply(blocks.kind, blocks.rows(0, n_rows), &rounded, &mut products);
                check(&products, "as this processor does it");
                plain(blocks.kind, blocks.rows(0, n_rows), &rounded, &mut products);
                check(&products, "as any processor does it");
            }
        }
    }
}
