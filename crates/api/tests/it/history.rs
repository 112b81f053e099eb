//! The list of runs, favourites, the trash, drafts, copies and names of versions.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::{Answer, DEFAULT_PROJECT, World, pipeline};

async fn run(world: &World, query: &str) -> Value {
    world.post(&format!("/projects/{DEFAULT_PROJECT}/execute{query}"), &pipeline()).await.json()
}

async fn put(world: &World, path: &str, body: &Value) -> Answer {
    world.send("PUT", path, &[], Some(body)).await
}

async fn delete(world: &World, path: &str) -> StatusCode {
    world.send("DELETE", path, &[], None).await.status
}

async fn ids(world: &World, query: &str) -> Vec<Value> {
    let answer = world.get(&format!("/runs?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
    answer.json()["runs"].as_array().unwrap().iter().map(|run| run["run_id"].clone()).collect()
}

#[tokio::test]
async fn the_list_is_searched_and_filtered() {
    let world = World::new().await;
    let run = run(&world, "").await;
    let id = run["run_id"].as_str().unwrap();
    let created = run["created_at"].as_str().unwrap();
    for query in [
        "q=requir",
        "q=ANALYZE%20production",
        "q=two",
        "status=SUCCESS",
        "status=FAILED,SUCCESS,PAUSED,INTERRUPTED",
        "from=2020-01-01T00:00:00Z",
        "to=2120-01-01T00:00:00%2B02:00",
        "favourite=false",
        "q=",
        "q=%20",
        &format!("q={}", &id[..8]),
        &format!("q={id}"),
        &format!("project_id={DEFAULT_PROJECT}"),
    ] {
        assert_eq!(ids(&world, query).await, [json!(id)], "{query}");
    }
    for query in [
        "q=zebra",
        "q=%22",
        "q=analyze%20zebra",
        "status=FAILED,CANCELLED",
        "favourite=true",
        "to=2020-01-01T00:00:00Z",
        &format!("pipeline_id={DEFAULT_PROJECT}"),
        "from=2120-01-01T00:00:00Z",
    ] {
        assert_eq!(ids(&world, query).await, [] as [Value; 0], "{query}");
    }
    for query in [
        "status=",
        "status=success",
        "status=SUCCESS,",
        "from=yesterday",
        "to=2020-01-01",
        "favourite=yes",
        "pipeline_id=x",
        "count=1",
        &format!("q={}", "x".repeat(501)),
    ] {
        let answer = world.get(&format!("/runs?{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    let page = world.get("/runs?q=requirements&count=true").await.json();
    let found = &page["runs"][0];
    assert_eq!((&page["total"], &found["project_name"]), (&json!(1), &json!("Default project")));
    let hits: Vec<&Value> = found["snippet"].as_array().unwrap().iter().filter(|part| part["hit"] == true).collect();
    assert_eq!(hits[0]["text"].as_str().unwrap().to_lowercase(), "requirements");
    assert_eq!((&found["favourite"], found["generated_tokens"].as_u64().unwrap() > 0), (&json!(false), true));
    assert_eq!(found.get("pipeline_id"), None);
    assert_eq!(page.get("next"), None);
    assert!(world.get("/runs").await.json().get("total").is_none(), "created at {created}");
}

#[tokio::test]
async fn favourites_and_the_trash() {
    let world = World::new().await;
    let run = run(&world, "").await;
    let id = run["run_id"].as_str().unwrap();
    let path = format!("/runs/{id}");
    let marked = put(&world, &format!("{path}/favourite"), &json!({"favourite": true})).await;
    assert_eq!(marked.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&path).await.json()["favourite"], true);
    assert_eq!(ids(&world, "favourite=true").await, [json!(id)]);
    let faulty = put(&world, &format!("{path}/favourite"), &json!({"favourite": 1})).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);

    let zip = world.get(&format!("{path}/artifacts")).await.json();
    let artifact = format!("{path}/artifacts/{}", zip["artifacts"][0]["id"]);
    assert_eq!(delete(&world, &path).await, StatusCode::NO_CONTENT);
    for place in ["", "/artifacts", "/events", "/artifacts.zip", "/exports"] {
        assert_eq!(world.get(&format!("{path}{place}")).await.status, StatusCode::NOT_FOUND, "{place}");
    }
    for place in [artifact.clone(), format!("{artifact}/raw"), format!("{artifact}/preview")] {
        assert_eq!(world.get(&place).await.status, StatusCode::NOT_FOUND, "{place}");
    }
    for action in ["cancel", "pause", "resume", "rerun", "rerun/plan"] {
        let answer = world.send("POST", &format!("{path}/{action}"), &[], None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
    }
    for (action, body) in [
        ("move", json!({"before": null})),
        ("export/plan", json!({"folder": "/tmp/none", "source": "final"})),
        ("artifacts/edit", json!({"target": {"of": "final"}, "operation": {"op": "reset"}})),
    ] {
        let answer = world.post(&format!("{path}/{action}"), &body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}: {}", answer.text());
    }
    let output = put(&world, &format!("{path}/steps/analyze/output"), &json!({"result": "x"})).await;
    assert_eq!(output.status, StatusCode::NOT_FOUND);
    let marked = put(&world, &format!("{path}/favourite"), &json!({"favourite": true})).await;
    assert_eq!((marked.status, delete(&world, &path).await), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(ids(&world, "").await, [] as [Value; 0]);
    let storage = world.get("/storage").await.json();
    assert_eq!((&storage["runs"], &storage["trashed_runs"]), (&json!(0), &json!(1)));

    let back = world.send("POST", &format!("{path}/restore"), &[], None).await;
    assert_eq!(back.status, StatusCode::OK);
    let mut before = run.clone();
    before["favourite"] = json!(true);
    assert_eq!((back.json(), world.get(&artifact).await.status), (before, StatusCode::OK));

    let missing = "00000000-0000-0000-0000-000000000404";
    let many = world.post("/runs/delete", &json!({"run_ids": [id, missing]})).await.json();
    assert_eq!(many, json!({"deleted": 1, "refused": [{"run_id": missing, "reason": "not_found"}]}));
    let many = world.post("/runs/restore", &json!({"run_ids": [id, missing]})).await.json();
    assert_eq!(many, json!({"restored": 1, "refused": [{"run_id": missing, "reason": "not_found"}]}));
    for body in [json!({}), json!({"run_ids": ["x"]}), json!({"run_ids": id}), json!({"run_ids": [], "more": 1})] {
        assert_eq!(world.post("/runs/delete", &body).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    assert_eq!(delete(&world, &path).await, StatusCode::NO_CONTENT);
    let told = world.post("/prune", &json!({"dry_run": true})).await.json();
    assert_eq!((&told["runs"], &told["trashed_runs"]), (&json!(1), &json!(1)));
    assert_eq!(delete(&world, &format!("{path}?forever=true")).await, StatusCode::NO_CONTENT);
    assert_eq!(world.send("POST", &format!("{path}/restore"), &[], None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(delete(&world, &format!("{path}?forever=true")).await, StatusCode::NOT_FOUND);
    assert_eq!(delete(&world, &format!("{path}?forever=1")).await, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_draft_is_kept_until_a_version_is_saved() {
    let world = World::new().await;
    let saved = world.post("/pipelines", &json!({"document": pipeline()})).await.json();
    let path = format!("/pipelines/{}", saved["id"].as_str().unwrap());
    let draft_path = format!("{path}/draft");
    let draft =
        |seq: u64| json!({"document": {"name": "Edited"}, "editor": {"past": [1]}, "base_version": 1, "seq": seq});
    let kept = put(&world, &draft_path, &draft(7)).await;
    assert_eq!((kept.status, &kept.json()["seq"]), (StatusCode::OK, &json!(7)));
    let found = world.get(&path).await.json();
    let mut expected = draft(7);
    expected["saved_at"] = kept.json()["saved_at"].clone();
    assert_eq!((&found["draft"], &found["document"]), (&expected, &pipeline()));
    let stale = put(&world, &draft_path, &draft(6)).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert_eq!((&stale.json()["code"], &stale.json()["seq"]), (&json!("draft_conflict"), &json!(7)));
    let listed = world.get("/pipelines").await.json()["pipelines"][0].clone();
    assert_eq!((&listed["draft_saved_at"], &listed["roles"]), (&expected["saved_at"], &json!([])));

    // The document and the editor's part may have 2 MiB each, other bodies no more than that together.
    let half = "x".repeat(2_000_000);
    let mut large = draft(8);
    large["document"]["text"] = json!(half);
    large["editor"]["text"] = json!(half);
    assert_eq!(put(&world, &draft_path, &large).await.status, StatusCode::OK);
    let mut larger = draft(9);
    larger["editor"] = json!("x".repeat(2_100_000));
    let refused = put(&world, &draft_path, &larger).await;
    assert_eq!(refused.json()["diagnostics"][0]["path"], "$.editor");
    larger["editor"] = json!("x".repeat(6_000_000));
    assert_eq!(put(&world, &draft_path, &larger).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let whole = json!({"document": {"name": "x", "text": format!("{half}{half}")}});
    assert_eq!(put(&world, &path, &whole).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for faulty in [json!({}), json!({"document": [], "base_version": 1, "seq": 9}), json!({"document": {}, "seq": 9})] {
        assert_eq!(put(&world, &draft_path, &faulty).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{faulty}");
    }

    let next = put(&world, &path, &json!({"document": {"name": "Edited"}, "base_version": 1})).await.json();
    assert_eq!((&next["version"], next.get("draft")), (&json!(2), None));
    assert_eq!(world.get(&path).await.json().get("draft"), None);
    put(&world, &draft_path, &draft(1)).await;
    assert_eq!(delete(&world, &draft_path).await, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&path).await.json().get("draft"), None);
    for missing in ["/pipelines/x/draft", "/pipelines/00000000-0000-0000-0000-000000000404/draft"] {
        assert_eq!(put(&world, missing, &draft(1)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(delete(&world, missing).await, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn runs_are_made_from_versions_which_have_names_and_copies() {
    let world = World::new().await;
    let saved = world.post("/pipelines", &json!({"document": {"name": "Empty"}})).await.json();
    let id = saved["id"].as_str().unwrap();
    let made = run(&world, &format!("?pipeline_id={id}")).await;
    assert_eq!((&made["pipeline_id"], &made["pipeline_version"]), (&json!(id), &json!(2)));
    let again = run(&world, &format!("?pipeline_id={id}")).await;
    assert_eq!(again["pipeline_version"], 2, "an equal document makes no version");
    let versions = world.get(&format!("/pipelines/{id}/versions")).await.json()["versions"].clone();
    assert_eq!((&versions[0]["runs"], &versions[0]["run_id"]), (&json!(2), &made["run_id"]));
    assert_eq!((&versions[1]["runs"], versions[1].get("run_id")), (&json!(0), None));
    assert_eq!(ids(&world, &format!("pipeline_id={id}")).await.len(), 2);
    let path = format!("/projects/{DEFAULT_PROJECT}/execute?pipeline_id={DEFAULT_PROJECT}");
    let lost = world.post(&path, &pipeline()).await;
    assert_eq!(lost.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(lost.json()["diagnostics"][0]["path"], "pipeline_id");

    let named = put(&world, &format!("/pipelines/{id}/versions/2"), &json!({"label": "sent"})).await;
    assert_eq!((named.status, &named.json()["label"]), (StatusCode::OK, &json!("sent")));
    let named = put(&world, &format!("/pipelines/{id}/versions/2"), &json!({"label": null})).await;
    assert_eq!(named.json().get("label"), None);
    for (place, body, status) in [
        ("versions/9", json!({"label": "x"}), StatusCode::NOT_FOUND),
        ("versions/x", json!({"label": "x"}), StatusCode::NOT_FOUND),
        ("versions/1", json!({"label": ""}), StatusCode::UNPROCESSABLE_ENTITY),
        ("versions/1", json!({"name": "x"}), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(put(&world, &format!("/pipelines/{id}/{place}"), &body).await.status, status, "{place} {body}");
    }
    let copy = world.send("POST", &format!("/pipelines/{id}/copy"), &[], None).await;
    assert_eq!((copy.status, &copy.json()["name"]), (StatusCode::CREATED, &json!("Two steps (copy)")));
    assert!(copy.header("location").unwrap().ends_with(copy.json()["id"].as_str().unwrap()));
    let copy = world.post(&format!("/pipelines/{id}/copy"), &json!({"name": "Mine"})).await.json();
    assert_eq!((&copy["name"], &copy["version"]), (&json!("Mine"), &json!(1)));
    let faulty = world.post(&format!("/pipelines/{id}/copy"), &json!({"project_id": "x"})).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.post("/pipelines/x/copy", &json!({})).await.status, StatusCode::NOT_FOUND);

    let settings = world.get("/settings").await.json();
    assert_eq!((&settings["notifications"], &settings["first_start_done"]), (&json!(true), &json!(false)));
}
