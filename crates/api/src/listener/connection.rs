//! Accepting connections and serving them.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::lingering::Lingering;
use crate::guard::Connection;

/// How long accepting rests when the system cannot give a connection, as when too many files are open.
const REST: Duration = Duration::from_millis(50);

/// The largest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// What accepting needs; clones share it.
#[derive(Clone)]
pub(super) struct Acceptor {
    /// The router with the guard around it.
    pub(super) router: Router,
    pub(super) header_read: Duration,
    /// One place for each connection.
    pub(super) places: Arc<Semaphore>,
    /// No more connections; those that are there end when their request does.
    pub(super) stopping: CancellationToken,
    /// Connections end at once.
    pub(super) closing: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl Acceptor {
    /// Accepts connections until the listener stops. While there is no place, they wait in the system's queue.
    pub(super) async fn accept_from(self, socket: TcpListener) {
        loop {
            let accepting = async {
                let place = Arc::clone(&self.places).acquire_owned().await;
                (place, socket.accept().await)
            };
            let (place, accepted) = tokio::select! {
                () = self.stopping.cancelled() => return,
                accepted = accepting => accepted,
            };
            // Nobody closes the semaphore.
            let Ok(place) = place else { return };
            match accepted {
                Ok((stream, _)) => {
                    self.tasks.spawn(self.clone().serve(stream, place));
                }
                Err(error) if is_of_the_client(error.kind()) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    async fn serve(self, stream: TcpStream, _place: OwnedSemaphorePermit) {
        // Without it, small pieces of an event stream would wait for each other. A socket that is gone needs nothing.
        let _ = stream.set_nodelay(true);
        let Ok(local) = stream.local_addr() else { return };
        let left_unread = Arc::new(AtomicBool::new(false));
        let about = Connection { local, left_unread: Arc::clone(&left_unread) };
        let router = self.router;
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(about.clone());
            let router = router.clone();
            async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_read)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(Lingering::new(stream, left_unread)), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = self.closing.cancelled() => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Whether a failed accept is the fault of one client, so that the next can be accepted at once.
const fn is_of_the_client(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}
