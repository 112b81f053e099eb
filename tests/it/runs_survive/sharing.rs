//! A server and command lines on one data folder.

use brickwork_tests::Server;
use serde_json::json;

use super::{check_ended_well, check_numbers, number, paced, run_of, steps, text, until};
use crate::common::is_change;

#[test]
fn a_command_line_beside_a_server_submits_through_it() {
    let (home, server) = paced(2);
    let file = home.write_pipeline("steps.json", &steps(10));
    let mut program = home.watch(&["run", &file, "--json"]);
    let started = program.wait_for("the first step", |line| is_change(line, "step_started"));
    let run_id = text(&started["run_id"]).to_owned();
    let health = server.get("/health").expect(200).json();
    assert_eq!((&health["queue"]["holder"], &health["queue"]["running"]), (&json!("self"), &json!(1)), "{health}");
    let seen = home.run(&["runs", "queue", "--json"]).expect_code(0).json();
    assert_eq!((&seen["holder"], &seen["running"][0]["run_id"]), (&json!("other"), &json!(run_id)));

    let ended = program.wait().expect_code(0);
    let run = &ended.result()["run"];
    assert_eq!(run["status"], "SUCCESS");
    let lines = ended.json_lines();
    check_numbers(lines.iter().filter_map(|line| line["seq"].as_u64()), run);
    check_ended_well(&server, &run_id);
    assert_eq!(run["seq"], run_of(&server, &run_id)["seq"]);
}

#[test]
fn a_command_line_cancels_what_the_server_carries_out() {
    let (home, server) = paced(4);
    let run_id = super::start(&server, &steps(20));
    server.follow(&run_id, 0).wait_for("step_started");
    home.run(&["runs", "cancel", &run_id]).expect_code(0);
    assert_eq!(run_of(&server, &run_id)["status"], "CANCELLED");
}

#[test]
fn a_command_line_whose_server_is_killed_takes_its_run_over() {
    let (home, mut server) = paced(2);
    let file = home.write_pipeline("steps.json", &steps(10));
    let mut program = home.watch(&["run", &file, "--json"]);
    let finished = program.wait_for("the first step's end", |line| is_change(line, "step_finished"));
    server.kill();
    let ended = program.wait().expect_code(0);
    let run = &ended.result()["run"];
    assert_eq!((&run["status"], &run["interrupted"]), (&json!("SUCCESS"), &json!(false)));
    assert_eq!(run["steps"][0]["result"], finished["change"]["result"]);
    check_numbers(ended.json_lines().iter().filter_map(|line| line["seq"].as_u64()), run);

    let server = Server::start(&home);
    let run_id = text(&run["run_id"]);
    check_ended_well(&server, run_id);
    assert!(number(&run["seq"]) > 0);
    until(&server, run_id, "its end", |run| run["status"] == "SUCCESS");
}

#[test]
fn a_server_takes_over_from_a_killed_command_line() {
    let home = brickwork_tests::Home::scripted().paced(2);
    let file = home.write_pipeline("steps.json", &steps(10));
    let mut program = home.watch(&["run", &file, "--json"]);
    let finished = program.wait_for("the first step's end", |line| is_change(line, "step_finished"));
    let run_id = text(&finished["run_id"]).to_owned();
    let server = Server::start(&home);
    assert_eq!(server.get("/health").expect(200).json()["queue"]["holder"], "other");
    program.kill();
    let left = until(&server, &run_id, "that the run is interrupted", |run| run["interrupted"] == true);
    assert_eq!(left["steps"][0]["result"], finished["change"]["result"]);
    // `brickwork runs resume` follows it to its end, though the server carries it out.
    let ended = home.run(&["runs", "resume", &run_id, "--json"]).expect_code(0);
    assert_eq!(ended.result()["run"]["status"], "SUCCESS");
    check_ended_well(&server, &run_id);
}
