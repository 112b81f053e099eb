//! A program that is killed half-way: what was finished is found again, and nothing is left running.

use std::time::Duration;

use brickwork_tests::{Home, children_of, turn, wait_until_gone};
use serde_json::json;

use crate::common::{is_change, short_react, text};

#[test]
fn a_killed_run_is_found_again_with_its_finished_steps() {
    let _turn = turn();
    let home = Home::new();
    let mut body = short_react(24);
    body["steps"][1]["parameters"]["max_tokens"] = json!(4000);
    let file = home.write_pipeline("react.json", &body);
    let mut running = home.watch(&["run", &file, "--json"]);
    let finished = running.wait_for("the first step's end", |line| is_change(line, "step_finished"));
    running.wait_for("text of the second step", |line| line["event"] == "text" && line["position"] == 1);
    let workers = children_of(running.id());
    assert_eq!(workers.len(), 1, "one worker computes");

    running.kill();
    wait_until_gone(workers[0], Duration::from_secs(2));

    let run = home.latest_run();
    assert_eq!(run["status"], "PENDING");
    assert_eq!(run["interrupted"], true);
    assert_eq!(run["run_id"], finished["run_id"]);
    let step = &run["steps"][0];
    assert_eq!(step["status"], "SUCCESS");
    assert_eq!(step["result"], finished["change"]["result"]);
    assert_eq!(step["artifacts"], finished["change"]["artifacts"]);
    assert_eq!(step["execution_time"], finished["change"]["execution_time"]);
    assert_ne!(run["steps"][1]["status"], "SUCCESS");
    let list = home.run(&["runs", "list", "--json"]).expect_code(0).json();
    assert_eq!((&list["runs"][0]["interrupted"], &list["runs"][0]["finished_steps"]), (&json!(true), &json!(1)));
    let shown = home.run(&["runs", "show", text(&run["run_id"])]).expect_code(0);
    assert!(shown.stdout.contains("interrupted"), "{}", shown.stdout);

    // The folder works on: a new run ends well, and the old one stays what it is.
    let file = home.write_pipeline("next.json", &short_react(8));
    home.run(&["run", &file, "--json"]).expect_code(0);
    let list = home.run(&["runs", "list", "--json"]).expect_code(0).json();
    let statuses: Vec<&str> = list["runs"].as_array().unwrap().iter().map(|run| text(&run["status"])).collect();
    assert_eq!(statuses, ["SUCCESS", "PENDING"]);
}

#[test]
fn a_killed_run_is_resumed_and_only_the_unfinished_step_runs_again() {
    let _turn = turn();
    let home = Home::new();
    let mut body = short_react(24);
    body["steps"][1]["parameters"]["max_tokens"] = json!(100);
    let file = home.write_pipeline("react.json", &body);
    let mut running = home.watch(&["run", &file, "--json"]);
    let finished = running.wait_for("the first step's end", |line| is_change(line, "step_finished"));
    running.wait_for("text of the second step", |line| line["event"] == "text" && line["position"] == 1);
    running.kill();

    let ended = home.run(&["runs", "resume", text(&finished["run_id"]), "--json"]).expect_code(0);
    let run = &ended.result()["run"];
    assert_eq!((&run["status"], &run["interrupted"]), (&json!("SUCCESS"), &json!(false)));
    assert_eq!(run["steps"][0]["result"], finished["change"]["result"]);
    assert_eq!(run["steps"][0]["execution_time"], finished["change"]["execution_time"]);
    let lines = ended.json_lines();
    let restarted: Vec<&serde_json::Value> =
        lines.iter().filter(|line| is_change(line, "step_restarted")).map(|line| &line["change"]["position"]).collect();
    assert_eq!(restarted, [&json!(1)], "the step that was cut off begins anew");
    let n_finished = lines.iter().filter(|line| is_change(line, "step_finished")).count();
    assert_eq!(n_finished, 4, "three steps and the Assembler, each once");
    home.run(&["runs", "resume", text(&finished["run_id"])]).expect_code(3).expect_stderr(&["SUCCESS"]);
}

#[test]
fn a_killed_worker_takes_neither_the_program_nor_later_runs_with_it() {
    let _turn = turn();
    let home = Home::new();
    let file = home.write_pipeline("react.json", &short_react(400));
    let mut running = home.watch(&["run", &file, "--json"]);
    running.wait_for("text of the first step", |line| line["event"] == "text");
    let workers = children_of(running.id());
    assert_eq!(workers.len(), 1, "one worker computes");
    let kill = |worker: u32| {
        let killed = std::process::Command::new("kill").args(["-KILL", &worker.to_string()]).status().unwrap();
        assert!(killed.success());
    };
    kill(workers[0]);
    // A step whose worker crashed is tried a second time.
    running.wait_for("the second attempt", |line| line["event"] == "prompt");
    kill(children_of(running.id())[0]);

    let ended = running.wait().expect_code(4);
    let run = &ended.result()["run"];
    assert_eq!(run["status"], "FAILED");
    assert_eq!(run["steps"][0]["error_code"], "worker_crashed");
    assert!(text(&run["error"]).starts_with("Pipeline stopped at step 'analyze_requirements': "), "{}", run["error"]);
    assert!(!text(&run["steps"][0]["result"]).is_empty(), "what was written until then is kept");
    let file = home.write_pipeline("next.json", &short_react(8));
    home.run(&["run", &file, "--json"]).expect_code(0);
}
