//! One worker process that has shaken hands: its frames, and how it ends.

use std::time::Duration;

use brickwork_engine::Phrase;
use brickwork_engine::ports::{InferenceError, InferenceErrorCode};
use brickwork_worker_protocol::{
    FrameDecoder, FromWorker, PROTOCOL_VERSION, ToWorker, WorkerHello, check_protocol, encode,
};
use process_wrap::tokio::ChildWrapper;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::time::timeout;

use crate::config::WorkerConfig;
use crate::exit;
use crate::fate::{End, Fate};
use crate::spawn::{command, spawn};
use crate::variants;
use crate::words::LastWords;

/// How long a worker that closed its output may take to end, and its last words to arrive.
const END_LIMIT: Duration = Duration::from_secs(2);

/// A running worker.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    // Dropped in order: the child is killed before the thread that started it may end.
    child: Box<dyn ChildWrapper>,
    output: ChildStdout,
    decoder: FrameDecoder<FromWorker>,
    bytes: Vec<u8>,
    words: LastWords,
    /// The variant of the processor's part that it took.
    variant: Option<String>,
    _starter: std::sync::mpsc::Sender<()>,
}

/// The worker closed its output.
#[derive(Debug)]
pub(crate) struct Ended;

impl WorkerProcess {
    /// Starts a worker and shakes hands with it; returns its input and what it said of itself beside it.
    ///
    /// # Errors
    /// [`InferenceErrorCode::WorkerUnavailable`] when it cannot be started or speaks another protocol,
    /// [`InferenceErrorCode::WorkerSilent`] when it does not answer.
    pub(crate) async fn start(config: &WorkerConfig) -> Result<(Self, ChildStdin, WorkerHello), InferenceError> {
        let unavailable = |reason: &dyn std::fmt::Display| unavailable(config, reason);
        let (mut child, starter) = spawn(command(config, &[])).await.map_err(|error| unavailable(&error))?;
        let (Some(mut input), Some(output), Some(errors)) =
            (child.stdin().take(), child.stdout().take(), child.stderr().take())
        else {
            return Err(unavailable(&"its standard streams are missing"));
        };
        let mut process = Self {
            child,
            output,
            decoder: FrameDecoder::default(),
            bytes: vec![0; 64 * 1024],
            words: LastWords::of(errors),
            variant: None,
            _starter: starter,
        };
        match process.shake_hands(&mut input, config.silence_limit).await {
            Ok(FromWorker::Hello(hello)) => {
                check_protocol(hello.protocol).map_err(|error| unavailable(&error))?;
                tracing::info!(
                    version = hello.version,
                    llama = hello.llama_version,
                    threads = hello.threads,
                    "the model worker is ready"
                );
                process.variant = variants::of(&hello);
                Ok((process, input, hello))
            }
            Ok(_) => Err(unavailable(&"it did not answer the handshake")),
            Err(silent @ Fate::Silent(_)) => Err(silent.error(1)),
            Err(_) => Err(unavailable(&process.how_it_ended().await.text)),
        }
    }

    async fn shake_hands(&mut self, input: &mut ChildStdin, limit: Duration) -> Result<FromWorker, Fate> {
        let silent = |_| Fate::Silent(limit);
        let hello = encode(&ToWorker::Hello { protocol: PROTOCOL_VERSION }).map_err(|_| Fate::Closed)?;
        timeout(limit, input.write_all(&hello)).await.map_err(silent)?.map_err(|_| Fate::Closed)?;
        loop {
            if let Some(frame) = self.next_frame() {
                return Ok(frame);
            }
            timeout(limit, self.read()).await.map_err(silent)?.map_err(|_| Fate::Closed)?;
        }
    }

    /// Its process id, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Reads what the worker says; [`WorkerProcess::next_frame`] then has the frames. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`Ended`] when nothing more comes.
    pub(crate) async fn read(&mut self) -> Result<(), Ended> {
        match self.output.read(&mut self.bytes).await {
            Ok(n) if n > 0 => {
                self.decoder.push(&self.bytes[..n]);
                Ok(())
            }
            _ => Err(Ended),
        }
    }

    /// The next frame of what was read.
    pub(crate) fn next_frame(&mut self) -> Option<FromWorker> {
        loop {
            match self.decoder.next_frame()? {
                Ok(frame) => return Some(frame),
                Err(error) => tracing::warn!(%error, "the model worker sent what is not a frame"),
            }
        }
    }

    /// Ends the process by force.
    pub(crate) async fn kill(&mut self) {
        self.start_kill();
        let _ = timeout(END_LIMIT, self.child.wait()).await;
    }

    fn start_kill(&mut self) {
        if let Err(error) = self.child.start_kill() {
            tracing::warn!(%error, "the model worker could not be killed");
        }
    }

    /// Waits for the end, by force if need be, and describes it with the last words.
    pub(crate) async fn how_it_ended(&mut self) -> End {
        let (how, phrase) = match timeout(END_LIMIT, self.child.wait()).await {
            Ok(Ok(status)) => {
                variants::judge(self.variant.as_deref(), status);
                (exit::describe(status), exit::phrase(status))
            }
            Ok(Err(error)) => {
                let phrase = Phrase::new("ended_unknown").with("cause", error.to_string());
                (format!("its end is unknown: {error}"), phrase)
            }
            Err(_) => {
                self.start_kill();
                ("it closed its output and was ended".to_owned(), Phrase::new("ended_after_closing_output"))
            }
        };
        let words = self.words.telling(END_LIMIT).await;
        let text = match &words {
            Some(words) => format!("{how}; its last words: {words}"),
            None => how,
        };
        End { text, phrase, words }
    }
}

fn unavailable(config: &WorkerConfig, reason: &dyn std::fmt::Display) -> InferenceError {
    let program = config.program.display();
    InferenceError::new(
        InferenceErrorCode::WorkerUnavailable,
        format!(
            "The model worker {program} could not be started: {reason}. Install it again, or set BRICKWORK_WORKER to its path."
        ),
    )
    .saying(
        Phrase::new("worker_not_started").with("program", config.program.as_path()).with("cause", reason.to_string()),
    )
}
