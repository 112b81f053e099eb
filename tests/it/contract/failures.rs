//! What does not exist, what does not fit together, and steps that fail.

use brickwork_tests::{DEFAULT_MODEL, Home, Request, Server, model, turn};
use serde_json::{Value, json};

use super::{EXECUTE, PROJECT, document};
use crate::common::text;

const OTHER: &str = "550e8400-e29b-41d4-a716-446655440001";

#[test]
fn what_does_not_exist_is_not_found() {
    let home = Home::scripted();
    let server = Server::start(&home);
    let mut body = document(EXECUTE);
    body["project_id"] = json!(OTHER);
    server.post(&format!("/projects/{OTHER}/execute"), &body).expect(404);
    server.post("/projects/no-id/execute", &body).expect(404);
    for run in [OTHER, "no-id", "%00", "550e8400-e29b-41d4-a716-44665544000", "..%2f..%2fetc"] {
        server.get(&format!("/runs/{run}")).expect(404);
    }
    server.get("/nothing").expect(404);
    assert_eq!(server.get("/runs").expect(200).json()["runs"], json!([]), "nothing was stored");
}

#[test]
fn project_ids_that_differ_do_not_fit_together() {
    let home = Home::scripted();
    let server = Server::start(&home);
    let mut body = document(EXECUTE);
    body["project_id"] = json!(OTHER);
    let answer = server.post(&format!("/projects/{PROJECT}/execute"), &body).expect(422);
    assert!(answer.body.contains("$.project_id"), "{}", answer.body);
    assert_eq!(server.get("/runs").expect(200).json()["runs"], json!([]), "nothing was stored");
}

#[test]
fn row_31_faulty_bodies_are_refused_with_the_place_of_every_fault() {
    let home = Home::scripted();
    let server = Server::start(&home);
    let path = format!("/projects/{PROJECT}/execute");
    let check = |change: &dyn Fn(&mut Value), places: &[&str]| {
        let mut body = document(EXECUTE);
        change(&mut body);
        let answer = server.post(&path, &body).expect(422);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        let found: Vec<&str> =
            problem["diagnostics"].as_array().unwrap().iter().map(|fault| text(&fault["path"])).collect();
        assert_eq!(found, places, "{problem}");
    };
    check(&|body| body["stepz"] = json!([]), &["$.stepz"]);
    check(&|body| body["steps"][1]["promt"] = json!("x"), &["$.steps[1].promt"]);
    check(&|body| body["steps"][0]["prompt"] = json!(7), &["$.steps[0].prompt"]);
    check(&|body| body["steps"] = json!("three"), &["$.steps"]);
    check(&|body| body["steps"] = json!([]), &["$.steps"]);
    check(&|body| body["steps"][2]["parameters"]["temperature"] = json!("NaN"), &["$.steps[2].parameters.temperature"]);
    check(&|body| body["steps"][2]["parameters"]["temperature"] = json!(2), &["$.steps[2].parameters.temperature"]);
    check(&|body| body["steps"][0]["parameters"]["max_tokens"] = json!(0), &["$.steps[0].parameters.max_tokens"]);
    check(&|body| body["steps"][0]["parameters"]["max_tokens"] = json!(4e9), &["$.steps[0].parameters.max_tokens"]);
    check(&|body| body["steps"][0]["parameters"]["max_tokens"] = json!(-1), &["$.steps[0].parameters.max_tokens"]);
    check(&|body| body["steps"][1]["step_name"] = json!("analyze_requirements"), &["$.steps[1].step_name"]);
    check(&|body| body["steps"][0]["model_type"] = json!("GPT"), &["$.steps[0].model_type"]);
    let many = |body: &mut Value| {
        let step = body["steps"][0].clone();
        let named = (0..1000).map(|n| {
            let mut step = step.clone();
            step["step_name"] = json!(format!("step {n}"));
            step
        });
        body["steps"] = named.collect();
    };
    check(&many, &["$.steps"]);
    // JSON has no NaN: such a body cannot even be read.
    let request = server.request(reqwest::Method::POST, &path).header("Content-Type", "application/json");
    let body = EXECUTE.replace("0.7", "NaN");
    assert_eq!(request.body(body).answer().expect(400).json()["code"], "malformed_json");
    assert_eq!(server.get("/runs").expect(200).json()["runs"], json!([]), "nothing was stored");
}

