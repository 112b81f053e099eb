//! Speed against llama.cpp's own server, built for this machine: the same model file, the same texts, temperature 0, clocks
//! at the client. Both sides take turns, in the opposite order in every second round.

mod chat;
mod cold;
mod concurrent;
mod copy;
mod peer;
mod pipeline;
mod plot;
mod quiet;
mod rows;
mod slope;
mod step;
mod store;
mod texts;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use self::peer::{Peer, Setting};
use self::quiet::{MOST_STOLEN, Ticks};
use self::rows::Figure;
use super::Arm;
use crate::served::{self, Server};
use crate::workspace::{Workspace, variable};
use crate::{demo, models, ui};

/// The arms of this kind.
pub(super) const ARMS: &[Arm] = &[
    ("step", |workspace| measured(workspace, "step", step::measure)),
    ("pipeline", |workspace| measured(workspace, "pipeline", pipeline::measure)),
    ("copy", |workspace| measured(workspace, "copy", copy::measure)),
    ("concurrent", |workspace| measured(workspace, "concurrent", concurrent::measure)),
    ("cold", |workspace| measured(workspace, "cold", cold::measure)),
    ("slope", |workspace| measured(workspace, "slope", slope::measure)),
    ("store", |workspace| rows::finish(workspace, "store", store::measure(workspace)?)),
];

/// How often each side is measured, unless `BRICKWORK_BENCH_ROUNDS` says otherwise.
const ROUNDS: usize = 5;

/// When set, the programs are taken as they lie in the build folder.
const AS_BUILT: &str = "BRICKWORK_BENCH_AS_BUILT";

/// The profile whose programs are measured.
const PROFILE: &str = "release";

/// What the arms share: both programs, and how often they are measured.
struct Bench<'a> {
    workspace: &'a Workspace,
    models: PathBuf,
    /// `llama-server`.
    peer: PathBuf,
    rounds: usize,
}

/// Builds, installs the peer, measures, and prints. `null` where the peer cannot be had.
fn measured(workspace: &Workspace, arm: &str, measure: fn(&Bench<'_>) -> Result<Vec<Figure>>) -> Result<Value> {
    let peer = match peer::install(workspace) {
        Ok(peer) => peer,
        Err(error) => {
            println!("The arm {arm} is skipped: llama-server cannot be had ({error:#})");
            return Ok(Value::Null);
        }
    };
    models::fetch(workspace, matches!(arm, "copy" | "concurrent"))?;
    build(workspace)?;
    let bench = Bench { workspace, models: models::folder(workspace)?, peer, rounds: rounds() };
    rows::finish(workspace, arm, measure(&bench)?)
}

/// Builds what is measured, unless it is to be taken as it is.
fn build(workspace: &Workspace) -> Result<()> {
    if variable(AS_BUILT).is_some() {
        return Ok(());
    }
    ui::build(workspace)?;
    demo::build(workspace)
}

fn rounds() -> usize {
    variable("BRICKWORK_BENCH_ROUNDS").and_then(|rounds| rounds.to_str()?.parse().ok()).unwrap_or(ROUNDS).max(1)
}

impl Bench<'_> {
    /// Our server with one model in all roles, on a data folder that ends with the second value.
    fn ours(&self, model: &str) -> Result<(Server, TempDir)> {
        let data = self.bound(model)?;
        Ok((self.ours_on(data.path())?, data))
    }

    /// A data folder in which a model serves all roles.
    fn bound(&self, model: &str) -> Result<TempDir> {
        let data = tempfile::tempdir().context("a temporary folder could not be made")?;
        let id = model.strip_suffix(".gguf").unwrap_or(model);
        served::bind(self.workspace, PROFILE, data.path(), id, &self.variables())?;
        Ok(data)
    }

    /// Our server on a data folder of [`Bench::bound`].
    fn ours_on(&self, data: &Path) -> Result<Server> {
        Server::on(self.workspace, PROFILE, data, &self.variables())
    }

    fn variables(&self) -> [(&'static str, &OsStr); 1] {
        [("BRICKWORK_MODELS_DIR", self.models.as_os_str())]
    }

    fn peer(&self, model: &str, setting: &Setting) -> Result<Peer> {
        Peer::start(&self.peer, &self.models.join(model), setting)
    }

    /// Measures `sides` in turn: a round that only warms up, and then those that count, every second one in the opposite
    /// order. A round in which other machines took much of the processors is measured again, as often as there are rounds.
    /// `take` gets the round's number, which makes its prompts new, and the side's. One list a side comes back.
    fn in_turn<T>(&self, sides: usize, mut take: impl FnMut(usize, usize) -> Result<T>) -> Result<Vec<Vec<T>>> {
        let mut taken: Vec<Vec<T>> = (0..sides).map(|_| Vec::new()).collect();
        let (mut round, mut n_repeated) = (0, 0);
        while round <= self.rounds + n_repeated {
            let before = Ticks::now();
            let mut samples = Vec::with_capacity(sides);
            for index in 0..sides {
                let side = if round % 2 == 1 { sides - 1 - index } else { index };
                samples.push((side, take(round, side)?));
            }
            let stolen = Ticks::now().zip(before).map_or(0.0, |(now, before)| now.stolen_since(before));
            let is_disturbed = round > 0 && stolen > MOST_STOLEN;
            let is_repeated = is_disturbed && n_repeated < self.rounds;
            if is_disturbed {
                let outcome = if is_repeated { "is measured again" } else { "counts nevertheless" };
                println!("round {round} {outcome}: other machines took {:.0} % of its processor time", 100.0 * stolen);
            }
            if is_repeated {
                n_repeated += 1;
            } else if round > 0 {
                samples.into_iter().for_each(|(side, sample)| taken[side].push(sample));
            }
            round += 1;
        }
        Ok(taken)
    }
}
