//! From a run to files.

use axum::http::StatusCode;
use serde_json::json;

use crate::world::{DEFAULT_PROJECT, World, pipeline};

#[tokio::test]
async fn a_plan_is_shown_and_edits_are_kept() {
    let world = World::new().await;
    let run = world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await.json();
    let path = |tail: &str| format!("/runs/{}/{tail}", run["run_id"].as_str().unwrap());
    let folder = world.folder.path().join("out");
    let request = json!({"folder": folder});

    let plan = world.post(&path("export/plan"), &request).await.json();
    assert_eq!(plan["files"][0]["action"], "new");
    assert!(!folder.exists(), "a plan touches nothing");

    let report = world.post(&path("export"), &request).await.json();
    let name = report["written"][0]["name"].as_str().unwrap().to_owned();
    let file = folder.join(&name);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), run["final_artifacts"][0]["content"]);
    assert_eq!(world.post(&path("export/plan"), &request).await.json()["files"][0]["action"], "same");

    std::fs::write(&file, "edited\n").unwrap();
    let plan = world.post(&path("export/plan"), &request).await.json();
    assert_eq!(plan["files"][0]["action"], "conflict");
    assert!(plan["files"][0]["diff"].as_str().unwrap().contains("-edited"));
    let report = world.post(&path("export"), &request).await.json();
    assert_eq!(report["written"], json!([]));
    assert_eq!(report["skipped"][0]["name"], name);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "edited\n");

    let request = json!({"folder": folder, "overwrite": true, "source": "all"});
    let report = world.post(&path("export"), &request).await.json();
    assert_eq!(report["written"].as_array().unwrap().len(), 3, "the final piece and one of each step: {report}");
    assert_ne!(std::fs::read_to_string(&file).unwrap(), "edited\n");
}

#[tokio::test]
async fn a_relative_folder_is_refused() {
    let world = World::new().await;
    let run = world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await.json();
    let path = format!("/runs/{}/export", run["run_id"].as_str().unwrap());
    let answer = world.post(&path, &json!({"folder": "out"})).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}
