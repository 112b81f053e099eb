//! One worker process, from start to end.

use std::collections::VecDeque;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use brickwork_engine::Phrase;
use brickwork_engine::ports::{InferenceError, InferenceErrorCode};
use brickwork_worker_protocol::{
    FrameDecoder, FromWorker, JobId, PROTOCOL_VERSION, ToWorker, WorkerHello, check_protocol, encode,
};
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::config::WorkerConfig;
use crate::{environment, exit};

/// Environment variable in which the worker finds the id of its parent.
const PARENT_VARIABLE: &str = "BRICKWORK_WORKER_PARENT";

/// How long a worker that closed its output may take to end, and its last words to arrive.
const END_LIMIT: Duration = Duration::from_secs(2);

/// Lines of standard error that are kept to explain a crash.
const KEPT_LINES: usize = 8;

/// Longest piece of standard error that becomes one line of the log, in bytes.
const MOST_LINE_BYTES: usize = 8 * 1024;

/// A running worker that has shaken hands.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    // Dropped in order: the child is killed before the thread that started it may end.
    child: Box<dyn ChildWrapper>,
    input: Option<ChildStdin>,
    output: ChildStdout,
    decoder: FrameDecoder<FromWorker>,
    bytes: Vec<u8>,
    last_words: Arc<Mutex<VecDeque<String>>>,
    log: AbortOnDropHandle<()>,
    last_job: JobId,
    /// Whether a frame came since the last job began.
    has_answered: bool,
    _starter: std::sync::mpsc::Sender<()>,
}

/// Why a frame did not come.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The worker closed its output, or writing to it failed.
    Ended,
    /// It said nothing for the limit.
    Silent,
}

