//! A hub, a models folder, and downloads from the one into the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use brickwork_models::download::{DownloadOptions, DownloadOrder, Downloads, HubSource};
use brickwork_models::hub::{Endpoint, Hub, HubConnections, HubError, HubToken};
use brickwork_models::transfer::{TransferState, TransferView, Transfers};
use futures::FutureExt;
use futures::future::BoxFuture;
use tempfile::TempDir;
use uuid::Uuid;

use super::server::{HubServer, noise};

pub(super) const REPOSITORY: &str = "owner/tiny-GGUF";
pub(super) const FILE: &str = "tiny.Q4_0.gguf";
/// Nothing of these tests takes longer.
const LIMIT: Duration = Duration::from_secs(30);

struct Source {
    connections: HubConnections,
    url: String,
    token: Option<&'static str>,
}

impl Source {
    fn now(&self) -> Result<Hub, HubError> {
        let token = self.token.and_then(HubToken::new);
        Hub::new(&self.connections, Endpoint::parse(&self.url)?, token, Duration::from_millis(400))
    }
}

impl HubSource for Source {
    fn hub(&self) -> BoxFuture<'_, Result<Hub, HubError>> {
        async { self.now() }.boxed()
    }
}

/// The hub at `url`.
pub(super) fn hub_at(url: &str, token: Option<&'static str>) -> Hub {
    Source { connections: HubConnections::default(), url: url.to_owned(), token }.now().unwrap()
}

pub(super) struct World {
    pub(super) server: HubServer,
    pub(super) bytes: Vec<u8>,
    dir: Arc<TempDir>,
    pub(super) board: Transfers,
    pub(super) downloads: Downloads,
}

impl World {
    /// A hub with one file of `n` bytes.
    pub(super) fn new(n: usize) -> Self {
        let server = HubServer::start();
        let bytes = noise(n);
        server.add(REPOSITORY, FILE, bytes.clone());
        Self::with(server, bytes, None, options())
    }

    pub(super) fn with(
        server: HubServer,
        bytes: Vec<u8>,
        token: Option<&'static str>,
        options: DownloadOptions,
    ) -> Self {
        Self::opened(server, bytes, token, options, Arc::new(tempfile::tempdir().unwrap()))
    }

    fn opened(
        server: HubServer,
        bytes: Vec<u8>,
        token: Option<&'static str>,
        options: DownloadOptions,
        dir: Arc<TempDir>,
    ) -> Self {
        let board = Transfers::new();
        let source = Source { connections: HubConnections::default(), url: server.url(), token };
        let downloads = Downloads::new(dir.path().to_owned(), board.clone(), Arc::new(source), options);
        Self { server, bytes, dir, board, downloads }
    }

    /// The same folder and hub in a program that was started anew.
    pub(super) fn restarted(self) -> Self {
        let Self { server, bytes, dir, .. } = self;
        Self::opened(server, bytes, None, options(), dir)
    }

    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn target(&self) -> PathBuf {
        self.dir().join(FILE)
    }

    pub(super) fn start(&self) -> Uuid {
        self.start_order(&DownloadOrder::new(REPOSITORY, "main", vec![FILE.into()]))
    }

    pub(super) fn start_order(&self, order: &DownloadOrder) -> Uuid {
        self.downloads.start(order).unwrap().id
    }

    /// Downloads the file and returns how that ended.
    pub(super) async fn download(&self) -> TransferView {
        self.ended(self.start()).await
    }

    pub(super) async fn ended(&self, id: Uuid) -> TransferView {
        self.until(id, |view| view.state.has_ended() && !self.board.is_worked_on(id)).await
    }

    /// Waits until what is seen of a download is as wanted.
    pub(super) async fn until(&self, id: Uuid, wanted: impl Fn(&TransferView) -> bool) -> TransferView {
        let begun = Instant::now();
        loop {
            let view = self.board.get(id).unwrap();
            if wanted(&view) {
                return view;
            }
            assert!(begun.elapsed() < LIMIT, "{view:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until it is paused and nobody works on it.
    pub(super) async fn paused(&self, id: Uuid) -> TransferView {
        self.until(id, |view| view.state == TransferState::Paused && !self.board.is_worked_on(id)).await
    }

    /// The names in the models folder but for the program's own files.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with('.') && name != "hashes.json");
        names.sort();
        names
    }

    /// What has arrived of downloads that have not ended, in bytes.
    pub(super) fn part_bytes(&self) -> u64 {
        let folders = std::fs::read_dir(self.dir().join(".downloads")).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten());
        files
            .filter(|file| file.path().extension().is_some_and(|extension| extension == "part"))
            .map(|file| file.metadata().map_or(0, |about| about.len()))
            .sum()
    }

    /// Checks that the whole file is in place and nothing else is left.
    pub(super) fn assert_whole(&self, view: &TransferView) {
        assert_eq!((view.state, &view.problem), (TransferState::Done, &None));
        assert_eq!(view.path.as_deref(), self.target().to_str());
        assert_eq!(view.model_id.as_deref(), Some("tiny.Q4_0"));
        assert_eq!((view.done_bytes, view.total_bytes), (self.bytes.len() as u64, Some(self.bytes.len() as u64)));
        assert!(std::fs::read(self.target()).unwrap() == self.bytes, "the file's bytes");
        assert_eq!(self.names(), [FILE.to_owned(), format!("{FILE}.brickwork.json")]);
        assert!(!self.dir().join(".downloads").exists(), "nothing unfinished is left");
    }

    /// Checks that it failed with this problem and that no file is listed.
    pub(super) fn assert_failed(&self, view: &TransferView, code: &str) {
        let problem = view.problem.as_ref().unwrap_or_else(|| panic!("it did not fail: {view:?}"));
        assert_eq!((view.state, &*problem.code), (TransferState::Failed, code), "{}", problem.message);
        assert!(!problem.remedy.is_empty());
        assert_eq!(self.names(), Vec::<String>::new());
    }
}

pub(super) fn options() -> DownloadOptions {
    DownloadOptions {
        max_tries: 3,
        first_wait: Duration::from_millis(5),
        longest_wait: Duration::from_millis(40),
        ..DownloadOptions::default()
    }
}
