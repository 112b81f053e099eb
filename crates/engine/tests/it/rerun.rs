//! What a run that is run again takes over, and each reason why it does not.

use brickwork_engine::{
    ArtifactTarget, AttachedFile, ModelRef, Parameters, RerunAction, RerunCode, RerunReason, Role, RunChange, RunId,
    RunPlan, RunRecord, RunStatus, Step, parse_pipeline, plan_rerun,
};
use serde_json::json;

use crate::run::{text, world_of};

/// Four steps: `plan`, then `form` and `style`, which read it alone, then `tests`, which reads `form`.
fn plan() -> RunPlan {
    let body = json!({"name": "P", "global_context": {"framework": "react", "language": "ts"}, "steps": [
        {"step_name": "plan", "model_type": "CodeLlama", "prompt": "Plan a {{ thing }}.", "context": {"thing": "form"}},
        {"step_name": "form", "model_type": "CodeGemma", "prompt": "Write the form.", "inputs": ["plan"]},
        {"step_name": "style", "model_type": "T5Gemma", "prompt": "Write the style.", "inputs": ["plan"]},
        {"step_name": "tests", "model_type": "CodeGemma", "prompt": "Test {{ step_1_artifacts }}.", "inputs": ["form"]}
    ]});
    let pipeline = parse_pipeline(&body).unwrap();
    let model = |id: &str| ModelRef { id: id.into(), path: format!("/m/{id}.gguf"), stand_in: false };
    let models = ["llama", "gemma", "t5", "gemma", "qwen"].map(model).to_vec();
    let mut plan = RunPlan::new(RunId::nil(), pipeline, models, vec![1, 2, 3, 4, 5]);
    plan.files = vec![vec![file("a.ts", "1")], Vec::new(), Vec::new(), Vec::new()];
    plan
}

fn file(path: &str, content: &str) -> AttachedFile {
    AttachedFile { path: path.into(), content: content.into() }
}

fn earlier() -> RunRecord {
    let code = |name: &str| text(&format!("```ts\n// {name}.ts\nlet {name};\n```"));
    world_of(plan(), vec![text("A plan."), code("form"), code("style"), code("tests"), code("all")]).run()
}

fn step<'a>(plan: &'a mut RunPlan, name: &str) -> &'a mut Step {
    plan.pipeline.steps.iter_mut().find(|step| step.step_name == name).unwrap()
}

/// Each step that runs, with the codes of its reasons and their details.
fn told(earlier: &RunRecord, plan: &RunPlan, from: Option<&str>) -> Vec<String> {
    let word = |code: RerunCode| json!(code).as_str().unwrap().to_owned();
    let line = |RerunReason { code, detail }: &RerunReason| match detail {
        Some(detail) => format!("{}({detail})", word(*code)),
        None => word(*code),
    };
    plan_rerun(earlier, plan, from)
        .iter()
        .inspect(|step| assert_eq!(step.action == RerunAction::Reuse, step.reasons.is_empty()))
        .filter(|step| step.action == RerunAction::Run)
        .map(|step| format!("{}: {}", step.step_name, step.reasons.iter().map(line).collect::<Vec<_>>().join(" ")))
        .collect()
}

fn check(change: impl FnOnce(&mut RunPlan), expected: &[&str]) {
    let mut plan = plan();
    change(&mut plan);
    assert_eq!(told(&earlier(), &plan, None), expected);
}

#[test]
fn what_did_not_change_is_taken_over() {
    check(|_| {}, &[]);
    // Neither patience nor a wish to look changes what a step makes, and an open seed keeps the earlier one.
    check(
        |plan| {
            step(plan, "plan").timeout_s = Some(5);
            step(plan, "form").pause_after = true;
            plan.seeds = vec![9; 5];
            plan.models[0].stand_in = true;
        },
        &[],
    );
    // Another way to say the same is the same.
    check(|plan| step(plan, "plan").prompt = "Plan a form.".into(), &[]);
    check(|plan| step(plan, "form").parameters.seed = Some(2), &[]);
}

