//! Gates: repair turns, continuations, the attempt that is kept, and what the Assembler's result may lose.

use brickwork_engine::{
    AttachedFile, FinalArtifactsFrom, FindingKind, ModelRef, Pipeline, Prompt, RunId, RunPlan, RunRecord, RunStatus,
    Speaker, parse_pipeline,
};
use serde_json::{Value, json};

use crate::run::{World, slow_world_of, text, world_of};

const GOOD: &str = "```js a.js\nlet a = 1;\n```\n";
const BAD: &str = "```js a.js\nlet a = (1;\n```\n";
const WORSE: &str = "```js a.js\nlet a = (1;\nlet b = [2;\n```\n";

fn plan(gate: &Value, parameters: Value) -> RunPlan {
    let step = json!({
        "step_name": "make", "model_type": "CodeGemma", "prompt": "Write it.", "gate": gate, "parameters": parameters
    });
    let pipeline: Pipeline = parse_pipeline(&json!({"name": "P", "steps": [step]})).unwrap();
    RunPlan::new(RunId::nil(), pipeline, vec![ModelRef::scripted(); 2], vec![1, 2])
}

fn world(gate: &Value, parameters: Value, replies: &[&str]) -> World {
    world_of(plan(gate, parameters), replies.iter().map(|reply| text(reply)).collect())
}

fn outcome(gate: Value, replies: &[&str]) -> RunRecord {
    world(&gate, json!({}), replies).run()
}

#[test]
fn an_answer_that_passes_is_asked_for_once() {
    let world = world(&json!({}), json!({}), &[GOOD, "```js a.js\nlet a = 1;\n```\n"]);
    let run = world.run();
    let step = &run.steps[0];
    assert_eq!((run.status, step.report.passed(), step.report.attempts.len()), (RunStatus::Success, Some(true), 1));
    assert!(step.artifacts[0].syntax.as_ref().unwrap().is_valid());
    assert_eq!(world.inference.seen().len(), 2, "the step and the Assembler");
}

#[test]
fn a_repair_turn_shows_what_is_wrong_and_later_steps_see_the_kept_answer_alone() {
    let world = world(&json!({"repairs": 2}), json!({}), &[BAD, GOOD, GOOD]);
    let run = world.run();
    let step = &run.steps[0];
    assert_eq!((step.report.kept, step.report.passed(), step.report.attempts.len()), (Some(1), Some(true), 2));
    assert_eq!(step.result, GOOD);
    let first = &step.report.attempts[0];
    assert_eq!((first.findings[0].kind, first.findings[0].line), (FindingKind::Syntax, Some(1)));
    let asked = world.inference.seen();
    let Prompt::Chat(repair) = &asked[1].prompt else { panic!("a conversation") };
    let [.., answer, turn] = &repair[..] else { panic!("an answer and a turn") };
    assert_eq!((answer.role, &*answer.content, turn.role), (Speaker::Assistant, BAD, Speaker::User));
    assert!(turn.content.contains("`a.js`, line 1:") && turn.content.contains("let a = (1;"), "{}", turn.content);
    let Prompt::Chat(assembler) = &asked[2].prompt else { panic!("a conversation") };
    let told: Vec<&str> = assembler.iter().map(|message| &*message.content).collect();
    assert_eq!((told.len(), told[2]), (4, GOOD), "system, turn, kept answer, Assembler's turn");
}

#[test]
fn the_best_attempt_is_kept_and_only_a_required_gate_fails_the_step() {
    let run = outcome(json!({"repairs": 2}), &[WORSE, BAD, WORSE, GOOD]);
    let step = &run.steps[0];
    assert_eq!((run.status, &*step.result), (RunStatus::Success, BAD));
    assert_eq!((step.report.kept, step.report.passed(), step.report.attempts.len()), (Some(1), Some(false), 3));
    let run = outcome(json!({"repairs": 1, "required": true}), &[BAD, "No code today."]);
    assert_eq!(run.status, RunStatus::Failed);
    let error = run.error.unwrap();
    assert!(
        error.starts_with("Pipeline stopped at step 'make': No answer passed the step's gate in 2 attempts"),
        "{error}"
    );
    assert_eq!((&*run.steps[0].result, run.steps[0].report.attempts.len()), (BAD, 2), "code is better than none");
    let run = outcome(json!({"repairs": 0}), &[BAD, GOOD]);
    assert_eq!(run.steps[0].report.attempts.len(), 1);
}

/// Whether the journal has every word, some or none of a part when the next one begins.
#[test]
fn an_answer_that_was_cut_off_is_continued_in_the_same_turn() {
    for step_micros in [1_000, 100_000, 400_000] {
        let gate = json!({"continuations": 2, "repairs": 0});
        let replies = ["```js a.js\nlet a = 1;\nlet b", "= 2;\n```\n", GOOD];
        let plan = plan(&gate, json!({"max_tokens": 6}));
        let world = slow_world_of(plan, replies.map(text).to_vec(), step_micros);
        let run = world.run();
        let step = &run.steps[0];
        assert_eq!(step.result, "```js a.js\nlet a = 1;\n= 2;\n```\n");
        let asked = world.inference.seen();
        let Prompt::Chat(next) = &asked[1].prompt else { panic!("a conversation") };
        let last = next.last().unwrap();
        assert_eq!((last.role, &*last.content), (Speaker::Assistant, "```js a.js\nlet a = 1;\n"));
        assert_eq!((step.report.continuations, step.report.passed()), (1, Some(false)));
        assert_eq!(step.timings.unwrap().generated_tokens, 9, "both parts");
    }
}

