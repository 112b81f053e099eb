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

#[tokio::test]
async fn row_25_an_export_is_undone_over_the_interface() {
    let world = World::new().await;
    let run = world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await.json();
    let path = |tail: &str| format!("/runs/{}/{tail}", run["run_id"].as_str().unwrap());
    let folder = world.folder.path().join("out");
    let name = run["final_artifacts"][0]["name"].as_str().unwrap().to_owned();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("mine.py"), "mine\n").unwrap();
    let request =
        json!({"folder": folder, "overwrite": true, "rename": {&name: "mine.py"}, "include": [&name], "source": "all"});

    let plan = world.post(&path("export/plan"), &request).await.json();
    assert_eq!((&plan["exists"], &plan["is_git"], &plan["branch"]), (&json!(true), &json!(false), &json!(null)));
    assert_eq!((&plan["files"][0]["name"], &plan["files"][0]["action"]), (&json!("mine.py"), &json!("conflict")));
    assert_eq!(plan["files"][1]["step_name"], "analyze");
    assert_eq!(plan["files"][1]["simulated"], true);

    let report = world.post(&path("export"), &request).await.json();
    assert_eq!(report["written"][0]["name"], "mine.py");
    assert_eq!(report["undo"], true);
    let listed = world.get(&path("exports")).await.json();
    assert_eq!(listed["exports"].as_array().unwrap().len(), 1);
    let export = &listed["exports"][0];
    assert_eq!((&export["export_id"], &export["files"]), (&report["export_id"], &json!(1)));
    assert_eq!((&export["undone"], &export["folder"]), (&json!(false), &json!(folder)));

    let undo = format!("/exports/{}/undo", report["export_id"].as_str().unwrap());
    std::fs::write(folder.join("mine.py"), "edited\n").unwrap();
    let undone = world.send("POST", &undo, &[], None).await.json();
    assert_eq!(undone["skipped"][0]["name"], "mine.py");
    assert_eq!(std::fs::read_to_string(folder.join("mine.py")).unwrap(), "edited\n");
    let undone = world.post(&undo, &json!({"overwrite": true})).await.json();
    assert_eq!((&undone["restored"], &undone["removed"]), (&json!(["mine.py"]), &json!([])));
    assert_eq!(undone["skipped"], json!([]));
    assert_eq!(std::fs::read_to_string(folder.join("mine.py")).unwrap(), "mine\n");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "the manifest is gone too");
    assert_eq!(world.get(&path("exports")).await.json()["exports"][0]["undone"], true);
    assert_eq!(world.send("POST", &undo, &[], None).await.status, StatusCode::CONFLICT);
    for id in ["nonsense", "550e8400-e29b-41d4-a716-446655440000"] {
        assert_eq!(world.send("POST", &format!("/exports/{id}/undo"), &[], None).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn row_21_new_names_are_checked_like_all_others() {
    let world = World::new().await;
    let run = world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await.json();
    let path = format!("/runs/{}/export", run["run_id"].as_str().unwrap());
    let name = run["final_artifacts"][0]["name"].as_str().unwrap().to_owned();
    let folder = world.folder.path().join("out");
    let rename = |old: &str, new: &str| json!({"folder": folder, "rename": {old: new}});
    for new in
        ["../x", "/etc/x", "C:\\x", "a/../../x", ".git/hooks/pre-commit", ".env", "nul.txt", "brickwork.json", ""]
    {
        let answer = world.post(&path, &rename(&name, new)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{new}");
        assert_eq!(answer.json()["diagnostics"][0]["path"], format!("$.rename[\"{name}\"]"), "{new}");
    }
    assert_eq!(world.post(&path, &rename("none.js", "x.js")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!folder.exists());
}
