//! The HTTP listener: the router on a socket, with the guard around it.
//!
//! It speaks HTTP/1.1 without TLS and is meant for this machine. Everything it starts belongs to it: stopping it, or
//! dropping it, ends its sockets and connections.

mod bind;
mod connection;
mod lingering;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::connection::Acceptor;
pub use crate::guard::authority::{AllowedHost, InvalidHost};
use crate::guard::{Guard, pass};
use crate::sign_in::SignIn;
use crate::token::{Token, TokenError};
use crate::ui_files::UiFiles;

/// The port that clients expect.
pub const DEFAULT_PORT: u16 = 7860;

/// What a listener is to be.
#[derive(Clone)]
pub struct ListenOptions {
    /// The address to listen at. With 127.0.0.1, `[::1]` is listened at as well where that is possible.
    pub host: IpAddr,
    /// The port; 0 for any free one.
    pub port: u16,
    /// The token that clients must show. An address that other machines can reach needs one.
    pub token: Option<Token>,
    /// More names under which clients may reach the listener.
    pub allowed_hosts: Vec<AllowedHost>,
    /// The web UI, when browsers are to have it.
    pub ui: Option<UiFiles>,
    /// Times and numbers.
    pub limits: Limits,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: DEFAULT_PORT,
            token: None,
            allowed_hosts: Vec::new(),
            ui: None,
            limits: Limits::default(),
        }
    }
}

/// Times and numbers of a listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a client may take for a request's head, and may leave a connection unused.
    pub header_read: Duration,
    /// How long a client may take for a request's body.
    pub body_read: Duration,
    /// Connections at once. Further ones wait in the system's queue.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header_read: Duration::from_secs(10), body_read: Duration::from_secs(30), connections: 2048 }
    }
}

/// Why a listener did not start.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens there.
    #[error("The port {port} is taken by another program. {}", remedy(*.next_free))]
    PortTaken {
        /// The port asked for.
        port: u16,
        /// The next port that is free.
        next_free: Option<u16>,
    },
    /// Other machines could reach it without a token.
    #[error(
        "{host} can be reached from other machines, so a token is needed. Give one with --token-file PATH, or in the variable BRICKWORK_TOKEN."
    )]
    TokenNeeded {
        /// The address asked for.
        host: IpAddr,
    },
    /// The system refuses the address.
    #[error(
        "The address {address} cannot be listened at: {source}. Choose an address of this machine, and a port from 1024 on."
    )]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// There is no token, or no sign-in link.
    #[error(transparent)]
    Token(#[from] TokenError),
}

fn remedy(next_free: Option<u16>) -> String {
    match next_free {
        Some(port) => format!("Port {port} is free: use that one, or stop the other program."),
        None => "Stop the other program, or choose another port.".to_owned(),
    }
}

/// A running listener.
pub struct Listener {
    addresses: Vec<SocketAddr>,
    guard: Arc<Guard>,
    /// Ends what would otherwise go on when the listener is to close.
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Listener {
    /// Listens, and answers with `router` behind the guard.
    ///
    /// # Errors
    /// When the address cannot be listened at, or lacks a token that it needs.
    pub async fn start(router: Router, options: ListenOptions) -> Result<Self, ListenError> {
        if options.token.is_none() && !options.host.to_canonical().is_loopback() {
            return Err(ListenError::TokenNeeded { host: options.host });
        }
        let sockets = bind::sockets(options.host, options.port)?;
        bind::allow_many_files(options.limits.connections);
        let guard = Arc::new(Guard {
            token: RwLock::new(options.token),
            allowed_hosts: options.allowed_hosts,
            sign_in: SignIn::default(),
            ui: options.ui,
            body_read: options.limits.body_read,
            stopping: CancellationToken::new(),
        });
        let acceptor = Acceptor {
            router: router.layer(from_fn_with_state(Arc::clone(&guard), pass)),
            header_read: options.limits.header_read,
            places: Arc::new(Semaphore::new(options.limits.connections)),
            stopping: guard.stopping.clone(),
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let listener = Self {
            addresses: sockets.iter().map(|(address, _)| *address).collect(),
            guard,
            closing: acceptor.closing.clone(),
            tasks: acceptor.tasks.clone(),
        };
        for (_, socket) in sockets {
            listener.tasks.spawn(acceptor.clone().accept_from(socket));
        }
        Ok(listener)
    }

    /// The addresses listened at.
    #[must_use]
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The first of the addresses listened at.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// The address to open on this machine, without a `/` at its end.
    #[must_use]
    pub fn url(&self) -> String {
        let first = self.local_addr();
        let ip = match first.ip() {
            // Every address of the machine is listened at; loopback is the one that surely is there.
            ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, first.port()))
    }

    /// A new link that signs one browser in, once, within ten minutes. `None` when there is no token, so that nobody
    /// needs to sign in.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn sign_in_link(&self) -> Result<Option<String>, ListenError> {
        match self.guard.token() {
            Some(_) => Ok(Some(self.guard.sign_in.link(&self.url())?)),
            None => Ok(None),
        }
    }

    /// Replaces the token for every request from now on.
    ///
    /// # Errors
    /// [`ListenError::TokenNeeded`] when there is to be none at an address that other machines can reach.
    pub fn set_token(&self, token: Option<Token>) -> Result<(), ListenError> {
        let host = self.local_addr().ip();
        if token.is_none() && !host.to_canonical().is_loopback() {
            return Err(ListenError::TokenNeeded { host });
        }
        self.guard.set_token(token);
        Ok(())
    }

    /// Stops: no connection is accepted any more, event streams end, other requests have `grace` to end, and then
    /// everything is closed.
    pub async fn stop(self, grace: Duration) {
        self.guard.stopping.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_err() {
            tracing::debug!("requests that had not ended were closed with the listener");
            self.closing.cancel();
            self.tasks.wait().await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.guard.stopping.cancel();
        self.closing.cancel();
    }
}
