//! With the instructions of 2013's processors for sums of products of bytes, which compilers do not find themselves.
//!
//! An instruction is one only within a function that is compiled for such processors; elsewhere it is a call. What takes closures
//! (`map`, `from_fn`) need not become part of that function, so there is none here.

use std::arch::x86_64::{__m256, __m256i};

use pulp::cast;
use pulp::x86::V3;

use super::{HALVES, Kernel, LANES, Lanes, QUAD, Rounded, SUMS, Tile};
use crate::model::blocks::BLOCK;

pub(super) struct Multiply<'a, 'b> {
    pub(super) simd: V3,
    pub(super) work: super::Multiply<'a, 'b>,
}

impl pulp::NullaryFnOnce for Multiply<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.work.with(Bytes(self.simd));
    }
}

#[derive(Clone, Copy)]
struct Bytes(V3);

impl Kernel for Bytes {
    #[inline(always)]
    fn turn(self, rows: [[u8; BLOCK]; LANES]) -> [[i32; LANES]; BLOCK / QUAD] {
        let Self(simd) = self;
        let [a, b, c, d, e, f, g, h] = rows;
        let (first, second) = (four(simd, [a, b, c, d]), four(simd, [e, f, g, h]));
        let mut turned = [[0; LANES]; BLOCK / QUAD];
        for at in 0..QUAD {
            turned[at] = cast(simd.avx2._mm256_permute2x128_si256::<0x20>(first[at], second[at]));
            turned[at + QUAD] = cast(simd.avx2._mm256_permute2x128_si256::<0x31>(first[at], second[at]));
        }
        turned
    }

    #[inline(always)]
    fn sums<const IS_Q4: bool, const N: usize>(self, tile: &Tile, vectors: [&Rounded; N]) -> [Lanes<f32>; N] {
        let Self(simd) = self;
        let mut kept = [[[simd.avx._mm256_setzero_ps(); HALVES]; N]; SUMS];
        for (at, (numbers, scales)) in tile.numbers.iter().zip(&tile.scales).enumerate() {
            let mut quads = [&[0; BLOCK]; N];
            for n in 0..N {
                quads[n] = &vectors[n].numbers[at];
            }
            let sums = if IS_Q4 { q4(simd, numbers, quads) } else { q8(simd, numbers, quads) };
            let kept = &mut kept[at % SUMS];
            for n in 0..N {
                let scale = simd.avx._mm256_set1_ps(vectors[n].scales[at]);
                for part in 0..HALVES {
                    let factors = simd.avx._mm256_mul_ps(cast(scales[part]), scale);
                    let whole = simd.avx._mm256_cvtepi32_ps(sums[n][part]);
                    kept[n][part] = simd.fma._mm256_fmadd_ps(factors, whole, kept[n][part]);
                }
            }
            if IS_Q4 {
                let offsets = &tile.offsets[at];
                for n in 0..N {
                    let sum = simd.avx._mm256_set1_ps(vectors[n].sums[at]);
                    for part in 0..HALVES {
                        kept[n][part] = simd.fma._mm256_fnmadd_ps(cast(offsets[part]), sum, kept[n][part]);
                    }
                }
            }
        }
        let mut products = [[[0.0; LANES]; HALVES]; N];
        for (n, products) in products.iter_mut().enumerate() {
            for (part, products) in products.iter_mut().enumerate() {
                *products = cast(total(simd, &kept, n, part));
            }
        }
        products
    }
}

/// Quads 0 to 3 of four rows in the lower half of four registers, 4 to 7 in the upper one.
#[inline(always)]
fn four(simd: V3, [a, b, c, d]: [[u8; BLOCK]; 4]) -> [__m256i; 4] {
    let avx2 = simd.avx2;
    let (a, b, c, d) = (cast(a), cast(b), cast(c), cast(d));
    let (ab, cd) = (avx2._mm256_unpacklo_epi32(a, b), avx2._mm256_unpacklo_epi32(c, d));
    let (behind_ab, behind_cd) = (avx2._mm256_unpackhi_epi32(a, b), avx2._mm256_unpackhi_epi32(c, d));
    [
        avx2._mm256_unpacklo_epi64(ab, cd),
        avx2._mm256_unpackhi_epi64(ab, cd),
        avx2._mm256_unpacklo_epi64(behind_ab, behind_cd),
        avx2._mm256_unpackhi_epi64(behind_ab, behind_cd),
    ]
}

