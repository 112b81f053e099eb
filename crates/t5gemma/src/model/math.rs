//! Functions on 32-bit numbers that compile to vector instructions: no calls, no branches. The coefficients are those of
//! Cephes (S. Moshier, `expf.c` and `tanhf.c`); the error is below 2 units in the last place.

/// Adding and subtracting it rounds to the nearest whole number, for numbers of moderate size.
const ROUNDING: f32 = 12_582_912.0;
/// Beyond these the result is 0 or infinite.
const LEAST: f32 = -87.0;
const MOST: f32 = 88.0;

#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = x.clamp(LEAST, MOST);
    let shifted = x * std::f32::consts::LOG2_E + ROUNDING;
    let n = shifted - ROUNDING;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let mut p = 1.987_569_2e-4_f32;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    // The low bits of the shifted number are the whole number itself.
    let n = shifted.to_bits().wrapping_sub(ROUNDING.to_bits());
    p * f32::from_bits(n.wrapping_add(127) << 23)
}

#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let z = x * x;
    let mut p = -5.704_988_7e-3_f32;
    p = p * z + 2.063_908_8e-2;
    p = p * z - 5.373_971_6e-2;
    p = p * z + 1.333_144_2e-1;
    p = p * z - 3.333_328e-1;
    let near = p * z * x + x;
    let far = (1.0 - 2.0 / (exp(2.0 * size) + 1.0)).copysign(x);
    if size < 0.625 { near } else { far }
}

/// `gelu` in the form with the hyperbolic tangent, times `up`.
#[inline(always)]
pub(super) fn gated(gate: f32, up: f32) -> f32 {
    const ROOT: f32 = 0.797_884_6; // The square root of 2/pi.
    0.5 * gate * (1.0 + tanh(ROOT * (gate + 0.044_715 * gate * gate * gate))) * up
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_as_exact_as_the_type() {
        for step in -200_000..=200_000_i32 {
            let x = step as f32 * 0.000_43;
            let (found, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((found - exact).abs() <= 3e-7 * exact, "exp({x}) = {found}, not {exact}");
            let (found, exact) = (f64::from(tanh(x)), f64::from(x).tanh());
            assert!((found - exact).abs() <= 3e-7 * exact.abs(), "tanh({x}) = {found}, not {exact}");
        }
        assert!(exp(-1e30) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
        assert_eq!((tanh(1e30), tanh(-1e30), tanh(0.0)), (1.0, -1.0, 0.0));
    }
}
