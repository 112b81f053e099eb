//! Row 13: a database of every released version opens, and nothing in it is lost.

use brickwork_artifacts::Artifact;
use brickwork_engine::compliance::journal::{at, folded, happy_changes, plan};
use brickwork_engine::{Journal, JsonMap, RunChange, RunRecord, RunStatus, StepReport};
use brickwork_store::{DEFAULT_PROJECT_ID, DraftKept, NewDraft, RunFilter, SCHEMA_VERSION};
use futures::executor::block_on;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Folder;

/// The schema as 0.1.0 released it.
const SCHEMA_0_1_0: &str = include_str!("schema_0_1_0.sql");

const ENDED: Uuid = Uuid::from_u128(0x11);
const WAITING: Uuid = Uuid::from_u128(0x12);
const SHOP: Uuid = Uuid::from_u128(0x13);
const SAVED: Uuid = Uuid::from_u128(0x14);

#[test]
fn row_13_the_schema_of_0_1_0_migrates_and_nothing_is_lost() {
    let folder = Folder::new();
    let told = write_0_1_0(&folder);
    let store = folder.open();
    block_on(store.integrity_check()).unwrap();

    let ended = block_on(store.load(ENDED)).unwrap().unwrap();
    assert_eq!((ended.status, ended.steps.len(), ended.final_artifacts.len()), (RunStatus::Success, 2, 1));
    assert_eq!(ended.steps[0].result, told[0]);
    assert_eq!(folded(&block_on(store.events(ENDED, 0)).unwrap()), ended, "tables and events agree");
    assert_eq!(block_on(store.load(WAITING)).unwrap().unwrap(), RunRecord::new(WAITING, at(50), plan(1)));
    let artifacts = block_on(store.artifacts(ENDED)).unwrap();
    assert_eq!(
        artifacts.iter().map(|one| &*one.artifact.name).collect::<Vec<_>>(),
        ["part_0.rs", "part_1.rs", "src/main.rs"]
    );
    let runs = block_on(store.runs_page(RunFilter::default(), None, 10)).unwrap().runs;
    assert_eq!(runs.iter().map(|run| run.run_id).collect::<Vec<_>>(), [WAITING, ENDED]);

    assert!(runs.iter().all(|run| !run.favourite && run.pipeline_id.is_none()));
    assert_eq!(runs[1].generated_tokens, 2 * 42);
    let found = |text: &str| -> Vec<Uuid> {
        let filter = RunFilter { text: Some(text.into()), ..RunFilter::default() };
        let page = block_on(store.runs_page(filter, None, 10)).unwrap();
        page.runs.iter().map(|run| run.run_id).collect()
    };
    assert_eq!(found("sampl"), [WAITING, ENDED], "names of old runs are found");
    assert_eq!(found("instruction"), [ENDED], "rendered prompts too");
    assert_eq!(found("do part of task"), [WAITING], "and the prompts of what has not begun");
    assert_eq!(found("fn main"), [ENDED], "and outputs");

    let shop = block_on(store.project(SHOP)).unwrap().unwrap();
    assert_eq!((&*shop.name, shop.folder.as_deref()), ("Shop", Some("/home/ana/shop")));
    assert_eq!(block_on(store.setting::<Value>("window")).unwrap(), Some(json!({ "theme": "dark" })));

    let saved = block_on(store.pipeline(SAVED)).unwrap().unwrap();
    assert_eq!((saved.version, &*saved.name, saved.project_id), (1, "Form", SHOP));
    assert_eq!(Value::Object(saved.document), document());
    assert_eq!((saved.created_at, saved.updated_at), (at(1), at(2)));
    assert_eq!(saved.draft, None);
    assert_eq!(block_on(store.pipeline_versions(SAVED)).unwrap()[0].created_at, at(2));
    let draft = NewDraft { document: saved_name("Form 2"), editor: None, base_version: 1, seq: 1 };
    assert_eq!(block_on(store.keep_draft(SAVED, draft, at(60))).unwrap(), DraftKept::Done);
    assert!(block_on(store.pipeline(SAVED)).unwrap().unwrap().draft.is_some());
    drop(store);
    let connection = Connection::open(folder.database()).unwrap();
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, SCHEMA_VERSION);
}

fn saved_name(name: &str) -> JsonMap {
    JsonMap::from_iter([("name".into(), json!(name))])
}

fn document() -> Value {
    json!({ "name": "Form", "steps": [{ "step_name": "a", "model_type": "CodeLlama", "prompt": "x" }] })
}

