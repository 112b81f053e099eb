//! Whole runs on scripted answers.

use std::sync::Mutex;

use brickwork_engine::{
    Clock, FinalArtifactsFrom, Generation, InferenceError, InferenceErrorCode, Journal, ManualClock, MemoryJournal,
    Message, ModelRef, Pipeline, Prompt, RunChange, RunEvent, RunEventKind, RunId, RunPlan, RunRecord, RunSignalGivers,
    RunSignals, RunStatus, Runner, SYSTEM_TEXT, ScriptedInference, ScriptedReply, Speaker, Timestamp, parse_pipeline,
};
use futures::FutureExt;
use futures::executor::block_on;
use serde_json::{Value, json};

pub(crate) const RUN: RunId = RunId::from_u128(7);

pub(crate) struct World {
    pub(crate) inference: ScriptedInference,
    pub(crate) journal: MemoryJournal,
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

pub(crate) fn text(text: &str) -> ScriptedReply {
    ScriptedReply::Text(text.into())
}

fn world(body: &Value, replies: Vec<ScriptedReply>) -> World {
    let pipeline: Pipeline = parse_pipeline(body).unwrap();
    let models = vec![ModelRef::scripted(); pipeline.steps.len() + 1];
    let seeds = (7..).take(models.len()).collect();
    world_of(RunPlan::new(RunId::nil(), pipeline, models, seeds), replies)
}

/// A world with one run of `plan`, whose models answer with `replies` in order.
pub(crate) fn world_of(plan: RunPlan, replies: Vec<ScriptedReply>) -> World {
    slow_world_of(plan, replies, 1_000)
}

/// [`world_of`] with a clock that goes on by `step_micros` whenever it is looked at.
pub(crate) fn slow_world_of(plan: RunPlan, replies: Vec<ScriptedReply>, step_micros: i64) -> World {
    let world = World {
        inference: ScriptedInference::new(replies),
        journal: MemoryJournal::new(),
        clock: ManualClock::new(Timestamp::from_micros(0), step_micros),
        announced: Mutex::default(),
    };
    block_on(world.journal.record(RUN, Timestamp::from_micros(0), RunChange::Created { plan })).unwrap();
    world
}

impl World {
    pub(crate) fn run(&self) -> RunRecord {
        let (_givers, signals) = RunSignals::pair();
        self.run_with(&signals)
    }

    pub(crate) fn run_with(&self, signals: &RunSignals) -> RunRecord {
        block_on(self.runner(&|event| self.announced.lock().unwrap().push(event)).run(RUN, signals)).unwrap()
    }

    pub(crate) fn record(&self, change: RunChange) {
        block_on(self.journal.record(RUN, self.clock.now(), change)).unwrap();
    }

