//! The router from outside, without a socket, on the scripted model.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod editing;
mod events;
mod exporting;
mod history;
mod hub;
mod listener;
mod model_files;
mod openai;
mod openapi;
mod preview;
mod reruns;
mod routes;
mod socket;
mod world;

use axum::http::StatusCode;
use serde_json::{Value, json};
use world::{DEFAULT_PROJECT, World, pipeline};

#[tokio::test]
async fn executing_answers_with_the_complete_result() {
    let world = World::new().await;
    let answer = world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let run = answer.json();
    assert_eq!(run["status"], "SUCCESS");
    assert_eq!(run["project_id"], DEFAULT_PROJECT);
    assert_eq!(run["steps"].as_array().unwrap().len(), 2, "the Assembler is no step of the answer");
    assert_eq!(run["steps"][0]["artifacts"][0]["name"], "analyze_component_0.py");
    assert_eq!(run["steps"][0]["artifacts"][0]["type"], "py");
    assert_eq!(run["simulated"], true);
    assert!(run["final_artifacts"].as_array().is_some_and(|pieces| !pieces.is_empty()));
    assert_eq!(run["assembled_code"], run["assembler"]["result"]);
    let stamp = run["started_at"].as_str().unwrap();
    assert!(stamp.ends_with('Z') && stamp.contains('T'), "{stamp} is RFC 3339");
    let again = world.get(&format!("/runs/{}", run["run_id"].as_str().unwrap())).await.json();
    assert_eq!(again["total_steps"], 2);
    assert_eq!(again["successful_steps"], 2);
    assert_eq!(again["failed_steps"], 0);
    assert_eq!(again, run);
}

#[tokio::test]
async fn responding_asynchronously_answers_at_once() {
    let world = World::new().await;
    let path = format!("/projects/{DEFAULT_PROJECT}/execute");
    let answer = world.send("POST", &path, &[("prefer", "respond-async")], Some(&pipeline())).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let run = answer.json();
    let location = answer.header("location").unwrap();
    assert!(location.ends_with(run["run_id"].as_str().unwrap()), "{location}");
    assert_eq!(world.ended(run["run_id"].as_str().unwrap()).await["status"], "SUCCESS");
}

#[tokio::test]
async fn faults_have_a_status_a_code_and_a_place() {
    let world = World::new().await;
    let execute = |project: &str| format!("/projects/{project}/execute");
    let broken = json!({"name": "P", "steps": [{"step_name": "a", "model_type": "X", "prompt": "p", "tmp": 1}]});
    let answer = world.post(&execute(DEFAULT_PROJECT), &broken).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let places: Vec<Value> =
        answer.json()["diagnostics"].as_array().unwrap().iter().map(|fault| fault["path"].clone()).collect();
    assert_eq!(places, ["$.steps[0].tmp", "$.steps[0].model_type"]);

    let other = "11111111-1111-1111-1111-111111111111";
    assert_eq!(world.post(&execute(other), &pipeline()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.post(&execute("nonsense"), &pipeline()).await.status, StatusCode::NOT_FOUND);
    let mut mismatched = pipeline();
    mismatched["project_id"] = json!(other);
    assert_eq!(world.post(&execute(DEFAULT_PROJECT), &mismatched).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.get("/runs/nonsense").await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&format!("/runs/{other}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get("/nowhere").await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.send("DELETE", "/runs", &[], None).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let text = world.send_text("/validate", "text/plain", "{}").await;
    assert_eq!(text.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let malformed = world.send_text("/validate", "application/json", "{").await;
    assert_eq!(malformed.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.get("/runs").await.json()["runs"], json!([]), "nothing of this was stored");
}

#[tokio::test]
async fn an_ended_run_cannot_be_cancelled() {
    let world = World::new().await;
    let run = world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await.json();
    let path = format!("/runs/{}/cancel", run["run_id"].as_str().unwrap());
    let answer = world.send("POST", &path, &[], None).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.json()["code"], "conflict");
}

#[tokio::test]
async fn runs_are_listed_in_pages() {
    let world = World::new().await;
    for _ in 0..5 {
        world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await;
    }
    let mut seen = Vec::new();
    let mut path = "/runs?limit=2".to_owned();
    loop {
        let page = world.get(&path).await.json();
        seen.extend(page["runs"].as_array().unwrap().iter().map(|run| run["run_id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/runs?limit=2&before={next}");
    }
    assert_eq!(seen.len(), 5);
    seen.dedup();
    assert_eq!(seen.len(), 5);
    assert_eq!(world.get("/runs?status=FAILED").await.json()["runs"], json!([]));
    for query in ["status=nonsense", "limit=many", "project_id=mine"] {
        let answer = world.get(&format!("/runs?{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{query}");
    }
    assert_eq!(world.get("/runs?q=two%20steps").await.json()["runs"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn roles_templates_settings_and_highlighting_are_there() {
    let world = World::new().await;
    let models = world.get("/models").await.json();
    let names: Vec<&str> =
        models["models"].as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"]);
    assert_eq!(models["models"][0]["description"], "Meta's CodeLlama - Code generation and understanding");
    assert_eq!(models["models"][0]["binding"]["simulated"], true);

    let templates = world.get("/templates").await.json();
    assert!(templates["templates"].as_array().unwrap().len() >= 5);
    assert_eq!(templates["templates"][0]["name"], "React Component Pipeline");
    assert_eq!(
        templates["templates"][0]["steps"][2]["prompt"],
        "Optimize and refactor the component code for production"
    );

    let settings = json!({"theme": "dark", "language": "es"});
    let changed = world.send("PUT", "/settings", &[], Some(&settings)).await.json();
    assert_eq!((&changed["theme"], &changed["language"]), (&settings["theme"], &settings["language"]));
    assert_eq!(changed["resume_interrupted"], false, "what is left out has its default");
    assert_eq!(world.get("/settings").await.json(), changed);

    let answer = world.post("/highlight", &json!({"type": "tsx", "content": "const x: string = \"a\";\n"})).await;
    assert!(answer.json()["lines"][0].as_array().unwrap().len() > 3);

    let health = world.get("/health").await.json();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["queue"], json!({"holder": "self", "running": 0, "waiting": 0, "held": 0}));
}

#[tokio::test]
async fn a_role_cannot_be_bound_to_what_cannot_run() {
    let world = World::new().await;
    let bind = |id: &str| json!({ "id": id });
    let answer = world.send("PUT", "/models/CodeLlama/binding", &[], Some(&bind("missing"))).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.json()["code"], "model_problem");
    let answer = world.send("PUT", "/models/GPT/binding", &[], Some(&bind("scripted"))).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get("/models").await.json()["models"][0]["binding"]["id"], "scripted", "the binding is unchanged");
}