#[test]
fn json_is_held_against_a_schema() {
    let schema = json!({"type": "object", "required": ["port"], "properties": {"port": {"type": "integer"}}});
    let gate = json!({"json_schema": schema, "repairs": 0});
    let check = |reply: &str, expected: &[(FindingKind, &str)]| {
        let run = outcome(gate.clone(), &[reply]);
        let found = &run.steps[0].report.attempts[0].findings;
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, (kind, part)) in found.iter().zip(expected) {
            assert!(found.kind == *kind && found.message.contains(part), "{found:?}");
        }
    };
    check("```json c.json\n{\"port\": 1}\n```\n", &[]);
    check("```json c.json\n{\"port\": \"1\"}\n```\n", &[(FindingKind::Schema, "`c.json`, /port: ")]);
    check("```json c.json\n{}\n```\n", &[(FindingKind::Schema, "\"port\" is a required property")]);
    check(GOOD, &[(FindingKind::NoJson, "has no JSON file")]);
    check("Nothing.", &[(FindingKind::NoArtifact, "no code block"), (FindingKind::NoJson, "has no JSON file")]);
}

#[test]
fn a_result_of_the_assembler_that_loses_code_gives_way_to_the_pieces() {
    let check = |assembler: &str, from: FinalArtifactsFrom, names: &[&str], faults: usize| {
        let pieces = "```js a.js\nexport const a = 1;\n```\n```css b.css\np { color: red; }\n```\n";
        let run = outcome(json!({}), &[pieces, assembler]);
        let found: Vec<&str> = run.final_artifacts.iter().map(|one| &*one.name).collect();
        assert_eq!((run.final_artifacts_from, found), (Some(from), names.to_vec()), "{assembler}");
        let report = run.assembly.unwrap();
        assert_eq!((report.faults.len(), report.fallback), (faults, from == FinalArtifactsFrom::Steps && faults > 0));
    };
    let whole = "```js a.js\nexport const a = 2;\n```\n```css b.css\np { color: blue; }\n```\n";
    check(whole, FinalArtifactsFrom::Assembler, &["a.js", "b.css"], 0);
    check("```js a.js\nexport const a = 2;\n```\n", FinalArtifactsFrom::Steps, &["a.js", "b.css"], 1);
    check(&whole.replace("= 2;", "= (2;"), FinalArtifactsFrom::Steps, &["a.js", "b.css"], 1);
    let kept = "```js a.js\nexport const a = 2;\n```\n<file name=\"b.css\" unchanged/>\n";
    check(kept, FinalArtifactsFrom::Assembler, &["a.js", "b.css"], 0);
    check("Nothing to add.", FinalArtifactsFrom::Steps, &["a.js", "b.css"], 0);
}

#[test]
fn pieces_are_joined_without_a_model() {
    let step = |name: &str| json!({"step_name": name, "model_type": "CodeGemma", "prompt": "Write."});
    let body = json!({"name": "P", "steps": [step("one"), step("two")], "assembler": {"mode": "deterministic"}});
    let pipeline: Pipeline = parse_pipeline(&body).unwrap();
    let models = vec![ModelRef::scripted(), ModelRef::scripted(), ModelRef::none()];
    let replies = ["```js a.js\nlet a = 1;\n```\n", "```js a.js\nlet a = 2;\n```\n```py b.py\nb = 1\n```\n"];
    let world = world_of(
        RunPlan::new(RunId::nil(), pipeline, models, vec![1, 2, 3]),
        replies.iter().map(|reply| text(reply)).collect(),
    );
    let run = world.run();
    assert_eq!(world.inference.seen().len(), 2);
    assert_eq!((run.status, run.final_artifacts_from), (RunStatus::Success, Some(FinalArtifactsFrom::Steps)));
    let contents: Vec<&str> = run.final_artifacts.iter().map(|one| one.content.trim()).collect();
    assert_eq!(contents, ["let a = 2;", "b = 1"]);
    assert_eq!(run.assembly.unwrap().conflicts.len(), 1, "`a.js` of two steps");
    assert_eq!(run.steps[2].result, "`a.js`:\n```js\nlet a = 2;\n```\n\n`b.py`:\n```py\nb = 1\n```\n\n");
}

#[test]
fn the_assembler_is_told_of_conflicts() {
    let world = world(&json!({}), json!({}), &["```js a.js\nimport { b } from './gone.js';\n```\n", GOOD]);
    let run = world.run();
    assert!(
        run.steps[1].prompt.contains("Conflicts to settle:\n- `a.js` imports `./gone.js` in line 1"),
        "{}",
        run.steps[1].prompt
    );
    assert_eq!(run.steps[1].report.conflicts.len(), 1);
}

