//! A hub on the loopback interface that misbehaves when told to.
//!
//! It knows the routes and header fields that a client of the Hugging Face Hub needs. The end-to-end tests include this
//! file, too; it uses nothing but the standard library, `serde_json` and `sha2`.
#![allow(dead_code, reason = "each of the two test programs uses a part of it")]

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

/// The commit of every repository.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// The token that may read everything.
pub(crate) const GOOD_TOKEN: &str = "hf_good";
/// A token whose owner has not accepted a licence.
pub(crate) const UNLICENSED_TOKEN: &str = "hf_unlicensed";
/// A token without the right to read.
pub(crate) const POWERLESS_TOKEN: &str = "hf_powerless";

/// What goes wrong with one answer that gives a file.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The byte at this place of the file has another value.
    Flip(usize),
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// The connection stays open and says nothing after so many bytes of the body.
    Silence(usize),
    /// The whole file comes although a part was asked for.
    IgnoreRange,
    /// The answer says that the part begins so many bytes later.
    WrongRange(u64),
    /// The answer says 206 and forgets to say which part it is.
    NoRange,
    /// The file has this entity tag.
    Etag(&'static str),
    /// So many bytes too many come, and the length says so.
    TooLong(usize),
    /// The length is not told; the end of the connection is the end of the file.
    NoLength,
    /// This status and word.
    Status(u16, &'static str),
    /// The client is sent there.
    Redirect(String),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

#[derive(Debug, Default)]
struct Repository {
    files: BTreeMap<String, Arc<Vec<u8>>>,
    is_gated: bool,
    /// What the tree says in place of the truth.
    digests: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct State {
    repositories: BTreeMap<String, Repository>,
    faults: VecDeque<Fault>,
    /// What goes wrong when nothing else is told.
    always: Option<Fault>,
    seen: Vec<Seen>,
    /// Where files lie, when not here.
    store: Option<String>,
    hides_sizes: bool,
    page: Option<usize>,
}

#[derive(Debug)]
struct Shared {
    prefix: String,
    state: Mutex<State>,
    /// 0 for no limit.
    bytes_per_second: AtomicU64,
    is_over: AtomicBool,
    sent: AtomicU64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hub. It ends with this value.
#[derive(Debug)]
pub(crate) struct HubServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl HubServer {
    pub(crate) fn start() -> Self {
        Self::start_below("")
    }

    /// A mirror whose paths all begin with `prefix`.
    pub(crate) fn start_below(prefix: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared {
            prefix: prefix.to_owned(),
            state: Mutex::default(),
            bytes_per_second: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            sent: AtomicU64::new(0),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&serving)) else { continue };
                // A client that goes away in the middle is what many tests are about.
                thread::spawn(move || drop(serve(&shared, stream)));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.shared.prefix)
    }

    pub(crate) fn add(&self, repository: &str, path: &str, bytes: Vec<u8>) {
        let mut state = self.shared.state();
        state.repositories.entry(repository.to_owned()).or_default().files.insert(path.to_owned(), Arc::new(bytes));
    }

    pub(crate) fn gate(&self, repository: &str) {
        self.shared.state().repositories.entry(repository.to_owned()).or_default().is_gated = true;
    }

    /// The tree tells this digest for a file; an empty one for none.
    pub(crate) fn lie(&self, repository: &str, path: &str, digest: &str) {
        let mut state = self.shared.state();
        let digests = &mut state.repositories.entry(repository.to_owned()).or_default().digests;
        digests.insert(path.to_owned(), digest.to_owned());
    }

    /// Files lie on the server at `store`, to which the hub sends on.
    pub(crate) fn store_at(&self, store: &str) {
        self.shared.state().store = Some(store.to_owned());
    }

    pub(crate) fn hide_sizes(&self) {
        self.shared.state().hides_sizes = true;
    }

    /// Lists come in pages of so many.
    pub(crate) fn page(&self, n: usize) {
        self.shared.state().page = Some(n);
    }

    /// The next answers that give files have these faults, in this order.
    pub(crate) fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.state().faults.extend(faults);
    }

    /// All further answers that give files have this fault.
    pub(crate) fn always(&self, fault: Fault) {
        self.shared.state().always = Some(fault);
    }

    pub(crate) fn limit(&self, bytes_per_second: u64) {
        self.shared.bytes_per_second.store(bytes_per_second, Ordering::SeqCst);
    }

    /// The bytes of files that were sent so far.
    pub(crate) fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }

    /// The requests for files so far.
    pub(crate) fn seen_files(&self) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|seen| seen.path.contains("/resolve/") || seen.path.contains("/store/"));
        seen
    }
}

impl Drop for HubServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // It waits for the next connection before it looks.
        drop(TcpStream::connect(self.address));
    }
}