    fn runner<'a>(&'a self, announce: &'a (dyn Fn(RunEvent) + Send + Sync)) -> Runner<'a> {
        Runner {
            inference: &self.inference,
            journal: &self.journal,
            clock: &self.clock,
            checker: &brickwork_engine::DirectChecker,
            announce,
        }
    }
}

pub(crate) fn messages(generation: &Generation) -> &[Message] {
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
fn an_interrupted_run_goes_on_at_its_unfinished_step() {
    let world = world(
        &pipeline(),
        vec![
            text("A plan."),
            ScriptedReply::Hang { text: "Ha".into() },
            text("Code."),
            text("Better."),
            text("```js\n1\n```"),
        ],
    );
    let (_givers, signals) = RunSignals::pair();
    let announce = |_| {};
    // A process that dies in the second step: its runner is dropped where it stands.
    let dies = async {
        let runner = world.runner(&announce);
        let run = std::pin::pin!(runner.run(RUN, &signals));
        assert!(futures::poll!(run).is_pending());
    };
    block_on(dies);
    world.record(RunChange::Interrupted);
    world.record(RunChange::Resumed);
    let run = world.run();
    assert_eq!(run.status, RunStatus::Success);
    assert_eq!(world.inference.seen().len(), 5, "the finished step is not run again");
    assert_eq!(run.steps[1].result, "Code.");
}

#[test]
fn a_cancelled_run_keeps_its_text() {
    let world = world(&pipeline(), vec![ScriptedReply::Hang { text: "```js\nhalf".into() }]);
    let (RunSignalGivers { cancel, .. }, signals) = RunSignals::pair();
    let cancel = Mutex::new(Some(cancel));
    let announce = |event: RunEvent| {
        if matches!(event.kind, RunEventKind::Text { .. })
            && let Some(cancel) = cancel.lock().unwrap().take()
        {
            cancel.give();
        }
    };
    let run = block_on(world.runner(&announce).run(RUN, &signals)).unwrap();
    assert_eq!(run.status, RunStatus::Cancelled);
    assert_eq!(run.steps[0].status, RunStatus::Cancelled);
    assert!(run.steps[0].result.starts_with("```js"));
    assert_eq!(run.error, None);
}

#[test]
fn a_dropped_giver_says_nothing() {
    let world = world(&pipeline(), vec![]);
    let (givers, signals) = RunSignals::pair();
    drop(givers);
    assert_eq!(world.run_with(&signals).status, RunStatus::Success);
}

#[test]
fn a_run_told_to_pause_or_park_stops_between_steps() {
    for (park, paused) in [(false, true), (true, false)] {
        let world = world(&pipeline(), vec![]);
        let (givers, signals) = RunSignals::pair();
        if park {
            givers.park.give()
        } else {
            givers.pause.give()
        }
        let run = world.run_with(&signals);
        assert_eq!((run.status, run.paused), (RunStatus::Pending, paused));
        assert!(world.inference.seen().is_empty());
        if paused {
            world.record(RunChange::Resumed);
        }
        assert_eq!(world.run().status, RunStatus::Success);
        assert_eq!(world.inference.seen().len(), 4, "no step ran twice");
    }
}

#[test]
fn a_wish_to_pause_that_another_process_recorded_is_obeyed() {
    let world = world(&pipeline(), vec![]);
    let (_givers, signals) = RunSignals::pair();
    let announce = |event: RunEvent| {
        if matches!(event.kind, RunEventKind::Change { change: RunChange::StepStarted { position: 1, .. } }) {
            let recorded = world.journal.record(RUN, event.at, RunChange::PauseRequested);
            recorded.now_or_never().unwrap().unwrap();
        }
    };
    let run = block_on(world.runner(&announce).run(RUN, &signals)).unwrap();
    assert!(run.paused);
    assert_eq!(world.inference.seen().len(), 2, "the running step was finished");
    assert_eq!(block_on(world.journal.load(RUN)).unwrap().unwrap(), run);
}

#[test]
fn pause_after_waits_for_the_user() {
    let mut body = pipeline();
    body["steps"][0]["pause_after"] = json!(true);
    let world = world(&body, vec![]);
    let run = world.run();
    assert_eq!((run.status, run.paused), (RunStatus::Pending, true));
    assert_eq!(run.steps[0].status, RunStatus::Success);
    assert_eq!(world.inference.seen().len(), 1);
    world.record(RunChange::Resumed);
    assert_eq!(world.run().status, RunStatus::Success);
    assert_eq!(world.inference.seen().len(), 4);
}

#[test]
fn a_step_that_takes_too_long_fails_with_the_specified_words() {
    let mut body = pipeline();
    body["steps"][1]["timeout_s"] = json!(5);
    let world = world(&body, vec![text("A plan."), ScriptedReply::Hang { text: "```js\nhalf".into() }]);
    let started =
        |event: &RunEvent| matches!(event.kind, RunEventKind::Text { position: 1, ref text, .. } if text == "half");
    let announce = |event: RunEvent| {
        if started(&event) {
            world.clock.set(Timestamp::from_micros(60_000_000));
        }
    };
    let (_givers, signals) = RunSignals::pair();
    let run = block_on(world.runner(&announce).run(RUN, &signals)).unwrap();
    assert_eq!(run.status, RunStatus::Failed);
    assert_eq!(run.error.as_deref(), Some("Pipeline stopped at step 'generate': Model execution timeout"));
    assert_eq!(run.steps[1].error.as_deref(), Some("Model execution timeout"));
    assert_eq!(run.steps[1].error_code, Some(InferenceErrorCode::TimedOut));
    assert_eq!(run.steps[1].result, "```js\nhalf", "what was written until then is kept");
}

#[test]
fn the_projects_context_is_weaker_than_the_pipelines() {
    let pipeline: Pipeline = parse_pipeline(&pipeline()).unwrap();
    let mut plan = RunPlan::new(RunId::nil(), pipeline, Vec::new(), Vec::new());
    plan.project_context = json!({"framework": "vue", "team": "blue"}).as_object().unwrap().clone();
    assert_eq!(Value::Object(plan.global_context()), json!({"framework": "react", "team": "blue"}));
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
