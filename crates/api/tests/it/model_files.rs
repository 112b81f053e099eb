//! Model files and bundles over HTTP: statuses and shapes. What they do is tested with the use cases.

use std::fs;

use axum::http::StatusCode;
use serde_json::json;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_models_and_ids_that_nobody_has_are_refused() {
    let world = World::new().await;
    let text = world.folder.path().join("x.gguf");
    fs::write(&text, "no model").unwrap();
    let found = world.get("/model-files/found").await;
    assert_eq!((found.status, found.json()), (StatusCode::OK, json!({ "models": [], "problems": [] })));
    let usage = world.get("/model-files/usage").await.json();
    assert_eq!((&usage["models"], &usage["total_bytes"]), (&json!([]), &json!(0)));
    for (path, body, status) in [
        ("/model-files/import", json!({ "path": text, "mode": "copy" }), StatusCode::UNPROCESSABLE_ENTITY),
        ("/model-files/import", json!({ "path": text, "mode": "steal" }), StatusCode::UNPROCESSABLE_ENTITY),
        ("/model-files/import", json!({ "path": "x", "extra": 1 }), StatusCode::UNPROCESSABLE_ENTITY),
        ("/model-files/verify", json!({ "id": "none" }), StatusCode::NOT_FOUND),
        ("/model-files/rename", json!({ "id": "none", "name": "x" }), StatusCode::NOT_FOUND),
        ("/model-files/relocate", json!({ "id": "none", "folder": "/" }), StatusCode::NOT_FOUND),
        ("/model-files/relocate", json!({ "folder": "/" }), StatusCode::UNPROCESSABLE_ENTITY),
        ("/bundles/import/plan", json!({ "path": text }), StatusCode::UNPROCESSABLE_ENTITY),
        ("/bundles/import", json!({ "path": "x" }), StatusCode::UNPROCESSABLE_ENTITY),
        ("/bundles/export", json!({ "path": text, "pipelines": [] }), StatusCode::CONFLICT),
    ] {
        let answer = world.post(path, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
    }
    assert_eq!(world.send("DELETE", "/model-files?id=none", &[], None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.send("DELETE", "/model-files", &[], None).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_written_as_a_transfer() {
    let world = World::new().await;
    let path = world.folder.path().join("x.brickwork-bundle");
    let document = json!({ "name": "p", "steps": [] });
    let answer = world.post("/bundles/export", &json!({ "path": path, "documents": [document] })).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    assert_eq!(answer.json()["kind"], "bundle_export");
    for _ in 0..200 {
        if path.exists() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let plan = world.post("/bundles/import/plan", &json!({ "path": path })).await;
    assert_eq!((plan.status, &plan.json()["pipelines"][0]["outcome"]), (StatusCode::OK, &json!("new")));
}
