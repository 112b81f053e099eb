//! How many tokens to guess: as many as make the most tokens in the time that a batch takes.
//!
//! Two things are measured while the model runs, and nothing is assumed of the machine for long: what a batch of so many
//! tokens takes, and which part of the guesses comes true. Guessing goes on only while it pays.

use crate::drafts::Draft;
use crate::drafts::acceptance::{Acceptance, Class, Origin};

/// The largest batch whose time is kept, in tokens.
const MOST_TOKENS: usize = 64;

/// Lengths that are considered. Arithmetic on most processors comes in blocks of four tokens, the one before the guess included.
const LENGTHS: [usize; 11] = [1, 2, 3, 5, 7, 11, 15, 23, 31, 47, 63];

/// The longest guess.
pub(crate) const LONGEST_GUESS: usize = LENGTHS[LENGTHS.len() - 1];

/// What a further token costs beside the first before anything was measured, as a part of the first one's time.
const FIRST_GUESS_OF_COST: f64 = 0.15;

/// A guess must promise this much more than going on without, since measurements vary.
const LEAST_GAIN: f64 = 1.05;

/// How far a measurement moves what is expected of its number of tokens, and of all of them, on a scale of factors.
const NEW_WEIGHT: f64 = 0.1;

/// The most that one measurement counts as a factor: it may have fallen into another program's time.
const MOST_FACTOR: f64 = 4.0;

/// The time of batches, by their number of tokens.
///
/// All of them take longer the more tokens are attended to, so what is kept of each is a part of a level that they share. A number
/// of tokens that has not been tried for long so follows those that were.
#[derive(Debug)]
pub(crate) struct Costs {
    parts: [Option<f64>; MOST_TOKENS + 1],
    /// In milliseconds.
    level_ms: f64,
    /// The shortest time of one token, in milliseconds.
    shortest_ms: Option<f64>,
}

impl Default for Costs {
    fn default() -> Self {
        Self { parts: [None; MOST_TOKENS + 1], level_ms: 1.0, shortest_ms: None }
    }
}

impl Costs {
    /// Takes in that a batch of `n_tokens` took `ms`.
    pub(crate) fn measured(&mut self, n_tokens: usize, ms: f64) {
        let ms = ms.max(f64::EPSILON);
        if n_tokens == 1 {
            self.shortest_ms = Some(self.shortest_ms.map_or(ms, |shortest| shortest.min(ms)));
        }
        let Some(part) = self.parts.get_mut(n_tokens) else { return };
        match part {
            Some(part) => {
                let factor = (ms / (*part * self.level_ms)).clamp(1.0 / MOST_FACTOR, MOST_FACTOR).powf(NEW_WEIGHT);
                *part *= factor;
                self.level_ms *= factor;
            }
            None => *part = Some(ms / self.level_ms),
        }
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

    /// What a batch of `n_tokens` takes, in milliseconds: measured, or on the line between its measured neighbours.
    fn at(&self, n_tokens: usize) -> Option<f64> {
        let n_tokens = n_tokens.min(MOST_TOKENS);
        let below = (1..=n_tokens).rev().find_map(|n| self.parts[n].map(|part| (n, part)));
        let above = (n_tokens..=MOST_TOKENS).find_map(|n| self.parts[n].map(|part| (n, part)));
        let part = match (below?, above) {
            ((n0, part0), Some((n1, part1))) if n0 < n1 => {
                part0 + (part1 - part0) * (n_tokens - n0) as f64 / (n1 - n0) as f64
            }
            ((n0, part0), _) => part0 * (1.0 + FIRST_GUESS_OF_COST * (n_tokens - n0) as f64 / n0 as f64),
        };
        Some(part * self.level_ms)
    }
}

/// What there is to choose a guess from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) origin: Origin,
    /// How many tokens before it agree.
    pub(crate) n_matching: usize,
    /// How many tokens can be guessed.
    pub(crate) n_known: usize,
    /// What it takes to come by each of them, in milliseconds.
    pub(crate) token_ms: f64,
}

impl Offer {
    /// The offer of a draft, which is there already.
    pub(crate) const fn of(draft: &Draft) -> Self {
        Self { origin: draft.origin, n_matching: draft.n_matching, n_known: draft.tokens.len(), token_ms: 0.0 }
    }
}

/// A guess that pays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Worth {
    /// How many times as many tokens come in the same time as without it.
    pub(crate) gain: f64,
    /// How many tokens to try.
    pub(crate) n: usize,
}