/// The SHA-256 of `bytes` in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `n` bytes that do not repeat soon and are the same every time.
pub(crate) fn noise(n: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..n.div_ceil(8)).flat_map(|_| next().to_le_bytes()).take(n).collect()
}

fn serve(shared: &Shared, stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    if path.is_empty() {
        return Ok(());
    }
    let seen = Seen { path, headers };
    shared.state().seen.push(seen.clone());
    answer(shared, &stream, &seen)
}

fn answer(shared: &Shared, stream: &TcpStream, seen: &Seen) -> std::io::Result<()> {
    let Some(path) = seen.path.strip_prefix(&*shared.prefix) else { return status(stream, 404, "") };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<String> = path.split('/').skip(1).map(decoded).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match *parts {
        ["api", "models"] => search(shared, stream, query),
        ["api", "models", owner, name, "revision", _] => {
            let repository = format!("{owner}/{name}");
            if let Some((code, word)) = refusal(shared, &repository, seen) {
                return status(stream, code, word);
            }
            let gated = shared.state().repositories[&repository].is_gated;
            let gated = if gated { json!("manual") } else { json!(false) };
            let about =
                json!({ "id": repository, "sha": COMMIT, "gated": gated, "tags": ["gguf", "license:apache-2.0"] });
            document(stream, &about.to_string(), "")
        }
        ["api", "models", owner, name, "tree", _] => tree(shared, stream, seen, &format!("{owner}/{name}"), query),
        [owner, name, "resolve", _, ..] | ["store", owner, name, ..] => {
            let file = if parts[0] == "store" { parts[3..].join("/") } else { parts[4..].join("/") };
            file_of(shared, stream, seen, &format!("{owner}/{name}"), &file, parts[0] == "store")
        }
        _ => status(stream, 404, "RepoNotFound"),
    }
}

/// Status and word when the request may not see the repository.
fn refusal(shared: &Shared, repository: &str, seen: &Seen) -> Option<(u16, &'static str)> {
    let token = seen.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
    let state = shared.state();
    let Some(found) = state.repositories.get(repository) else {
        return Some(if token.is_some() { (404, "RepoNotFound") } else { (401, "RepoNotFound") });
    };
    match token {
        None if found.is_gated => Some((401, "GatedRepo")),
        Some(UNLICENSED_TOKEN) if found.is_gated => Some((403, "GatedRepo")),
        Some(POWERLESS_TOKEN) if found.is_gated => Some((403, "")),
        Some(GOOD_TOKEN | UNLICENSED_TOKEN | POWERLESS_TOKEN) | None => None,
        Some(_) => Some((401, "")),
    }
}

fn search(shared: &Shared, stream: &TcpStream, query: &str) -> std::io::Result<()> {
    let wanted = query.split('&').find_map(|pair| pair.strip_prefix("search=")).map(decoded).unwrap_or_default();
    let filter = query.split('&').find_map(|pair| pair.strip_prefix("filter=")).map(decoded).unwrap_or_default();
    let state = shared.state();
    // The hub tags a repository by what it holds: its format, and the type of its model.
    let has_tag = |name: &str, repository: &Repository| match &*filter {
        "gguf" => repository.files.keys().any(|path| path.ends_with(".gguf")),
        tag => name.contains(tag),
    };
    let found: Vec<_> = state
        .repositories
        .iter()
        .filter(|(name, repository)| name.to_lowercase().contains(&wanted.to_lowercase()) && has_tag(name, repository))
        .map(|(name, repository)| {
            json!({ "id": name, "downloads": 7, "likes": 3, "gated": repository.is_gated, "tags": ["license:mit"],
                "lastModified": "2026-01-02T03:04:05.000Z" })
        })
        .collect();
    drop(state);
    document(stream, &json!(found).to_string(), "")
}

fn tree(shared: &Shared, stream: &TcpStream, seen: &Seen, repository: &str, query: &str) -> std::io::Result<()> {
    if let Some((code, word)) = refusal(shared, repository, seen) {
        return status(stream, code, word);
    }
    let state = shared.state();
    let found = &state.repositories[repository];
    let mut entries = vec![json!({ "type": "directory", "path": "folder", "oid": "1", "size": 0 })];
    for (path, bytes) in &found.files {
        let mut entry = json!({ "type": "file", "path": path, "oid": "2", "size": bytes.len() });
        let digest = found.digests.get(path).cloned().unwrap_or_else(|| sha256(bytes));
        if !path.ends_with(".json") && !digest.is_empty() {
            entry["lfs"] = json!({ "oid": digest, "size": bytes.len(), "pointerSize": 134 });
        }
        if state.hides_sizes {
            for place in ["", "/lfs"] {
                entry.pointer_mut(place).and_then(|value| value.as_object_mut()?.remove("size"));
            }
        }
        entries.push(entry);
    }
    let first: usize = query.split('&').find_map(|pair| pair.strip_prefix("cursor=")?.parse().ok()).unwrap_or_default();
    let last = state.page.map_or(entries.len(), |page| (first + page).min(entries.len()));
    let link = if last < entries.len() {
        let path = seen.path.split('?').next().unwrap_or_default();
        format!("Link: <http://{}{path}?recursive=true&cursor={last}>; rel=\"next\"\r\n", stream.local_addr()?)
    } else {
        String::new()
    };
    drop(state);
    document(stream, &json!(entries[first..last]).to_string(), &link)
}

