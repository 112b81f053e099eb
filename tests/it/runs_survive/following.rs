//! Listening to a run over broken connections, and runs whose listeners or whose program go.

use std::time::Duration;

use brickwork_tests::Server;
use reqwest::Method;
use serde_json::json;

use super::{
    EXECUTE, check_ended_well, check_numbers, journal, number, paced, resume_by_itself, run_of, start, steps, text,
    until,
};

#[test]
fn a_dropped_stream_goes_on_where_it_ended() {
    let (_home, server) = paced(1);
    let run_id = start(&server, &steps(10));
    let mut ids = Vec::new();
    // Every connection is left after a few recorded events, and the next asks for those after the last one heard.
    for n_heard in [1, 2, 3, 5, 7].into_iter().cycle() {
        let mut events = server.follow(&run_id, ids.last().copied().unwrap_or(0));
        let heard: Vec<_> = events.by_ref().filter(|event| event.id.is_some()).take(n_heard).collect();
        ids.extend(heard.iter().filter_map(|event| event.id));
        if heard.last().is_none_or(|event| event.is("finished")) {
            break;
        }
    }
    check_numbers(ids.into_iter(), &run_of(&server, &run_id));
    check_ended_well(&server, &run_id);
    // Whoever has heard everything is told nothing more.
    let last = number(&run_of(&server, &run_id)["seq"]);
    assert_eq!(server.follow(&run_id, last).count(), 0);
    let asked = server.get(&format!("/runs/{run_id}/events?after={}", last - 1)).expect(200);
    assert!(asked.body.contains(&format!("id: {last}")), "the number may stand in the query: {}", asked.body);
}

#[test]
fn a_stream_goes_on_after_a_restart() {
    let (home, mut server) = paced(2);
    resume_by_itself(&server);
    let run_id = start(&server, &steps(10));
    let mut events = server.follow(&run_id, 0);
    let mut ids = Vec::new();
    for event in events.by_ref() {
        ids.extend(event.id);
        if event.is("step_finished") {
            break;
        }
    }
    server.kill();
    // What was on its way arrives still.
    ids.extend(events.filter_map(|event| event.id));
    let server = Server::start(&home);
    ids.extend(server.follow(&run_id, ids.last().copied().unwrap()).filter_map(|event| event.id));
    check_numbers(ids.into_iter(), &run_of(&server, &run_id));
    check_ended_well(&server, &run_id);
    let journal = journal(&server, &run_id);
    for (kind, count) in [("interrupted", 1), ("resumed", 1), ("started", 2), ("finished", 1)] {
        assert_eq!(journal.iter().filter(|event| event.is(kind)).count(), count, "{kind}");
    }
}

#[test]
fn a_program_that_is_stopped_parks_its_run_and_the_next_goes_on_by_itself() {
    let (home, server) = paced(4);
    let run_id = start(&server, &steps(10));
    let mut events = server.follow(&run_id, 0);
    let finished = events.wait_for("step_finished").id;
    let listener = std::thread::spawn(move || events.filter_map(|event| event.id).last());
    server.stop().expect_code(0);
    let heard = listener.join().unwrap().or(finished).unwrap();
    let parked = home.latest_run();
    assert_eq!((&parked["status"], &parked["interrupted"]), (&json!("PENDING"), &json!(false)), "{parked}");
    assert_eq!(parked["paused"], false);

    let server = Server::start(&home);
    let rest: Vec<_> = server.follow(&run_id, heard).filter(|event| event.id.is_some()).collect();
    assert_eq!(rest.first().and_then(|event| event.id), Some(heard + 1));
    check_ended_well(&server, &run_id);
    let journal = journal(&server, &run_id);
    for (kind, count) in [("requeued", 1), ("interrupted", 0), ("resumed", 0), ("started", 2)] {
        assert_eq!(journal.iter().filter(|event| event.is(kind)).count(), count, "{kind}");
    }
}

#[test]
fn a_killed_programs_run_waits_for_its_user() {
    let (home, mut server) = paced(2);
    let run_id = start(&server, &steps(10));
    server.follow(&run_id, 0).wait_for("step_finished");
    server.kill();
    let server = Server::start(&home);
    let run = run_of(&server, &run_id);
    assert_eq!((&run["status"], &run["interrupted"]), (&json!("PENDING"), &json!(true)));
    let queue = server.get("/queue").expect(200).json();
    assert_eq!((&queue["holder"], &queue["held"][0]["run_id"]), (&json!("self"), &json!(run_id)));
    let resumed = server.post_nothing(&format!("/runs/{run_id}/resume")).expect(202).json();
    assert_eq!(resumed["interrupted"], false);
    until(&server, &run_id, "the end", |run| run["status"] == "SUCCESS");
    check_ended_well(&server, &run_id);
}

#[test]
fn a_client_that_goes_leaves_its_run_alone() {
    let (_home, server) = paced(4);
    let request = server.request(Method::POST, EXECUTE).json(&steps(10)).timeout(Duration::from_secs(1));
    assert!(request.send().is_err_and(|error| error.is_timeout()), "the run takes longer than that");
    let listed = server.get("/runs").expect(200).json();
    let run_id = text(&listed["runs"][0]["run_id"]).to_owned();
    server.follow(&run_id, 0).wait_for("finished");
    check_ended_well(&server, &run_id);
}
