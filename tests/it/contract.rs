//! The interface as its specification describes it. What is sent and what is expected lies word for word in the folder
//! `specification`; nothing here knows of the program more than that text says.

mod failures;
mod lists;
mod shape;

use brickwork_tests::{Home, Request, Server, turn};
use serde_json::{Value, json};

use crate::common::{number, text};
use shape::{check_like, check_step, seconds, stamp};

const PROJECT: &str = "550e8400-e29b-41d4-a716-446655440000";
const EXECUTE: &str = include_str!("specification/execute.json");
const EXECUTE_ANSWER: &str = include_str!("specification/execute_answer.json");

fn document(text: &str) -> Value {
    serde_json::from_str(text).expect("the specification's examples are JSON")
}

/// The specification's example, the most tokens of each step changed and nothing else.
fn short_example(max_tokens: u32) -> Value {
    let mut body = document(EXECUTE);
    for step in body["steps"].as_array_mut().unwrap() {
        step["parameters"]["max_tokens"] = json!(max_tokens);
    }
    body["assembler"] = json!({ "parameters": { "max_tokens": max_tokens, "temperature": 0.3 } });
    body
}

/// Sends a body as it is written, to the byte.
fn send_as_written(server: &Server, body: &'static str) -> reqwest::blocking::RequestBuilder {
    let request = server.request(reqwest::Method::POST, &format!("/projects/{PROJECT}/execute"));
    request.header("Content-Type", "application/json").body(body)
}

#[test]
fn the_example_becomes_the_specified_answer() {
    let home = Home::scripted();
    let server = Server::start(&home);
    let run = send_as_written(&server, EXECUTE).answer().expect(202).json();
    check_answer(&server, &run);
    // The placeholder gives every step one piece without a name of its own.
    for step in run["steps"].as_array().unwrap() {
        let name = format!("{}_component_0.py", text(&step["step_name"]));
        assert_eq!((text(&step["artifacts"][0]["type"]), text(&step["artifacts"][0]["name"])), ("py", name.as_str()));
    }
    assert_eq!(run["final_artifacts"][0]["name"], "assembler_component_0.py");
    assert!(text(&run["assembled_code"]).contains(text(&run["final_artifacts"][0]["content"])));
}

#[test]
fn the_example_runs_on_a_real_model() {
    let _turn = turn();
    let home = Home::new();
    let server = Server::start(&home);
    let run = server.post(&format!("/projects/{PROJECT}/execute"), &short_example(24)).expect(202).json();
    check_answer(&server, &run);
    for step in run["steps"].as_array().unwrap() {
        assert!(!text(&step["result"]).trim().is_empty(), "{} wrote nothing", step["step_name"]);
        assert!(step["execution_time"].as_f64().unwrap() > 0.0, "{step}");
    }

    // The example to the byte, of which the first words are awaited: the whole of it takes minutes on a small machine.
    let accepted = send_as_written(&server, EXECUTE).header("Prefer", "respond-async").answer().expect(202).json();
    let run_id = text(&accepted["run_id"]);
    let mut events = server.follow(run_id, 0);
    assert!(events.any(|event| event.data["event"] == "text"), "the model writes");
    let cancelled = server.post_nothing(&format!("/runs/{run_id}/cancel")).expect(202).json();
    assert_eq!(cancelled["status"], "CANCELLED");
    assert_eq!(cancelled["name"], "React Component Pipeline");
    assert_eq!(cancelled["steps"][0]["status"], "CANCELLED");
}

/// The answer has every field of the specification's, and the run reads the same afterwards.
fn check_answer(server: &Server, run: &Value) {
    check_like(&document(EXECUTE_ANSWER), run, "answer");
    assert_eq!((&run["project_id"], &run["status"]), (&json!(PROJECT), &json!("SUCCESS")));
    let example = document(EXECUTE);
    let names = |value: &Value| -> Vec<String> {
        value["steps"].as_array().unwrap().iter().map(|step| text(&step["step_name"]).to_owned()).collect()
    };
    assert_eq!(names(run), names(&example), "the steps alone, in their order: the Assembler is none of them");
    for step in run["steps"].as_array().unwrap() {
        assert_eq!(step["status"], "SUCCESS");
        check_step(step);
    }
    let (started, finished) = (stamp(&run["started_at"]), stamp(&run["finished_at"]));
    let took = finished.duration_since(started).as_secs_f64();
    let total: f64 = run["steps"].as_array().unwrap().iter().map(|step| seconds(&step["execution_time"])).sum();
    assert!(total <= took + 0.01, "steps of {total} s in a run of {took} s: times are seconds");

    let summary = server.get(&format!("/runs/{}", text(&run["run_id"]))).expect(200).json();
    assert_eq!(summary["run_id"], run["run_id"]);
    assert_eq!(number(&summary["total_steps"]), 3);
    assert_eq!(number(&summary["successful_steps"]), 3);
    assert_eq!(number(&summary["failed_steps"]), 0);
    assert!((seconds(&summary["total_execution_time"]) - total).abs() < 1e-6, "{summary}");
    assert_eq!(summary["steps"], run["steps"]);
}
