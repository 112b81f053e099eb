//! Variants of the worker's arithmetic that this processor turned out not to run.
//!
//! The worker takes the best variant for what the processor says of itself. Virtual machines and compilers get that wrong at
//! times; then the worker is ended in its first product for an instruction that is lacking. Workers that are started later, also for
//! the second try of the same job, are told to do without that variant, as long as this program lives.

use std::collections::BTreeSet;
use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError};

use brickwork_worker_protocol::WorkerHello;

use crate::exit;

/// Environment variable in which the worker finds the variants that it must not take, with commas between them. Users may set it too.
const VARIABLE: &str = "BRICKWORK_AVOID_CPU";

/// What a module of the processor's is named before its variant.
const PREFIX: &str = "cpu-";

static AVOIDED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The variant that a worker took.
pub(crate) fn of(hello: &WorkerHello) -> Option<String> {
    hello.modules.iter().find_map(|module| module.name.strip_prefix(PREFIX)).map(str::to_owned)
}

/// Has later workers do without `variant` if a worker that took it ended with `status` for a lack of an instruction.
pub(crate) fn judge(variant: Option<&str>, status: ExitStatus) {
    let Some(variant) = variant.filter(|_| exit::lacks_instruction(status)) else { return };
    tracing::warn!(variant, "the processor lacks an instruction that this variant uses; the next best one is taken");
    AVOIDED.lock().unwrap_or_else(PoisonError::into_inner).insert(variant.to_owned());
}

/// The variable for a worker: what was found out, and what the user set.
pub(crate) fn variable() -> Option<(&'static str, String)> {
    let avoided = AVOIDED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let all: Vec<String> = std::env::var(VARIABLE).into_iter().chain(avoided).collect();
    (!all.is_empty()).then(|| (VARIABLE, all.join(",")))
}
