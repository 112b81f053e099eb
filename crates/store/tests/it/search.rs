//! The search of the list: it is in step with the journal, takes anything that is typed, and pages completely.

use brickwork_engine::compliance::journal::{at, finish_step, happy_changes, plan};
use brickwork_engine::{Journal, RunChange, RunStatus};
use brickwork_store::{Cursor, RunFilter, RunSummary, Store};
use futures::executor::block_on;
use uuid::Uuid;

use crate::{Folder, tell_happy_run};

fn search(store: &Store, text: &str) -> Vec<RunSummary> {
    let filter = RunFilter { text: Some(text.into()), ..RunFilter::default() };
    let page = block_on(store.runs_page(filter.clone(), None, 100)).unwrap();
    assert_eq!(block_on(store.count_runs(filter)).unwrap(), page.runs.len() as u64, "{text}");
    page.runs
}

fn found(store: &Store, text: &str) -> Vec<u128> {
    search(store, text).iter().map(|run| run.run_id.as_u128()).collect()
}

fn snippet(store: &Store, text: &str) -> String {
    let parts = search(store, text).remove(0).snippet.unwrap();
    parts.iter().map(|part| if part.hit { format!("[{}]", part.text) } else { part.text.clone() }).collect()
}

#[test]
fn the_words_of_a_run_follow_its_changes() {
    let folder = Folder::new();
    let store = folder.open();
    let run = Uuid::from_u128(1);
    let tell = |second: usize, change: RunChange| block_on(store.record(run, at(second), change)).unwrap();
    let mut changes = happy_changes(&plan(1)).into_iter();
    tell(0, changes.next().unwrap());
    assert_eq!(found(&store, "sample"), [1], "its name");
    assert_eq!(found(&store, "do part task"), [1], "its prompt before it begins");
    tell(1, changes.next().unwrap());
    tell(2, changes.next().unwrap());
    tell(3, finish_step(0, "Der Übungsbaum: user_name = getUserName()"));
    assert_eq!(found(&store, "instruction"), [1], "its prompt as rendered");
    assert_eq!(found(&store, "do task"), [] as [u128; 0]);
    for text in ["ubungsbaum", "ÜBUNGS", "user_na", "name getuser", "user name sample instr", "getUserName()"] {
        assert_eq!(found(&store, text), [1], "{text}");
    }
    for text in ["baum", "ubungsbaum zebra", "user_other", "bungsbaum"] {
        assert_eq!(found(&store, text), [] as [u128; 0], "{text}");
    }
    assert_eq!(snippet(&store, "user_na"), "Der Übungsbaum: [user]_[name] = getUserName()");
    assert_eq!(snippet(&store, "sample"), "[Sample]");

    tell(4, RunChange::Paused);
    let edited = RunChange::StepEdited {
        position: 0,
        result: "A quince".into(),
        artifacts: Vec::new(),
        report: brickwork_engine::StepReport::default(),
    };
    tell(5, edited);
    assert_eq!((found(&store, "quince"), found(&store, "ubungsbaum")), (vec![1], vec![]), "what the user wrote counts");
    tell(6, RunChange::Resumed);
    tell(7, RunChange::Started);
    let mut rest = happy_changes(&plan(1)).into_iter().skip(6);
    tell(8, rest.next().unwrap());
    tell(9, rest.next().unwrap());
    tell(10, RunChange::Interrupted);
    tell(11, RunChange::cancelled());
    assert_eq!(found(&store, "part 1 rust"), [1], "the text of a step that was cut off");
    assert_eq!(block_on(store.load(run)).unwrap().unwrap().status, RunStatus::Cancelled);

    block_on(store.remove_run(run)).unwrap();
    assert_eq!(found(&store, "quince"), [] as [u128; 0]);
    block_on(store.integrity_check()).unwrap();
}

#[test]
fn nothing_that_is_typed_is_a_fault() {
    let folder = Folder::new();
    let store = folder.open();
    tell_happy_run(&store, 1, 1, 0);
    let all = format!("{} {}", "main ".repeat(5_000), "x".repeat(10_000));
    for text in [
        "\"",
        "\"\"\"",
        "'",
        "*",
        "**",
        "^main",
        "main*",
        "-main",
        "NOT main",
        "main OR",
        "AND",
        "NEAR(",
        "(main",
        "{name}:",
        "name : main",
        "name:",
        "a+b",
        "\0",
        "main\0",
        "\u{301}",
        "कि",
        "日本語",
        "🙂",
        "\\",
        "%",
        "_",
        ";DROP",
        "--",
        all.as_str(),
        "0x1F",
        "\u{200d}",
        "ﬃ",
        "İ",
    ] {
        search(&store, text);
    }
    assert_eq!(found(&store, "main"), [1]);
    assert_eq!(found(&store, "(fn main() {}"), [1]);
    assert_eq!(found(&store, "  "), [1], "blank is no search");
    assert_eq!(found(&store, "% _"), [] as [u128; 0]);
}

#[test]
fn a_run_is_found_by_the_beginning_of_its_id() {
    let folder = Folder::new();
    let store = folder.open();
    let (one, two) = (0x0198_7654_3210_7abc_8def_0123_4567_89ab_u128, 0x0198_7654_3210_7abc_9def_0123_4567_89ab_u128);
    tell_happy_run(&store, one, 1, 0);
    tell_happy_run(&store, two, 1, 100);
    assert_eq!(found(&store, "01987654"), [two, one]);
    assert_eq!(found(&store, " 01987654-3210-7ABC-8 "), [one]);
    assert_eq!(found(&store, "0198765432107abc9def0123456789ab"), [two]);
    assert_eq!(found(&store, "01987655"), [] as [u128; 0]);
    let run = &search(&store, "01987654-3210-7abc-8def-0123456789ab")[0];
    assert_eq!(run.snippet, None);
}

#[test]
fn a_search_pages_completely_and_in_order() {
    let folder = Folder::new();
    let store = folder.open();
    // Ids and the order of making say another order than the stamps, and four runs share each stamp.
    for number in 0..40_u128 {
        let mut plan = plan(1);
        plan.pipeline.name = if number % 3 == 0 { "Pear".into() } else { "Plum".into() };
        let second = usize::try_from((number * 7) % 40 / 4).unwrap();
        block_on(store.record(Uuid::from_u128(number), at(second), RunChange::Created { plan })).unwrap();
    }
    let filter = RunFilter { text: Some("pear".into()), from: Some(at(2)), to: Some(at(9)), ..RunFilter::default() };
    let (mut runs, mut before): (Vec<RunSummary>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = block_on(store.runs_page(filter.clone(), before, 3)).unwrap();
        runs.extend(page.runs);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert!(runs.iter().map(|run| run.created_at).is_sorted_by(|one, next| one >= next));
    let mut ids: Vec<u128> = runs.iter().map(|run| run.run_id.as_u128()).collect();
    ids.sort_unstable();
    let expected: Vec<u128> =
        (0..40).filter(|number| number % 3 == 0 && (2..9).contains(&((number * 7) % 40 / 4))).collect();
    assert_eq!(ids, expected);
    assert_eq!(block_on(store.count_runs(filter)).unwrap(), expected.len() as u64);
    // Writing the database anew changes no number on which the search relies.
    block_on(store.vacuum()).unwrap();
    assert_eq!(found(&store, "pear").len(), 14);
    block_on(store.integrity_check()).unwrap();
}
