//! A serving program that is killed again and again, at moments that nobody chose.

use std::collections::BTreeMap;
use std::time::Duration;

use brickwork_tests::{Home, Server, turn};
use serde_json::{Value, json};

use super::{
    all_steps, check_ended_well, check_same_step, journal, number, resume_by_itself, run_of, start, steps, text,
};

/// Kills with the placeholder and with a real model: 200 together.
const KILLS: u64 = 195;
const REAL_KILLS: u64 = 5;

#[test]
fn row_10_two_hundred_kills_lose_nothing_acknowledged() {
    let home = Home::scripted().paced(1);
    // A step takes about as long as the shorter lives, so that runs die everywhere and come to their ends all the same.
    let mut fate = Fate::new(&home, 10, short_steps(10, 16));
    for _ in 0..KILLS {
        let within_ms = 10..150;
        fate.live_and_die(&within_ms);
    }
    let interruptions = fate.end();
    let longest = fate.runs.iter().map(|run| run.told.len()).max();
    println!(
        "{} runs interrupted {interruptions} times, {} kills while starting, {longest:?} changes in one run",
        fate.runs.len(),
        fate.early_deaths
    );
    assert!(interruptions >= 100, "only {interruptions} kills fell into a run");
    assert!(fate.runs.len() >= 10, "{} runs are too few to have been killed everywhere", fate.runs.len());
}

#[test]
fn row_10_kills_lose_nothing_of_a_real_model() {
    let _turn = turn();
    let home = Home::new();
    let mut fate = Fate::new(&home, 11, short_steps(3, 12));
    for _ in 0..REAL_KILLS {
        let within_ms = 200..1800;
        fate.live_and_die(&within_ms);
    }
    assert!(fate.end() > 0, "no kill fell into a run");
}

/// Steps of at most so many tokens.
fn short_steps(n_steps: usize, max_tokens: u32) -> Value {
    let parameters = json!({ "max_tokens": max_tokens, "temperature": 0.0, "seed": 1 });
    let mut body = steps(n_steps);
    for step in body["steps"].as_array_mut().unwrap() {
        step["parameters"] = parameters.clone();
    }
    body["assembler"] = json!({ "parameters": parameters });
    body
}

/// A run, and what a listener was told of it: the recorded events by their numbers.
struct Witnessed {
    run_id: String,
    told: BTreeMap<u64, Value>,
}

/// One data folder through the lives of its programs.
struct Fate<'a> {
    home: &'a Home,
    body: Value,
    runs: Vec<Witnessed>,
    numbers: Numbers,
    early_deaths: u32,
}

impl<'a> Fate<'a> {
    fn new(home: &'a Home, seed: u64, body: Value) -> Self {
        let server = Server::start(home);
        resume_by_itself(&server);
        Self { home, body, runs: Vec::new(), numbers: Numbers(seed), early_deaths: 0 }
    }

    /// Starts the program, listens to its run, and kills it after a time within `within_ms` from when it answers. One
    /// in eight dies while it starts.
    fn live_and_die(&mut self, within_ms: &std::ops::Range<u64>) {
        if self.numbers.below(8) == 0 && !self.runs.is_empty() {
            let mut program = self.home.watch(&["serve", "--port", "0", "--json"]);
            std::thread::sleep(Duration::from_millis(self.numbers.below(40)));
            program.kill();
            self.early_deaths += 1;
        } else {
            let mut server = Server::start(self.home);
            self.check_told(&server);
            let (run_id, after) = self.current(&server);
            let events = server.follow(&run_id, after);
            let listener = std::thread::spawn(move || {
                events.filter_map(|event| Some((event.id?, event.data))).collect::<Vec<_>>()
            });
            let life_ms = within_ms.start + self.numbers.below(within_ms.end - within_ms.start);
            std::thread::sleep(Duration::from_millis(life_ms));
            server.kill();
            let told = listener.join().unwrap();
            self.note(told);
        }
        let checked = self.home.run(&["data", "check", "--json"]).expect_code(0).json();
        assert_eq!(checked["ok"], true, "{checked}");
    }

    /// Lets the last run come to its end, and looks at all of them. Returns how often a kill fell into a run.
    fn end(&mut self) -> usize {
        let server = Server::start(self.home);
        self.check_told(&server);
        let (run_id, after) = self.current(&server);
        let told = server.follow(&run_id, after).filter_map(|event| Some((event.id?, event.data))).collect();
        self.note(told);
        let listed = server.get("/runs?limit=500").expect(200).json();
        assert_eq!(listed["runs"].as_array().unwrap().len(), self.runs.len());
        let mut interruptions = 0;
        for run in &self.runs {
            check_ended_well(&server, &run.run_id);
            check_told(&server, run);
            interruptions += journal(&server, &run.run_id).iter().filter(|event| event.is("interrupted")).count();
        }
        let checked = self.home.run(&["data", "check", "--json"]).expect_code(0).json();
        assert_eq!(checked["ok"], true, "{checked}");
        interruptions
    }

    /// The run to listen to, and from where on; a new one when the last has ended.
    fn current(&mut self, server: &Server) -> (String, u64) {
        if let Some(run) = self.runs.last()
            && !text(&run_of(server, &run.run_id)["status"]).starts_with("SUCC")
        {
            return (run.run_id.clone(), run.told.keys().next_back().copied().unwrap_or(0));
        }
        let run_id = start(server, &self.body);
        self.runs.push(Witnessed { run_id: run_id.clone(), told: BTreeMap::new() });
        (run_id, 0)
    }

    fn note(&mut self, told: Vec<(u64, Value)>) {
        let run = self.runs.last_mut().expect("a run was listened to");
        for (number, event) in told {
            let expected = run.told.keys().next_back().map_or(1, |last| last + 1);
            assert_eq!(number, expected, "nothing is left out, and nothing comes twice");
            run.told.insert(number, event);
        }
    }

    /// What was told of the last run is there, and unchanged.
    fn check_told(&self, server: &Server) {
        if let Some(run) = self.runs.last() {
            check_told(server, run);
        }
    }
}

fn check_told(server: &Server, witnessed: &Witnessed) {
    let kept = server.follow(&witnessed.run_id, 0).filter(|event| event.id.is_some()).take(witnessed.told.len());
    let kept: BTreeMap<u64, Value> = kept.filter_map(|event| Some((event.id?, event.data))).collect();
    assert_eq!(kept, witnessed.told, "what was told is recorded");
    let run = run_of(server, &witnessed.run_id);
    let steps = all_steps(&run);
    for event in witnessed.told.values().filter(|event| event["change"]["kind"] == "step_finished") {
        let position = usize::try_from(number(&event["change"]["position"])).unwrap();
        check_same_step(steps[position], &event["change"]);
    }
}

/// Numbers that look random and are the same in every run of the test (SplitMix64, Steele, Lea and Flood 2014).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}