#[test]
fn a_step_that_takes_too_long_fails_in_the_specified_words() {
    let _turn = turn();
    let home = Home::new();
    // The placeholder gives the first step an artifact for certain.
    home.run(&["models", "bind", "CodeLlama", "scripted"]).expect_code(0);
    let server = Server::start(&home);
    let body = json!({
        "name": "Too slow",
        "steps": [
            { "step_name": "analyze", "model_type": "CodeLlama", "prompt": "Analyze the requirements" },
            {
                "step_name": "generate", "model_type": "CodeGemma", "timeout_s": 1,
                "prompt": "Count from 1 to 1000, one number a line.", "parameters": { "max_tokens": 4000 }
            },
            { "step_name": "optimize", "model_type": "T5Gemma", "prompt": "Optimize the code" }
        ]
    });
    let run = server.post(&format!("/projects/{PROJECT}/execute"), &body).expect(500).json();
    check_stopped(&server, &run, "Model execution timeout");
}

#[test]
fn a_model_that_is_gone_fails_its_step() {
    let _turn = turn();
    let models = tempfile::tempdir().unwrap();
    let copy = models.path().join(DEFAULT_MODEL);
    std::fs::copy(model(DEFAULT_MODEL), &copy).unwrap();
    let home = Home::with_models(models.path());
    home.run(&["models", "bind", "CodeLlama", "scripted"]).expect_code(0);
    // The run is accepted while the model is there; when the step's turn comes it is cut short.
    let home = home.paced(20);
    let server = Server::start(&home);
    let body = json!({
        "name": "Gone",
        "steps": [
            { "step_name": "analyze", "model_type": "CodeLlama", "prompt": "Analyze the requirements" },
            { "step_name": "generate", "model_type": "CodeGemma", "prompt": "Generate production code" },
            { "step_name": "optimize", "model_type": "T5Gemma", "prompt": "Optimize the code" }
        ]
    });
    let request = server.request(reqwest::Method::POST, &format!("/projects/{PROJECT}/execute"));
    let accepted = request.header("Prefer", "respond-async").json(&body).answer();
    let run_id = text(&accepted.expect(202).json()["run_id"]).to_owned();
    std::fs::File::options().write(true).open(&copy).unwrap().set_len(4096).unwrap();
    server.follow(&run_id, 0).wait_for("finished");
    let run = server.get(&format!("/runs/{run_id}")).expect(200).json();
    check_stopped(&server, &run, text(&run["steps"][1]["error"]));
    // The same pipeline is refused from now on, and says which role lacks a model.
    let refused = server.post(&format!("/projects/{PROJECT}/execute"), &body).expect(422);
    assert!(refused.body.contains("CodeGemma"), "{}", refused.body);
}

/// The specification's example of a failure: the second step stopped the run, and what was made before is kept.
fn check_stopped(server: &Server, run: &Value, cause: &str) {
    assert_eq!(run["status"], "FAILED", "{run}");
    assert_eq!(run["error"], format!("Pipeline stopped at step 'generate': {cause}"));
    let steps = run["steps"].as_array().unwrap();
    assert_eq!((&steps[0]["step_name"], &steps[0]["status"]), (&json!("analyze"), &json!("SUCCESS")));
    assert_eq!((&steps[1]["step_name"], &steps[1]["status"]), (&json!("generate"), &json!("FAILED")));
    assert_eq!(steps[1]["error"], cause);
    assert_eq!(steps[2]["status"], "PENDING", "the run stopped there");
    assert_eq!(steps[0]["artifacts"][0]["name"], "analyze_component_0.py");
    let run_id = text(&run["run_id"]);
    let kept = server.get(&format!("/runs/{run_id}")).expect(200).json();
    assert_eq!((&kept["successful_steps"], &kept["failed_steps"]), (&json!(1), &json!(1)));
    assert_eq!(kept["steps"][0]["artifacts"], steps[0]["artifacts"]);
}
