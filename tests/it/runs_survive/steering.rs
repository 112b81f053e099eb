//! Runs that are accepted at once, sent twice, cancelled, paused, resumed and repeated.

use std::time::Instant;

use brickwork_tests::{Answer, BASE, Request, Server};
use reqwest::Method;
use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};

use super::{EXECUTE, check_ended_well, execute_async, journal, paced, run_of, start, steps, text, until};

#[test]
fn a_run_is_accepted_at_once_where_the_client_prefers_so() {
    let (_home, server) = paced(4);
    let begun = Instant::now();
    let answer = execute_async(&server, &steps(10)).expect(202);
    let run = answer.json();
    let run_id = text(&run["run_id"]);
    assert!(["PENDING", "RUNNING"].contains(&text(&run["status"])), "{run}");
    assert_eq!(answer.header("location"), format!("{BASE}/runs/{run_id}"));
    let followed = server.follow(run_id, 0).wait_for("finished");
    assert!(followed.id.is_some() && begun.elapsed().as_millis() > 500, "the run took longer than its answer");
    check_ended_well(&server, run_id);

    let waited = server.post(EXECUTE, &steps(1)).expect(202);
    assert_eq!(waited.json()["status"], "SUCCESS", "without the preference the answer is the result");
    assert_eq!(waited.header("location"), format!("{BASE}/runs/{}", text(&waited.json()["run_id"])));
}

fn keyed(server: &Server, key: &str, body: &Value) -> RequestBuilder {
    server.request(Method::POST, EXECUTE).header("Idempotency-Key", key).json(body)
}

#[test]
fn a_request_that_comes_twice_makes_one_run() {
    let (_home, server) = paced(1);
    let first = keyed(&server, "once", &steps(2)).answer().expect(202);
    let second = keyed(&server, "once", &steps(2)).answer().expect(202);
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    assert_eq!(first.json(), second.json());
    let other = keyed(&server, "once", &steps(3)).answer().expect(422);
    assert_eq!(other.json()["code"], "idempotency_key_reused");

    let requests: Vec<RequestBuilder> = (0..10).map(|_| keyed(&server, "at once", &steps(3))).collect();
    let asked: Vec<_> = requests.into_iter().map(|request| std::thread::spawn(move || request.answer())).collect();
    let answers: Vec<Answer> = asked.into_iter().map(|answer| answer.join().unwrap().expect(202)).collect();
    let replayed = answers.iter().filter(|answer| answer.header("idempotency-replayed") == "true").count();
    assert_eq!(replayed, 9, "one of them made the run");
    for answer in &answers {
        assert_eq!(
            (&answer.json()["run_id"], &answer.json()["status"]),
            (&answers[0].json()["run_id"], &json!("SUCCESS"))
        );
    }
    let listed = server.get("/runs").expect(200).json();
    assert_eq!(listed["runs"].as_array().unwrap().len(), 2, "{listed}");
}

#[test]
fn runs_are_cancelled_and_then_are_over() {
    let (_home, server) = paced(4);
    let (running, waiting) = (start(&server, &steps(20)), start(&server, &steps(2)));
    server.follow(&running, 0).wait_for("step_started");
    // One run of a project after another: the second has not begun.
    let queue = server.get("/queue").expect(200).json();
    assert_eq!((&queue["running"][0]["run_id"], &queue["waiting"][0]["run_id"]), (&json!(running), &json!(waiting)));
    for run_id in [&waiting, &running] {
        let cancelled = server.post_nothing(&format!("/runs/{run_id}/cancel")).expect(202).json();
        assert_eq!(cancelled["status"], "CANCELLED");
        for verb in ["cancel", "pause", "resume"] {
            server.post_nothing(&format!("/runs/{run_id}/{verb}")).expect(409);
        }
        assert_eq!(server.follow(run_id, 0).last().map(|event| event.is("finished")), Some(true));
    }
    assert_eq!(run_of(&server, &waiting)["started_at"], Value::Null, "it never began");
    let next = server.post(EXECUTE, &steps(1)).expect(202).json();
    assert_eq!(next["status"], "SUCCESS", "the queue moves on");
}

#[test]
fn a_paused_run_waits_until_it_is_resumed() {
    let (home, server) = paced(2);
    let run_id = start(&server, &steps(10));
    server.post_nothing(&format!("/runs/{run_id}/resume")).expect(409);
    server.follow(&run_id, 0).wait_for("step_finished");
    server.post_nothing(&format!("/runs/{run_id}/pause")).expect(202);
    let paused = until(&server, &run_id, "the pause", |run| run["paused"] == true);
    assert_eq!(paused["status"], "PENDING");
    assert!(paused["steps"].as_array().unwrap().iter().all(|step| step["status"] != "RUNNING"), "{paused}");

    // A pause outlives the program.
    server.stop().expect_code(0);
    let server = Server::start(&home);
    let queue = server.get("/queue").expect(200).json();
    assert_eq!((&queue["held"][0]["run_id"], &queue["held"][0]["paused"]), (&json!(run_id), &json!(true)));
    assert_eq!(run_of(&server, &run_id)["seq"], paused["seq"], "nothing happened to it");
    server.post_nothing(&format!("/runs/{run_id}/resume")).expect(202);
    until(&server, &run_id, "the end", |run| run["status"] == "SUCCESS");
    check_ended_well(&server, &run_id);
}

#[test]
fn a_run_is_repeated_from_a_step_on() {
    let (_home, server) = paced(0);
    let first = server.post(EXECUTE, &steps(4)).expect(202).json();
    let first_id = text(&first["run_id"]);
    let answer = server.post_nothing(&format!("/runs/{first_id}/rerun?from=step%202")).expect(202);
    let again_id = text(&answer.json()["run_id"]).to_owned();
    assert_eq!(answer.header("location"), format!("{BASE}/runs/{again_id}"));
    let again = until(&server, &again_id, "the end", |run| run["status"] == "SUCCESS");
    assert_eq!(again["derived_from"], json!({ "run_id": first_id, "from": "step 2" }));
    let reused = |run: &Value| -> Vec<Value> {
        run["steps"].as_array().unwrap().iter().map(|step| step["reused_from"].clone()).collect()
    };
    assert_eq!(reused(&again), [json!(first_id), json!(first_id), Value::Null, Value::Null]);
    for position in 0..2 {
        for field in ["result", "artifacts", "execution_time"] {
            assert_eq!(again["steps"][position][field], first["steps"][position][field]);
        }
    }
    let changes = journal(&server, &again_id);
    assert_eq!(changes.iter().filter(|event| event.is("step_finished")).count(), 3, "two steps and the Assembler ran");

    let mut edited = steps(4);
    edited["steps"][3]["prompt"] = json!("Something else altogether.");
    let answer =
        server.post(&format!("/runs/{first_id}/rerun?from=step%203"), &json!({ "pipeline": edited })).expect(202);
    let edited = until(&server, text(&answer.json()["run_id"]), "the end", |run| run["status"] == "SUCCESS");
    assert!(text(&edited["steps"][3]["result"]).contains("Something else altogether."));
    server.post_nothing(&format!("/runs/{first_id}/rerun?from=nothing")).expect(422);
    let whole = server.post_nothing(&format!("/runs/{first_id}/rerun")).expect(202).json();
    let whole = until(&server, text(&whole["run_id"]), "the end", |run| run["status"] == "SUCCESS");
    assert_eq!(reused(&whole), [Value::Null, Value::Null, Value::Null, Value::Null]);
}
