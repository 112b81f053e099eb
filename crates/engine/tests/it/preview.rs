//! What a preview tells beside what the runs then send.

use brickwork_engine::{
    AttachedFile, Message, ModelRef, PartKind, Preview, Prompt, RunId, RunPlan, RunRecord, ScriptedInference,
    StepPreview, parse_pipeline, run_order,
};
use serde_json::{Value, json};

use crate::run::{messages, text, world_of};

fn pipeline() -> Value {
    json!({
        "name": "P",
        "global_context": {"framework": "react", "note": "two\nlines"},
        "steps": [
            {"step_name": "analyze", "model_type": "CodeLlama", "prompt": "Plan a {{ thing }}.", "context": {"thing": "form"},
             "parameters": {"max_tokens": 100}},
            {"step_name": "skipped", "model_type": "CodeGemma", "prompt": "Never.", "enabled": false},
            {"step_name": "generate", "model_type": "CodeGemma", "prompt": "Write {{ step_0_output }} of {{ nothing }}.",
             "parameters": {"max_tokens": 30}},
            {"step_name": "polish", "model_type": "T5Gemma", "prompt": "Use {{ step_0_artifacts.0.name }}, {{ step_2_output }}.",
             "inputs": ["generate"], "parameters": {"max_tokens": 7}}
        ]
    })
}

fn plan_of(body: &Value) -> RunPlan {
    let pipeline = parse_pipeline(body).unwrap();
    let n_models = pipeline.steps.len() + 1;
    let seeds = (7..).take(n_models).collect();
    let mut plan = RunPlan::new(RunId::nil(), pipeline, vec![ModelRef::scripted(); n_models], seeds);
    let file = |path: &str, content: &str| AttachedFile { path: path.into(), content: content.into() };
    plan.files = vec![vec![file("src/a.rs", "fn a() {}\n"), file("b.md", "# Title\n\n```\nx\n```")]];
    plan
}

fn all_text(messages: &[Message]) -> String {
    messages.iter().map(|message| message.content.as_str()).collect()
}

/// The parts of a step lie one behind the other, and nothing is between them.
fn check_parts(step: &StepPreview) {
    let parts: String = step.parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(parts, all_text(&step.counted));
    assert_eq!(step.parts.iter().map(|part| part.unknown_tokens).sum::<u32>(), step.unknown_tokens);
}

fn finished_run(plan: &RunPlan) -> (RunRecord, Vec<Vec<Message>>) {
    let answers = ["A plan.", "Code:\n```jsx\n1\n```", "Better {{ framework }}.", "```jsx\n2\n```"];
    let world = world_of(plan.clone(), answers.map(text).to_vec());
    let record = world.run();
    (record, world.inference.seen().iter().map(|generation| messages(generation).to_vec()).collect())
}

#[test]
fn with_a_finished_run_every_step_is_what_the_run_sent() {
    let plan = plan_of(&pipeline());
    let (record, sent) = finished_run(&plan);
    let preview = Preview::new(plan.clone(), Some(&record));
    let order = run_order(&plan);
    assert_eq!(sent.len(), order.len());
    for (position, sent) in order.into_iter().zip(sent) {
        let step = preview.step(position).unwrap();
        assert_eq!(step.counted, sent, "step {position}");
        assert_eq!(step.shown, sent, "step {position}");
        assert_eq!(step.unknown_tokens, 0);
        assert_eq!(step.warnings, record.step(position).unwrap().warnings);
        check_parts(&step);
    }
    assert_eq!(preview.step(1), None, "a disabled step is left out");
    assert_eq!(preview.step(9), None);
    let names: Vec<&str> = preview.steps().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["analyze", "generate", "polish", "assembler"]);
}

#[test]
fn before_any_run_the_first_step_is_known_and_later_ones_count_what_may_come() {
    let plan = plan_of(&pipeline());
    let (_, sent) = finished_run(&plan);
    let preview = Preview::new(plan, None);
    let first = preview.step(0).unwrap();
    assert_eq!((&first.counted, &first.shown, first.unknown_tokens), (&sent[0], &sent[0], 0));
    let kinds: Vec<(PartKind, Option<&str>)> =
        first.parts.iter().map(|part| (part.kind, part.label.as_deref())).collect();
    assert_eq!(
        kinds,
        [
            (PartKind::System, None),
            (PartKind::ProjectContext, None),
            (PartKind::Context, None),
            (PartKind::File, Some("src/a.rs")),
            (PartKind::File, Some("b.md")),
            (PartKind::Charge, None),
            (PartKind::Instruction, None),
        ]
    );

    let second = preview.step(2).unwrap();
    check_parts(&second);
    assert_eq!(second.unknown_tokens, 200, "the output itself, and once more in the instruction");
    assert_eq!(second.counted[2].content, "", "an unknown output is left empty");
    assert_eq!(second.shown[2].content, "«output of `analyze`, up to 100 tokens»");
    assert!(second.shown[3].content.contains("Write «output of `analyze`, up to 100 tokens» of {{ nothing }}."));
    assert_eq!(second.warnings.len(), 1, "only what no run will know: {:?}", second.warnings);

    let third = preview.step(3).unwrap();
    check_parts(&third);
    // Of `generate`: its turn, which holds an output of 100, and its output; then its output in the instruction.
    assert_eq!(third.unknown_tokens, 100 + 30 + 30);
    let earlier = third.parts.iter().find(|part| part.kind == PartKind::Earlier).unwrap();
    assert_eq!((earlier.label.as_deref(), earlier.unknown_tokens), (Some("generate"), 100));
    assert_eq!(third.warnings.len(), 1, "`inputs` leaves `analyze` out: {:?}", third.warnings);

    let last = preview.step(4).unwrap();
    check_parts(&last);
    assert_eq!(last.unknown_tokens, (100 + 30 + 7) + (100 + 30));
    assert!(last.shown.last().unwrap().content.contains("- «files of `polish`» (from polish)"));
}

#[test]
fn a_changed_step_and_all_that_read_it_are_unknown_again() {
    let plan = plan_of(&pipeline());
    let (record, sent) = finished_run(&plan);
    let mut changed = plan;
    changed.pipeline.steps[2].prompt = "Write it otherwise.".into();
    let preview = Preview::new(changed, Some(&record));
    assert_eq!(preview.step(0).unwrap().counted, sent[0]);
    let generate = preview.step(2).unwrap();
    assert_eq!((generate.unknown_tokens, &*generate.counted[2].content), (0, "A plan."));
    assert_eq!(preview.step(3).unwrap().unknown_tokens, 30 + 30);
}

#[test]
fn the_placeholders_own_count_is_what_its_runs_report() {
    let plan = plan_of(&pipeline());
    let (record, sent) = finished_run(&plan);
    for (step, sent) in record.steps.iter().zip(sent) {
        let counted = ScriptedInference::count_tokens(&Prompt::Chat(sent));
        assert_eq!(step.timings.unwrap().prompt_tokens, counted, "{}", step.step_name);
    }
    let layout = ScriptedInference::layout(&Prompt::Chat(vec![Message::new(brickwork_engine::Speaker::User, "Hi")]));
    assert_eq!(layout, "user: Hi\n");
}
