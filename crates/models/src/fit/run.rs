//! The models of a whole run: which stay in memory together, which are loaded again, and how much is needed at once.

use std::collections::BTreeMap;

use serde::Serialize;

/// One model of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunModel {
    /// What tells it from the others: its file's path.
    pub key: String,
    /// What it takes of the machine's memory, in bytes, in its largest step.
    pub total_bytes: u64,
}

/// What happens at one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunStep {
    /// The step's model.
    pub key: String,
    /// Whether it is loaded for the step.
    pub is_loaded: bool,
    /// The models that are freed before it, the first to go first.
    pub freed: Vec<String>,
    /// What all models in memory take during the step, in bytes.
    pub total_bytes: u64,
}

/// What a run needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RunFit {
    /// The steps in their order.
    pub steps: Vec<RunStep>,
    /// The most that is in memory at once, in bytes.
    pub peak_bytes: u64,
    /// How often a model is loaded.
    pub n_loads: usize,
    /// Whether every model is loaded once and stays to the end.
    pub all_stay: bool,
}

/// What the worker does with `steps`, the models of a run in the order in which its steps run, where all models in memory
/// may take `budget_bytes` together: it frees the least recently used ones until the next one has room, and never the one
/// at work.
#[must_use]
pub fn fit_run(steps: &[RunModel], budget_bytes: u64) -> RunFit {
    let mut largest: BTreeMap<&str, u64> = BTreeMap::new();
    for step in steps {
        let size = largest.entry(&step.key).or_default();
        *size = (*size).max(step.total_bytes);
    }
    let size = |key: &str| largest.get(key).copied().unwrap_or(0);
    let mut resident: Vec<&str> = Vec::new();
    let mut fit = RunFit::default();
    for step in steps {
        let key = step.key.as_str();
        let is_loaded = !resident.contains(&key);
        resident.retain(|other| *other != key);
        let mut freed = Vec::new();
        let taken = |resident: &[&str]| resident.iter().fold(size(key), |sum, key| sum.saturating_add(size(key)));
        while !resident.is_empty() && taken(&resident) > budget_bytes {
            freed.push(resident.remove(0).to_owned());
        }
        let total_bytes = taken(&resident);
        resident.push(key);
        fit.peak_bytes = fit.peak_bytes.max(total_bytes);
        fit.n_loads += usize::from(is_loaded);
        fit.steps.push(RunStep { key: key.to_owned(), is_loaded, freed, total_bytes });
    }
    fit.all_stay = fit.n_loads == largest.len();
    fit
}
