//! Runs with branches: their order, edits while they are held, edited artifacts, and attached files.

use brickwork_engine::{
    ArtifactTarget, AttachedFile, Journal, ModelRef, RunChange, RunId, RunPlan, RunSignals, RunStatus, ScriptedReply,
    Step, parse_pipeline, run_order,
};
use futures::executor::block_on;
use serde_json::json;

use crate::run::{RUN, World, messages, text, world_of};

/// `a` on X, `b` on Y, `c` on X, none of which reads another; the Assembler on Y.
fn branches() -> RunPlan {
    let step = |name: &str, role: &str| json!({"step_name": name, "model_type": role, "prompt": format!("Do {name}."), "inputs": []});
    let body = json!({"name": "Branches", "steps": [
        step("a", "CodeLlama"), step("b", "CodeGemma"), step("c", "CodeLlama")
    ]});
    let model = |id: &str| ModelRef { id: id.into(), path: format!("/m/{id}"), stand_in: false };
    let models = ["X", "Y", "X", "Y"].map(model).to_vec();
    RunPlan::new(RunId::nil(), parse_pipeline(&body).unwrap(), models, vec![1, 2, 3, 4])
}

fn step_mut<'a>(plan: &'a mut RunPlan, name: &str) -> &'a mut Step {
    plan.pipeline.steps.iter_mut().find(|step| step.step_name == name).unwrap()
}

/// The models that were asked, in order, and the last line of what each was asked.
fn asked(world: &World) -> Vec<(String, String)> {
    let last_line = |text: &str| text.lines().last().unwrap_or_default().to_owned();
    world
        .inference
        .seen()
        .iter()
        .map(|seen| (seen.model.id.clone(), last_line(&messages(seen).last().unwrap().content)))
        .collect()
}

#[test]
fn branches_run_in_the_order_that_loads_models_least() {
    let plan = branches();
    assert_eq!(run_order(&plan), [0, 2, 1, 3]);
    let world = world_of(plan, vec![text("A"), text("C"), text("B"), text("```js\n1\n```")]);
    let run = world.run();
    let asked = asked(&world);
    let models: Vec<&str> = asked.iter().map(|(model, _)| model.as_str()).collect();
    assert_eq!(models, ["X", "X", "Y", "Y"]);
    assert_eq!([&*asked[1].1, &*asked[2].1], ["Do c.", "Do b."]);
    let results: Vec<(&str, &str)> = run.steps.iter().map(|step| (&*step.step_name, &*step.result)).collect();
    assert_eq!(results[..3], [("a", "A"), ("b", "B"), ("c", "C")], "the record stays in list order");
    let last = messages(&world.inference.seen()[3]).to_vec();
    let outputs: Vec<&str> = [2, 4, 6].iter().map(|&turn| &*last[turn].content).collect();
    assert_eq!(outputs, ["A", "B", "C"], "the Assembler reads them in list order");
}

#[test]
fn a_resumed_run_goes_on_with_what_is_left() {
    let hang = ScriptedReply::Hang { text: "half".into() };
    let world = world_of(branches(), vec![text("A"), text("C"), hang, text("B"), text("```js\n1\n```")]);
    // The run is left in the middle of `b`, which is the third to run and the second of the list.
    let (_givers, signals) = RunSignals::pair();
    {
        let announce = |_| {};
        let runner = brickwork_engine::Runner {
            checker: &brickwork_engine::DirectChecker,
            inference: &world.inference,
            journal: &world.journal,
            clock: &brickwork_engine::ManualClock::new(brickwork_engine::Timestamp::from_micros(0), 1_000),
            announce: &announce,
        };
        let mut left = std::pin::pin!(runner.run(RUN, &signals));
        let waker = futures::task::noop_waker();
        let mut context = std::task::Context::from_waker(&waker);
        assert!(left.as_mut().poll(&mut context).is_pending(), "the model never ends");
    }
    world.record(RunChange::Interrupted);
    world.record(RunChange::Resumed);
    let run = world.run();
    assert_eq!(run.status, RunStatus::Success);
    let lines: Vec<String> = asked(&world).into_iter().map(|(_, line)| line).take(4).collect();
    assert_eq!(lines, ["Do a.", "Do c.", "Do b.", "Do b."], "no finished step runs again");
    assert_eq!(run.steps[1].result, "B");
}

#[test]
fn an_edited_output_is_what_the_next_step_reads() {
    let mut plan = branches();
    step_mut(&mut plan, "a").pause_after = true;
    for name in ["b", "c"] {
        step_mut(&mut plan, name).inputs = None;
    }
    step_mut(&mut plan, "b").prompt = "Go on with {{ step_0_output }}".into();
    let world = world_of(plan, vec![text("the model's words"), text("B"), text("C"), text("```js\n1\n```")]);
    assert!(world.run().paused);
    world.record(RunChange::StepEdited {
        position: 0,
        result: "the user's words".into(),
        artifacts: Vec::new(),
        report: brickwork_engine::StepReport::default(),
    });
    world.record(RunChange::Resumed);
    let run = world.run();
    assert_eq!(run.status, RunStatus::Success);
    let second = messages(&world.inference.seen()[1]).to_vec();
    assert_eq!(second[2].content, "the user's words");
    assert!(second[3].content.ends_with("Go on with the user's words"), "{}", second[3].content);
    assert_eq!(run.steps[0].original_result.as_deref(), Some("the model's words"));
    assert_eq!(block_on(world.journal.load(RUN)).unwrap().unwrap(), run);
}

#[test]
fn edited_artifacts_are_what_the_assembler_is_told_of() {
    let mut plan = branches();
    step_mut(&mut plan, "b").pause_after = true;
    let piece = |name: &str| text(&format!("```js\nlet {name} = 1;\n```"));
    let world = world_of(plan, vec![piece("a"), piece("c"), piece("b"), text("Nothing to join.")]);
    let paused = world.run();
    assert!(paused.paused);
    let mut renamed = paused.steps[0].artifacts.clone();
    (renamed[0].name, renamed[0].named) = ("by-hand.js".into(), true);
    let target = ArtifactTarget::Step { position: 0 };
    world.record(RunChange::ArtifactsEdited { target, artifacts: renamed, edited: true });
    world.record(RunChange::Resumed);
    let run = world.run();
    let told = &messages(&world.inference.seen()[3]).last().unwrap().content.clone();
    assert!(told.contains("- by-hand.js (from a)"), "{told}");
    assert!(run.final_artifacts.iter().any(|piece| piece.name == "by-hand.js"), "{:?}", run.final_artifacts);
}

#[test]
fn attached_files_stand_in_the_turn_after_the_context() {
    let mut plan = branches();
    step_mut(&mut plan, "a").context.insert("style".into(), "plain".into());
    let file = AttachedFile { path: "src/App.tsx".into(), content: "let app;".into() };
    plan.files = vec![vec![file], Vec::new(), Vec::new()];
    let world = world_of(plan, vec![text("A"), text("C"), text("B"), text("```js\n1\n```")]);
    let run = world.run();
    let turn = &run.steps[0].prompt;
    let expected = "Context:\n- style: plain\n\nFiles:\n\n`src/App.tsx`:\n```tsx\nlet app;\n```\n\n";
    assert!(turn.starts_with(expected) && turn.ends_with("Do a."), "{turn}");
    assert!(!run.steps[1].prompt.contains("Files:"));
}