fn file_of(
    shared: &Shared,
    mut stream: &TcpStream,
    seen: &Seen,
    repository: &str,
    path: &str,
    is_store: bool,
) -> std::io::Result<()> {
    if let Some((code, word)) = refusal(shared, repository, seen).filter(|_| !is_store) {
        return status(stream, code, word);
    }
    let mut state = shared.state();
    let Some(bytes) = state.repositories.get(repository).and_then(|found| found.files.get(path)).cloned() else {
        drop(state);
        return status(stream, 404, "EntryNotFound");
    };
    let digest = sha256(&bytes);
    if let Some(store) = state.store.clone() {
        drop(state);
        let head = format!(
            "HTTP/1.1 302 Found\r\nLocation: {store}/store/{repository}/{path}?signature=secret\r\nX-Repo-Commit: {COMMIT}\r\n\
             X-Linked-Etag: \"{digest}\"\r\nX-Linked-Size: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            bytes.len()
        );
        return stream.write_all(head.as_bytes());
    }
    let fault = state.faults.pop_front().or_else(|| state.always.clone()).unwrap_or(Fault::None);
    drop(state);
    match &fault {
        Fault::Status(code, word) => return status(stream, *code, word),
        Fault::Redirect(to) => {
            let head =
                format!("HTTP/1.1 307 Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return stream.write_all(head.as_bytes());
        }
        _ => {}
    }
    send_file(shared, stream, seen, &bytes, &digest, &fault)
}

fn send_file(
    shared: &Shared,
    mut stream: &TcpStream,
    seen: &Seen,
    bytes: &[u8],
    digest: &str,
    fault: &Fault,
) -> std::io::Result<()> {
    let etag = if let Fault::Etag(etag) = fault { (*etag).to_owned() } else { format!("\"{digest}\"") };
    let wanted = seen.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let is_same = seen.header("if-range").is_none_or(|wanted| wanted == etag);
    let first: usize = wanted.filter(|_| is_same && !matches!(fault, Fault::IgnoreRange)).unwrap_or(0);
    if first >= bytes.len() && first > 0 {
        return status(stream, 416, "");
    }
    let mut body = bytes[first..].to_vec();
    match fault {
        Fault::Flip(at) if *at >= first => body[at - first] ^= 1,
        Fault::TooLong(n) => body.extend(vec![0; *n]),
        _ => {}
    }
    let is_part = first > 0;
    let mut head = String::from(if is_part { "HTTP/1.1 206 Partial Content\r\n" } else { "HTTP/1.1 200 OK\r\n" });
    if is_part && !matches!(fault, Fault::NoRange) {
        let shift = if let Fault::WrongRange(shift) = fault { *shift } else { 0 };
        let (begin, total) = (first as u64 + shift, bytes.len());
        let _ = write!(head, "Content-Range: bytes {begin}-{}/{total}\r\n", total - 1);
    }
    if !matches!(fault, Fault::NoLength) {
        let _ = write!(head, "Content-Length: {}\r\n", body.len());
    }
    let _ = write!(head, "ETag: {etag}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let (end, is_silent) = match fault {
        Fault::Cut(n) => ((*n).min(body.len()), false),
        Fault::Silence(n) => ((*n).min(body.len()), true),
        _ => (body.len(), false),
    };
    for piece in body[..end].chunks(16 * 1024) {
        stream.write_all(piece)?;
        shared.sent.fetch_add(piece.len() as u64, Ordering::SeqCst);
        let rate = shared.bytes_per_second.load(Ordering::SeqCst);
        if let Some(micros) = (piece.len() as u64 * 1_000_000).checked_div(rate) {
            thread::sleep(Duration::from_micros(micros));
        }
    }
    while is_silent && !shared.is_over.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn status(mut stream: &TcpStream, code: u16, word: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {code} Status\r\nX-Error-Code: {word}\r\nContent-Length: 0\r\nRetry-After: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())
}

fn document(mut stream: &TcpStream, body: &str, more: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes())
}

/// A part of a path or query without its escapes.
fn decoded(text: impl AsRef<str>) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_ref().as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| std::str::from_utf8(more.get(..2)?).ok()).flatten();
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
