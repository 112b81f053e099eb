//! Projects, saved pipelines, the queue, repeated runs, and artifacts as files.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::{DEFAULT_PROJECT, World, pipeline};

async fn run(world: &World) -> Value {
    world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await.json()
}

#[tokio::test]
async fn a_project_is_made_changed_and_removed() {
    let world = World::new().await;
    let made = world.post("/projects", &json!({"name": " Shop ", "global_context": {"framework": "react"}})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let project = made.json();
    let path = format!("/projects/{}", project["id"].as_str().unwrap());
    assert_eq!(made.header("location"), Some(format!("{}{path}", brickwork_api::BASE).as_str()));
    assert_eq!(world.get(&path).await.json(), project);
    assert_eq!(project["name"], "Shop");
    let changed = world.send("PUT", &path, &[], Some(&json!({"name": "Store"}))).await.json();
    assert_eq!((&changed["name"], &changed["global_context"]), (&json!("Store"), &Value::Null));

    world.post("/pipelines", &json!({"project_id": project["id"], "document": {"name": "P"}})).await;
    assert_eq!(world.send("DELETE", &path, &[], None).await.status, StatusCode::CONFLICT);
    let removed = world.send("DELETE", &format!("{path}?with_content=true"), &[], None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&path).await.status, StatusCode::NOT_FOUND);
    let default = format!("/projects/{DEFAULT_PROJECT}?with_content=true");
    assert_eq!(world.send("DELETE", &default, &[], None).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_pipeline_keeps_its_versions() {
    let world = World::new().await;
    let made = world.post("/pipelines", &json!({"document": pipeline(), "label": "first"})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let path = format!("/pipelines/{}", made.json()["id"].as_str().unwrap());
    assert!(made.header("location").unwrap().ends_with(&path));
    let edit = |name: &str, base: u32| json!({"document": {"name": name}, "base_version": base});
    let second = world.send("PUT", &path, &[], Some(&edit("Second", 1))).await.json();
    assert_eq!(second["version"], 2);
    let stale = world.send("PUT", &path, &[], Some(&edit("Third", 1))).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let versions = world.get(&format!("{path}/versions")).await.json();
    assert_eq!(versions["versions"][1]["label"], "first");
    assert_eq!(world.get(&format!("{path}/versions/1")).await.json()["document"], pipeline());
    let restored = world.send("POST", &format!("{path}/versions/1/restore"), &[], None).await.json();
    assert_eq!((&restored["version"], &restored["document"]), (&json!(3), &pipeline()));
    assert_eq!(world.get("/pipelines").await.json()["pipelines"][0]["version"], 3);
    for missing in ["versions/9", "versions/x", "versions/0"] {
        assert_eq!(world.get(&format!("{path}/{missing}")).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
    assert_eq!(world.send("DELETE", &path, &[], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_key_makes_one_run() {
    let world = World::new().await;
    let path = format!("/projects/{DEFAULT_PROJECT}/execute");
    let key = [("idempotency-key", "k-1")];
    let first = world.send("POST", &path, &key, Some(&pipeline())).await;
    let again = world.send("POST", &path, &key, Some(&pipeline())).await;
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), (None, Some("true")));
    assert_eq!(first.json()["run_id"], again.json()["run_id"]);
    let mut other = pipeline();
    other["name"] = json!("Another");
    let refused = world.send("POST", &path, &key, Some(&other)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json()["code"], "idempotency_key_reused");
    let empty = world.send("POST", &path, &[("idempotency-key", "")], Some(&pipeline())).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.get("/runs").await.json()["runs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_run_is_repeated_from_a_step_and_removed() {
    let world = World::new().await;
    let first = run(&world).await;
    let path = format!("/runs/{}", first["run_id"].as_str().unwrap());
    let again = world.send("POST", &format!("{path}/rerun?from=generate"), &[], None).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.text());
    let id = again.json()["run_id"].as_str().unwrap().to_owned();
    assert!(again.header("location").unwrap().ends_with(&id));
    let again = world.ended(&id).await;
    assert_eq!(again["derived_from"], json!({"run_id": first["run_id"], "from": "generate"}));
    assert_eq!(again["steps"][0]["reused_from"], first["run_id"]);
    let mut edited = pipeline();
    edited["steps"][1]["prompt"] = json!("Another prompt");
    let whole = world.post(&format!("{path}/rerun"), &json!({"pipeline": edited})).await;
    assert_eq!(whole.status, StatusCode::ACCEPTED, "{}", whole.text());
    assert_eq!(world.post(&format!("{path}/rerun"), &json!([])).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    for action in ["pause", "resume", "cancel"] {
        let answer = world.send("POST", &format!("{path}/{action}"), &[], None).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{action}");
    }
    assert_eq!(world.post(&format!("{path}/move"), &json!({"before": null})).await.status, StatusCode::CONFLICT);
    world.ended(whole.json()["run_id"].as_str().unwrap()).await;
    let queue = world.get("/queue").await.json();
    assert_eq!(queue, json!({"holder": "self", "running": [], "waiting": [], "held": []}));
    assert_eq!(world.send("DELETE", &path, &[], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn artifacts_are_downloaded_as_files_and_never_as_pages() {
    let world = World::new().await;
    let run = run(&world).await;
    let path = format!("/runs/{}", run["run_id"].as_str().unwrap());
    let list = world.get(&format!("{path}/artifacts")).await.json();
    let one = &list["artifacts"][0];
    let place = format!("{path}/artifacts/{}", one["id"]);
    assert_eq!(world.get(&place).await.json(), *one);
    let raw = world.get(&format!("{place}/raw")).await;
    assert_eq!(raw.text(), one["content"].as_str().unwrap());
    assert_eq!(raw.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(raw.header("x-content-type-options"), Some("nosniff"));
    assert!(raw.header("content-disposition").unwrap().starts_with("attachment; filename="));
    let zip = world.get(&format!("{path}/artifacts.zip?all=true")).await;
    assert_eq!(zip.header("content-type"), Some("application/zip"));
    assert!(zip.text_lossy().starts_with("PK"));
    for missing in ["artifacts/0", "artifacts/x", "artifacts/x/raw"] {
        assert_eq!(world.get(&format!("{path}/{missing}")).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn a_text_of_any_model_is_read_for_files() {
    let world = World::new().await;
    let output =
        "```js b.js\nlet b = (1;\n```\n\na.js\n<<<<<<< SEARCH\nlet a = 1;\n=======\nlet a = 2;\n>>>>>>> REPLACE\n";
    let body = json!({"output": output, "earlier": [{"name": "a.js", "content": "let a = 1;\n"}]});
    let read = world.post("/extract", &body).await.json();
    let files: Vec<(&str, &str)> = read["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["syntax"]["state"].as_str().unwrap()))
        .collect();
    assert_eq!(files, [("b.js", "invalid"), ("a.js", "valid")], "{read}");
    assert_eq!((&read["patches"][0]["outcome"], &read["unclosed"]), (&json!("applied"), &json!(false)));
    assert_eq!(world.post("/extract", &json!({})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_slice_of_a_source_is_coloured_as_in_the_whole() {
    let world = World::new().await;
    let content = "/* a\nb */ let c = 'd';\nlet e;\n";
    let whole = world.post("/highlight", &json!({"type": "js", "content": content})).await.json();
    let slice = world.post("/highlight", &json!({"type": "js", "content": content, "from": 1, "to": 2})).await.json();
    assert_eq!(slice["lines"], json!([whole["lines"][1]]));
    let rest = world.post("/highlight", &json!({"type": "js", "content": content, "from": 2})).await.json();
    assert_eq!(rest["lines"], json!([whole["lines"][2], whole["lines"][3]]));
}

#[tokio::test]
async fn names_that_spell_nothing_are_not_found() {
    let world = World::new().await;
    for path in
        ["/runs/x", "/runs/%FF", "/projects/x", "/pipelines/x", "/pipelines/x/versions", "/runs/x/artifacts.zip"]
    {
        let answer = world.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
    }
    for path in ["/runs?unknown=1", "/runs?limit=0", "/runs?limit=501", "/runs?status=", "/runs?limit=1&limit=2"] {
        assert_eq!(world.get(path).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let list = world.send("PUT", "/settings", &[], Some(&json!({"retention": [1, 2]}))).await;
    assert_eq!(list.json()["diagnostics"][0]["path"], "$.retention");
}

#[tokio::test]
async fn a_router_without_a_listener_cannot_be_switched() {
    let world = World::new().await;
    let server = world.get("/server").await.json();
    assert_eq!((&server["state"], &server["can_switch"]), (&json!("off"), &json!(false)));
    let answer = world.send("PUT", "/server", &[], Some(&json!({"enabled": true, "port": 7861}))).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_data_folder_and_the_numbers_are_shown() {
    let world = World::new().await;
    run(&world).await;
    assert_eq!(world.get("/storage").await.json()["runs"], 1);
    let plan = world.post("/prune", &json!({"max_age_days": 0, "dry_run": true})).await.json();
    assert_eq!(plan["dry_run"], true);
    let longest = world.post("/prune", &json!({"max_age_days": u32::MAX, "max_size_mib": u64::MAX})).await;
    assert_eq!(longest.json()["runs"], 0, "no time is too long");
    let metrics = world.get("/metrics").await;
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert!(metrics.text().ends_with("# EOF\n"), "{}", metrics.text());
    let path = world.folder.path().join("backup.zip");
    let report = world.post("/backup", &json!({ "path": path })).await.json();
    assert_eq!(report["runs"], 1);
    assert_eq!(world.post("/backup", &json!({ "path": path })).await.status, StatusCode::CONFLICT);
}