impl WorkerProcess {
    /// Starts a worker and shakes hands with it; returns what it said of itself beside it.
    ///
    /// # Errors
    /// [`InferenceErrorCode::WorkerUnavailable`] when it cannot be started or speaks another protocol,
    /// [`InferenceErrorCode::WorkerSilent`] when it does not answer.
    pub(crate) async fn start(config: &WorkerConfig) -> Result<(Self, WorkerHello), InferenceError> {
        let unavailable = |reason: &dyn std::fmt::Display| {
            InferenceError::new(
                InferenceErrorCode::WorkerUnavailable,
                format!(
                    "The model worker {} could not be started: {reason}. Install it again, or set BRICKWORK_WORKER to its \
                     path.",
                    config.program.display()
                ),
            )
            .saying(
                Phrase::new("worker_not_started")
                    .with("program", config.program.as_path())
                    .with("cause", reason.to_string()),
            )
        };
        let (mut child, starter) = spawn(command(config, &[])).await.map_err(|error| unavailable(&error))?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin().take(), child.stdout().take(), child.stderr().take())
        else {
            return Err(unavailable(&"its standard streams are missing"));
        };
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let log = AbortOnDropHandle::new(tokio::spawn(drain(errors, Arc::clone(&last_words))));
        let mut process = Self {
            child,
            input: Some(input),
            output,
            decoder: FrameDecoder::default(),
            bytes: vec![0; 64 * 1024],
            last_words,
            log,
            last_job: 0,
            has_answered: false,
            _starter: starter,
        };
        let hello = ToWorker::Hello { protocol: PROTOCOL_VERSION };
        let answer = match process.send(&hello, config.silence_limit).await {
            Ok(()) => process.next_frame(config.silence_limit).await,
            Err(lost) => Err(lost),
        };
        match answer {
            Ok(FromWorker::Hello(hello)) => {
                check_protocol(hello.protocol).map_err(|error| unavailable(&error))?;
                tracing::info!(
                    version = hello.version,
                    llama = hello.llama_version,
                    threads = hello.threads,
                    "the model worker is ready"
                );
                Ok((process, hello))
            }
            Ok(_) => Err(unavailable(&"it did not answer the handshake")),
            Err(Lost::Silent) => Err(process.silent(config.silence_limit)),
            Err(Lost::Ended) => Err(unavailable(&process.how_it_ended().await.text)),
        }
    }

    /// The number of the next job.
    pub(crate) const fn next_job(&mut self) -> JobId {
        self.has_answered = false;
        self.last_job += 1;
        self.last_job
    }

    /// Whether it did a job before and was gone before it said anything about the present one. It died between jobs, then:
    /// the system may count a killed process as running for a moment more.
    pub(crate) const fn died_between_jobs(&self) -> bool {
        self.last_job > 1 && !self.has_answered
    }

    /// Its process id, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// [`Lost`] when the worker does not take it.
    pub(crate) async fn send(&mut self, frame: &ToWorker, limit: Duration) -> Result<(), Lost> {
        let line = encode(frame).map_err(|_| Lost::Ended)?;
        let input = self.input.as_mut().ok_or(Lost::Ended)?;
        match timeout(limit, input.write_all(&line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Lost::Ended),
            Err(_) => Err(Lost::Silent),
        }
    }

    /// The next frame. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`Lost`] when the worker ended or said nothing for `limit`.
    pub(crate) async fn next_frame(&mut self, limit: Duration) -> Result<FromWorker, Lost> {
        loop {
            match self.decoder.next_frame() {
                Some(Ok(frame)) => {
                    self.has_answered = true;
                    return Ok(frame);
                }
                Some(Err(error)) => tracing::warn!(%error, "the model worker sent what is not a frame"),
                None => match timeout(limit, self.output.read(&mut self.bytes)).await {
                    Ok(Ok(n)) if n > 0 => self.decoder.push(&self.bytes[..n]),
                    Ok(_) => return Err(Lost::Ended),
                    Err(_) => return Err(Lost::Silent),
                },
            }
        }
    }

    /// The error for a job in whose middle the worker ended for the `n_times`-th time. The process is gone afterwards.
    pub(crate) async fn crashed(mut self, n_times: u32) -> InferenceError {
        let End { text: how, phrase, words } = self.how_it_ended().await;
        let again = if n_times > 1 { ", also when it was tried again" } else { "" };
        InferenceError::new(
            InferenceErrorCode::WorkerCrashed,
            format!(
                "The model worker ended in the middle of the job ({how}){again}. The next job gets a fresh one: run this step \
                 again, or choose another model if it happens again."
            ),
        )
        .saying(crash(phrase, words, n_times))
    }

    /// The error for a job during which the worker said nothing for `limit`. The process is killed.
    pub(crate) fn silent(mut self, limit: Duration) -> InferenceError {
        self.kill();
        InferenceError::new(
            InferenceErrorCode::WorkerSilent,
            format!(
                "The model worker said nothing for {} s and was ended. Run the step again, or choose a smaller model.",
                limit.as_secs_f64()
            ),
        )
        .saying(Phrase::new("worker_silent").with("seconds", limit.as_secs_f64().to_string()))
    }

    /// Ends the process in good order within `limit`, else by force.
    pub(crate) async fn end(mut self, limit: Duration) {
        if self.send(&ToWorker::Shutdown, limit).await.is_ok() {
            self.input = None;
            if timeout(limit, self.child.wait()).await.is_ok() {
                return;
            }
        }
        self.kill();
        let _ = timeout(END_LIMIT, self.child.wait()).await;
    }

    fn kill(&mut self) {
        if let Err(error) = self.child.start_kill() {
            tracing::warn!(%error, "the model worker could not be killed");
        }
    }

    /// Waits for the end, by force if need be, and describes it with the last words.
    async fn how_it_ended(&mut self) -> End {
        let (how, phrase) = match timeout(END_LIMIT, self.child.wait()).await {
            Ok(Ok(status)) => (exit::describe(status), exit::phrase(status)),
            Ok(Err(error)) => {
                let phrase = Phrase::new("ended_unknown").with("cause", error.to_string());
                (format!("its end is unknown: {error}"), phrase)
            }
            Err(_) => {
                self.kill();
                ("it closed its output and was ended".to_owned(), Phrase::new("ended_after_closing_output"))
            }
        };
        let _ = timeout(END_LIMIT, &mut self.log).await;
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        match words.iter().rev().find(|line| line.contains("ASSERT") || line.contains("error")).or_else(|| words.back())
        {
            Some(words) => End { text: format!("{how}; its last words: {words}"), phrase, words: Some(words.clone()) },
            None => End { text: how, phrase, words: None },
        }
    }
}

