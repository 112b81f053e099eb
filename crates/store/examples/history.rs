//! Makes a database of many runs, migrates it from the schema before the history, and tells how long its pages take.
//!
//! `cargo run --release -p brickwork-store --example history -- FOLDER [RUNS]`. The folder is made, and keeps its database
//! for the next time. Nothing here passes or fails by a figure.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

use std::path::Path;
use std::time::{Duration, Instant};

use brickwork_engine::compliance::journal::{at, finish_step, happy_changes, plan};
use brickwork_engine::{Journal, RunChange, RunStatus, Timestamp};
use brickwork_store::{Cursor, DEFAULT_PROJECT_ID, RunFilter, RunState, Store};
use futures::executor::block_on;
use rusqlite::{Connection, params};
use serde_json::json;
use uuid::Uuid;

const FORM: Uuid = Uuid::from_u128(0xF0);
/// Questions asked of each kind.
const N_ASKED: usize = 200;
/// Words of the made-up language; the first ones are the most frequent.
const VOCABULARY: u64 = 20_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("the folder for the database");
    let n_runs: u64 = arguments.next().map_or(100_000, |number| number.parse().unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    let path = Path::new(&folder).join("brickwork.db");
    if !path.exists() {
        let start = Instant::now();
        drop(Store::open(&path).unwrap());
        fill(&path, n_runs);
        println!("{n_runs} runs made in {:.1} s", start.elapsed().as_secs_f64());
        let before = path.metadata().unwrap().len();
        let start = Instant::now();
        drop(Store::open(&path).unwrap());
        println!(
            "migrated and indexed in {:.1} s; {} MiB before, {} MiB after",
            start.elapsed().as_secs_f64(),
            before >> 20,
            path.metadata().unwrap().len() >> 20
        );
        mark(&path);
    }
    let store = Store::open(&path).unwrap();
    pages(&store);
    changes(&store);
}

/// A generator of numbers (xorshift64*), so that every database is the same.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// A word: low numbers are far more frequent than high ones, as in a language.
    fn word(&mut self) -> String {
        let (one, two) = (self.next() % VOCABULARY, self.next() % VOCABULARY);
        let mut number = one * two / VOCABULARY * (self.next() % VOCABULARY) / VOCABULARY;
        let mut word = String::new();
        loop {
            word.push(char::from(b"bdfgklmnprstvz"[(number % 14) as usize]));
            number /= 14;
            word.push(char::from(b"aeiou"[(number % 5) as usize]));
            number /= 5;
            if number == 0 {
                return word;
            }
        }
    }

    fn text(&mut self, n_words: usize) -> String {
        (0..n_words).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }
}

/// Writes the runs as the schema before the history had them.
fn fill(path: &Path, n_runs: u64) {
    let mut connection = Connection::open(path).unwrap();
    connection.execute_batch(BEFORE_HISTORY).unwrap();
    connection.pragma_update(None, "synchronous", "OFF").unwrap();
    let transaction = connection.transaction().unwrap();
    let mut numbers = Numbers(42);
    let shop = Uuid::from_u128(77).to_string();
    transaction.execute("INSERT INTO projects (project_id, name, created_at) VALUES (?1, 'Shop', 0)", [&shop]).unwrap();
    let sample = plan(2);
    let timings = json!({ "load_ms": 0, "prompt_ms": 1, "generate_ms": 2, "prompt_tokens": 3, "cached_tokens": 0,
                          "generated_tokens": 400 })
    .to_string();
    for number in 0..n_runs {
        let run_id = Uuid::from_u128((u128::from(number) << 80) | u128::from(numbers.next())).to_string();
        let status = ["SUCCESS", "SUCCESS", "SUCCESS", "FAILED", "CANCELLED"][(numbers.next() % 5) as usize];
        let status = if number % 997 == 0 {
            "FAILED"
        } else if status == "FAILED" {
            "SUCCESS"
        } else {
            status
        };
        let project = if numbers.next().is_multiple_of(4) { shop.clone() } else { DEFAULT_PROJECT_ID.to_string() };
        let created_at = at(usize::try_from(number).unwrap() * 60).as_micros();
        let name = format!("{} {number}", numbers.text(2));
        transaction
            .prepare_cached(
                "INSERT INTO orchestration_runs (run_id, project_id, name, name_folded, status, interrupted, simulated,
                                                 pipeline, models, seeds, total_steps, created_at, started_at,
                                                 finished_at, seq, final_artifacts_from)
                 VALUES (?1, ?2, ?3, ?3, ?4, 0, 0, ?5, ?6, ?7, 2, ?8, ?8, ?8 + 1000, 9, 'assembler')",
            )
            .unwrap()
            .execute(params![
                run_id,
                project,
                name,
                status,
                json!(sample.pipeline).to_string(),
                json!(sample.models).to_string(),
                json!(sample.seeds).to_string(),
                created_at
            ])
            .unwrap();
        for position in 0..3 {
            let rare = if number % (n_runs / 10).max(1) == 5 { " quokka" } else { "" };
            let (prompt, result) = (numbers.text(60), format!("The {}{rare}", numbers.text(250)));
            let role = ["CodeLlama", "CodeGemma", "Assembler"][position];
            transaction
                .prepare_cached(
                    "INSERT INTO run_steps (run_id, position, step_name, role, model_id, model_path, stand_in, status,
                                            prompt, result, warnings, execution_time, timings)
                     VALUES (?1, ?2, 'step ' || ?2, ?3, 'm', '/m', 0, 'SUCCESS', ?4, ?5, '[]', 1.5, ?6)",
                )
                .unwrap()
                .execute(params![run_id, position, role, prompt, result, timings])
                .unwrap();
            for is_final in 0..=usize::from(position == 2) {
                transaction
                    .prepare_cached(
                        "INSERT INTO generated_artifacts (run_id, is_final, position, ordinal, type, name, content, named,
                                                          closed, content_start, content_end, simulated)
                         VALUES (?1, ?2, ?3, 0, 'rs', 'a.rs', ?4, 1, 1, 0, 9, 0)",
                    )
                    .unwrap()
                    .execute(params![run_id, is_final, position, result])
                    .unwrap();
            }
            transaction
                .prepare_cached(
                    "INSERT INTO run_events (run_id, seq, at, kind, change) VALUES (?1, ?2, ?3, 'step_finished', ?4)",
                )
                .unwrap()
                .execute(params![run_id, position + 3, created_at, result])
                .unwrap();
        }
    }
    transaction.commit().unwrap();
}

