//! Whole runs on scripted answers.

use std::sync::Mutex;

use brickwork_engine::{
    FinalArtifactsFrom, Generation, InferenceError, InferenceErrorCode, Journal, ManualClock, MemoryJournal, Message,
    ModelRef, Pipeline, Prompt, RunChange, RunEvent, RunEventKind, RunId, RunPlan, RunRecord, RunStatus, Runner,
    SYSTEM_TEXT, ScriptedInference, ScriptedReply, Speaker, Timestamp, cancel_pair, parse_pipeline,
};
use futures::executor::block_on;
use serde_json::{Value, json};

const RUN: RunId = RunId::from_u128(7);

struct World {
    inference: ScriptedInference,
    journal: MemoryJournal,
    clock: ManualClock,
    announced: Mutex<Vec<RunEvent>>,
}

fn pipeline() -> Value {
    json!({
        "name": "P",
        "global_context": {"framework": "react"},
        "steps": [
            {"step_name": "analyze", "model_type": "CodeLlama", "prompt": "Plan a {{ thing }}.", "context": {"thing": "form"}},
            {"step_name": "generate", "model_type": "CodeGemma", "prompt": "Write it."},
            {"step_name": "polish", "model_type": "T5Gemma", "prompt": "Polish {{ step_1_output }} and {{ nothing }}."}
        ]
    })
}

fn text(text: &str) -> ScriptedReply {
    ScriptedReply::Text(text.into())
}

fn world(body: &Value, replies: Vec<ScriptedReply>) -> World {
    let pipeline: Pipeline = parse_pipeline(body).unwrap();
    let models = vec![ModelRef::scripted(); pipeline.steps.len() + 1];
    let seeds = (7..).take(models.len()).collect();
    let world = World {
        inference: ScriptedInference::new(replies),
        journal: MemoryJournal::new(),
        clock: ManualClock::new(Timestamp::from_micros(0), 1_000),
        announced: Mutex::default(),
    };
    let plan = RunPlan { project_id: RunId::nil(), pipeline, models, seeds };
    block_on(world.journal.record(RUN, Timestamp::from_micros(0), RunChange::Created { plan })).unwrap();
    world
}

impl World {
    fn run(&self) -> RunRecord {
        let (_handle, signal) = cancel_pair();
        block_on(self.runner(&|event| self.announced.lock().unwrap().push(event)).run(RUN, signal)).unwrap()
    }

    fn runner<'a>(&'a self, announce: &'a (dyn Fn(RunEvent) + Send + Sync)) -> Runner<'a> {
        Runner { inference: &self.inference, journal: &self.journal, clock: &self.clock, announce }
    }
}

fn messages(generation: &Generation) -> &[Message] {
    match &generation.prompt {
        Prompt::Chat(messages) => messages,
        Prompt::Raw(text) => panic!("a step sends a conversation, not {text:?}"),
    }
}

#[test]
fn a_run_goes_through_its_steps_and_the_assembler() {
    let world = world(
        &pipeline(),
        vec![
            text("A plan."),
            text("```jsx\nexport default 1\n```"),
            text("Better."),
            text("Done:\n```jsx\n// Form.jsx\nexport default 2\n```\n"),
        ],
    );
    let run = world.run();
    assert_eq!(run.status, RunStatus::Success);
    assert_eq!(run.steps[1].artifacts[0].name, "generate_component_0.jsx");
    assert_eq!(run.final_artifacts[0].name, "Form.jsx");
    assert_eq!(run.final_artifacts_from, Some(FinalArtifactsFrom::Assembler));
    assert!(run.assembled_code().starts_with("Done:"));
    assert_eq!(run.steps[2].warnings.len(), 1, "the unknown variable is warned about");
    assert_eq!(block_on(world.journal.load(RUN)).unwrap().unwrap(), run);
}

#[test]
fn the_conversation_only_grows_at_its_end() {
    let world =
        world(&pipeline(), vec![text("A plan."), text("Code {{ thing }}."), text("Better."), text("```js\n1\n```")]);
    world.run();
    let seen = world.inference.seen();
    assert_eq!(seen.len(), 4);
    for pair in seen.windows(2) {
        assert_eq!(messages(&pair[0]), &messages(&pair[1])[..messages(&pair[0]).len()]);
    }
    let last = messages(&seen[3]);
    assert_eq!(last[0], Message::new(Speaker::System, SYSTEM_TEXT));
    assert!(last[1].content.starts_with("Project context:\n- framework: react\n"));
    assert!(last[1].content.ends_with("Plan a form."));
    assert_eq!(last[2], Message::new(Speaker::Assistant, "A plan."));
    assert!(
        last[5].content.ends_with("Polish Code {{ thing }}. and {{ nothing }}."),
        "inserted text is not rendered again"
    );
    assert_eq!(seen[3].parameters.max_tokens, 2048);
    let seeds: Vec<_> = seen.iter().map(|generation| generation.parameters.seed).collect();
    assert_eq!(seeds, [Some(7), Some(8), Some(9), Some(10)], "each step has its own of the plan's seeds");
    assert!((seen[3].parameters.temperature - 0.3).abs() < f32::EPSILON);
}

