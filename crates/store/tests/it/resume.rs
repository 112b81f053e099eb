//! Row 11: a run that is killed on either side of every commit, and resumed, runs no committed step again.

use std::sync::atomic::{AtomicUsize, Ordering};

use brickwork_engine::compliance::journal::{at, folded, plan};
use brickwork_engine::{
    Journal, JournalError, ManualClock, ModelRef, RunChange, RunEvent, RunId, RunPlan, RunRecord, RunSignals,
    RunStatus, Runner, ScriptedInference, Timestamp,
};
use brickwork_store::Store;
use death::Death;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::{BoxFuture, Either, select};
use uuid::Uuid;

use crate::Folder;

const STEPS: usize = 10;
const RUN: RunId = Uuid::from_u128(11);

mod death {
    //! A death that one part of the test announces and another waits for.

    use futures::channel::oneshot;
    use std::sync::Mutex;

    pub(super) struct Death(Mutex<Option<oneshot::Sender<()>>>);

    impl Death {
        pub(super) fn pair() -> (Self, oneshot::Receiver<()>) {
            let (sender, receiver) = oneshot::channel();
            (Self(Mutex::new(Some(sender))), receiver)
        }

        pub(super) fn now(&self) {
            if let Some(sender) = self.0.lock().unwrap().take() {
                let _ = sender.send(());
            }
        }
    }
}

/// When the process dies: at its commit number `commit`, counted from 0, just before or just after it.
#[derive(Debug, Clone, Copy)]
struct When {
    commit: usize,
    after: bool,
}

/// A journal in a process that dies.
struct Dying<'a> {
    store: &'a Store,
    commits: AtomicUsize,
    when: When,
    death: Death,
}

impl Journal for Dying<'_> {
    fn record(&self, run_id: RunId, at: Timestamp, change: RunChange) -> BoxFuture<'_, Result<u64, JournalError>> {
        async move {
            let dies = self.commits.fetch_add(1, Ordering::SeqCst) == self.when.commit;
            if dies && !self.when.after {
                self.death.now();
                return futures::future::pending().await;
            }
            let recorded = self.store.record(run_id, at, change).await;
            if dies {
                self.death.now();
                return futures::future::pending().await;
            }
            recorded
        }
        .boxed()
    }

    fn load(&self, run_id: RunId) -> BoxFuture<'_, Result<Option<RunRecord>, JournalError>> {
        self.store.load(run_id)
    }

    fn events(&self, run_id: RunId, after: u64) -> BoxFuture<'_, Result<Vec<RunEvent>, JournalError>> {
        self.store.events(run_id, after)
    }
}

fn ten_steps() -> RunPlan {
    let mut plan = plan(STEPS);
    plan.models = vec![ModelRef::scripted(); STEPS + 1];
    plan
}

/// Runs until the death; whether the run ended before it.
fn run_until(store: &Store, inference: &ScriptedInference, when: When) -> bool {
    let (death, dead) = Death::pair();
    let journal = Dying { store, commits: AtomicUsize::new(0), when, death };
    let clock = ManualClock::new(at(1), 1_000);
    let runner = Runner {
        inference,
        journal: &journal,
        clock: &clock,
        checker: &brickwork_engine::DirectChecker,
        announce: &|_| {},
    };
    let (_givers, signals) = RunSignals::pair();
    let run = std::pin::pin!(runner.run(RUN, &signals));
    match block_on(select(run, dead)) {
        Either::Left((run, _)) => {
            assert_eq!(run.unwrap().status, RunStatus::Success);
            true
        }
        Either::Right(_) => false,
    }
}

#[test]
fn row_11_a_run_killed_on_each_side_of_every_commit_runs_no_committed_step_again() {
    let mut commit = 0;
    let mut deaths = 0;
    loop {
        for after in [false, true] {
            let folder = Folder::new();
            let inference = ScriptedInference::default();
            let store = folder.open();
            block_on(store.record(RUN, at(0), RunChange::Created { plan: ten_steps() })).unwrap();
            if run_until(&store, &inference, When { commit, after }) {
                assert!(deaths > 4 * STEPS, "every commit was tried: {deaths}");
                return;
            }
            deaths += 1;
            drop(store);

            let store = folder.open();
            let committed: Vec<_> = {
                let run = block_on(store.load(RUN)).unwrap().unwrap();
                run.steps.into_iter().filter(|step| step.status == RunStatus::Success).collect()
            };
            let asked = inference.seen().len();
            for run_id in block_on(store.settle_abandoned(at(500))).unwrap() {
                block_on(store.record(run_id, at(501), RunChange::Resumed)).unwrap();
            }
            if block_on(store.load(RUN)).unwrap().unwrap().status.has_ended() {
                continue;
            }
            assert!(
                run_until(&store, &inference, When { commit: usize::MAX, after }),
                "commit {commit}, after: {after}"
            );
            let run = block_on(store.load(RUN)).unwrap().unwrap();
            assert_eq!(folded(&block_on(store.events(RUN, 0)).unwrap()), run);
            assert_eq!(run.steps[..committed.len()], committed, "commit {commit}, after: {after}");
            let again = inference.seen().len() - asked;
            assert_eq!(
                again,
                STEPS + 1 - committed.len(),
                "only what was not committed ran, the step in flight included"
            );
        }
        commit += 1;
    }
}
