//! Drafts: durable when answered, never replaced by an older one, and gone with the version that takes their place. And what
//! a version knows of the runs made from it.

use brickwork_engine::JsonMap;
use brickwork_engine::compliance::journal::{at, plan};
use brickwork_store::{
    Creation, DEFAULT_PROJECT_ID, DraftKept, IdempotencyKey, NewDraft, NewRun, Origin, PipelineDraft, RunFilter, Store,
};
use futures::executor::block_on;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Folder;

const FORM: Uuid = Uuid::from_u128(0xF0);

fn map(value: Value) -> JsonMap {
    let Value::Object(map) = value else { panic!("{value} is no object") };
    map
}

fn version(document: Value) -> PipelineDraft {
    PipelineDraft { document: map(document), label: None, base_version: None }
}

fn put_form(store: &Store) {
    let document = json!({ "name": "Form", "description": "A form", "steps": [
        { "model_type": "CodeLlama" }, { "model_type": "CodeGemma", "enabled": false }, { "model_type": "T5Gemma" }, 7
    ] });
    block_on(store.create_pipeline(FORM, DEFAULT_PROJECT_ID, version(document), at(0))).unwrap();
}

fn keep(store: &Store, name: &str, seq: u64, second: usize) -> DraftKept {
    let document = map(json!({ "name": name, "steps": [{ "model_type": "CodeGemma" }] }));
    let draft = NewDraft { document, editor: Some(json!({ "past": [name] })), base_version: 1, seq };
    block_on(store.keep_draft(FORM, draft, at(second))).unwrap()
}

fn kept_name(store: &Store) -> Option<Value> {
    block_on(store.pipeline(FORM)).unwrap().unwrap().draft.map(|draft| draft.document["name"].clone())
}

#[test]
fn a_draft_outlives_the_program_and_is_never_replaced_by_an_older_one() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(keep(&store, "lost", 1, 1), DraftKept::Unknown);
    put_form(&store);
    assert_eq!(keep(&store, "one", 5, 1), DraftKept::Done);
    // Another process's view, without this one closing anything: the draft is in the file.
    let other = folder.open();
    assert_eq!(kept_name(&other), Some(json!("one")));
    assert_eq!(keep(&store, "two", 6, 2), DraftKept::Done);
    assert_eq!(keep(&other, "late", 4, 3), DraftKept::Older(6));
    assert_eq!(kept_name(&store), Some(json!("two")));
    assert_eq!(keep(&store, "two", 6, 4), DraftKept::Done, "a request may come twice");
    assert_eq!(keep(&other, "another", 6, 5), DraftKept::Older(6), "two editors that count alike");
    let draft = block_on(other.pipeline(FORM)).unwrap().unwrap().draft.unwrap();
    assert_eq!((draft.seq, draft.base_version, draft.saved_at), (6, 1, at(2)));
    assert_eq!(draft.editor, Some(json!({ "past": ["two"] })));

    assert!(block_on(store.drop_draft(FORM)).unwrap());
    assert!(block_on(store.drop_draft(FORM)).unwrap(), "that there is none is as good");
    assert!(!block_on(store.drop_draft(Uuid::nil())).unwrap());
    assert_eq!(kept_name(&store), None);
    assert_eq!(keep(&store, "three", 1, 5), DraftKept::Done, "a new editor counts from the start");
}

#[test]
fn the_list_shows_the_draft_and_a_version_drops_it() {
    let folder = Folder::new();
    let store = folder.open();
    put_form(&store);
    let listed = || block_on(store.pipelines(None)).unwrap().remove(0);
    let one = listed();
    assert_eq!((&*one.description, one.draft_saved_at, one.total_steps), ("A form", None, 4));
    assert_eq!(one.roles, ["CodeLlama", "T5Gemma"]);
    keep(&store, "draft", 1, 7);
    let one = listed();
    assert_eq!((&*one.name, &*one.description, one.draft_saved_at), ("Form", "", Some(at(7))));
    assert_eq!(one.roles, ["CodeGemma"]);

    let saved = block_on(store.update_pipeline(FORM, version(json!({ "name": "Two" })), at(8))).unwrap().unwrap();
    assert_eq!((saved.version, saved.draft, kept_name(&store)), (2, None, None));
    keep(&store, "draft", 1, 9);
    block_on(store.update_pipeline(FORM, version(json!({ "name": "Two" })), at(9))).unwrap();
    assert_eq!(kept_name(&store), None, "a version that is there already too");
    keep(&store, "draft", 1, 10);
    block_on(store.restore_pipeline(FORM, 1, at(10))).unwrap();
    assert_eq!(kept_name(&store), None);
    keep(&store, "draft", 1, 11);
    assert!(block_on(store.delete_pipeline(FORM)).unwrap());
    block_on(store.integrity_check()).unwrap();
}

