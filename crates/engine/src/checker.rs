//! The port through which the engine has artifacts looked at, and what it asks there.
//!
//! Parsing runs scanners in C over whatever a model wrote, and a gate's command is a program of the user's: both belong
//! outside this process. [`DirectChecker`] answers what is pure within it, for tests and for programs that accept that.

use std::collections::BTreeSet;

use brickwork_artifacts::{Artifact, SyntaxReport, UncheckedReason, latest_pieces};
use brickwork_syntax::{
    Assembly, ResultFault, SchemaError, Step as StepPieces, SyntaxAnswer, SyntaxRequest, SyntaxSource, answer,
};
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use serde_json::Value;
use uuid::Uuid;

use crate::gate::{Finding, FindingKind, Gate, excerpt, syntax_findings};
use crate::pipeline::JsonMap;
use crate::run::RunRecord;

/// A gate's command with the files that it looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateCommand {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Seconds that it may take.
    pub timeout_s: u64,
    /// The files that are to lie in its folder.
    pub files: Vec<Artifact>,
}

/// What became of a gate's command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandOutcome {
    /// It exited with 0.
    Passed,
    /// It did not, or could not be run.
    Failed {
        /// What happened, as a sentence.
        message: String,
        /// The end of what it printed.
        output: String,
    },
}

/// Looks at artifacts.
pub trait Checker: Send + Sync {
    /// Answers a question about syntax, or `None` where the check itself broke off. The answer is of the question's kind.
    fn ask(&self, request: SyntaxRequest) -> BoxFuture<'static, Option<SyntaxAnswer>>;

    /// Runs a gate's command. Dropping the future ends it.
    fn run(&self, command: GateCommand) -> BoxFuture<'static, CommandOutcome>;

    /// Names of the files in the folder of a project, below it and with `/` between the parts; none where it has no folder.
    /// What imports them imports something that is there.
    fn project_files(&self, project_id: Uuid) -> BoxFuture<'static, Vec<String>> {
        let _ = project_id;
        ready(Vec::new()).boxed()
    }
}

/// Answers questions of syntax in this process and runs no commands.
#[derive(Debug, Clone, Copy, Default)]
pub struct DirectChecker;

impl Checker for DirectChecker {
    fn ask(&self, request: SyntaxRequest) -> BoxFuture<'static, Option<SyntaxAnswer>> {
        ready(Some(answer(&request, &mut || false))).boxed()
    }

    fn run(&self, command: GateCommand) -> BoxFuture<'static, CommandOutcome> {
        let name = command.command.first().map_or("", String::as_str);
        let message = format!("The command `{name}` was not run: commands are run by the program alone.");
        ready(CommandOutcome::Failed { message, output: String::new() }).boxed()
    }
}

/// Gives each artifact that has none its report.
pub async fn report_syntax(checker: &dyn Checker, artifacts: &mut [Artifact]) {
    let open: Vec<&mut Artifact> = artifacts.iter_mut().filter(|one| one.syntax.is_none()).collect();
    if open.is_empty() {
        return;
    }
    let sources = open.iter().map(|one| source(one)).collect();
    let answered = checker.ask(SyntaxRequest::Check { sources }).await;
    let mut reports = match answered {
        Some(SyntaxAnswer::Check { reports }) => reports,
        _ => Vec::new(),
    }
    .into_iter();
    for artifact in open {
        let failed = || SyntaxReport::unchecked(None, UncheckedReason::Failed);
        artifact.syntax = Some(reports.next().unwrap_or_else(failed));
    }
}

fn source(artifact: &Artifact) -> SyntaxSource {
    SyntaxSource { kind: artifact.kind.clone(), content: artifact.content.clone() }
}

