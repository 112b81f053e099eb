//! How many tokens to guess: as many as make the most tokens in the time that a batch takes.
//!
//! Two things are measured while the model runs, and nothing is assumed of the machine for long: what a batch of so many
//! tokens takes, and which part of the guesses comes true. Guessing goes on only while it pays.

use crate::drafts::Class;

/// The largest batch whose time is kept, in tokens.
const MOST_TOKENS: usize = 64;

/// Lengths that are considered. Arithmetic on most processors comes in blocks of four tokens, the one before the guess included.
const LENGTHS: [usize; 7] = [1, 3, 7, 11, 15, 23, 31];

/// The longest guess.
pub(crate) const LONGEST_GUESS: usize = LENGTHS[LENGTHS.len() - 1];

/// What a further token costs beside the first before anything was measured, as a part of the first one's time.
const FIRST_GUESS_OF_COST: f64 = 0.15;

/// A guess must promise this much more than going on without, since measurements vary.
const LEAST_GAIN: f64 = 1.05;

/// Weight of a new measurement in the running mean of times.
const NEW_WEIGHT: f64 = 0.2;

/// The time of batches, by their number of tokens, in milliseconds.
#[derive(Debug)]
pub(crate) struct Costs {
    ms: [Option<f64>; MOST_TOKENS + 1],
    /// The shortest time of one token.
    shortest_ms: Option<f64>,
}

impl Default for Costs {
    fn default() -> Self {
        Self { ms: [None; MOST_TOKENS + 1], shortest_ms: None }
    }
}

impl Costs {
    /// Takes in that a batch of `n_tokens` took `ms`.
    pub(crate) fn measured(&mut self, n_tokens: usize, ms: f64) {
        if n_tokens == 1 {
            self.shortest_ms = Some(self.shortest_ms.map_or(ms, |shortest| shortest.min(ms)));
        }
        let Some(known) = self.ms.get_mut(n_tokens) else { return };
        *known = Some(match *known {
            // One measurement that fell into another program's time must not stay.
            Some(old) => old + NEW_WEIGHT * (ms.min(4.0 * old) - old),
            None => ms,
        });
    }

    /// The shortest time that one token ever took, in milliseconds.
    pub(crate) const fn shortest_ms(&self) -> Option<f64> {
        self.shortest_ms
    }

    /// What a batch of `n_tokens` takes beside one of `base` tokens: 1 is as much.
    fn relative(&self, base: usize, n_tokens: usize) -> f64 {
        match (self.at(base), self.at(n_tokens)) {
            (Some(base), Some(ms)) => ms / base,
            _ => 1.0 + FIRST_GUESS_OF_COST * n_tokens.saturating_sub(base) as f64,
        }
    }

    /// What a batch of `n_tokens` takes: measured, or on the line between its measured neighbours.
    fn at(&self, n_tokens: usize) -> Option<f64> {
        let n_tokens = n_tokens.min(MOST_TOKENS);
        if let Some(ms) = self.ms[n_tokens] {
            return Some(ms);
        }
        let below = (1..n_tokens).rev().find_map(|n| self.ms[n].map(|ms| (n, ms)));
        let above = (n_tokens + 1..=MOST_TOKENS).find_map(|n| self.ms[n].map(|ms| (n, ms)));
        match (below, above) {
            (Some((n0, ms0)), Some((n1, ms1))) => Some(ms0 + (ms1 - ms0) * (n_tokens - n0) as f64 / (n1 - n0) as f64),
            (Some((n0, ms0)), None) => Some(ms0 * (1.0 + FIRST_GUESS_OF_COST * (n_tokens - n0) as f64 / n0 as f64)),
            (None, _) => None,
        }
    }
}

/// Which part of guesses comes true, in one job.
#[derive(Debug)]
pub(crate) struct Acceptance {
    /// By class: tokens that came true and tokens that were judged, both fading.
    counts: [(f64, f64); Class::COUNT],
}

/// How much the past counts after each guess.
const FADING: f64 = 0.9;

impl Default for Acceptance {
    fn default() -> Self {
        // What guesses of each class came to in code that was joined and edited; soon overlaid by the job's own.
        Self { counts: [(1.0, 2.0), (1.2, 2.0), (1.7, 2.0), (1.9, 2.0), (1.4, 2.0)] }
    }
}

impl Acceptance {
    /// Takes in that of a guess of `n_guessed` tokens the first `n_accepted` came true.
    pub(crate) fn judged(&mut self, class: Class, n_guessed: usize, n_accepted: usize) {
        let (accepted, judged) = &mut self.counts[class.index()];
        let n_judged = if n_accepted < n_guessed { n_accepted + 1 } else { n_accepted };
        *accepted = *accepted * FADING + n_accepted as f64;
        *judged = *judged * FADING + n_judged as f64;
    }

