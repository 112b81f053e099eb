//! Runs of a served Brickwork, and whatever may happen to it: it is killed, stopped, left by its listeners, steered, and
//! shared with other programs.

mod following;
mod kills;
mod sharing;
mod steering;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use brickwork_tests::{Answer, Event, Home, Request, Server};
use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{all_steps, number, text};

/// Where the default project's runs are started.
const EXECUTE: &str = "/projects/550e8400-e29b-41d4-a716-446655440000/execute";

/// No state of a run takes longer to come about.
const PATIENCE: Duration = Duration::from_mins(2);

/// A pipeline of `n_steps` steps; the placeholder answers each with about 25 words.
fn steps(n_steps: usize) -> Value {
    let roles = ["CodeLlama", "CodeGemma", "T5Gemma"];
    let steps: Vec<Value> = (0..n_steps)
        .map(|n| json!({ "step_name": format!("step {n}"), "model_type": roles[n % 3], "prompt": format!("Go on, {n}.") }))
        .collect();
    json!({ "name": "Steps", "steps": steps })
}

/// Starts a run and returns its id without waiting for its end.
#[track_caller]
fn start(server: &Server, body: &Value) -> String {
    let answer = execute_async(server, body).expect(202);
    text(&answer.json()["run_id"]).to_owned()
}

fn execute_async(server: &Server, body: &Value) -> Answer {
    server.request(Method::POST, EXECUTE).header("Prefer", "respond-async").json(body).answer()
}

#[track_caller]
fn run_of(server: &Server, run_id: &str) -> Value {
    server.get(&format!("/runs/{run_id}")).expect(200).json()
}

/// Asks until the run is as `wanted`.
#[track_caller]
fn until(server: &Server, run_id: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let run = run_of(server, run_id);
        if wanted(&run) {
            return run;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come about: {run}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Lets runs go on by themselves whose program was killed.
fn resume_by_itself(server: &Server) {
    let mut settings = server.get("/settings").expect(200).json();
    settings["resume_interrupted"] = json!(true);
    server.put("/settings", &settings).expect(200);
}

/// All recorded events of a run that has ended. They are numbered from 1 to its last without a gap.
#[track_caller]
fn journal(server: &Server, run_id: &str) -> Vec<Event> {
    let events: Vec<Event> = server.follow(run_id, 0).filter(|event| event.id.is_some()).collect();
    check_numbers(events.iter().filter_map(|event| event.id), &run_of(server, run_id));
    events
}

/// Checks that `ids` are 1 to the number of the run's last change, each once and in order.
#[track_caller]
fn check_numbers(ids: impl Iterator<Item = u64>, run: &Value) {
    let ids: Vec<u64> = ids.collect();
    assert_eq!(ids, (1..=number(&run["seq"])).collect::<Vec<_>>(), "each once and in order");
}

/// Checks that the run ended well and that each of its steps, the Assembler included, was finished exactly once.
#[track_caller]
fn check_ended_well(server: &Server, run_id: &str) {
    let run = run_of(server, run_id);
    assert_eq!((&run["status"], &run["interrupted"]), (&json!("SUCCESS"), &json!(false)), "{run}");
    let mut finished: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for event in journal(server, run_id).into_iter().filter(|event| event.is("step_finished")) {
        let change = event.data["change"].clone();
        finished.entry(number(&change["position"])).or_default().push(change);
    }
    let steps = all_steps(&run);
    assert_eq!(finished.keys().copied().collect::<Vec<_>>(), (0..steps.len() as u64).collect::<Vec<_>>());
    for (step, finished) in steps.into_iter().zip(finished.values()) {
        assert_eq!(finished.len(), 1, "{} was finished {} times", step["step_name"], finished.len());
        check_same_step(step, &finished[0]);
    }
}

/// Checks that a run shows of a step what the recorded end of that step said.
#[track_caller]
fn check_same_step(step: &Value, finished: &Value) {
    assert_eq!(step["status"], finished["outcome"]["status"]);
    for field in ["position", "result", "artifacts", "execution_time"] {
        assert_eq!(step[field], finished[field], "{field} of {}", step["step_name"]);
    }
}

/// A home in which the placeholder takes its time, and a server in it.
fn paced(pace_ms: u32) -> (Home, Server) {
    let home = Home::scripted().paced(pace_ms);
    let server = Server::start(&home);
    (home, server)
}