/// How many tokens of `offer` to try in a batch that holds `base` tokens without them, at most `room`. `None` when none pays.
pub(crate) fn worth(costs: &Costs, acceptance: &Acceptance, offer: Offer, base: usize, room: usize) -> Option<Worth> {
    let Offer { origin, n_matching, n_known, token_ms } = offer;
    // Before anything was measured a token of a draft model is taken for a fifth of a batch.
    let token = costs.at(base).map_or(if token_ms > 0.0 { 0.2 } else { 0.0 }, |base_ms| token_ms / base_ms);
    let (mut best, mut n_expected, mut all_true) = (None, 1.0, 1.0);
    let longest = LONGEST_GUESS.min(n_known).min(room);
    for n in 1..=longest {
        // The token that is certain, and each guessed one if all before it came true.
        all_true *= acceptance.of(Class::of(origin, n_matching + n - 1));
        n_expected += all_true;
        if n == longest || LENGTHS.contains(&n) {
            let gain = n_expected / (costs.relative(base, base + n) + token * n as f64);
            if gain > best.map_or(LEAST_GAIN, |best: Worth| best.gain) {
                best = Some(Worth { gain, n });
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use llama_cpp_2::token::LlamaToken;

    use super::*;

    /// What is expected after `n` guesses of seven tokens of which so many came true.
    fn expected(n: usize, came_true: usize) -> Acceptance {
        let mut acceptance = Acceptance::default();
        let ids = |start: i32| (start..start + 7).map(LlamaToken).collect::<Vec<_>>();
        let draft = Draft { tokens: ids(0), origin: Origin::Text, n_matching: 40 };
        let mut chosen = ids(0);
        if let Some(other) = chosen.get_mut(came_true) {
            *other = LlamaToken(99);
        }
        (0..n).for_each(|_| acceptance.judged(&draft, &chosen));
        acceptance
    }

    #[test]
    fn guesses_are_as_long_as_they_pay() {
        let mut flat = Costs::default();
        let mut steep = Costs::default();
        for n in 1..=MOST_TOKENS {
            flat.measured(n, 10.0 + n as f64 * 0.1);
            steep.measured(n, 10.0 * n as f64);
        }
        let (sure, unsure) = (expected(50, 7), expected(50, 0));
        let offer = |n_known| Offer { origin: Origin::Text, n_matching: 40, n_known, token_ms: 0.0 };
        let n = |costs: &Costs, acceptance: &Acceptance, offer: Offer, room: usize| {
            worth(costs, acceptance, offer, 1, room).map(|worth| worth.n)
        };
        assert_eq!(n(&flat, &sure, offer(100), 63), Some(LONGEST_GUESS));
        assert_eq!(n(&flat, &sure, offer(6), 63), Some(6), "no more than is known");
        assert_eq!(n(&flat, &sure, offer(100), 9), Some(9), "no more than there is room for");
        assert_eq!(n(&flat, &sure, offer(100), 0), None, "no room");
        assert_eq!(n(&flat, &unsure, offer(100), 63), None, "a guess that never comes true");
        assert_eq!(n(&steep, &sure, offer(100), 63), None, "a batch that takes as long as its tokens one by one");
        assert!(
            n(&Costs::default(), &Acceptance::default(), offer(100), 63).is_some(),
            "nothing is measured unless it is tried"
        );
        let drafted = |token_ms| n(&flat, &sure, Offer { token_ms, ..offer(100) }, 63);
        assert!(drafted(2.0).is_some(), "a draft model that is five times as fast");
        assert_eq!(drafted(20.0), None, "a draft model that is slower than the model itself");
    }

    #[test]
    fn the_better_of_two_guesses_promises_more() {
        let mut costs = Costs::default();
        (1..=MOST_TOKENS).for_each(|n| costs.measured(n, 10.0 + n as f64));
        let acceptance = Acceptance::default();
        let gain = |n_matching| {
            let offer = Offer { origin: Origin::Text, n_matching, n_known: 31, token_ms: 0.0 };
            worth(&costs, &acceptance, offer, 1, 63).map_or(1.0, |worth| worth.gain)
        };
        assert!(gain(40) > gain(8) && gain(8) > gain(3), "{} {} {}", gain(40), gain(8), gain(3));
    }

    #[test]
    fn a_draft_model_that_had_bad_luck_gets_another_chance() {
        let class = Class::of(Origin::Model, 0);
        let mut acceptance = Acceptance::default();
        let draft = Draft { tokens: vec![LlamaToken(1)], origin: Origin::Model, n_matching: 0 };
        (0..200).for_each(|_| acceptance.judged(&draft, &[LlamaToken(2)]));
        let costs = Costs::default();
        let offer = Offer { origin: Origin::Model, n_matching: 0, n_known: 31, token_ms: 0.01 };
        let tries = (0..2000).position(|_| {
            acceptance.passed_over(class);
            worth(&costs, &acceptance, offer, 1, 63).is_some()
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

    #[test]
    fn what_was_not_tried_for_long_follows_what_was() {
        let mut costs = Costs::default();
        for (n, ms) in [(1, 10.0), (4, 16.0), (16, 48.0)] {
            costs.measured(n, ms);
        }
        assert_eq!(
            [1, 4, 16, 10].map(|n| costs.at(n).map(f64::round)),
            [Some(10.0), Some(16.0), Some(48.0), Some(32.0)]
        );
        (0..60).for_each(|_| costs.measured(1, 20.0));
        assert!(costs.at(1).is_some_and(|ms| (19.0..=20.0).contains(&ms)), "{costs:?}");
        // Half of what was seen is put down to all of them.
        assert!(costs.at(16).is_some_and(|ms| (60.0..=96.0).contains(&ms)), "{costs:?}");
    }
}
