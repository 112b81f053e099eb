//! Every filter of the list together with every other one says what it says alone.

use brickwork_engine::compliance::journal::{at, plan};
use brickwork_engine::{Journal, RunChange, RunStatus};
use brickwork_store::{
    Cursor, DEFAULT_PROJECT_ID, NewRun, Origin, PipelineDraft, Project, RunFilter, RunState, RunSummary, Store,
};
use futures::executor::block_on;
use uuid::Uuid;

use crate::Folder;

const SHOP: Uuid = Uuid::from_u128(77);
const FORM: Uuid = Uuid::from_u128(0xF0);
const N_RUNS: u128 = 120;

/// Runs of two projects, in all states, some of them favourites and some made from a saved pipeline.
fn fill(store: &Store) {
    let project =
        Project { id: SHOP, name: "Shop".into(), folder: None, global_context: Default::default(), created_at: at(0) };
    block_on(store.put_project(project)).unwrap();
    let draft = PipelineDraft { document: Default::default(), label: None, base_version: None };
    block_on(store.create_pipeline(FORM, SHOP, draft, at(0))).unwrap();
    for number in 0..N_RUNS {
        let run_id = Uuid::from_u128(number);
        let mut plan = plan(1);
        plan.project_id = if number % 2 == 0 { SHOP } else { DEFAULT_PROJECT_ID };
        plan.pipeline.name = if number % 11 == 0 { "Pear".into() } else { "Plum".into() };
        let stamp = at(usize::try_from(number / 5).unwrap());
        let new = NewRun { run_id, at: stamp, plan, reused: Vec::new(), key: None };
        let origin = (number % 5 == 0).then(|| Origin { pipeline_id: FORM, document: Default::default() });
        block_on(store.create_run_from(new, origin)).unwrap();
        let failed = RunChange::Finished {
            status: RunStatus::Failed,
            error: Some("no".into()),
            final_artifacts: Vec::new(),
            final_artifacts_from: None,
            assembly: None,
        };
        let changes = match number % 7 {
            0 => vec![RunChange::Started],
            1 => vec![RunChange::Started, failed],
            2 => vec![RunChange::cancelled()],
            3 => vec![RunChange::Started, RunChange::Interrupted],
            4 => vec![RunChange::Paused],
            _ => Vec::new(),
        };
        for change in changes {
            block_on(store.record(run_id, stamp, change)).unwrap();
        }
        if number % 3 == 0 {
            block_on(store.set_favourite(run_id, true)).unwrap();
        }
        if number % 7 == 2 && number % 4 == 0 {
            block_on(store.trash_runs(vec![run_id], stamp)).unwrap();
        }
    }
}

fn all_pages(store: &Store, filter: &RunFilter, limit: usize) -> Vec<RunSummary> {
    let (mut runs, mut before): (Vec<RunSummary>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = block_on(store.runs_page(filter.clone(), before, limit)).unwrap();
        assert!(page.runs.len() == limit || page.next.is_none(), "only the last page is short");
        runs.extend(page.runs);
        before = page.next;
        if before.is_none() {
            return runs;
        }
    }
}

fn is_in(run: &RunSummary, state: RunState) -> bool {
    match state {
        RunState::Status(status) => run.status == status,
        RunState::Interrupted => run.interrupted,
        RunState::Paused => run.paused,
    }
}

#[test]
fn filters_are_met_all_at_once() {
    let folder = Folder::new();
    let store = folder.open();
    fill(&store);
    let everything = all_pages(&store, &RunFilter::default(), 500);
    assert_eq!(everything.len() as u128, N_RUNS - (0..N_RUNS).filter(|n| n % 7 == 2 && n % 4 == 0).count() as u128);
    assert!(
        everything
            .iter()
            .all(|run| run.project_name == if run.project_id == SHOP { "Shop" } else { "Default project" })
    );
    let state_sets: [&[RunState]; 6] = [
        &[],
        &[RunState::Status(RunStatus::Failed)],
        &[RunState::Status(RunStatus::Running), RunState::Status(RunStatus::Cancelled)],
        &[RunState::Interrupted],
        &[RunState::Paused, RunState::Interrupted, RunState::Status(RunStatus::Failed)],
        &[RunState::Status(RunStatus::Pending), RunState::Paused],
    ];
    let mut n_found = 0;
    for bits in 0..16 {
        let is = |bit: u32| bits & (1 << bit) != 0;
        for states in state_sets {
            for text in [None, Some("pear")] {
                let filter = RunFilter {
                    project_id: is(0).then_some(SHOP),
                    states: states.to_vec(),
                    favourite: is(1),
                    pipeline_id: is(2).then_some(FORM),
                    from: is(3).then_some(at(4)),
                    to: is(3).then_some(at(19)),
                    text: text.map(Into::into),
                };
                let wanted = everything.iter().filter(|run| {
                    filter.project_id.is_none_or(|id| run.project_id == id)
                        && (states.is_empty() || states.iter().any(|state| is_in(run, *state)))
                        && (!filter.favourite || run.favourite)
                        && filter.pipeline_id.is_none_or(|id| run.pipeline_id == Some(id))
                        && filter.from.is_none_or(|from| run.created_at >= from)
                        && filter.to.is_none_or(|to| run.created_at < to)
                        && text.is_none_or(|_| run.name == "Pear")
                });
                let wanted: Vec<Uuid> = wanted.map(|run| run.run_id).collect();
                n_found += wanted.len();
                let found: Vec<Uuid> = all_pages(&store, &filter, 4).iter().map(|run| run.run_id).collect();
                assert_eq!(found, wanted, "{filter:?}");
                assert_eq!(block_on(store.count_runs(filter.clone())).unwrap(), wanted.len() as u64, "{filter:?}");
            }
        }
    }
    assert!(n_found > 500, "the filters are put to a test: {n_found}");
}

#[test]
fn words_of_states_are_known() {
    assert_eq!(RunState::parse("PAUSED"), Some(RunState::Paused));
    assert_eq!(RunState::parse("INTERRUPTED"), Some(RunState::Interrupted));
    assert_eq!(RunState::parse("SUCCESS"), Some(RunState::Status(RunStatus::Success)));
    assert_eq!((RunState::parse("success"), RunState::parse("")), (None, None));
}
