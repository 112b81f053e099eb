//! Which waiting runs may start: first come, first served within a project, several projects at once where memory allows.
//!
//! Pure: whoever holds the queue asks with what waits and what runs, and starts what it is told.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::run::RunId;

/// A run as the queue sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedRun {
    /// The run.
    pub run_id: RunId,
    /// Its project.
    pub project_id: Uuid,
    /// The models that it uses, by path, and what each takes of memory, in bytes. The scripted placeholder takes none.
    pub models: BTreeMap<String, u64>,
}

/// What may run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most runs, at least 1.
    pub max_running: usize,
    /// What the models of all running runs may take together, in bytes. A run alone may take more: whether it fits is
    /// for its models' loading to say.
    pub memory_bytes: u64,
}

/// The runs of `waiting`, in the queue's order, that may start beside those of `running`.
///
/// Within a project a run starts when the one before it has ended. A run that would need too much memory beside the
/// others holds up all behind it, since smaller ones could otherwise keep it waiting for ever.
#[must_use]
pub fn startable(waiting: &[QueuedRun], running: &[QueuedRun], limits: Limits) -> Vec<RunId> {
    let mut projects: BTreeSet<Uuid> = running.iter().map(|run| run.project_id).collect();
    let mut models: BTreeMap<&str, u64> = running.iter().flat_map(models_of).collect();
    let mut n_running = running.len();
    let mut start = Vec::new();
    for run in waiting {
        if n_running >= limits.max_running.max(1) {
            break;
        }
        if projects.contains(&run.project_id) {
            continue;
        }
        let together: BTreeMap<&str, u64> =
            models.iter().map(|(path, size)| (*path, *size)).chain(models_of(run)).collect();
        if n_running > 0 && together.values().sum::<u64>() > limits.memory_bytes {
            break;
        }
        models = together;
        projects.insert(run.project_id);
        n_running += 1;
        start.push(run.run_id);
    }
    start
}

fn models_of(run: &QueuedRun) -> impl Iterator<Item = (&str, u64)> {
    run.models.iter().map(|(path, size)| (path.as_str(), *size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: u128, project: u128, models: &[(&str, u64)]) -> QueuedRun {
        QueuedRun {
            run_id: Uuid::from_u128(id),
            project_id: Uuid::from_u128(project),
            models: models.iter().map(|(path, size)| ((*path).to_owned(), *size)).collect(),
        }
    }

    fn check(waiting: &[QueuedRun], running: &[QueuedRun], expected: &[u128]) {
        let started = startable(waiting, running, Limits { max_running: 3, memory_bytes: 100 });
        assert_eq!(started, expected.iter().copied().map(Uuid::from_u128).collect::<Vec<_>>());
    }

    #[test]
    fn a_project_runs_one_after_another_in_the_order_of_the_queue() {
        let queue = [run(1, 1, &[]), run(2, 1, &[]), run(3, 2, &[])];
        check(&queue, &[], &[1, 3]);
        check(&queue, &[run(9, 1, &[])], &[3]);
        check(&queue[1..], &[run(9, 2, &[])], &[2]);
    }

    #[test]
    fn no_more_run_at_once_than_allowed() {
        let queue: Vec<_> = (1..=5).map(|number| run(number, number, &[])).collect();
        check(&queue, &[], &[1, 2, 3]);
        check(&queue, &[run(8, 8, &[]), run(9, 9, &[])], &[1]);
    }

    #[test]
    fn models_are_counted_once_and_must_fit_together() {
        let big = [("big", 80)];
        check(&[run(1, 1, &big), run(2, 2, &big)], &[], &[1, 2]);
        check(&[run(1, 1, &big), run(2, 2, &[("other", 30)])], &[], &[1]);
        check(&[run(1, 1, &[("huge", 500)])], &[], &[1]);
        check(&[run(1, 1, &[("huge", 500)])], &[run(9, 9, &[("s", 1)])], &[]);
    }

    #[test]
    fn a_large_run_is_not_overtaken_for_ever() {
        let queue = [run(1, 1, &[("large", 90)]), run(2, 2, &[("small", 5)])];
        check(&queue, &[run(9, 9, &[("other", 20)])], &[]);
    }
}