/// A step that changes some files of a project imports others, which are attached to it or lie in its folder.
#[test]
fn files_that_are_there_besides_are_no_conflict() {
    let reply = "```js a.js\nimport { b } from './there.js';\nimport { c } from './lib/gone.js';\n```\n";
    let check = |attached: &[&str], expected: usize| {
        let file = |path: &&str| AttachedFile { path: (*path).to_owned(), content: "x".into() };
        let plan = RunPlan { files: vec![attached.iter().map(file).collect()], ..plan(&json!({}), json!({})) };
        let run = world_of(plan, [reply, reply].map(text).to_vec()).run();
        assert_eq!(run.steps[1].report.conflicts.len(), expected, "{attached:?}");
        assert_eq!(run.assembly.unwrap().conflicts.len(), expected, "{attached:?}");
    };
    check(&[], 2);
    check(&["there.js"], 1);
    check(&["there.js", "lib/gone.js"], 0);
}

/// An answer of more tokens than any default allows, in which nothing comes twice.
fn long_answer() -> String {
    let lines: String = (0..1_000).map(|number| format!("let a{number} = 1;\n")).collect();
    format!("```js a.js\n{lines}")
}

#[test]
fn an_answer_without_a_gate_goes_on_where_nobody_chose_its_length() {
    let long = long_answer();
    let in_a_loop = format!("```js a.js\n{}", "let a = 1;\n".repeat(400));
    let check = |parameters: Value, reply: &str, expected: u32| {
        let step =
            json!({"step_name": "make", "model_type": "CodeGemma", "prompt": "Write it.", "parameters": parameters});
        let pipeline: Pipeline = parse_pipeline(&json!({"name": "P", "steps": [step]})).unwrap();
        let plan = RunPlan::new(RunId::nil(), pipeline, vec![ModelRef::scripted(); 2], vec![1, 2]);
        let mut replies = vec![text(reply)];
        replies.extend(vec![text("let b = 2;\n```\n"); expected as usize]);
        replies.push(text(GOOD));
        let world = world_of(plan, replies);
        let run = world.run();
        let step = &run.steps[0];
        assert_eq!((run.status, step.report.continuations), (RunStatus::Success, expected), "{parameters}");
        assert_eq!(step.report.unclosed, reply != GOOD && expected == 0, "{parameters}");
        assert_eq!(world.inference.seen().len(), expected as usize + 2, "{parameters}");
    };
    check(json!({}), &long, 1);
    check(json!({}), GOOD, 0);
    check(json!({"max_tokens": 6}), &long, 0);
    check(json!({"max_tokens": 6, "continuations": 1}), &long, 1);
    check(json!({"continuations": 0}), &long, 0);
    check(json!({}), &in_a_loop, 0);
    check(json!({"max_tokens": 400, "continuations": 8}), &in_a_loop, 0);
}

#[test]
fn the_assemblers_answer_goes_on_too() {
    let check = |assembler: Value, expected: u32| {
        let step = json!({"step_name": "make", "model_type": "CodeGemma", "prompt": "Write it."});
        let body = json!({"name": "P", "steps": [step], "assembler": assembler});
        let pipeline: Pipeline = parse_pipeline(&body).unwrap();
        let long = long_answer();
        let plan = RunPlan::new(RunId::nil(), pipeline, vec![ModelRef::scripted(); 2], vec![1, 2]);
        let run = world_of(plan, [GOOD, &long, "let b = 2;\n```\n"].map(text).to_vec()).run();
        assert_eq!((run.status, run.steps[1].report.continuations), (RunStatus::Success, expected));
        assert_eq!(run.steps[1].artifacts[0].closed, expected > 0);
    };
    check(json!({}), 1);
    check(json!({"parameters": {"max_tokens": 64, "temperature": 0.3}}), 0);
    check(json!({"parameters": {"max_tokens": 64, "continuations": 1}}), 1);
}

#[test]
fn a_repair_turn_shows_the_line_that_breaks_the_schema() {
    let schema = json!({"type": "object", "properties": {"server": {"properties": {"port": {"type": "integer"}}}}});
    let reply = "```json c.json\n{\n  \"server\": {\n    \"port\": \"1\"\n  }\n}\n```\n";
    let world = world(&json!({"json_schema": schema, "repairs": 1}), json!({}), &[reply, reply, GOOD]);
    let run = world.run();
    let found = &run.steps[0].report.attempts[0].findings[0];
    assert_eq!((found.kind, found.line), (FindingKind::Schema, Some(3)));
    let Prompt::Chat(repair) = &world.inference.seen()[1].prompt else { panic!("a conversation") };
    let turn = &repair.last().unwrap().content;
    assert!(turn.contains("`c.json`, line 3: ") && turn.contains(">    3 |     \"port\": \"1\""), "{turn}");
}
