//! Servers that refuse, fail, stall, break off or lead astray.

use std::time::{Duration, Instant};

use brickwork_engine::{InferenceErrorCode as Code, Prompt};
use brickwork_remote::Limits;
use serde_json::json;

use crate::server::{Part, Reply, Server, done, event, finish, text};
use crate::support::{client, collect, quick, request};

fn good() -> Reply {
    Reply::stream(vec![text("fine"), finish("stop"), done()])
}

#[tokio::test]
async fn refusals_have_their_codes_and_are_not_repeated() {
    let overflow = json!({ "error": { "code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": 6031,
        "n_ctx": 4096, "message": "request (6031 tokens) exceeds the available context size (4096 tokens)" } });
    for (reply, code, said) in [
        (Reply::fault(401, "Invalid API Key"), Code::RemoteRefused, "does not take the key"),
        (Reply::fault(403, "no"), Code::RemoteRefused, "does not let this key"),
        (Reply::fault(404, "model `m` not found"), Code::ModelMissing, "has no model `m`"),
        (Reply::fault(404, "File Not Found"), Code::RemoteFailed, "usually ends in /v1"),
        (Reply::json(400, &overflow), Code::PromptTooLong, "6031 tokens"),
        (Reply::fault(400, "seed must be positive"), Code::BadRequest, "seed must be positive"),
        (Reply::fault(418, "teapot"), Code::RemoteFailed, "418"),
        (Reply::stream(vec![Part::Bytes(b"data: <html>\n\n".to_vec())]), Code::RemoteFailed, "no JSON"),
        (
            Reply::stream(vec![event(&json!({ "choices": [{ "finish_reason": "content_filter" }] }))]),
            Code::RemoteRefused,
            "content filter",
        ),
    ] {
        let server = Server::start([reply.clone(), good()]).await;
        let error = collect(&client(Some("sk-very-secret"), quick()), request(&server.url, &[])).await.error();
        assert_eq!(error.code, code, "{reply:?}: {error}");
        assert!(error.message.contains(said), "{reply:?}: {error}");
        assert!(error.message.contains("127.0.0.1:") && !error.message.contains("very-secret"), "{error}");
        assert_eq!(server.seen().len(), 1, "{reply:?} is not asked again");
    }
}

#[tokio::test]
async fn without_a_key_a_refusal_says_to_set_one() {
    let server = Server::start([Reply::fault(401, "Missing bearer")]).await;
    let error = collect(&client(None, quick()), request(&server.url, &[])).await.error();
    assert!(error.code == Code::RemoteRefused && error.message.contains("asks for a key"), "{error}");
}

#[tokio::test]
async fn what_may_go_better_later_is_asked_again() {
    let busy = Reply::fault(429, "slow down").with("retry-after", "0.6");
    let cut = Reply::stream(vec![Part::Cut]);
    let server = Server::start([busy, cut, good()]).await;
    let began = Instant::now();
    let (answer, _) = collect(&client(None, quick()), request(&server.url, &[])).await.done();
    assert_eq!((&*answer, server.seen().len()), ("fine", 3));
    assert!(began.elapsed() >= Duration::from_millis(600), "the server's own wait is kept");
}

#[tokio::test]
async fn retries_come_to_an_end() {
    let server = Server::start((0..9).map(|_| Reply::fault(503, "overloaded"))).await;
    let error = collect(&client(None, quick()), request(&server.url, &[])).await.error();
    assert!(error.code == Code::RemoteFailed && error.message.contains("overloaded"), "{error}");
    assert_eq!(server.seen().len(), 3, "once, and two more times");
}

#[tokio::test]
async fn once_text_has_come_nothing_is_asked_again() {
    for last in [Part::Cut, event(&json!({ "error": { "code": 500, "message": "out of memory" } }))] {
        let server = Server::start([Reply::stream(vec![text("half"), last]), good()]).await;
        let answer = collect(&client(None, quick()), request(&server.url, &[])).await;
        assert_eq!(answer.text, "half");
        let error = answer.error();
        assert!(matches!(error.code, Code::RemoteUnreachable | Code::RemoteFailed), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
    // A body that ends in good order, but without its end.
    let server = Server::start([Reply::stream(vec![text("half")]), good()]).await;
    let error = collect(&client(None, quick()), request(&server.url, &[])).await.error();
    assert!(error.code == Code::RemoteUnreachable && error.message.contains("in the middle"), "{error}");
}

#[tokio::test]
async fn a_server_that_loads_its_model_is_waited_for() {
    let loading = || Reply::fault(503, "Loading model");
    let server = Server::start([loading(), loading(), good()]).await;
    let limits = Limits { retries: 0, first_token: Duration::from_secs(10), ..quick() };
    let answer = collect(&client(None, limits), request(&server.url, &[])).await;
    assert_eq!((answer.loading, &*answer.text), (2, "fine"));
}

#[tokio::test]
async fn silence_has_an_end() {
    let limits = Limits { first_token: Duration::from_millis(400), silence: Duration::from_millis(300), ..quick() };
    for (parts, least) in [(vec![Part::Hang], 400), (vec![text("one"), Part::Hang], 300)] {
        let server = Server::start([Reply::stream(parts), good()]).await;
        let began = Instant::now();
        let error = collect(&client(None, limits), request(&server.url, &[])).await.error();
        assert!(error.code == Code::RemoteUnreachable && error.message.contains("said nothing"), "{error}");
        assert!((least..5000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
        assert_eq!(server.seen().len(), 1, "it may be at work on the first request still");
        server.gone(1).await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let url = Server::start([]).await.url.clone();
    let error = collect(&client(None, Limits { retries: 1, ..quick() }), request(&url, &[])).await.error();
    assert!(error.code == Code::RemoteUnreachable && error.message.contains("cannot be reached"), "{error}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::start([good()]).await;
    let reply = Reply::json(307, &json!({})).with("location", &format!("{}/v1/chat/completions", elsewhere.url));
    let server = Server::start([reply.clone()]).await;
    server.set_models(reply);
    let error = collect(&client(Some("sk-very-secret"), quick()), request(&server.url, &[])).await.error();
    assert!(error.code == Code::RemoteRefused && error.message.contains("another address"), "{error}");
    assert!(elsewhere.seen_all().is_empty(), "neither text nor key travels");
}

#[tokio::test]
async fn nothing_goes_unencrypted_to_a_public_address() {
    // No packet is sent: the address is of a range that is kept for documentation, and the refusal is immediate.
    let error = collect(&client(Some("key"), quick()), request("http://192.0.2.1", &[])).await.error();
    assert!(error.code == Code::RemoteRefused && error.message.contains("https"), "{error}");
}

#[tokio::test]
async fn an_empty_prompt_is_not_sent() {
    let server = Server::start([good()]).await;
    let mut generation = request(&server.url, &[]);
    generation.prompt = Prompt::Raw(String::new());
    assert_eq!(collect(&client(None, quick()), generation).await.error().code, Code::BadRequest);
    assert!(server.seen_all().is_empty());
}

#[tokio::test]
async fn a_server_that_never_ends_is_left() {
    let flood = "x".repeat(60_000);
    let server = Server::start([Reply::stream((0..40).map(|_| text(&flood)).chain([Part::Hang]).collect())]).await;
    let error = collect(&client(None, quick()), request(&server.url, &[])).await.error();
    assert!(error.code == Code::RemoteFailed && error.message.contains("more text than was asked for"), "{error}");
}
