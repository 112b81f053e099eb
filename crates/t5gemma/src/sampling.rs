//! From logits to a token, with the chain that llama.cpp's models are sampled with here: penalty on repetition, DRY, nucleus
//! or least probability, temperature, draw. Sources: `llama-sampler.cpp` of llama.cpp; DRY is described in
//! <https://github.com/oobabooga/text-generation-webui/pull/5677>.

use crate::error::T5GemmaError;

/// How tokens are chosen. At `temperature` 0 the likeliest token is taken and everything else here is ignored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// 0 is deterministic; 1 leaves the model's distribution as it is.
    pub temperature: f32,
    /// Seed of the random choice: the same seed gives the same tokens again.
    pub seed: u32,
    /// Nucleus sampling: the smallest set of tokens whose probability reaches this. When absent, tokens with less than a
    /// twentieth of the likeliest one's probability are left out.
    pub top_p: Option<f32>,
    /// Divides the score of tokens among the last 64 generated ones; 1 changes nothing.
    pub repeat_penalty: Option<f32>,
    /// Strength of the DRY penalty on repeated sequences; 0 changes nothing.
    pub dry_multiplier: Option<f32>,
}

impl Sampling {
    /// The likeliest token, always.
    #[must_use]
    pub const fn greedy() -> Self {
        Self { temperature: 0.0, seed: 0, top_p: None, repeat_penalty: None, dry_multiplier: None }
    }

    /// Whether the likeliest token is taken.
    #[must_use]
    pub fn is_greedy(&self) -> bool {
        self.temperature <= 0.0
    }
}

/// How many of the last tokens the penalty on repetition looks at.
const REPEAT_WINDOW: usize = 64;
/// Tokens below this part of the likeliest one's probability are left out unless a nucleus is asked for.
const MIN_P: f32 = 0.05;
/// Settings of DRY: growth per token, length of repetition that is free, tokens looked back at.
const DRY_BASE: f32 = 1.75;
const DRY_FREE_LENGTH: usize = 2;
const DRY_LOOK_BACK: usize = 1024;
/// Penalties stay finite.
const DRY_LONGEST: usize = 150;
/// Texts that end a sequence.
const DRY_BREAKERS: [u8; 4] = *b"\n:\"*";
/// Logits this far below the largest are looked at only when the nearer ones do not make up the nucleus.
const NUCLEUS_DEPTH: f32 = 12.0;

/// Chooses tokens, and remembers them.
#[derive(Debug)]
pub(crate) struct Sampler {
    sampling: Sampling,
    random: Random,
    ids: Vec<u32>,
    /// For each of `ids`, whether it ends a sequence.
    breaks: Vec<bool>,
}

impl Sampler {
    pub(crate) fn new(sampling: Sampling) -> Self {
        Self { sampling, random: Random::new(sampling.seed), ids: Vec::new(), breaks: Vec::new() }
    }

    /// Remembers a token that was chosen, with the bytes that it stands for.
    pub(crate) fn accept(&mut self, id: u32, bytes: &[u8]) {
        self.ids.push(id);
        self.breaks.push(bytes.iter().any(|byte| DRY_BREAKERS.contains(byte)));
    }

    /// Draws a token. `logits` are changed on the way.
    pub(crate) fn draw(&mut self, logits: &mut [f32]) -> Result<u32, T5GemmaError> {
        self.penalize_repetition(logits);
        self.penalize_sequences(logits);
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if !largest.is_finite() {
            return Err(T5GemmaError::NotFinite);
        }
        let kept = match self.sampling.top_p {
            Some(top_p) => nucleus(logits, largest, top_p),
            None => {
                let least = largest + MIN_P.ln();
                ids(logits, |logit| logit >= least)
            }
        };
        let weight = |id: u32| f64::from((logits[id as usize] - largest) / self.sampling.temperature).exp();
        let total: f64 = kept.iter().map(|id| weight(*id)).sum();
        let mut left = self.random.next() * total;
        for id in &kept {
            left -= weight(*id);
            if left < 0.0 {
                return Ok(*id);
            }
        }
        // Rounding can leave a rest.
        kept.last().copied().ok_or(T5GemmaError::NotFinite)
    }