    /// Takes in that a guess was not worth making. So a class that had bad luck gets another chance some time.
    pub(crate) fn passed_over(&mut self, class: Class) {
        let (accepted, judged) = &mut self.counts[class.index()];
        let prior = Self::default().counts[class.index()];
        *accepted += 0.01 * (prior.0 - *accepted);
        *judged += 0.01 * (prior.1 - *judged);
    }

    /// The part of tokens that comes true, each given that those before it did.
    fn of(&self, class: Class) -> f64 {
        let (accepted, judged) = self.counts[class.index()];
        (accepted / judged.max(0.1)).clamp(0.0, 0.99)
    }
}

/// What there is to choose a guess from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) class: Class,
    /// How many tokens can be guessed.
    pub(crate) n_known: usize,
    /// What it takes to come by each of them, in milliseconds.
    pub(crate) token_ms: f64,
}

/// How many tokens of `offer` to try in a batch that holds `base` tokens without them, at most `room`; 0 when none pays.
pub(crate) fn length(costs: &Costs, acceptance: &Acceptance, offer: Offer, base: usize, room: usize) -> usize {
    let Offer { class, n_known, token_ms } = offer;
    // Before anything was measured a token of a draft model is taken for a fifth of a batch.
    let token = costs.at(base).map_or(if token_ms > 0.0 { 0.2 } else { 0.0 }, |base_ms| token_ms / base_ms);
    let part = acceptance.of(class);
    let gain = |n: usize| {
        // The token that is certain, and each guessed one if all before it came true.
        let tokens = (1.0 - part.powi(i32::try_from(n).unwrap_or(i32::MAX) + 1)) / (1.0 - part);
        tokens / (costs.relative(base, base + n) + token * n as f64)
    };
    let lengths = LENGTHS.into_iter().map(|n| n.min(n_known)).filter(|n| (1..=room).contains(n));
    let best = lengths.map(|n| (gain(n), n)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(gain, _)| *gain > LEAST_GAIN).map_or(0, |(_, n)| n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_as_long_as_they_pay() {
        let mut flat = Costs::default();
        let mut steep = Costs::default();
        for n in 1..=MOST_TOKENS {
            flat.measured(n, 10.0 + n as f64 * 0.1);
            steep.measured(n, 10.0 * n as f64);
        }
        let mut sure = Acceptance::default();
        (0..50).for_each(|_| sure.judged(Class::Long, 31, 31));
        let mut unsure = Acceptance::default();
        (0..50).for_each(|_| unsure.judged(Class::Long, 7, 0));
        let offer = |n_known| Offer { class: Class::Long, n_known, token_ms: 0.0 };
        let of = |costs: &Costs, acceptance: &Acceptance, n_known| length(costs, acceptance, offer(n_known), 1, 63);
        assert_eq!(of(&flat, &sure, 100), LONGEST_GUESS);
        assert_eq!(of(&flat, &sure, 5), 5, "no more than is known");
        assert_eq!(of(&flat, &unsure, 100), 0, "a guess that never comes true");
        assert_eq!(of(&steep, &sure, 100), 0, "a batch that takes as long as its tokens one by one");
        assert_eq!(length(&flat, &sure, offer(100), 1, 0), 0, "no room");
        assert!(of(&Costs::default(), &Acceptance::default(), 100) > 0, "nothing is measured unless it is tried");
        let drafted = |token_ms| length(&flat, &sure, Offer { token_ms, ..offer(100) }, 1, 63);
        assert!(drafted(2.0) > 0, "a draft model that is five times as fast");
        assert_eq!(drafted(20.0), 0, "a draft model that is slower than the model itself");
    }

    #[test]
    fn a_class_that_never_came_true_gets_another_chance() {
        let mut acceptance = Acceptance::default();
        (0..50).for_each(|_| acceptance.judged(Class::Short, 3, 0));
        let costs = Costs::default();
        let tries = (0..2000).position(|_| {
            acceptance.passed_over(Class::Short);
            length(&costs, &acceptance, Offer { class: Class::Short, n_known: 31, token_ms: 0.0 }, 1, 63) > 0
        });
        assert!(tries.is_some_and(|tries| tries > 20), "{tries:?}");
    }

    #[test]
    fn one_slow_batch_does_not_stay() {
        let mut costs = Costs::default();
        (0..10).for_each(|_| costs.measured(1, 10.0));
        costs.measured(1, 10_000.0);
        (0..10).for_each(|_| costs.measured(1, 10.0));
        assert!(costs.at(1).is_some_and(|ms| ms < 11.0), "{costs:?}");
    }
}