#[test]
fn a_run_keeps_its_document_as_a_version() {
    let folder = Folder::new();
    let store = folder.open();
    put_form(&store);
    keep(&store, "draft", 1, 1);
    let run = |number: u128, name: &str, key: Option<&str>| {
        let key = key.map(|key| IdempotencyKey { key: key.into(), fingerprint: "f".into() });
        let new = NewRun { run_id: Uuid::from_u128(number), at: at(2), plan: plan(1), reused: Vec::new(), key };
        let origin = Origin { pipeline_id: FORM, document: map(json!({ "name": name })) };
        block_on(store.create_run_from(new, Some(origin))).unwrap()
    };
    assert_eq!(run(1, "Two", None), Creation::Created);
    assert_eq!(run(2, "Two", Some("k")), Creation::Created);
    assert_eq!(run(3, "Three", Some("k")), Creation::Replayed(Uuid::from_u128(2)), "no version for what is not made");
    assert_eq!(run(4, "Three", None), Creation::Created);
    let versions = block_on(store.pipeline_versions(FORM)).unwrap();
    let found: Vec<_> = versions.iter().map(|one| (one.version, one.runs, one.run_id)).collect();
    let id = |number| Some(Uuid::from_u128(number));
    assert_eq!(found, [(3, 1, id(4)), (2, 2, id(1)), (1, 0, None)]);
    let second = block_on(store.pipeline_version(FORM, 2)).unwrap().unwrap();
    assert_eq!((second.runs, second.run_id, &second.document["name"]), (2, id(1), &json!("Two")));
    assert_eq!(block_on(store.run_marks(Uuid::from_u128(4))).unwrap().unwrap().origin, Some((FORM, 3)));
    assert_eq!(kept_name(&store), Some(json!("draft")), "what is being edited stays");
    let filter = RunFilter { pipeline_id: Some(FORM), ..RunFilter::default() };
    let listed = block_on(store.runs_page(filter, None, 10)).unwrap().runs;
    let found: Vec<_> = listed.iter().map(|run| (run.pipeline_id, run.pipeline_version)).collect();
    assert_eq!(found, [(Some(FORM), Some(3)), (Some(FORM), Some(2)), (Some(FORM), Some(2))]);

    let labelled = block_on(store.label_version(FORM, 2, Some("sent".into()))).unwrap().unwrap();
    assert_eq!((labelled.label.as_deref(), labelled.runs), (Some("sent"), 2));
    assert_eq!(block_on(store.label_version(FORM, 2, None)).unwrap().unwrap().label, None);
    assert_eq!(block_on(store.label_version(FORM, 9, None)).unwrap(), None);

    let lost = Origin { pipeline_id: Uuid::nil(), document: JsonMap::new() };
    let new = NewRun { run_id: Uuid::from_u128(9), at: at(3), plan: plan(1), reused: Vec::new(), key: None };
    let made = block_on(store.create_run_from(new, Some(lost))).unwrap();
    assert_eq!(made, Creation::UnknownPipeline(Uuid::nil()));
    assert_eq!(block_on(store.standing(Uuid::from_u128(9))).unwrap(), None);

    assert!(block_on(store.delete_pipeline(FORM)).unwrap());
    assert_eq!(block_on(store.run_marks(Uuid::from_u128(4))).unwrap().unwrap().origin, None, "its run stays");
    block_on(store.integrity_check()).unwrap();
}