/// The whole sums of a block.
#[inline(always)]
fn q8<const N: usize>(
    simd: V3,
    numbers: &[Lanes<i32>; BLOCK / QUAD],
    vectors: [&[i8; BLOCK]; N],
) -> [[__m256i; HALVES]; N] {
    let ones = simd.avx._mm256_set1_epi16(1);
    let mut sums = [[simd.avx._mm256_setzero_si256(); HALVES]; N];
    for (quad, numbers) in numbers.iter().enumerate() {
        let numbers: [__m256i; HALVES] = [cast(numbers[0]), cast(numbers[1])];
        let sizes = [simd.avx2._mm256_abs_epi8(numbers[0]), simd.avx2._mm256_abs_epi8(numbers[1])];
        for n in 0..N {
            let vector = broadcast(simd, vectors[n], quad);
            for part in 0..HALVES {
                // The instruction wants one side without signs: they move to the other.
                let turned = simd.avx2._mm256_sign_epi8(vector, numbers[part]);
                let pairs = simd.avx2._mm256_maddubs_epi16(sizes[part], turned);
                let fours = simd.avx2._mm256_madd_epi16(pairs, ones);
                sums[n][part] = simd.avx2._mm256_add_epi32(sums[n][part], fours);
            }
        }
    }
    sums
}

/// The same for numbers of 4 bits: eight sums of two products are less than 2^15, so they are widened once.
#[inline(always)]
fn q4<const N: usize>(
    simd: V3,
    numbers: &[Lanes<i32>; BLOCK / QUAD],
    vectors: [&[i8; BLOCK]; N],
) -> [[__m256i; HALVES]; N] {
    let ones = simd.avx._mm256_set1_epi16(1);
    let mut sums = [[simd.avx._mm256_setzero_si256(); HALVES]; N];
    // A number that the compiler does not know: it would unroll the loop and keep its eight weights in memory.
    let n_quads = std::hint::black_box(BLOCK / QUAD);
    for (quad, numbers) in numbers.iter().enumerate().take(n_quads) {
        let numbers: [__m256i; HALVES] = [cast(numbers[0]), cast(numbers[1])];
        for n in 0..N {
            let vector = broadcast(simd, vectors[n], quad);
            for part in 0..HALVES {
                let pairs = simd.avx2._mm256_maddubs_epi16(numbers[part], vector);
                sums[n][part] = simd.avx2._mm256_add_epi16(sums[n][part], pairs);
            }
        }
    }
    for sums in &mut sums {
        for sums in sums {
            *sums = simd.avx2._mm256_madd_epi16(*sums, ones);
        }
    }
    sums
}

#[inline(always)]
fn broadcast(simd: V3, vector: &[i8; BLOCK], quad: usize) -> __m256i {
    let quad: [i8; QUAD] = vector.as_chunks::<QUAD>().0[quad];
    simd.avx._mm256_set1_epi32(cast(quad))
}

/// As [`crate::model::dot::total`] adds them.
#[inline(always)]
fn total<const N: usize>(simd: V3, kept: &[[[__m256; HALVES]; N]; SUMS], n: usize, part: usize) -> __m256 {
    let avx = simd.avx;
    let mut pairs = [avx._mm256_setzero_ps(); SUMS / 2];
    for (at, pair) in pairs.iter_mut().enumerate() {
        *pair = avx._mm256_add_ps(kept[at][n][part], kept[at + SUMS / 2][n][part]);
    }
    let [a, b, c, d] = pairs;
    avx._mm256_add_ps(avx._mm256_add_ps(a, b), avx._mm256_add_ps(c, d))
}
