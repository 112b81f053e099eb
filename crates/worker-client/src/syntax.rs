//! Questions of syntax, put to a process that may die of what it reads.

use std::sync::Arc;
use std::time::Duration;

use brickwork_syntax::{SyntaxAnswer, SyntaxRequest};
use process_wrap::tokio::ChildWrapper;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::config::WorkerConfig;
use crate::spawn::{command, spawn};

/// The argument that makes a worker answer questions of syntax.
const SYNTAX: &str = "syntax";

/// How long one answer may take. The process gives up parsing before that; this is for what never comes back.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// The longest answer, in bytes.
const ANSWER_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Answers questions of syntax in a process of its own, which is started at the first one and kept. Clones share it.
#[derive(Clone)]
pub struct SyntaxClient {
    config: Arc<WorkerConfig>,
    process: Arc<Mutex<Option<Process>>>,
}

/// A running process.
struct Process {
    // Dropped in order: the child is killed before the thread that started it may end.
    _child: Box<dyn ChildWrapper>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _log: AbortOnDropHandle<()>,
    _starter: std::sync::mpsc::Sender<()>,
}

impl SyntaxClient {
    /// A client that starts `config`'s program when it is first asked.
    #[must_use]
    pub fn new(config: WorkerConfig) -> Self {
        Self { config: Arc::new(config), process: Arc::default() }
    }

    /// The answer to `request`; `None` when the process cannot be started, dies of the question or does not come back. A
    /// question that killed it is not put again.
    pub async fn ask(&self, request: &SyntaxRequest) -> Option<SyntaxAnswer> {
        let mut line = serde_json::to_vec(request).ok()?;
        line.push(b'\n');
        let mut kept = self.process.lock().await;
        // Taken out, so that a process whose answer nobody waited for is not asked the next question.
        let mut process = match kept.take() {
            Some(process) => process,
            None => self.start().await?,
        };
        let answer = match timeout(ANSWER_LIMIT, process.exchange(&line)).await {
            Ok(answer) => answer,
            Err(_) => {
                tracing::warn!("a check of syntax did not come back and was ended");
                None
            }
        };
        if answer.is_some() {
            *kept = Some(process);
        }
        answer
    }

    async fn start(&self) -> Option<Process> {
        let (mut child, starter) = match spawn(command(&self.config, &[SYNTAX.to_owned()])).await {
            Ok(started) => started,
            Err(error) => {
                tracing::warn!(program = %self.config.program.display(), %error, "syntax cannot be checked");
                return None;
            }
        };
        let (input, output, errors) = (child.stdin().take()?, child.stdout().take()?, child.stderr().take()?);
        let log = AbortOnDropHandle::new(tokio::spawn(async move {
            let mut lines = BufReader::new(errors).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                tracing::info!(target: "brickwork::worker", "{line}");
            }
        }));
        Some(Process { _child: child, input, output: BufReader::new(output), _log: log, _starter: starter })
    }
}

impl Process {
    async fn exchange(&mut self, line: &[u8]) -> Option<SyntaxAnswer> {
        let Self { input, output, .. } = self;
        input.write_all(line).await.ok()?;
        let mut answer = Vec::new();
        output.take(ANSWER_MAX_BYTES).read_until(b'\n', &mut answer).await.ok()?;
        let read = serde_json::from_slice(&answer);
        if read.is_err() {
            tracing::warn!("the process that checks syntax ended in the middle of a question");
        }
        read.ok()
    }
}