/// Writes a database as 0.1.0 left it; the outputs of the ended run's steps.
fn write_0_1_0(folder: &Folder) -> Vec<String> {
    let connection = Connection::open(folder.database()).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)).unwrap();
    connection.execute_batch(SCHEMA_0_1_0).unwrap();
    connection
        .execute(
            "INSERT INTO projects VALUES (?1, 'Shop', '/home/ana/shop', '{\"task\": 1}', ?2)",
            params![SHOP.to_string(), at(0).as_micros()],
        )
        .unwrap();
    connection
        .execute(
            "INSERT INTO pipelines VALUES (?1, ?2, 'Form', ?3, ?4, ?5)",
            params![SAVED.to_string(), SHOP.to_string(), document().to_string(), at(1).as_micros(), at(2).as_micros()],
        )
        .unwrap();
    connection.execute("INSERT INTO settings VALUES ('window', '{\"theme\": \"dark\"}')", []).unwrap();
    write_run(&connection, WAITING, 50, &[RunChange::Created { plan: plan(1) }]);
    write_run(&connection, ENDED, 10, &happy_changes(&plan(1)).into_iter().map(as_in_0_1_0).collect::<Vec<_>>())
}

/// The change with no more than that version knew of it.
fn as_in_0_1_0(mut change: RunChange) -> RunChange {
    let plain = |artifacts: &mut Vec<Artifact>| artifacts.iter_mut().for_each(|one| one.syntax = None);
    match &mut change {
        RunChange::StepStarted { conflicts, .. } => conflicts.clear(),
        RunChange::StepFinished { artifacts, report, .. } => {
            plain(artifacts);
            *report = StepReport::default();
        }
        RunChange::Finished { final_artifacts, assembly, .. } => {
            plain(final_artifacts);
            *assembly = None;
        }
        _ => {}
    }
    change
}

/// Writes what `changes` make of a run, a second between each two.
fn write_run(connection: &Connection, run_id: Uuid, second: usize, changes: &[RunChange]) -> Vec<String> {
    let id = run_id.to_string();
    let mut run = RunRecord::new(run_id, at(second), plan(1));
    for (index, change) in changes.iter().enumerate().skip(1) {
        run.apply(at(second + index), change).unwrap();
    }
    let micros = |stamp: Option<brickwork_engine::Timestamp>| stamp.map(brickwork_engine::Timestamp::as_micros);
    connection
        .execute(
            "INSERT INTO orchestration_runs VALUES (?1, ?2, 'Sample', 'sample', ?3, 0, 0, NULL, ?4, ?5, ?6, 1, ?7, ?8, ?9,
                                                    ?10, ?11)",
            params![
                id,
                DEFAULT_PROJECT_ID.to_string(),
                run.status.as_str(),
                json!(run.plan.pipeline).to_string(),
                json!(run.plan.models).to_string(),
                json!(run.plan.seeds).to_string(),
                run.final_artifacts_from.map(|from| from.as_str()),
                run.created_at.as_micros(),
                micros(run.started_at),
                micros(run.finished_at),
                run.seq
            ],
        )
        .unwrap();
    for step in &run.steps {
        connection
            .execute(
                "INSERT INTO run_steps VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, NULL, NULL, ?11, ?12, ?13, ?14,
                                               ?15, ?16, 0, 0)",
                params![
                    id,
                    step.position,
                    step.step_name,
                    step.role.name(),
                    step.model.id,
                    step.model.path,
                    step.model.stand_in,
                    step.status.as_str(),
                    step.prompt,
                    step.result,
                    step.finish_reason.map(|reason| json!(reason).as_str().unwrap().to_owned()),
                    json!(step.warnings).to_string(),
                    step.execution_time,
                    step.timings.map(|timings| json!(timings).to_string()),
                    micros(step.started_at),
                    micros(step.finished_at)
                ],
            )
            .unwrap();
    }
    let of_steps = run.steps.iter().flat_map(|step| step.artifacts.iter().map(move |one| (0, step.position, one)));
    let last = run.steps.last().unwrap().position;
    for (is_final, position, one) in of_steps.chain(run.final_artifacts.iter().map(|one| (1, last, one))) {
        connection
            .execute(
                "INSERT INTO generated_artifacts VALUES (NULL, ?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0)",
                params![
                    id,
                    is_final,
                    position,
                    one.kind,
                    one.name,
                    one.content,
                    one.named,
                    one.closed,
                    one.start,
                    one.end
                ],
            )
            .unwrap();
    }
    for (index, change) in changes.iter().enumerate() {
        let stamp = at(second + index).as_micros();
        connection
            .execute(
                "INSERT INTO run_events VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id, index + 1, stamp, change.name(), as_0_1_0_wrote(change).to_string()],
            )
            .unwrap();
    }
    run.steps.into_iter().map(|step| step.result).collect()
}

/// The change without the fields that came later.
fn as_0_1_0_wrote(change: &RunChange) -> Value {
    let mut json = json!(change);
    if let Some(plan) = json.get_mut("plan").and_then(Value::as_object_mut) {
        plan.retain(|key, _| ["project_id", "pipeline", "models", "seeds"].contains(&key.as_str()));
    }
    json
}
