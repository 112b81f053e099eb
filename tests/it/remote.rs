//! Roles that a server serves: llama.cpp's own server runs a step, and its key is seen by nobody else.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use brickwork_tests::{Home, Request, Server, turn};
use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{number, text};
use crate::peer::Peer;

const KEY: &str = "sk-a-key-that-nobody-sees-0123456789";

/// The project that is there from the start.
const PROJECT: &str = "550e8400-e29b-41d4-a716-446655440000";

/// Tried in order until a run makes files: the model is small and does not write code in every answer.
const SEEDS: [u32; 4] = [7, 1, 2, 3];

/// A server of Brickwork whose CodeGemma role is `peer`'s.
fn bound(home: &Home, peer: &Peer) -> Server {
    let server = Server::start(home);
    server.put("/remotes/key", &json!({ "base_url": peer.url, "key": KEY })).expect(200);
    let remote = json!({ "base_url": peer.url, "model": "peer", "timeout_s": 120, "retries": 1 });
    let models = server.put("/models/CodeGemma/binding", &json!({ "remote": remote })).expect(200).json();
    let binding = &models["models"][1]["binding"];
    assert_eq!((&binding["present"], &binding["remote"]["has_key"]), (&json!(true), &json!(true)), "{binding}");
    assert_eq!((&binding["remote"]["this_machine"], &binding["remote"]["model"]), (&json!(true), &json!("peer")));
    server
}

fn two_steps(seed: u32) -> Value {
    let parameters = json!({ "max_tokens": 96, "temperature": 0.2, "seed": seed });
    json!({
        "name": "Half away",
        "steps": [
            { "step_name": "write", "model_type": "CodeGemma", "parameters": parameters,
              "prompt": "Write a Python function `add(a, b)`. Answer with one fenced code block." },
            { "step_name": "test", "model_type": "CodeGemma", "parameters": parameters,
              "prompt": "Write a test for it. Answer with one fenced code block." }
        ],
        "assembler": { "parameters": { "max_tokens": 96, "temperature": 0.2, "seed": seed } }
    })
}

fn execute(server: &Server, pipeline: &Value) -> String {
    let request = server.request(Method::POST, &format!("/projects/{PROJECT}/execute"));
    let started = request.header("prefer", "respond-async").json(pipeline).answer().expect(202).json();
    text(&started["run_id"]).to_owned()
}

fn ended(server: &Server, run_id: &str) -> Value {
    server.follow(run_id, 0).wait_for("finished");
    server.get(&format!("/runs/{run_id}")).expect(200).json()
}

#[test]
fn a_role_on_llama_cpps_own_server_runs_to_exported_files() {
    let _turn = turn();
    let (home, peer) = (Home::new(), Peer::start(KEY));
    let server = bound(&home, &peer);
    let checked = server.post("/remotes/check", &json!({ "base_url": peer.url })).expect(200).json();
    assert_eq!((&checked["reachable"], &checked["server"]), (&json!(true), &json!("llama_cpp")), "{checked}");
    assert_eq!(checked["models"][0]["id"], "peer");

    // A server of this machine counts for a preview, with the counts of a run.
    let preview_path = format!("/projects/{PROJECT}/preview");
    let preview = server.post(&preview_path, &json!({ "pipeline": two_steps(SEEDS[0]) })).expect(200).json();
    let host = peer.url.trim_start_matches("http://");
    assert_eq!(preview["models"][0]["remote_host"], host, "{preview}");
    assert_eq!(
        (&preview["steps"][0]["estimated"], &preview["steps"][0]["context_length"]),
        (&json!(false), &json!(4096))
    );

    for seed in SEEDS {
        let run_id = execute(&server, &two_steps(seed));
        let run = ended(&server, &run_id);
        assert_eq!(
            (&run["status"], &run["remote"], &run["simulated"]),
            (&json!("SUCCESS"), &json!(true), &json!(false))
        );
        for step in run["steps"].as_array().unwrap() {
            assert_eq!((&step["remote"], &step["remote_host"]), (&json!(true), &json!(host)), "{step}");
            assert!(number(&step["timings"]["prompt_tokens"]) > 20, "{step}");
        }
        assert_eq!(run["assembler"]["remote"], false);
        assert_eq!(run["steps"][0]["timings"]["prompt_tokens"], preview["steps"][0]["prompt_tokens"]);
        // The conversation only grows, so the server has its beginning in its cache.
        let cached = number(&run["steps"][1]["timings"]["cached_tokens"]);
        assert!(cached > number(&run["steps"][0]["timings"]["prompt_tokens"]) / 2, "{cached} cached tokens");
        if run["final_artifacts"].as_array().unwrap().is_empty() {
            continue;
        }
        let out = home.path("out");
        server.post(&format!("/runs/{run_id}/export"), &json!({ "folder": out })).expect(200);
        let files = std::fs::read_dir(&out).unwrap().count();
        assert!(files > 0, "nothing was exported");
        return;
    }
    panic!("no run made files; seeds tried: {SEEDS:?}");
}

