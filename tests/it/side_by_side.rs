//! Several programs on one data folder at the same time.

use brickwork_tests::{Home, turn};

use crate::common::{is_change, number, one_step, short_react, text};

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
    // Whoever holds the queue carries both out, one after another, since they belong to one project.
    let mut spans: Vec<(&str, &str)> = results
        .iter()
        .map(|result| (text(&result["run"]["started_at"]), text(&result["run"]["finished_at"])))
        .collect();
    spans.sort_unstable();
    assert!(spans[0].1 <= spans[1].0, "{spans:?}");
    assert_ne!(results[0]["run"]["run_id"], results[1]["run"]["run_id"]);
    // Temperature 0 gives both the same words where both began with an empty cache. Where one worker served both, the
    // later prompt came from the cache, and llama.cpp computes its last token with other roundings than many at once.
    let first_steps = [&results[0]["run"]["steps"][0], &results[1]["run"]["steps"][0]];
    if first_steps.iter().all(|step| number(&step["timings"]["cached_tokens"]) == 0) {
        assert_eq!(first_steps[0]["result"], first_steps[1]["result"]);
    }
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
        let ended = program.wait().expect_code(0);
        let run = &ended.result()["run"];
        assert_eq!(run["status"], "SUCCESS");
        let lines = ended.json_lines();
        let told: Vec<u64> = lines.iter().filter_map(|line| line["seq"].as_u64()).collect();
        assert_eq!(told, (1..=number(&run["seq"])).collect::<Vec<_>>(), "each program hears all of its run");
        // A holder that ends gives its place up in good order: nothing looks like a crash.
        assert!(lines.iter().all(|line| !is_change(line, "interrupted")), "{lines:?}");
    }
    let listed = home.run(&["runs", "list", "--json"]).expect_code(0).json();
    let runs = listed["runs"].as_array().unwrap();
    assert_eq!(runs.len(), PROGRAMS);
    assert!(runs.iter().all(|run| text(&run["status"]) == "SUCCESS"), "{listed}");
}
