//! Starting, streaming and stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use brickwork_api::{BASE, ListenError, ListenOptions, Listener};
use futures::{StreamExt, stream};
use tokio::net::TcpStream;

use super::{options, own_router, start};
use crate::socket::{Open, send};
use crate::world::World;

#[tokio::test]
async fn a_taken_port_names_a_free_one() {
    let (_first, address) = start(own_router(), options()).await;
    let port = address.port();
    let taken = Listener::start(own_router(), ListenOptions { port, ..options() }).await;
    let Err(error @ ListenError::PortTaken { next_free: Some(free), .. }) = taken else { panic!("two share a port") };
    assert!(free > port);
    assert!(error.to_string().contains(&free.to_string()), "{error}");
    start(own_router(), ListenOptions { port: free, ..options() }).await;
}

#[tokio::test]
async fn a_port_can_be_listened_at_again_at_once() {
    let (listener, address) = start(own_router(), options()).await;
    assert_eq!(send(address, "GET", "/quick", &[], "").await.status, 200);
    listener.stop(Duration::from_secs(5)).await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    let (_again, again) = start(own_router(), ListenOptions { port: address.port(), ..options() }).await;
    assert_eq!(send(again, "GET", "/quick", &[], "").await.status, 200);
}

#[tokio::test]
async fn stopping_ends_streams_and_lets_requests_end() {
    let (listener, address) = start(own_router(), options()).await;
    let mut stream = Open::get(address, "/events").await;
    stream.until("data: first\n\n").await;
    let slow = Open::get(address, "/slow").await;
    let mut idle = Open::get(address, "/quick").await;
    idle.until("quick").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    listener.stop(Duration::from_secs(10)).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(stream.end().await.ends_with("0\r\n\r\n"), "the stream ended in order");
    assert!(slow.end().await.ends_with("slow"), "the request was answered");
    idle.end().await;
}

#[tokio::test]
async fn stopping_closes_what_does_not_end() {
    let (listener, address) = start(own_router(), options()).await;
    let never = Open::get(address, "/never").await;
    let half = Open::send(address, "GET /quick HTTP/1.1\r\n").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    listener.stop(Duration::from_millis(200)).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(never.end().await, "");
    half.end().await;
}

#[tokio::test]
async fn dropping_a_listener_closes_it() {
    let (listener, address) = start(own_router(), options()).await;
    let never = Open::get(address, "/never").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(listener);
    assert_eq!(never.end().await, "");
}

/// Says when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn pieces_come_at_once_and_a_client_that_leaves_drops_the_stream() {
    let gone = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&gone);
    let pieces = get(move || {
        let guard = Dropped(Arc::clone(&seen));
        async move {
            let first = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from_static(b"piece"))]);
            Body::from_stream(first.chain(stream::pending()).inspect(move |_| {
                let _ = &guard;
            }))
        }
    });
    let (_listener, address) = start(Router::new().route("/pieces", pieces), options()).await;
    let mut open = Open::get(address, "/pieces").await;
    open.until("piece").await;
    assert!(!gone.load(Ordering::SeqCst));
    drop(open);
    let begun = Instant::now();
    while !gone.load(Ordering::SeqCst) {
        assert!(begun.elapsed() < Duration::from_secs(5), "the stream outlives its client");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let world = World::new().await;
    let (_listener, address) = start(world.router.clone(), options()).await;
    let request = format!("GET {BASE}/health HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut open = Open::send(address, &request).await;
    open.until("data_dir").await;
    assert!(open.write(&request.replace("Host:", "Connection: close\r\nHost:")).await);
    assert_eq!(open.end().await.matches("HTTP/1.1 200 OK").count(), 2);
}
