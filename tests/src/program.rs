//! A program that is run to its end, or watched line by line while it runs.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No program of a test takes longer; one that does hangs.
const LIMIT: Duration = Duration::from_mins(8);

/// How a program ended, and what it said.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The exit code; absent when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ended {
    /// Checks the exit code.
    ///
    /// # Panics
    /// With everything that the program said, when the code is another.
    #[track_caller]
    #[allow(clippy::return_self_not_must_use, reason = "often the check is all that is wanted")]
    pub fn expect_code(self, code: i32) -> Self {
        assert!(
            self.code == Some(code),
            "exit code {:?} instead of {code}\n-- standard output\n{}\n-- standard error\n{}",
            self.code,
            shorten(&self.stdout),
            shorten(&self.stderr)
        );
        self
    }

    /// Checks that standard error holds every one of `parts`.
    ///
    /// # Panics
    /// When one is missing.
    #[track_caller]
    #[allow(clippy::return_self_not_must_use, reason = "often the check is all that is wanted")]
    pub fn expect_stderr(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "standard error does not say `{part}`:\n{}", self.stderr);
        }
        self
    }

    /// The one JSON document of standard output.
    ///
    /// # Panics
    /// When it is something else.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON document ({error}):\n{}", shorten(&self.stdout)))
    }

    /// The JSON lines of standard output; each line must be one.
    ///
    /// # Panics
    /// When a line is something else.
    #[must_use]
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        self.stdout.lines().map(parse_line).collect()
    }

    /// The last line of standard output, which with `--json` is the result.
    ///
    /// # Panics
    /// When there is none or it is no JSON.
    #[must_use]
    #[track_caller]
    pub fn result(&self) -> Value {
        let line = self.stdout.lines().last();
        parse_line(line.unwrap_or_else(|| panic!("nothing on standard output; standard error:\n{}", self.stderr)))
    }
}

/// A program that runs. It is killed when this value is dropped, so a failed test leaves nothing behind.
#[derive(Debug)]
pub struct Watched {
    child: Child,
    lines: Receiver<String>,
    stdout: String,
    stderr: Option<JoinHandle<String>>,
    started: Instant,
}

impl Watched {
    /// Starts a program with `input` on its standard input.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own can be interrupted as a terminal would, without hitting the test.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let mut stdin = child.stdin.take().expect("standard input was asked for");
        let input = input.to_owned();
        // A program that does not read its input closes it, which is its right.
        std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let stdout = child.stdout.take().expect("standard output was asked for");
        let mut stderr = child.stderr.take().expect("standard error was asked for");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let stderr = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // What was said before the program was killed is all that there is.
            drop(stderr.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Self { child, lines, stdout: String::new(), stderr: Some(stderr), started: Instant::now() }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads JSON lines until one satisfies `wanted`, and returns it.
    ///
    /// # Panics
    /// When the program ends or takes too long before that.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.lines.recv_timeout(LIMIT.saturating_sub(self.started.elapsed())) {
                Ok(line) => {
                    self.keep(&line);
                    let value = parse_line(&line);
                    if wanted(&value) {
                        return value;
                    }
                }
                Err(error) => {
                    self.kill();
                    let stderr = self.take_stderr();
                    panic!("{what} never came ({error}); said:\n{}\n{stderr}", shorten(&self.stdout));
                }
            }
        }
    }

    /// Does what Ctrl+C on a terminal does: interrupts the program and everything that it started.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        let sent = Command::new("kill").args(["-INT", "--", &format!("-{}", self.id())]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal could not be sent");
    }

    /// Asks it to stop, as a service manager does: SIGTERM to the program alone.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    #[cfg(unix)]
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal could not be sent");
    }

    /// Ends it at once, without a chance to do anything about it, and waits until it is gone.
    pub fn kill(&mut self) {
        // It may have ended by itself, which is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it takes too long; it is then killed.
    #[must_use]
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        loop {
            match self.lines.recv_timeout(LIMIT.saturating_sub(self.started.elapsed())) {
                Ok(line) => self.keep(&line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.kill();
                    let stderr = self.take_stderr();
                    panic!("the program did not end in {LIMIT:?}; it said:\n{}\n{stderr}", shorten(&self.stdout));
                }
            }
        }
        let status: ExitStatus = self.child.wait().expect("a child can be waited for");
        Ended { code: status.code(), stderr: self.take_stderr(), stdout: std::mem::take(&mut self.stdout) }
    }

    fn keep(&mut self, line: &str) {
        self.stdout.push_str(line);
        self.stdout.push('\n');
    }

    fn take_stderr(&mut self) -> String {
        self.stderr.take().and_then(|reader| reader.join().ok()).unwrap_or_default()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.kill();
    }
}

#[track_caller]
fn parse_line(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("this line is no JSON ({error}): {}", shorten(line)))
}

/// The end of a long text: what a program said last says most.
fn shorten(text: &str) -> String {
    const KEPT: usize = 4000;
    let skipped = text.chars().count().saturating_sub(KEPT);
    if skipped == 0 {
        return text.to_owned();
    }
    format!("[{skipped} characters before] {}", text.chars().skip(skipped).collect::<String>())
}
