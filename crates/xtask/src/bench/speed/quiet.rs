//! Whether the machine computed for the benchmark alone: a virtual one shares its processors with others.

use std::fs;

/// A round of which other machines took a larger part than this is measured again.
pub(super) const MOST_STOLEN: f64 = 0.05;

/// Processor time since the machine started, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    /// What programs here wanted: what they got, and what was stolen.
    wanted: u64,
    stolen: u64,
}

impl Ticks {
    /// Those of now; `None` where the system does not tell.
    pub(super) fn now() -> Option<Self> {
        Self::of(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// The first line of Linux' `/proc/stat` (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal.
    fn of(stat: &str) -> Option<Self> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<u64> = line.split_whitespace().map_while(|ticks| ticks.parse().ok()).collect();
        let &[user, nice, system, _idle, _iowait, irq, softirq, stolen, ..] = ticks.as_slice() else { return None };
        Some(Self { wanted: user + nice + system + irq + softirq + stolen, stolen })
    }

    /// The part of the processor time wanted since `earlier` that other machines took.
    pub(super) fn stolen_since(self, earlier: Self) -> f64 {
        let wanted = self.wanted.saturating_sub(earlier.wanted).max(1);
        self.stolen.saturating_sub(earlier.stolen) as f64 / wanted as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_took_is_a_part_of_what_was_wanted() {
        let earlier = Ticks::of("cpu  100 10 20 5000 7 1 2 30 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n");
        let later = Ticks::of("cpu  150 10 30 9000 9 1 2 60 0 0\n");
        assert_eq!(earlier, Some(Ticks { wanted: 163, stolen: 30 }));
        let part = earlier.zip(later).map(|(earlier, later)| later.stolen_since(earlier));
        assert!(part.is_some_and(|part| (part - 30.0 / 90.0).abs() < 1e-9), "{part:?}");
    }

    #[test]
    fn other_systems_do_not_tell() {
        for stat in ["", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8", "cpu  a b c d e f g h"] {
            assert_eq!(Ticks::of(stat), None, "{stat:?}");
        }
    }
}
