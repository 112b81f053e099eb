//! A run's progress on a terminal: one line a step, rewritten in place while it works.

use std::io::Write;
use std::time::{Duration, Instant};

use brickwork_app::{RunChange, RunEvent, RunEventKind, RunStatus, RunView, StepView};
use uuid::Uuid;

/// A line is rewritten at most this often.
const REDRAW: Duration = Duration::from_millis(100);

/// Writes progress to standard error.
pub(crate) struct Progress {
    run_id: Uuid,
    steps: Vec<StepView>,
    live: bool,
    drawn: Option<Instant>,
    generating_since: Option<Instant>,
    line_open: bool,
}

impl Progress {
    /// Progress of `run`; `live` rewrites lines in place, otherwise only ends are printed.
    pub(crate) fn new(run: &RunView, live: bool) -> Self {
        let steps: Vec<StepView> = run.steps.iter().chain([&run.assembler]).cloned().collect();
        eprintln!("{} · run {}", run.name, run.run_id);
        let stand_ins = steps.iter().filter(|step| step.model.stand_in).count();
        if stand_ins > 0 {
            eprintln!(
                "The default model {} stands in for {stand_ins} of {} roles; bind others with `brickwork models bind`.",
                steps[0].model.id,
                steps.len()
            );
        }
        for line in sent_away(&steps) {
            eprintln!("{line}");
        }
        Self { run_id: run.run_id, steps, live, drawn: None, generating_since: None, line_open: false }
    }

    /// Shows one event.
    pub(crate) fn show(&mut self, event: &RunEvent) {
        match &event.kind {
            RunEventKind::Loading { position, fraction } => {
                self.draw(*position, &format!("loading the model {:.0} %", fraction * 100.0));
            }
            RunEventKind::Prompt { position, done, total, cached } => {
                self.draw(*position, &format!("reading the prompt {done}/{total} tokens ({cached} cached)"));
            }
            RunEventKind::Text { position, generated, .. } => {
                let since = *self.generating_since.get_or_insert_with(Instant::now);
                let rate = f64::from(*generated) / since.elapsed().as_secs_f64().max(0.001);
                self.draw(*position, &format!("writing, {generated} tokens, {rate:.0} tok/s"));
            }
            RunEventKind::Change { change } => self.change(change),
        }
    }

    /// Ends an open line.
    pub(crate) fn finish(&mut self) {
        if self.line_open {
            eprintln!();
            self.line_open = false;
        }
    }

    fn change(&mut self, change: &RunChange) {
        match change {
            RunChange::StepStarted { position, warnings, .. } => {
                self.generating_since = None;
                self.drawn = None;
                for warning in warnings {
                    self.line(*position, &format!("warning: {warning}"));
                }
                if !self.live {
                    self.line(*position, "started");
                }
            }
            RunChange::StepFinished { position, outcome, artifacts, execution_time, timings, .. } => {
                let tokens = timings.map_or_else(String::new, |timings| {
                    let rate = f64::from(timings.generated_tokens) / (timings.generate_ms / 1000.0).max(0.001);
                    let guessed = match timings.accepted_tokens {
                        0 => String::new(),
                        guessed => format!(" ({guessed} guessed)"),
                    };
                    format!(
                        ", {} prompt tokens ({} cached), {} written{guessed} at {rate:.0} tok/s",
                        timings.prompt_tokens, timings.cached_tokens, timings.generated_tokens
                    )
                });
                let word = match outcome.status() {
                    RunStatus::Success => "done",
                    RunStatus::Failed => "FAILED",
                    _ => "cancelled",
                };
                let pieces = if artifacts.len() == 1 { "artifact" } else { "artifacts" };
                self.line(*position, &format!("{word} in {execution_time:.1} s{tokens}, {} {pieces}", artifacts.len()));
            }
            RunChange::StepAttempted { position, attempt } => match attempt.findings.as_slice() {
                [] => self.line(*position, "passed its gate"),
                [first, rest @ ..] => {
                    let place = match (&first.artifact, first.line) {
                        (Some(file), Some(line)) => format!("{file}:{line}: "),
                        _ => String::new(),
                    };
                    let more = if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
                    self.line(*position, &format!("did not pass its gate: {place}{}{more}", first.message));
                    self.generating_since = None;
                }
            },
            RunChange::StepText { position, offset, text } => {
                // Of a run that another program carries out, only these recorded chunks are heard.
                self.draw(*position, &format!("writing, {} bytes", offset + text.len()));
            }
            RunChange::StepReused { position, .. } => self.line(*position, "taken over from the earlier run"),
            RunChange::Paused => {
                self.finish();
                eprintln!("paused: `brickwork runs resume {}` goes on with it, Ctrl+C ends it", self.run_id);
            }
            RunChange::Resumed => eprintln!("resumed"),
            RunChange::Interrupted => {
                self.finish();
                eprintln!("the program that carried it out ended before it did");
            }
            RunChange::Requeued => {
                self.finish();
                eprintln!("it waits in the queue for another program");
            }
            RunChange::Finished { status, assembly, .. } => {
                self.finish();
                if let Some(report) = assembly.as_ref().filter(|report| report.fallback) {
                    for fault in &report.faults {
                        eprintln!("assembler: {fault}");
                    }
                    eprintln!(
                        "The steps' latest pieces are the final files; `brickwork artifacts {} --final assembler` takes \
                         the Assembler's result instead.",
                        self.run_id
                    );
                }
                eprintln!("{}", status.as_str());
            }
            _ => {}
        }
    }

    fn draw(&mut self, position: usize, text: &str) {
        if !self.live || self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW) {
            return;
        }
        self.drawn = Some(Instant::now());
        eprint!("\r\x1b[2K{}", self.prefix(position) + text);
        // A terminal that went away is no reason to stop the run.
        let _ = std::io::stderr().flush();
        self.line_open = true;
    }

    fn line(&mut self, position: usize, text: &str) {
        let start = if self.line_open { "\r\x1b[2K" } else { "" };
        eprintln!("{start}{}{text}", self.prefix(position));
        self.line_open = false;
    }

    fn prefix(&self, position: usize) -> String {
        self.steps
            .iter()
            .find(|step| step.position == position)
            .map_or_else(String::new, |step| format!("  {:<24} {:<10} ", step.step_name, step.model_type.name()))
    }
}

/// To which hosts text of which steps is sent.
fn sent_away(steps: &[StepView]) -> Vec<String> {
    let mut hosts: Vec<&str> = steps.iter().filter_map(|step| step.remote_host.as_deref()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let line = |host: &str| {
        let of_host = steps.iter().filter(|step| step.remote_host.as_deref() == Some(host));
        let names: Vec<&str> = of_host.map(|step| step.step_name.as_str()).collect();
        format!("Text of these steps is sent to {host}: {}.", names.join(", "))
    };
    hosts.into_iter().map(line).collect()
}
