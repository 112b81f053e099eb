//! Too much, too slow, too many.

use std::time::{Duration, Instant};

use brickwork_api::{BASE, Limits, ListenOptions, MAX_EVENT_LISTENERS};

use super::{options, own_router, start};
use crate::socket::{Open, exchange, request, send};
use crate::world::World;

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn impatient() -> ListenOptions {
    let limits =
        Limits { header_read: Duration::from_millis(300), body_read: Duration::from_millis(300), ..Limits::default() };
    ListenOptions { limits, ..options() }
}

#[tokio::test]
async fn row_30_a_body_of_3_mb_is_too_large() {
    let world = World::new().await;
    let (_listener, address) = start(world.router.clone(), options()).await;
    let path = format!("{BASE}/validate");
    let body = format!("\"{}\"", "x".repeat(3_000_000));
    let reply = send(address, "POST", &path, &[JSON], &body).await;
    assert_eq!(reply.status, 413);
    assert_eq!(reply.json()["code"], "too_large");
    let chunk = format!("{:x}\r\n{}\r\n", 500_000, "x".repeat(500_000));
    let chunked = request(address, "POST", &path, &[JSON, ("Transfer-Encoding", "chunked")], "");
    let reply = exchange(address, (chunked + &chunk.repeat(6) + "0\r\n\r\n").as_bytes()).await;
    assert_eq!(reply.status, 413, "a length that was not announced is counted");
    let openai = send(address, "POST", "/v1/chat/completions", &[JSON], &body).await;
    assert_eq!(openai.status, 413);
    assert_eq!(openai.json()["error"]["code"], "too_large");
    let fits = format!("\"{}\"", "x".repeat(2_000_000));
    assert_eq!(send(address, "POST", &path, &[JSON], &fits).await.status, 200);
}

#[tokio::test]
async fn row_30_half_a_header_is_closed() {
    let (_listener, address) = start(own_router(), impatient()).await;
    for half in ["", "GET /qu", "GET /quick HTTP/1.1\r\nHost: loc", "GET /quick HTTP/1.1\r\nHost: localhost\r\n"] {
        let begun = Instant::now();
        let answer = Open::send(address, half).await.end().await;
        assert!(!answer.contains(" 200 "), "{answer}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{half:?} was closed after {:?}", begun.elapsed());
    }
    assert_eq!(send(address, "GET", "/quick", &[], "").await.status, 200, "others are answered");
}

#[tokio::test]
async fn row_30_a_header_that_drips_is_closed() {
    let (_listener, address) = start(own_router(), impatient()).await;
    let begun = Instant::now();
    let mut open = Open::send(address, "GET /quick HTTP/1.1\r\nX-Long: ").await;
    while open.write("x").await {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(begun.elapsed() < Duration::from_secs(3), "each byte is no reason to wait longer");
    }
}

#[tokio::test]
async fn row_30_half_a_body_is_answered_and_closed() {
    let (_listener, address) = start(own_router(), impatient()).await;
    let head = format!("POST /size HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n");
    let answer = Open::send(address, &format!("{head}Content-Length: 10\r\n\r\n12345")).await.end().await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let whole = Open::send(address, &format!("{head}Content-Length: 5\r\nConnection: close\r\n\r\n12345")).await;
    assert!(whole.end().await.ends_with('5'));
}

#[tokio::test]
async fn row_30_event_listeners_are_capped() {
    let (_listener, address) = start(own_router(), options()).await;
    let mut open = Vec::new();
    for _ in 0..MAX_EVENT_LISTENERS {
        let mut stream = Open::get(address, "/events").await;
        assert!(stream.until("data: first\n\n").await.starts_with("HTTP/1.1 200 "));
        open.push(stream);
    }
    for _ in MAX_EVENT_LISTENERS..200 {
        let reply = send(address, "GET", "/events", &[], "").await;
        assert_eq!(reply.status, 503);
        assert_eq!(reply.header("retry-after"), Some("5"));
        assert_eq!(reply.json()["code"], "too_many_listeners");
    }
    assert_eq!(send(address, "GET", "/quick", &[], "").await.status, 200, "other requests are answered");
    open.pop();
    let begun = Instant::now();
    loop {
        let mut again = Open::get(address, "/events").await;
        if again.until("\r\n\r\n").await.starts_with("HTTP/1.1 200 ") {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "the place of a listener that left is free again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_30_a_thousand_requests_at_once_are_all_answered() {
    let world = World::new().await;
    let (_listener, address) = start(world.router.clone(), options()).await;
    let path = format!("{BASE}/models");
    let asking: Vec<_> = (0..1000)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move { send(address, "GET", &path, &[], "").await })
        })
        .collect();
    for asked in asking {
        let reply = asked.await.unwrap();
        assert_eq!(reply.status, 200);
        assert_eq!(reply.json()["models"].as_array().map(Vec::len), Some(4));
    }
}

#[tokio::test]
async fn connections_beyond_the_cap_wait_and_are_answered() {
    let limits = Limits { connections: 4, header_read: Duration::from_millis(300), ..Limits::default() };
    let (_listener, address) = start(own_router(), ListenOptions { limits, ..options() }).await;
    let idle: Vec<_> = futures::future::join_all((0..8).map(|_| Open::send(address, ""))).await;
    assert_eq!(send(address, "GET", "/quick", &[], "").await.status, 200);
    drop(idle);
}
