//! Repeating what changed, and putting the user's text in the place of a step's output.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::{DEFAULT_PROJECT, World, pipeline};

/// The path of a run that has ended.
async fn ended(world: &World) -> (String, Value) {
    let run = world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await.json();
    (format!("/runs/{}", run["run_id"].as_str().unwrap()), run)
}

#[tokio::test]
async fn what_did_not_change_is_kept() {
    let world = World::new().await;
    let (path, first) = ended(&world).await;
    let plan = world.send("POST", &format!("{path}/rerun/plan"), &[], None).await;
    assert_eq!(plan.status, StatusCode::OK, "{}", plan.text());
    let kept = |position: usize, name: &str| json!({"position": position, "step_name": name, "earlier_position": position, "action": "reuse", "reasons": []});
    assert_eq!(plan.json(), json!({"steps": [kept(0, "analyze"), kept(1, "generate"), kept(2, "assembler")]}));

    let mut edited = pipeline();
    edited["steps"][1]["prompt"] = json!("Another prompt");
    let body = json!({ "pipeline": edited });
    let plan = world.post(&format!("{path}/rerun/plan"), &body).await.json();
    assert_eq!(plan["steps"][1]["action"], "run");
    assert_eq!(plan["steps"][1]["reasons"], json!([{"code": "prompt_changed"}]));
    assert_eq!(plan["steps"][2]["reasons"], json!([{"code": "input_runs_again", "detail": "generate"}]));
    let asked = world.post(&format!("{path}/rerun/plan"), &json!({"from": "assembler"})).await.json();
    assert_eq!(asked["steps"][2]["reasons"], json!([{"code": "asked"}]));

    let again = world.post(&format!("{path}/rerun?keep=unchanged"), &body).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.text());
    let again = world.ended(again.json()["run_id"].as_str().unwrap()).await;
    assert_eq!(again["derived_from"], json!({"run_id": first["run_id"], "from": "generate"}));
    assert_eq!(again["steps"][0]["reused_from"], first["run_id"]);
    assert_eq!(again["steps"][1]["reused_from"], Value::Null);

    let nothing = world.send("POST", &format!("{path}/rerun?keep=unchanged"), &[], None).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(nothing.json()["diagnostics"][0]["code"], "nothing_to_run");
    for (request, body) in [
        ("rerun?keep=all", json!({})),
        ("rerun?keep=unchanged&from=nope", json!({})),
        ("rerun/plan", json!({"from": "nope"})),
        ("rerun/plan", json!({"keep": true})),
        ("rerun/plan", json!({"pipeline": {"name": "x"}})),
    ] {
        let refused = world.post(&format!("{path}/{request}"), &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{request} {body}");
    }
    assert_eq!(world.send("POST", "/runs/x/rerun/plan", &[], None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_output_of_a_held_run_is_replaced() {
    let world = World::new().await;
    let mut body = pipeline();
    body["steps"][0]["pause_after"] = json!(true);
    let path = format!("/projects/{DEFAULT_PROJECT}/execute");
    let answer = world.post(&path, &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "a run that waits for the user is answered as far as it is");
    let held = answer.json();
    assert_eq!((&held["status"], &held["paused"]), (&json!("PENDING"), &json!(true)));
    let path = format!("/runs/{}", held["run_id"].as_str().unwrap());
    assert_eq!(held["steps"][0]["original_result"], Value::Null);

    let output = |name: &str| format!("{path}/steps/{name}/output");
    let put = async |name: &str, body: Value| world.send("PUT", &output(name), &[], Some(&body)).await;
    let edited = put("analyze", json!({"result": "By hand.\n```py\n# by_hand.py\nx = 1\n```\n"})).await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.text());
    let step = edited.json()["steps"][0].clone();
    assert_eq!(step["original_result"], held["steps"][0]["result"]);
    assert_eq!((&step["artifacts"][0]["name"], &step["artifacts_edited"]), (&json!("by_hand.py"), &json!(false)));

    let early = put("generate", json!({"result": "x"})).await;
    assert_eq!((early.status, &early.json()["code"]), (StatusCode::CONFLICT, &json!("step_not_editable")));
    assert_eq!(put("nope", json!({"result": "x"})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(put("analyze", json!({"output": "x"})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(put("analyze", json!({})).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    assert_eq!(world.send("POST", &format!("{path}/resume"), &[], None).await.status, StatusCode::ACCEPTED);
    let ended = world.ended(held["run_id"].as_str().unwrap()).await;
    assert_eq!((&ended["status"], &ended["steps"][0]["result"]), (&json!("SUCCESS"), &step["result"]));
    let late = put("analyze", json!({"result": "x"})).await;
    assert_eq!((late.status, &late.json()["code"]), (StatusCode::CONFLICT, &json!("run_not_held")));
}

#[tokio::test]
async fn validate_tells_faults_of_files() {
    let world = World::new().await;
    let mut body = pipeline();
    body["steps"][1]["files"] = json!(["src/**"]);
    let answer = world.post("/validate", &body).await.json();
    let found = answer["diagnostics"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{answer}");
    assert_eq!((&found[0]["code"], &found[0]["path"]), (&json!("no_project_folder"), &json!("$.steps[1].files[0]")));

    let folder = world.folder.path().join("project");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    std::fs::write(folder.join("src/a.py"), "x = 1\n").unwrap();
    let project = world.post("/projects", &json!({"name": "Shop", "folder": folder})).await.json();
    body["project_id"] = project["id"].clone();
    let answer = world.post("/validate", &body).await.json();
    assert_eq!(answer["diagnostics"], json!([]), "{answer}");
    let path = format!("/projects/{}/execute", project["id"].as_str().unwrap());
    let run = world.post(&path, &body).await.json();
    let prompt = run["steps"][1]["prompt"].as_str().unwrap();
    assert!(prompt.contains("`src/a.py`:\n```py\nx = 1\n```\n"), "{prompt}");
}