/// How a worker ended, in words, in a form that can be put into another language, and with its own last words.
struct End {
    text: String,
    phrase: Phrase,
    words: Option<String>,
}

/// A crash for the `n_times`-th time in a form that can be put into another language; `end` stands within it.
fn crash(end: Phrase, words: Option<String>, n_times: u32) -> Phrase {
    let reason = match (n_times > 1, words.is_some()) {
        (false, false) => "worker_crashed",
        (false, true) => "worker_crashed_with_words",
        (true, false) => "worker_crashed_again",
        (true, true) => "worker_crashed_again_with_words",
    };
    let crash = Phrase { reason: reason.to_owned(), params: end.params }.with("fault", end.reason);
    words.into_iter().fold(crash, |crash, words| crash.with("words", words))
}

/// The worker with `arguments`; it is killed when what is spawned of this is dropped.
pub(crate) fn command(config: &WorkerConfig, arguments: &[String]) -> CommandWrap {
    let mut command = CommandWrap::with_new(&config.program, |command| {
        command
            .args(arguments)
            .env_clear()
            .envs(environment::for_worker(std::env::vars_os()))
            .envs(config.environment.iter().map(|(name, value)| (name, value)))
            .env(PARENT_VARIABLE, std::process::id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // An interrupt typed into a terminal is for this program, which then ends the worker in good order.
        #[cfg(unix)]
        command.process_group(0);
    });
    command.wrap(KillOnDrop);
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    command
}

/// Starts `command` from a thread that lives until the returned sender is dropped: Linux kills the worker when the
/// thread that started it ends, and a runtime's threads may end early.
pub(crate) async fn spawn(
    mut command: CommandWrap,
) -> io::Result<(Box<dyn ChildWrapper>, std::sync::mpsc::Sender<()>)> {
    let runtime = tokio::runtime::Handle::current();
    let (send, receive) = tokio::sync::oneshot::channel();
    let (starter, until_dropped) = std::sync::mpsc::channel::<()>();
    std::thread::Builder::new().name("worker starter".to_owned()).spawn(move || {
        let entered = runtime.enter();
        let outcome = command.spawn();
        drop(entered);
        drop(runtime);
        if send.send(outcome).is_ok() {
            // Nothing is ever sent; this returns when the sender is gone.
            let _ = until_dropped.recv();
        }
    })?;
    let child = receive.await.map_err(|_| io::Error::other("the starting thread ended"))??;
    Ok((child, starter))
}

/// Passes standard error on to the log until it ends.
async fn drain(mut errors: ChildStderr, last_words: Arc<Mutex<VecDeque<String>>>) {
    let mut bytes = vec![0; MOST_LINE_BYTES];
    let mut line = Vec::new();
    while let Ok(n) = errors.read(&mut bytes).await {
        for byte in &bytes[..n] {
            if *byte != b'\n' && line.len() < MOST_LINE_BYTES {
                line.push(*byte);
            } else {
                keep_line(&mut line, &last_words);
            }
        }
        if n == 0 {
            break;
        }
    }
    keep_line(&mut line, &last_words);
}

fn keep_line(line: &mut Vec<u8>, last_words: &Mutex<VecDeque<String>>) {
    let bytes = std::mem::take(line);
    let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
    if text.is_empty() {
        return;
    }
    tracing::info!(target: "brickwork::worker", "{text}");
    let mut words = last_words.lock().unwrap_or_else(PoisonError::into_inner);
    if words.len() == KEPT_LINES {
        words.pop_front();
    }
    words.push_back(text);
}