/// The steps' latest pieces and what does not fit among them.
pub async fn assemble(checker: &dyn Checker, record: &RunRecord) -> Assembly {
    let steps = pieces_of(record);
    let lists: Vec<Vec<Artifact>> = steps.iter().map(|step| step.artifacts.clone()).collect();
    let others = others(checker, record).await;
    match checker.ask(SyntaxRequest::Assemble { steps, others }).await {
        Some(SyntaxAnswer::Assemble { assembly }) => assembly,
        _ => Assembly { pieces: latest_pieces(&lists), conflicts: Vec::new() },
    }
}

fn pieces_of(record: &RunRecord) -> Vec<StepPieces> {
    let made = record.steps.iter().filter(|step| !step.is_assembler());
    made.map(|step| StepPieces { name: step.step_name.clone(), artifacts: step.artifacts.clone() }).collect()
}

/// Names of the files that are there besides the pieces of a run: those attached to its steps, and those of its project's
/// folder.
async fn others(checker: &dyn Checker, record: &RunRecord) -> Vec<String> {
    let attached = record.plan.files.iter().flatten().map(|file| file.path.clone());
    let mut names: BTreeSet<String> = attached.collect();
    names.extend(checker.project_files(record.plan.project_id).await);
    names.into_iter().collect()
}

/// What is wrong with a result that was made of these pieces of the run.
pub(crate) async fn verify(
    checker: &dyn Checker,
    record: &RunRecord,
    pieces: &[Artifact],
    result: &[Artifact],
) -> Vec<ResultFault> {
    let others = others(checker, record).await;
    let request = SyntaxRequest::Verify { pieces: pieces.to_vec(), result: result.to_vec(), others };
    match checker.ask(request).await {
        Some(SyntaxAnswer::Verify { faults }) => faults,
        _ => Vec::new(),
    }
}

/// Everything that `gate` finds wrong with an answer. `files` are those that the step could see, its own put over them.
pub(crate) async fn judge(
    checker: &dyn Checker,
    gate: &Gate,
    extraction: &brickwork_artifacts::Extraction,
    files: Vec<Artifact>,
) -> Vec<Finding> {
    let artifacts = &extraction.artifacts;
    let mut found = if gate.syntax { syntax_findings(artifacts, extraction) } else { Vec::new() };
    if let Some(schema) = &gate.json_schema {
        found.extend(schema_findings(checker, schema, artifacts).await);
    }
    if let (Some(command), true) = (&gate.command, found.is_empty()) {
        // A command says little of files that do not even parse.
        let command = GateCommand { command: command.clone(), timeout_s: gate.timeout_s, files };
        if let CommandOutcome::Failed { message, output } = checker.run(command).await {
            let excerpt = (!output.trim().is_empty()).then_some(output);
            found.push(Finding { excerpt, ..Finding::new(FindingKind::Command, message) });
        }
    }
    found
}

async fn schema_findings(checker: &dyn Checker, schema: &JsonMap, artifacts: &[Artifact]) -> Vec<Finding> {
    if !artifacts.iter().any(|one| one.kind == "json") {
        return vec![Finding::new(FindingKind::NoJson, "The answer has no JSON file to check against the schema.")];
    }
    let schema = Value::Object(schema.clone());
    let sources = artifacts.iter().map(source).collect();
    let Some(SyntaxAnswer::Schema { errors }) = checker.ask(SyntaxRequest::Schema { schema, sources }).await else {
        return vec![Finding::new(FindingKind::Schema, "The schema could not be checked.")];
    };
    let told = |error: SchemaError| {
        let artifact = artifacts.get(error.source);
        let name = artifact.map_or("", |one| one.name.as_str());
        let place = if error.pointer.is_empty() { "the whole" } else { &error.pointer };
        let lines = artifact.zip(error.line).map(|(one, line)| excerpt(&one.content, line));
        let message = format!("`{name}`, {place}: {}", error.message);
        Finding { line: error.line, excerpt: lines, ..Finding::about(FindingKind::Schema, name, message) }
    };
    errors.into_iter().map(told).collect()
}