#[test]
fn a_cancelled_run_frees_the_server() {
    let _turn = turn();
    let (home, peer) = (Home::new(), Peer::start(KEY));
    let server = bound(&home, &peer);
    let mut endless = two_steps(1);
    endless["steps"][0]["prompt"] = json!("Count from 1 to 100000, every number on a line of its own.");
    endless["steps"][0]["parameters"]["max_tokens"] = json!(3000);
    let run_id = execute(&server, &endless);
    let mut events = server.follow(&run_id, 0);
    let first = events.find(|event| event.data["event"] == "text");
    assert!(first.is_some(), "the step writes");
    let asked = Instant::now();
    server.post_nothing(&format!("/runs/{run_id}/cancel")).expect(202);
    events.wait_for("finished");
    assert!(asked.elapsed() < Duration::from_secs(5), "cancelled after {:?}", asked.elapsed());
    let run = server.get(&format!("/runs/{run_id}")).expect(200).json();
    assert_eq!((&run["status"], &run["steps"][0]["status"]), (&json!("CANCELLED"), &json!("CANCELLED")));
    // The server has one place for an answer; the next one does not wait for the 3000 tokens.
    let run = ended(&server, &execute(&server, &two_steps(1)));
    assert_eq!(run["status"], "SUCCESS", "{run}");
}

/// A server that repeats the key in its refusals, as some do.
fn parrot() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || refuse(stream));
        }
    });
    url
}

fn refuse(mut stream: TcpStream) {
    let mut request = [0; 16384];
    let n_bytes = stream.read(&mut request).unwrap_or(0);
    let request = String::from_utf8_lossy(&request[..n_bytes]);
    let sent =
        request.lines().find_map(|line| line.to_lowercase().starts_with("authorization:").then(|| line.to_owned()));
    let body = json!({ "error": { "message": format!("Incorrect API key provided: {}", sent.unwrap_or_default()) } });
    let body = body.to_string();
    let head = "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length:";
    let _ = stream.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes());
}

#[test]
fn row_35_a_key_set_through_the_api_is_in_no_file_no_log_and_no_answer() {
    let home = Home::new().logging("trace");
    let url = parrot();
    let server = Server::start(&home);
    let key = json!({ "base_url": url, "key": KEY });
    let mut answers = vec![server.put("/remotes/key", &key).expect(200).body];
    let remote = json!({ "base_url": url, "model": "m", "retries": 0 });
    answers.push(server.put("/models/CodeGemma/binding", &json!({ "remote": remote })).expect(200).body);
    let checked = server.post("/remotes/check", &json!({ "base_url": url })).expect(200);
    assert_eq!(
        (&checked.json()["with_key"], &checked.json()["problem"]["code"]),
        (&json!(true), &json!("remote_refused"))
    );
    answers.push(checked.body);
    let given = json!({ "base_url": url, "key": KEY });
    answers.push(server.post("/remotes/check", &given).expect(200).body);
    let run = ended(&server, &execute(&server, &two_steps(1)));
    assert_eq!((&run["status"], &run["steps"][0]["error_code"]), (&json!("FAILED"), &json!("remote_refused")), "{run}");
    answers.push(run.to_string());
    for path in ["/models", "/settings", "/runs", "/health", "/metrics", "/storage", "/queue"] {
        answers.push(server.get(path).expect(200).body);
    }
    // A key that cannot be one is not repeated either.
    answers
        .push(server.put("/remotes/key", &json!({ "base_url": url, "key": format!("{KEY} {KEY}") })).expect(422).body);
    answers.push(server.put("/remotes/key", &json!({ "base_url": url, "key": [KEY] })).expect(422).body);
    let ended = server.stop();
    answers.extend([ended.stdout, ended.stderr]);
    for answer in answers {
        assert!(!answer.contains("nobody-sees"), "{answer}");
    }
    let mut n_files = 0;
    search(&home.data_dir(), &mut n_files);
    assert!(n_files > 2, "the database and a log are there");
}

fn search(folder: &Path, n_files: &mut usize) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, n_files);
            continue;
        }
        *n_files += 1;
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"nobody-sees"), "{} holds the key", path.display());
    }
}