/// Takes a new database back to the schema before the history.
const BEFORE_HISTORY: &str = "
DROP TRIGGER run_search_forgets;
DROP TABLE run_search;
DROP TABLE pipeline_drafts;
DROP INDEX runs_by_time; DROP INDEX runs_by_project; DROP INDEX runs_by_status; DROP INDEX runs_by_project_and_status;
DROP INDEX runs_favourite; DROP INDEX runs_by_pipeline; DROP INDEX runs_by_pipeline_and_status; DROP INDEX runs_by_version; DROP INDEX runs_by_search;
DROP INDEX runs_in_trash;
ALTER TABLE orchestration_runs DROP COLUMN favourite;
ALTER TABLE orchestration_runs DROP COLUMN deleted_at;
ALTER TABLE orchestration_runs DROP COLUMN pipeline_id;
ALTER TABLE orchestration_runs DROP COLUMN pipeline_version;
ALTER TABLE orchestration_runs DROP COLUMN search_id;
CREATE INDEX runs_by_time ON orchestration_runs (created_at, run_id);
CREATE INDEX runs_by_project ON orchestration_runs (project_id, created_at, run_id);
CREATE INDEX runs_by_status ON orchestration_runs (status, created_at, run_id);
CREATE INDEX runs_by_project_and_status ON orchestration_runs (project_id, status, created_at, run_id);
PRAGMA user_version = 15;
";

/// Marks one run in 500 as a favourite, makes one in 3 a run of a saved pipeline and moves one in 50 to the trash.
fn mark(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute(
            "INSERT INTO pipelines (pipeline_id, project_id, name, created_at, updated_at) VALUES (?1, ?2, 'Form', 0, 0)",
            [FORM.to_string(), DEFAULT_PROJECT_ID.to_string()],
        )
        .unwrap();
    connection
        .execute(
            "UPDATE orchestration_runs
             SET favourite = created_at / 60000000 % 500 = 0, pipeline_version = 1,
                 pipeline_id = CASE created_at / 60000000 % 3 WHEN 0 THEN ?1 END,
                 deleted_at = CASE created_at / 60000000 % 50 WHEN 7 THEN 1 END",
            [FORM.to_string()],
        )
        .unwrap();
}