    fn penalize_repetition(&self, logits: &mut [f32]) {
        let Some(penalty) = self.sampling.repeat_penalty.filter(|penalty| *penalty != 1.0) else { return };
        let mut recent = self.ids[self.ids.len().saturating_sub(REPEAT_WINDOW)..].to_vec();
        recent.sort_unstable();
        recent.dedup();
        for id in recent {
            let logit = &mut logits[id as usize];
            *logit = if *logit <= 0.0 { *logit * penalty } else { *logit / penalty };
        }
    }

    /// Lowers each token that would go on with a sequence that was there before: the longer the sequence, the more.
    fn penalize_sequences(&self, logits: &mut [f32]) {
        let Some(multiplier) = self.sampling.dry_multiplier.filter(|multiplier| *multiplier > 0.0) else { return };
        let start = self.ids.len().saturating_sub(DRY_LOOK_BACK);
        let (ids, breaks) = (&self.ids[start..], &self.breaks[start..]);
        // Only what came after the last break can be repeated.
        let most = breaks.iter().rev().position(|breaks| *breaks).unwrap_or(ids.len()).min(DRY_LONGEST);
        if most < DRY_FREE_LENGTH {
            return;
        }
        let mut longest: Vec<(u32, usize)> = Vec::new();
        for (end, follower) in ids.iter().enumerate().skip(1) {
            let same = ids[..end].iter().rev().zip(ids.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
            if same >= DRY_FREE_LENGTH {
                match longest.iter_mut().find(|(id, _)| id == follower) {
                    Some((_, length)) => *length = same.max(*length),
                    None => longest.push((*follower, same)),
                }
            }
        }
        for (id, length) in longest {
            logits[id as usize] -= multiplier * DRY_BASE.powi((length - DRY_FREE_LENGTH) as i32);
        }
    }
}

fn ids(logits: &[f32], keep: impl Fn(f32) -> bool) -> Vec<u32> {
    logits.iter().enumerate().filter(|(_, logit)| keep(**logit)).map(|(id, _)| id as u32).collect()
}

/// The likeliest tokens that together reach the probability `top_p`, at least one.
fn nucleus(logits: &[f32], largest: f32, top_p: f32) -> Vec<u32> {
    let weight = |logit: f32| f64::from(logit - largest).exp();
    let wanted = f64::from(top_p) * logits.iter().map(|logit| weight(*logit)).sum::<f64>();
    for depth in [NUCLEUS_DEPTH, f32::INFINITY] {
        let mut kept = ids(logits, |logit| logit >= largest - depth);
        kept.sort_by(|a, b| logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b)));
        let mut reached = 0.0;
        for (index, id) in kept.iter().enumerate() {
            reached += weight(logits[*id as usize]);
            if reached >= wanted {
                kept.truncate(index + 1);
                return kept;
            }
        }
        if depth.is_infinite() {
            return kept;
        }
    }
    Vec::new()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug)]
struct Random {
    state: u64,
}

impl Random {
    fn new(seed: u32) -> Self {
        Self { state: u64::from(seed) }
    }

