//! In which order the steps of a run are carried out, so that models are loaded least.
//!
//! Invariant: a step comes after every step that it reads, and the Assembler comes last. Pure and deterministic: the same
//! plan has the same order in every program, so that a preview, a run and its resumption agree.

use std::collections::HashMap;

use crate::context::visible_steps;
use crate::run::{ModelRef, RunPlan};

/// States that the search keeps for each number of loads. A pipeline has at most four models, one a role, so that real
/// ones stay far below; beyond it the search goes on with the best of them.
const WIDTH: usize = 64;

/// List positions of the enabled steps in the order in which they run; the Assembler's, the number of steps, is last.
///
/// Among the orders that load models least this is the one nearest to the list's own. Where each step reads all before
/// it, as they do unless they name `inputs`, it is the list's own.
#[must_use]
pub fn run_order(plan: &RunPlan) -> Vec<usize> {
    let graph = Graph::of(plan);
    let listed: Vec<usize> = (0..graph.steps.len()).collect();
    // A short cut for what most pipelines are: nothing to choose.
    let is_chain = graph.inputs.iter().enumerate().all(|(step, inputs)| inputs.len() == step);
    let found = if is_chain { None } else { graph.fewest_loads() };
    let best = found.into_iter().chain([listed]).min_by_key(|order| (graph.loads(order), order.clone()));
    let assembler = plan.pipeline.steps.len();
    best.unwrap_or_default().into_iter().map(|step| graph.steps[step]).chain([assembler]).collect()
}

/// How many times a model is loaded when the steps at the list positions `order` run one after another, and only the
/// model in use is kept in memory. Models that other programs serve are not loaded here.
#[must_use]
pub fn model_loads(plan: &RunPlan, order: &[usize]) -> usize {
    let models = order.iter().filter_map(|&position| plan.models.get(position));
    let models: Vec<_> = models.filter(|model| model.is_local() && !model.is_none()).map(identity).collect();
    changes(&models)
}

/// What tells one model from another: its file, and the id where it has none or where a server has several.
pub(crate) fn identity(model: &ModelRef) -> (&str, &str) {
    let is_file = model.is_local() && !model.path.is_empty();
    (&model.path, if is_file { "" } else { &model.id })
}

fn changes<T: PartialEq>(models: &[T]) -> usize {
    usize::from(!models.is_empty()) + models.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// The enabled steps, numbered from 0 in list order, with what each reads and uses. The Assembler is none of them.
struct Graph {
    /// List position of each step.
    steps: Vec<usize>,
    /// The steps that each one reads, by number.
    inputs: Vec<Vec<usize>>,
    /// The model of each step, by number.
    models: Vec<usize>,
    /// The Assembler's model.
    last_model: usize,
}

/// How far a search has come: the model in memory has nothing more to do.
#[derive(Clone)]
struct State {
    done: Vec<bool>,
    order: Vec<usize>,
    model: usize,
}

impl Graph {
    fn of(plan: &RunPlan) -> Self {
        let pipeline = &plan.pipeline;
        let is_enabled = |position: &usize| pipeline.steps[*position].enabled;
        let steps: Vec<usize> = (0..pipeline.steps.len()).filter(is_enabled).collect();
        let number_of = |position: usize| steps.iter().position(|step| *step == position);
        let inputs = steps
            .iter()
            .map(|&position| visible_steps(pipeline, position).into_iter().filter_map(number_of).collect())
            .collect();
        let mut numbers: HashMap<(&str, &str), usize> = HashMap::new();
        let mut model_at = |position: usize| {
            let next = numbers.len();
            plan.models.get(position).map_or(usize::MAX, |model| *numbers.entry(identity(model)).or_insert(next))
        };
        let models = steps.iter().map(|&position| model_at(position)).collect();
        let last_model = model_at(pipeline.steps.len());
        Self { inputs, models, last_model, steps }
    }

    fn loads(&self, order: &[usize]) -> usize {
        let models: Vec<usize> = order.iter().map(|&step| self.models[step]).chain([self.last_model]).collect();
        changes(&models)
    }

    /// An order of all steps with the fewest loads.
    ///
    /// Level by level: what can be done with one load, with two, and so on. With a model in memory everything that is
    /// ready for it is done before it is let go, which is never worse; so a state is what is done and which model is
    /// there, and one that has done less than another with the same model is dropped.
    fn fewest_loads(&self) -> Option<Vec<usize>> {
        let start = State { done: vec![false; self.steps.len()], order: Vec::new(), model: usize::MAX };
        let mut level = vec![start];
        // Each load does at least one step.
        for _ in 0..self.steps.len() {
            let mut next: Vec<State> = level.iter().flat_map(|state| self.followers(state)).collect();
            next.sort_by(|a, b| a.order.cmp(&b.order));
            let complete = next.iter().filter(|state| state.order.len() == self.steps.len());
            if let Some(best) = complete.min_by_key(|state| (state.model != self.last_model, &state.order)) {
                return Some(best.order.clone());
            }
            level = undominated(next);
        }
        None
    }

    /// What can follow `state` with one more load, in the order of the first step that each model does.
    fn followers(&self, state: &State) -> Vec<State> {
        let mut models: Vec<usize> = self.ready(state).map(|step| self.models[step]).collect();
        models.sort_unstable();
        models.dedup();
        models.into_iter().map(|model| self.with_model(state, model)).collect()
    }

    fn ready<'a>(&'a self, state: &'a State) -> impl Iterator<Item = usize> + 'a {
        (0..self.steps.len())
            .filter(|&step| !state.done[step] && self.inputs[step].iter().all(|&input| state.done[input]))
    }

    fn with_model(&self, state: &State, model: usize) -> State {
        let mut state = State { model, ..state.clone() };
        // A step reads only steps before it in the list, so one pass over the list finds all that becomes ready.
        for step in 0..self.steps.len() {
            let ready = !state.done[step] && self.inputs[step].iter().all(|&input| state.done[input]);
            if ready && self.models[step] == model {
                state.done[step] = true;
                state.order.push(step);
            }
        }
        state
    }
}

/// The states of which no other one with the same model has done all and more; of equal ones the first.
fn undominated(states: Vec<State>) -> Vec<State> {
    let covers = |a: &State, b: &State| a.model == b.model && a.done.iter().zip(&b.done).all(|(a, b)| *a || !*b);
    let mut kept: Vec<State> = Vec::new();
    for state in states {
        if !kept.iter().any(|other| covers(other, &state)) {
            kept.retain(|other| !covers(&state, other));
            kept.push(state);
        }
    }
    if kept.len() > WIDTH {
        kept.sort_by_key(|state| std::cmp::Reverse(state.order.len()));
        kept.truncate(WIDTH);
    }
    kept
}

#[cfg(test)]
mod tests;