#[test]
fn each_reason_is_told_and_nothing_else_runs() {
    let follow = |name: &str| format!("assembler: input_runs_again({name})");
    check(|plan| step(plan, "style").prompt = "Other.".into(), &["style: prompt_changed", &follow("style")]);
    check(
        |plan| step(plan, "style").parameters = Parameters { max_tokens: 7, ..Parameters::default() },
        &["style: parameters_changed", &follow("style")],
    );
    check(|plan| step(plan, "style").parameters.seed = Some(99), &["style: parameters_changed", &follow("style")]);
    check(
        |plan| {
            step(plan, "style").model_type = Role::CodeGemma;
            plan.models[2] = plan.models[1].clone();
        },
        &["style: role_changed model_changed(gemma)", &follow("style")],
    );
    check(
        |plan| step(plan, "style").context = serde_json::from_value(json!({"width": 3})).unwrap(),
        &["style: context_changed(width)", &follow("style")],
    );
    check(|plan| plan.files[2] = vec![file("b.css", "x")], &["style: files_changed(b.css)", &follow("style")]);
    check(
        |plan| step(plan, "style").inputs = Some(vec!["plan".into(), "form".into()]),
        &["style: inputs_changed(form)", &follow("style")],
    );
    check(|plan| step(plan, "style").inputs = Some(Vec::new()), &["style: inputs_changed(plan)", &follow("style")]);
    check(|plan| plan.models[4].path = "/m/other".into(), &["assembler: model_changed(qwen)"]);
    check(
        |plan| plan.pipeline.assembler = Some(serde_json::from_value(json!({"prompt": "Join."})).unwrap()),
        &["assembler: prompt_changed"],
    );
    check(
        |plan| {
            let mut added = plan.pipeline.steps[2].clone();
            added.step_name = "icons".into();
            plan.pipeline.steps.push(added);
            plan.models.insert(4, plan.models[2].clone());
            plan.seeds.push(6);
        },
        &["icons: new_step", "assembler: input_runs_again(icons) inputs_changed(icons)"],
    );
    check(|plan| step(plan, "style").enabled = false, &["assembler: inputs_changed(style)"]);
    let everywhere = |first: &str| -> Vec<String> {
        let rest = [
            "form: input_runs_again(plan)",
            "style: input_runs_again(plan)",
            "tests: input_runs_again(form)",
            "assembler: input_runs_again(plan) input_runs_again(form) input_runs_again(style) input_runs_again(tests)",
        ];
        [first].into_iter().chain(rest).map(str::to_owned).collect()
    };
    let mut changed = plan();
    changed.files[0][0].content = "2".into();
    assert_eq!(told(&earlier(), &changed, None), everywhere("plan: files_changed(a.ts)"));
    assert_eq!(
        told(&earlier(), &plan(), Some("style")),
        ["style: asked", "tests: asked", "assembler: asked input_runs_again(style) input_runs_again(tests)"]
    );
}

#[test]
fn the_context_of_all_steps_runs_all_of_them() {
    let mut changed = plan();
    changed.project_context.insert("team".into(), "blue".into());
    let told = told(&earlier(), &changed, None);
    assert_eq!(told.len(), 5);
    assert!(told.iter().all(|line| line.contains("context_changed(team)")), "{told:#?}");
}

#[test]
fn steps_are_known_by_name_wherever_they_stand() {
    // `style` moves before `form`: what each reads is the same, but the Assembler reads them in another order, and the
    // variable of `tests` names another place.
    let mut moved = plan();
    moved.pipeline.steps.swap(1, 2);
    moved.models.swap(1, 2);
    let planned = plan_rerun(&earlier(), &moved, None);
    let places: Vec<_> = planned.iter().map(|step| (step.position, step.earlier_position)).collect();
    assert_eq!(places, [(0, Some(0)), (1, Some(2)), (2, Some(1)), (3, Some(3)), (4, Some(4))]);
    assert_eq!(
        told(&earlier(), &moved, None),
        ["tests: prompt_changed", "assembler: input_runs_again(tests) inputs_changed"]
    );
}

#[test]
fn what_did_not_end_well_runs() {
    let mut failed = earlier();
    failed.steps[1].status = RunStatus::Failed;
    assert_eq!(
        told(&failed, &plan(), None),
        [
            "form: not_finished",
            "tests: input_runs_again(form)",
            "assembler: input_runs_again(form) input_runs_again(tests)"
        ]
    );
}

#[test]
fn edited_artifacts_make_their_readers_stale() {
    let mut edited = earlier();
    let mut artifacts = edited.steps[1].artifacts.clone();
    artifacts[0].name = "renamed.ts".into();
    let change = RunChange::ArtifactsEdited { target: ArtifactTarget::Step { position: 1 }, artifacts, edited: true };
    edited.apply(edited.created_at, &change).unwrap();
    assert_eq!(
        told(&edited, &plan(), None),
        ["tests: output_edited_input(form)", "assembler: input_runs_again(tests)"]
    );
}