    /// A number from 0 up to, not including, 1.
    fn next(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn sampling(temperature: f32) -> Sampling {
        Sampling { temperature, seed: 7, ..Sampling::greedy() }
    }

    fn draws(sampling: Sampling, logits: &[f32], n: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(sampling);
        (0..n).map(|_| sampler.draw(&mut logits.to_vec()).unwrap()).collect()
    }

    #[test]
    fn the_seed_fixes_the_tokens_and_they_follow_the_distribution() {
        let logits = [0.0, 1.0, 2.0, -30.0];
        let first = draws(sampling(1.0), &logits, 20_000);
        assert_eq!(first, draws(sampling(1.0), &logits, 20_000));
        assert_ne!(first, draws(Sampling { seed: 8, ..sampling(1.0) }, &logits, 20_000));
        let total: f64 = [0.0_f64, 1.0, 2.0].iter().map(|logit| logit.exp()).sum();
        for id in 0..3_u32 {
            let part = first.iter().filter(|drawn| **drawn == id).count() as f64 / 20_000.0;
            assert!((part - f64::from(id).exp() / total).abs() < 0.02, "{id}: {part}");
        }
        assert!(draws(sampling(0.05), &logits, 200).iter().all(|id| *id == 2));
    }

    #[test]
    fn unlikely_tokens_are_left_out() {
        // Probabilities 0.6, 0.3, 0.08, 0.02.
        let logits: Vec<f32> = [0.6_f32, 0.3, 0.08, 0.02].iter().map(|part| part.ln()).collect();
        let check = |top_p: Option<f32>, expected: &[u32]| {
            let mut drawn = draws(Sampling { top_p, ..sampling(5.0) }, &logits, 500);
            drawn.sort_unstable();
            drawn.dedup();
            assert_eq!(drawn, expected, "{top_p:?}");
        };
        check(None, &[0, 1, 2]);
        check(Some(0.0), &[0]);
        check(Some(0.5), &[0]);
        check(Some(0.7), &[0, 1]);
        check(Some(0.95), &[0, 1, 2]);
        check(Some(1.0), &[0, 1, 2, 3]);
    }

    #[test]
    fn repetition_is_penalized() {
        let mut sampler = Sampler::new(Sampling { repeat_penalty: Some(2.0), ..sampling(1.0) });
        sampler.accept(0, b"a");
        sampler.accept(1, b"b");
        let mut logits = [4.0, -4.0, 4.0];
        sampler.penalize_repetition(&mut logits);
        assert_eq!(logits, [2.0, -8.0, 4.0]);
        (0..REPEAT_WINDOW).for_each(|_| sampler.accept(2, b"c"));
        let mut logits = [4.0, -4.0, 4.0];
        sampler.penalize_repetition(&mut logits);
        assert_eq!(logits, [4.0, -4.0, 2.0], "what is long ago is forgotten");
    }

    #[test]
    fn repeated_sequences_are_penalized_by_their_length() {
        let check = |tokens: &[(u32, &str)], expected: [f32; 5]| {
            let mut sampler = Sampler::new(Sampling { dry_multiplier: Some(0.8), ..sampling(1.0) });
            tokens.iter().for_each(|(id, text)| sampler.accept(*id, text.as_bytes()));
            let mut logits = [0.0; 5];
            sampler.penalize_sequences(&mut logits);
            assert_eq!(logits, expected, "{tokens:?}");
        };
        let (a, b, c, stop) = ((0, "a"), (1, "b"), (2, "c"), (3, "x:"));
        check(&[], [0.0; 5]);
        check(&[a, c, a], [0.0; 5]);
        check(&[a, b, c, a, b], [0.0, 0.0, -0.8, 0.0, 0.0]);
        check(&[c, a, b, a, c, a, b], [-0.8 * 1.75, 0.0, 0.0, 0.0, 0.0]);
        check(&[a, b, c, stop, a, b], [0.0, 0.0, -0.8, 0.0, 0.0]);
        check(&[a, stop, c, a, stop], [0.0; 5]);
    }

    #[test]
    fn scores_that_are_no_numbers_are_an_error() {
        let mut sampler = Sampler::new(sampling(1.0));
        assert!(matches!(sampler.draw(&mut [f32::NAN, f32::NAN]), Err(T5GemmaError::NotFinite)));
        assert!(matches!(sampler.draw(&mut [f32::INFINITY, 0.0]), Err(T5GemmaError::NotFinite)));
    }
}