#[test]
fn a_failing_step_stops_the_run_and_keeps_what_was_made() {
    let error = InferenceError::new(InferenceErrorCode::WorkerCrashed, "Model execution timeout");
    let world =
        world(&pipeline(), vec![text("```py\nx = 1\n```"), ScriptedReply::Fault { text: "```js\nhalf".into(), error }]);
    let run = world.run();
    assert_eq!(run.status, RunStatus::Failed);
    assert_eq!(run.error.as_deref(), Some("Pipeline stopped at step 'generate': Model execution timeout"));
    assert_eq!(run.steps[0].artifacts.len(), 1);
    assert_eq!(run.steps[1].result, "```js\nhalf");
    assert!(!run.steps[1].artifacts[0].closed);
    assert_eq!(run.steps[2].status, RunStatus::Pending);
    assert_eq!(world.inference.seen().len(), 2, "nothing runs after the failure");
}

#[test]
fn a_failed_run_resumes_at_the_failed_step() {
    let error = InferenceError::new(InferenceErrorCode::WorkerCrashed, "gone");
    let world = world(
        &pipeline(),
        vec![
            text("A plan."),
            ScriptedReply::Fault { text: String::new(), error },
            text("Code."),
            text("Better."),
            text("```js\n1\n```"),
        ],
    );
    assert_eq!(world.run().status, RunStatus::Failed);
    let run = world.run();
    assert_eq!(run.status, RunStatus::Success);
    assert_eq!(world.inference.seen().len(), 5, "the finished step is not run again");
    assert_eq!(run.steps[1].error, None);
}

#[test]
fn a_cancelled_run_keeps_its_text() {
    let world = world(&pipeline(), vec![ScriptedReply::Hang { text: "```js\nhalf".into() }]);
    let (handle, signal) = cancel_pair();
    let handle = Mutex::new(Some(handle));
    let announce = |event: RunEvent| {
        if matches!(event.kind, RunEventKind::Text { .. })
            && let Some(handle) = handle.lock().unwrap().take()
        {
            handle.cancel();
        }
    };
    let run = block_on(world.runner(&announce).run(RUN, signal)).unwrap();
    assert_eq!(run.status, RunStatus::Cancelled);
    assert_eq!(run.steps[0].status, RunStatus::Cancelled);
    assert!(run.steps[0].result.starts_with("```js"));
    assert_eq!(run.error, None);
}

#[test]
fn a_dropped_handle_does_not_cancel() {
    let world = world(&pipeline(), vec![]);
    let (handle, signal) = cancel_pair();
    drop(handle);
    let run = block_on(world.runner(&|_| {}).run(RUN, signal)).unwrap();
    assert_eq!(run.status, RunStatus::Success);
}

#[test]
fn announced_changes_are_durable_and_in_order() {
    let world = world(&pipeline(), vec![]);
    world.run();
    let announced: Vec<RunEvent> =
        world.announced.lock().unwrap().iter().filter(|event| event.seq.is_some()).cloned().collect();
    assert_eq!(announced, block_on(world.journal.events(RUN, 1)).unwrap());
}

#[test]
fn without_code_from_the_assembler_the_other_sources_are_used() {
    let check = |assembler: &str, expected: FinalArtifactsFrom| {
        let world = world(
            &pipeline(),
            vec![text("A plan."), text("```jsx\nexport default 1\n```"), text("Better."), text(assembler)],
        );
        let run = world.run();
        assert_eq!(run.final_artifacts_from, Some(expected), "assembler output {assembler:?}");
        assert_eq!(run.final_artifacts.len(), 1);
    };
    check("All is well as it stands.", FinalArtifactsFrom::Steps);
    check(
        "import React from 'react';\n\nexport default function Form() {\n  return <form />;\n}\n",
        FinalArtifactsFrom::AssemblerText,
    );
}

#[test]
fn inputs_choose_turns_and_disabled_steps_are_left_out() {
    let body = json!({
        "name": "P",
        "global_context": {"g": 1},
        "steps": [
            {"step_name": "a", "model_type": "CodeLlama", "prompt": "One."},
            {"step_name": "b", "model_type": "CodeLlama", "prompt": "Two.", "enabled": false},
            {"step_name": "c", "model_type": "CodeLlama", "prompt": "Three."},
            {"step_name": "d", "model_type": "CodeGemma", "prompt": "{{ step_2_output }} {{ step_0_output }}", "inputs": ["c"]}
        ]
    });
    let world = world(&body, vec![text("A"), text("C"), text("D"), text("```js\n1\n```")]);
    let run = world.run();
    assert_eq!(run.steps.iter().map(|step| step.position).collect::<Vec<_>>(), [0, 2, 3, 4]);
    let seen = world.inference.seen();
    let d = messages(&seen[2]);
    assert_eq!(d.len(), 4, "system, turn c, answer c, turn d");
    assert!(
        d[1].content.starts_with("Project context:\n- g: 1\n"),
        "the first visible turn carries the global context"
    );
    assert!(d[3].content.ends_with("C {{ step_0_output }}"), "only outputs that the step reads are known to it");
}

#[test]
fn text_is_journalled_while_it_comes_in() {
    let long = "word ".repeat(2_000);
    let mut body = pipeline();
    body["steps"][0]["parameters"] = json!({"max_tokens": 4_000});
    let world = world(&body, vec![text(&long)]);
    world.run();
    let events = block_on(world.journal.events(RUN, 0)).unwrap();
    let chunks = events
        .iter()
        .filter(|event| matches!(event.kind, RunEventKind::Change { change: RunChange::StepText { position: 0, .. } }))
        .count();
    assert!(chunks >= 7, "2,000 words at 1 ms each make a chunk every 250 ms, but there were {chunks}");
}
