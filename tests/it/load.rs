//! Many clients at once.

use brickwork_tests::{BASE, Home, Server};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::common::text;

/// Reads that are under way at the same time.
const READS: usize = 1000;

#[test]
fn row_30_a_thousand_reads_during_a_run_are_all_answered() {
    allow_connections();
    let home = Home::scripted().paced(4);
    let server = Server::start(&home);
    let steps: Vec<Value> = (0..10)
        .map(|n| json!({ "step_name": format!("step {n}"), "model_type": "CodeGemma", "prompt": "Go on." }))
        .collect();
    let request = server.request(reqwest::Method::POST, "/projects/550e8400-e29b-41d4-a716-446655440000/execute");
    let request = request.header("Prefer", "respond-async").json(&json!({ "name": "Steps", "steps": steps }));
    let accepted: Value = serde_json::from_str(&request.send().unwrap().text().unwrap()).unwrap();
    let run_id = text(&accepted["run_id"]).to_owned();
    server.follow(&run_id, 0).wait_for("step_started");

    let base = format!("{}{BASE}", server.url());
    let urls =
        [format!("{base}/runs/{run_id}"), format!("{base}/runs"), format!("{base}/models"), format!("{base}/health")];
    let answers = tokio::runtime::Runtime::new().unwrap().block_on(read_all(&urls));
    assert_eq!(answers.len(), READS);
    for (url, body) in answers {
        let field = match url.rsplit('/').next() {
            Some("runs") => "runs",
            Some("models") => "models",
            Some("health") => "queue",
            _ => "run_id",
        };
        assert!(!body[field].is_null(), "{url}: {body}");
    }
    server.follow(&run_id, 0).wait_for("finished");
    let run = server.get(&format!("/runs/{run_id}")).expect(200).json();
    assert_eq!((&run["status"], &run["successful_steps"]), (&json!("SUCCESS"), &json!(10)));
}

/// Sends all reads before the first answer is awaited.
async fn read_all(urls: &[String; 4]) -> Vec<(String, Value)> {
    let client = reqwest::Client::new();
    let mut reads = JoinSet::new();
    for n in 0..READS {
        let (client, url) = (client.clone(), urls[n % urls.len()].clone());
        reads.spawn(async move {
            let answer = client.get(&url).send().await.unwrap_or_else(|error| panic!("{url}: {error:?}"));
            assert_eq!(answer.status(), 200, "{url}");
            let body = answer.json().await.unwrap_or_else(|error| panic!("{url}: {error:?}"));
            (url, body)
        });
    }
    reads.join_all().await
}

/// Lets this program have a connection for each read; some systems allow fewer open files than that by default.
#[cfg(unix)]
fn allow_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let needed = READS as u64 + 200;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < needed) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).expect("the system allows enough files");
    }
}

#[cfg(not(unix))]
fn allow_connections() {}
