//! A small HTTP server that answers as it is told, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A part of an answer's body.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// These bytes, in one piece.
    Bytes(Vec<u8>),
    /// Nothing for a while.
    Pause(Duration),
    /// Nothing more, with the connection open.
    Hang,
    /// The connection ends in the middle of the body.
    Cut,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) parts: Vec<Part>,
}

impl Reply {
    /// A JSON document.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, parts: vec![Part::Bytes(body.to_string().into_bytes())] }
    }

    /// A fault as OpenAI and llama.cpp spell it.
    pub(crate) fn fault(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "error": { "message": message } }))
    }

    /// Server-sent events.
    pub(crate) fn stream(parts: Vec<Part>) -> Self {
        Self { status: 200, headers: vec![("content-type", "text/event-stream".to_owned())], parts }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// An event with a JSON document.
pub(crate) fn event(document: &Value) -> Part {
    Part::Bytes(format!("data: {document}\n\n").into_bytes())
}

/// An event with text of a chat.
pub(crate) fn text(piece: &str) -> Part {
    event(&json!({ "choices": [{ "index": 0, "delta": { "content": piece }, "finish_reason": null }] }))
}

/// The event that says why an answer ended.
pub(crate) fn finish(reason: &str) -> Part {
    event(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))
}

/// The last event.
pub(crate) fn done() -> Part {
    Part::Bytes(b"data: [DONE]\n\n".to_vec())
}

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct State {
    replies: Mutex<VecDeque<Reply>>,
    models: Mutex<Option<Reply>>,
    seen: Mutex<Vec<Seen>>,
}

/// The server; it ends when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<State>,
    /// How many clients went away before their answer was complete.
    gone: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Server {
    /// A server that answers requests for text with `replies` in order, and then with status 500.
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State { replies: Mutex::new(replies.into_iter().collect()), ..State::default() });
        let (went, gone) = watch::channel(0);
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            let went = Arc::new(went);
            while let Ok((stream, _)) = listener.accept().await {
                let (state, went) = (Arc::clone(&shared), Arc::clone(&went));
                tokio::spawn(async move {
                    if serve(stream, &state).await.is_err() {
                        went.send_modify(|n| *n += 1);
                    }
                });
            }
        });
        Self { url, state, gone, task }
    }

    /// Lets it list its models so, in place of as a server of no known kind.
    pub(crate) fn set_models(&self, reply: Reply) {
        *self.state.models.lock().unwrap() = Some(reply);
    }

    /// Lets it pass for llama.cpp's server.
    pub(crate) fn be_llama_cpp(&self) {
        let listed =
            json!({ "data": [{ "id": "m", "owned_by": "llamacpp", "meta": { "n_ctx": 4096, "n_ctx_train": 8192 } }] });
        self.set_models(Reply::json(200, &listed).with("server", "llama.cpp"));
    }

    /// The requests so far, but for those for the list of models.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().iter().filter(|seen| !seen.path.ends_with("/models")).cloned().collect()
    }

    /// All requests so far.
    pub(crate) fn seen_all(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// Waits until `n` clients have gone before their answer was complete.
    pub(crate) async fn gone(&self, n: usize) {
        let mut gone = self.gone.clone();
        let wait = gone.wait_for(|gone| *gone >= n);
        tokio::time::timeout(Duration::from_secs(5), wait).await.expect("the client closes its connection").unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers one request; an error when the client went before its end.
async fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let Some(seen) = read_request(&mut reader).await? else { return Ok(()) };
    let is_list = seen.path.ends_with("/models");
    state.seen.lock().unwrap().push(seen);
    let reply = if is_list {
        let other = || Reply::json(200, &json!({ "data": [{ "id": "m" }] }));
        state.models.lock().unwrap().clone().unwrap_or_else(other)
    } else {
        state.replies.lock().unwrap().pop_front().unwrap_or_else(|| Reply::fault(500, "the script has ended"))
    };
    let mut stream = reader.into_inner();
    let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    for part in reply.parts {
        match part {
            Part::Bytes(bytes) => {
                stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
                stream.write_all(&bytes).await?;
                stream.write_all(b"\r\n").await?;
                stream.flush().await?;
            }
            Part::Pause(time) => {
                tokio::select! {
                    () = tokio::time::sleep(time) => {}
                    () = closed(&mut stream) => return Err(std::io::ErrorKind::ConnectionReset.into()),
                }
            }
            Part::Hang => {
                closed(&mut stream).await;
                return Err(std::io::ErrorKind::ConnectionReset.into());
            }
            Part::Cut => return Ok(()),
        }
    }
    stream.write_all(b"0\r\n\r\n").await?;
    stream.shutdown().await
}

/// Resolves once the client has closed its side.
async fn closed(stream: &mut TcpStream) {
    let mut rest = [0; 64];
    while let Ok(1..) = stream.read(&mut rest).await {}
}

async fn read_request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Seen>> {
    let mut line = String::new();
    if reader.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    Ok(Some(Seen { method, path, headers, body }))
}
