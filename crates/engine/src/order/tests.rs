//! Orders of small graphs against all their orders.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::compliance::journal::plan;

/// A plan whose steps use the models named by letters, the Assembler the last one; `inputs` by list position.
fn branches(models: &str, inputs: &[(usize, &[usize])]) -> RunPlan {
    let mut branches = plan(models.len() - 1);
    for (position, letter) in models.chars().enumerate() {
        branches.models[position] = ModelRef { id: letter.into(), path: format!("/m/{letter}.gguf"), stand_in: false };
    }
    for (position, reads) in inputs {
        let names = reads.iter().map(|read| format!("step {read}")).collect();
        branches.pipeline.steps[*position].inputs = Some(names);
    }
    branches
}

fn check(models: &str, inputs: &[(usize, &[usize])], order: &[usize], loads: usize) {
    let plan = branches(models, inputs);
    let found = run_order(&plan);
    assert_eq!((found.as_slice(), model_loads(&plan, &found)), (order, loads), "{models} {inputs:?}");
}

#[test]
fn without_inputs_the_list_is_the_order() {
    check("XYXYX", &[], &[0, 1, 2, 3, 4], 5);
    check("XX", &[], &[0, 1], 1);
}

#[test]
fn branches_are_ordered_so_that_models_are_loaded_least() {
    // Three independent pairs: each model is loaded once, and the Assembler's own model comes last.
    check("XYXYX", &[(0, &[]), (1, &[]), (2, &[]), (3, &[])], &[1, 3, 0, 2, 4], 2);
    // Two branches of two steps, each first on X and then on Y.
    check("XYXYY", &[(0, &[]), (1, &[0]), (2, &[]), (3, &[2])], &[0, 2, 1, 3, 4], 2);
    // Nothing is gained, so the list's order stays.
    check("XYZ", &[(0, &[]), (1, &[])], &[0, 1, 2], 3);
    check("XYX", &[(0, &[]), (1, &[])], &[1, 0, 2], 2);
    // What is ready for the model in memory need not come first: Y before X does both X at once.
    check("XYXX", &[(0, &[]), (1, &[]), (2, &[1])], &[1, 0, 2, 3], 2);
}

#[test]
fn disabled_steps_have_no_place() {
    let mut plan = branches("XYXY", &[(0, &[]), (1, &[]), (2, &[1])]);
    plan.pipeline.steps[1].enabled = false;
    assert_eq!(run_order(&plan), [0, 2, 3]);
}

#[test]
fn the_largest_pipeline_is_ordered() {
    // As many steps as a pipeline may have on three models; each reads one or two steps a few places before it.
    let models: String = (0..256).map(|n| ['X', 'Y', 'Z'][(n * 7 + n / 5) % 3]).chain(['X']).collect();
    let reads: Vec<Vec<usize>> =
        (0..256_usize).map(|n| [n.checked_sub(3), n.checked_sub(11)].into_iter().flatten().collect()).collect();
    let inputs: Vec<(usize, &[usize])> = reads.iter().enumerate().map(|(n, reads)| (n, reads.as_slice())).collect();
    let plan = branches(&models, &inputs);
    // A search without a bound would never come back.
    let order = run_order(&plan);
    let listed: Vec<usize> = (0..=256).collect();
    assert!(model_loads(&plan, &order) * 2 < model_loads(&plan, &listed), "far fewer loads than in list order");
}

/// Plans of up to 7 steps on up to 3 models, with any inputs and some steps disabled.
fn any_plan() -> impl Strategy<Value = RunPlan> {
    let step = (0..3_usize, proptest::option::of(any::<u8>()), proptest::bool::weighted(0.85));
    (proptest::collection::vec(step, 1..8), 0..3_usize).prop_map(|(steps, last)| {
        let mut made = plan(steps.len());
        made.project_id = Uuid::nil();
        let model = |number: usize| ModelRef { id: format!("m{number}"), path: String::new(), stand_in: number == 1 };
        for (position, (number, reads, enabled)) in steps.into_iter().enumerate() {
            made.models[position] = model(number);
            let step = &mut made.pipeline.steps[position];
            step.enabled = enabled;
            step.inputs = reads
                .map(|bits| (0..position).filter(|bit| (bits >> bit) & 1 == 1).map(|n| format!("step {n}")).collect());
        }
        *made.models.last_mut().unwrap() = model(last);
        made
    })
}

/// The fewest loads of any order that keeps the dependencies, by trying all of them.
fn fewest_by_trying(plan: &RunPlan, done: &mut Vec<usize>) -> usize {
    let steps = &plan.pipeline.steps;
    let left: Vec<usize> = (0..steps.len()).filter(|n| steps[*n].enabled && !done.contains(n)).collect();
    if left.is_empty() {
        let order: Vec<usize> = done.iter().copied().chain([steps.len()]).collect();
        return model_loads(plan, &order);
    }
    let mut best = usize::MAX;
    for step in left {
        if visible_steps(&plan.pipeline, step).iter().all(|input| done.contains(input)) {
            done.push(step);
            best = best.min(fewest_by_trying(plan, done));
            done.pop();
        }
    }
    best
}

proptest! {
    #[test]
    fn an_order_keeps_its_promises(plan in any_plan()) {
        let order = run_order(&plan);
        prop_assert_eq!(&order, &run_order(&plan), "it is deterministic");
        let n_steps = plan.pipeline.steps.len();
        let listed: Vec<usize> =
            (0..n_steps).filter(|n| plan.pipeline.steps[*n].enabled).chain([n_steps]).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        prop_assert_eq!(&sorted, &listed, "every enabled step once");
        prop_assert_eq!(order.last(), Some(&n_steps), "the Assembler last");
        for (place, &position) in order.iter().enumerate() {
            for input in visible_steps(&plan.pipeline, position) {
                prop_assert!(order[..place].contains(&input), "{} reads {}, which comes later", position, input);
            }
        }
        let loads = model_loads(&plan, &order);
        prop_assert!(loads <= model_loads(&plan, &listed), "never more loads than in list order");
        prop_assert_eq!(loads, fewest_by_trying(&plan, &mut Vec::new()), "no order has fewer");
        if plan.pipeline.steps.iter().all(|step| step.inputs.is_none()) {
            prop_assert_eq!(order, listed, "without inputs the list is the order");
        }
    }
}

#[test]
fn models_of_servers_are_told_apart_and_not_loaded() {
    let plan_of = |models: &[ModelRef]| {
        let mut made = plan(models.len() - 1);
        made.models = models.to_vec();
        made
    };
    let local = |id: &str| ModelRef { id: id.into(), path: format!("/m/{id}.gguf"), stand_in: false };
    let remote = |id: &str| ModelRef::remote("http://127.0.0.1:8080/v1", id);
    assert_ne!(identity(&remote("a")), identity(&remote("b")), "one server has several models");
    let loads = |models: &[ModelRef]| {
        let made = plan_of(models);
        model_loads(&made, &(0..models.len()).collect::<Vec<_>>())
    };
    assert_eq!(loads(&[local("a"), remote("a"), local("a")]), 1, "the local model stays in memory meanwhile");
    assert_eq!(loads(&[remote("a"), remote("b"), remote("a")]), 0);
}
