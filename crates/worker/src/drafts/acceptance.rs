//! Which part of guesses comes true, by where they are from and how far the text agrees with that place.
//!
//! A token that came true makes the next one surer, since the text then agrees with one token more. So what is counted is, for
//! each length of agreement, how often the next token was the guessed one.

use llama_cpp_2::token::LlamaToken;

use super::Draft;

/// Where a guess is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The prompt, or the output so far.
    Text,
    /// The same, behind a place where the output left what it repeated.
    Edited,
    /// An earlier answer.
    Earlier,
    /// A draft model.
    Model,
}

/// Lengths of agreement from which on guesses are counted together, up to the next one.
const LENGTHS: [usize; 9] = [0, 1, 2, 3, 4, 6, 9, 16, 32];

/// Guesses of which the same part is expected to come true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(usize);

impl Class {
    /// How many there are.
    const COUNT: usize = 4 * LENGTHS.len();

    pub(crate) const fn of(origin: Origin, n_matching: usize) -> Self {
        let mut length = 0;
        // A draft model's tokens are as good as each other.
        if !matches!(origin, Origin::Model) {
            while length + 1 < LENGTHS.len() && LENGTHS[length + 1] <= n_matching {
                length += 1;
            }
        }
        Self(origin as usize * LENGTHS.len() + length)
    }
}

/// How much the past counts after each guessed token.
const FADING: f64 = 0.98;

/// What was expected of the guesses of one job and what came true, both fading.
#[derive(Debug)]
pub(crate) struct Acceptance {
    /// By class: tokens that came true and tokens that were judged.
    counts: [(f64, f64); Class::COUNT],
}

/// What is expected of each length before anything was judged, by origin: what guesses came to in code that was written,
/// joined and edited. They count as much as [`PRIOR_WEIGHT`] tokens.
const PRIORS: [[f64; LENGTHS.len()]; 4] = [
    [0.2, 0.3, 0.5, 0.6, 0.75, 0.85, 0.88, 0.93, 0.98],
    [0.25, 0.45, 0.6, 0.75, 0.85, 0.9, 0.93, 0.93, 0.97],
    [0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 0.97],
    [0.7; LENGTHS.len()],
];
const PRIOR_WEIGHT: f64 = 4.0;

impl Default for Acceptance {
    fn default() -> Self {
        let mut counts = [(0.0, 0.0); Class::COUNT];
        for (count, part) in counts.iter_mut().zip(PRIORS.as_flattened()) {
            *count = (part * PRIOR_WEIGHT, PRIOR_WEIGHT);
        }
        Self { counts }
    }
}

impl Acceptance {
    /// Takes in which tokens of a guess came true: `chosen` are those that the model chose in its place, as far as they are known.
    pub(crate) fn judged(&mut self, draft: &Draft, chosen: &[LlamaToken]) {
        for (index, (guessed, token)) in draft.tokens.iter().zip(chosen).enumerate() {
            self.count(draft.class(index), guessed == token);
            if guessed != token {
                break;
            }
        }
    }

    /// Takes in that a guess was not worth being made. So a class that had bad luck gets another chance some time.
    pub(crate) fn passed_over(&mut self, class: Class) {
        let (accepted, judged) = &mut self.counts[class.0];
        let prior = Self::default().counts[class.0];
        *accepted += 0.01 * (prior.0 - *accepted);
        *judged += 0.01 * (prior.1 - *judged);
    }

    fn count(&mut self, class: Class, came_true: bool) {
        let (accepted, judged) = &mut self.counts[class.0];
        *accepted = *accepted * FADING + f64::from(u8::from(came_true));
        *judged = *judged * FADING + 1.0;
    }

    /// The part of tokens that comes true, each given that those before it did.
    pub(crate) fn of(&self, class: Class) -> f64 {
        let (accepted, judged) = self.counts[class.0];
        (accepted / judged).clamp(0.0, 0.995)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_true_is_expected_again() {
        let mut acceptance = Acceptance::default();
        let class = Class::of(Origin::Text, 3);
        let before = acceptance.of(class);
        (0..50).for_each(|_| acceptance.count(class, true));
        assert!(acceptance.of(class) > before.max(0.95));
        (0..200).for_each(|_| acceptance.count(class, false));
        assert!(acceptance.of(class) < 0.05);
        assert_eq!(
            acceptance.of(Class::of(Origin::Earlier, 3)),
            Acceptance::default().of(Class::of(Origin::Earlier, 3))
        );
    }

    #[test]
    fn classes_are_told_apart_by_origin_and_agreement() {
        for (one, other, is_same) in [
            ((Origin::Text, 4), (Origin::Text, 5), true),
            ((Origin::Text, 3), (Origin::Text, 4), false),
            ((Origin::Text, 32), (Origin::Text, 5000), true),
            ((Origin::Text, 3), (Origin::Edited, 3), false),
            ((Origin::Model, 0), (Origin::Model, 9), true),
            ((Origin::Earlier, 32), (Origin::Model, 0), false),
        ] {
            assert_eq!(Class::of(one.0, one.1) == Class::of(other.0, other.1), is_same, "{one:?} {other:?}");
        }
    }
}
