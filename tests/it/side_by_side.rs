//! Several programs on one data folder at the same time.

use brickwork_tests::{Home, turn};

use crate::common::{one_step, short_react, text};

#[test]
fn two_programs_share_a_data_folder() {
    let _turn = turn();
    let home = Home::new();
    let file = home.write_pipeline("react.json", &short_react(24));
    let first = home.watch(&["run", &file, "--json"]);
    let second = home.watch(&["run", &file, "--json"]);
    // A third one only looks, while both run.
    home.run(&["runs", "list", "--json"]).expect_code(0);
    let results = [first.wait().expect_code(0).result(), second.wait().expect_code(0).result()];
    for result in &results {
        assert_eq!(result["run"]["status"], "SUCCESS");
        assert_eq!(result["run"]["interrupted"], false, "a program that starts must not take a living run for dead");
    }
    assert_ne!(results[0]["run"]["run_id"], results[1]["run"]["run_id"]);
    let answer =
        |step: usize| (&results[0]["run"]["steps"][step]["result"], &results[1]["run"]["steps"][step]["result"]);
    assert_eq!(answer(0).0, answer(0).1, "temperature 0 gives both the same words");
    let listed = home.run(&["runs", "list", "--json"]).expect_code(0).json();
    assert_eq!(listed["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn many_short_programs_lose_nothing() {
    const PROGRAMS: usize = 8;
    let home = Home::scripted();
    let file = home.write_pipeline("one.json", &one_step("x"));
    let started: Vec<_> = (0..PROGRAMS).map(|_| home.watch(&["run", &file, "--json"])).collect();
    for program in started {
        assert_eq!(program.wait().expect_code(0).result()["run"]["status"], "SUCCESS");
    }
    let listed = home.run(&["runs", "list", "--json"]).expect_code(0).json();
    let runs = listed["runs"].as_array().unwrap();
    assert_eq!(runs.len(), PROGRAMS);
    assert!(runs.iter().all(|run| text(&run["status"]) == "SUCCESS"), "{listed}");
}