fn pages(store: &Store) {
    let all = RunFilter::default();
    let middle = Timestamp::from_micros(at(0).as_micros() + 50_000 * 60_000_000);
    let deep =
        Some(Cursor { created_at: Timestamp::from_micros(at(0).as_micros() + 300_000_000), run_id: Uuid::nil() });
    let half = Some(Cursor { created_at: middle, run_id: Uuid::nil() });
    let status = |status| RunFilter { states: vec![RunState::Status(status)], ..all.clone() };
    let text = |text: &str| RunFilter { text: Some(text.into()), ..all.clone() };
    let with = |filter: RunFilter, text: &str| RunFilter { text: Some(text.into()), ..filter };
    let several = vec![RunState::Status(RunStatus::Failed), RunState::Paused, RunState::Interrupted];
    let shop = RunFilter { project_id: Some(Uuid::from_u128(77)), ..all.clone() };
    let favourites = RunFilter { favourite: true, ..all.clone() };
    let of_form = RunFilter { pipeline_id: Some(FORM), ..all.clone() };
    let span = RunFilter { from: Some(at(0)), to: Some(middle), ..all.clone() };
    println!(
        "{:<38} {:>6} {:>9} {:>9} {:>10} {:>10}",
        "page of 50", "runs", "p50 ms", "p95 ms", "p50 cpu ms", "p95 cpu ms"
    );
    for (name, filter, before) in [
        ("first", all.clone(), None),
        ("in the middle", all.clone(), half),
        ("last", all.clone(), deep),
        ("status FAILED (1 in 1000)", status(RunStatus::Failed), None),
        ("status SUCCESS", status(RunStatus::Success), None),
        ("status RUNNING (none)", status(RunStatus::Running), None),
        ("FAILED, PAUSED, INTERRUPTED", RunFilter { states: several, ..all.clone() }, None),
        ("project", shop.clone(), None),
        ("project and FAILED", RunFilter { states: status(RunStatus::Failed).states, ..shop.clone() }, None),
        ("favourites (1 in 500)", favourites.clone(), None),
        ("favourites and FAILED", RunFilter { states: status(RunStatus::Failed).states, ..favourites.clone() }, None),
        ("pipeline", of_form.clone(), None),
        ("pipeline and FAILED", RunFilter { states: status(RunStatus::Failed).states, ..of_form.clone() }, None),
        ("first half of the time", span.clone(), None),
        ("search: rare word", text("quokka"), None),
        ("search: common word", text("the"), None),
        ("search: common word, last page", text("the"), deep),
        ("search: two common words", text("the ba"), None),
        ("search: prefix of 1", text("b"), None),
        ("search: prefix of 2", text("ba"), None),
        ("search: prefix of 3", text("bad"), None),
        ("search: prefix of 5", text("badab"), None),
        ("search: nothing", text("xyzzy"), None),
        ("search: run id", text("00010000-0000"), None),
        ("search: common and FAILED", with(status(RunStatus::Failed), "the"), None),
        ("search: common and RUNNING (none)", with(status(RunStatus::Running), "the"), None),
        ("search: common and favourite", with(favourites, "the"), None),
        ("search: common in a span", with(span, "the"), None),
    ] {
        let mut n_runs = 0;
        let times = measure(|| n_runs = block_on(store.runs_page(filter.clone(), before, 50)).unwrap().runs.len());
        print(name, n_runs, &times);
    }
    println!("count");
    for (name, filter) in [("all", all.clone()), ("FAILED", status(RunStatus::Failed)), ("common word", text("the"))] {
        let mut count = 0;
        let times = measure(|| count = block_on(store.count_runs(filter.clone())).unwrap());
        print(name, usize::try_from(count).unwrap(), &times);
    }
    let first = block_on(store.runs_page(all, None, 50)).unwrap().runs;
    print("open a run", 1, &measure(|| drop(block_on(store.load(first[7].run_id)).unwrap())));
}

/// How long recording takes, the words included.
fn changes(store: &Store) {
    println!("record");
    let mut numbers = Numbers(7);
    let (mut started, mut finished, mut created) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..50 {
        let run_id = Uuid::from_u128(u128::from(numbers.next()) << 64 | u128::from(numbers.next()));
        for change in happy_changes(&plan(4)) {
            let change = match change {
                RunChange::StepText { .. } => continue,
                RunChange::StepFinished { position, .. } => finish_step(position, &numbers.text(1_500)),
                other => other,
            };
            let kind = match &change {
                RunChange::Created { .. } => Some(&mut created),
                RunChange::StepStarted { .. } => Some(&mut started),
                RunChange::StepFinished { .. } => Some(&mut finished),
                _ => None,
            };
            let took = timed(|| {
                block_on(store.record(run_id, at(0), change)).unwrap();
            });
            if let Some(times) = kind {
                times.push(took);
            }
        }
        block_on(store.remove_run(run_id)).unwrap();
    }
    print("created", created.len(), &created);
    print("step started (no words)", started.len(), &started);
    print("step finished, 7 KB of 5 steps", finished.len(), &finished);
}

/// How long one question took.
struct Took {
    wall: Duration,
    /// What all threads computed meanwhile, where the system tells: a busy machine does not add to it.
    computed: Duration,
}

fn timed(ask: impl FnOnce()) -> Took {
    let (start, before) = (Instant::now(), computed());
    ask();
    Took { wall: start.elapsed(), computed: computed().saturating_sub(before) }
}

/// What the threads of this process have computed (Linux, `Documentation/scheduler/sched-stats.rst`).
fn computed() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse().ok().map(Duration::from_nanos))
        .sum()
}

fn measure(mut ask: impl FnMut()) -> Vec<Took> {
    // What is read once stays in memory, as it does for a user who looks at a list.
    ask();
    let mut times = Vec::new();
    let begin = Instant::now();
    // A slow question is asked less often.
    while times.len() < N_ASKED && (times.len() < 5 || begin.elapsed() < Duration::from_secs(4)) {
        times.push(timed(&mut ask));
    }
    times
}

fn print(name: &str, n: usize, times: &[Took]) {
    let part = |of: &dyn Fn(&Took) -> Duration, percent: usize| {
        let mut times: Vec<Duration> = times.iter().map(of).collect();
        times.sort_unstable();
        times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1000.0
    };
    let (wall, computed) = (|took: &Took| took.wall, |took: &Took| took.computed);
    println!(
        "{name:<38} {n:>6} {:>9.2} {:>9.2} {:>10.2} {:>10.2}",
        part(&wall, 50),
        part(&wall, 95),
        part(&computed, 50),
        part(&computed, 95)
    );
}
