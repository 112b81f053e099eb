//! Answers that go well.

use std::time::Duration;

use brickwork_engine::{FinishReason, Inference, InferenceEvent, Prompt};
use futures::StreamExt;
use serde_json::json;

use crate::server::{Part, Reply, Server, done, event, finish, text};
use crate::support::{client, collect, quick, request};

#[tokio::test]
async fn an_answer_comes_with_its_figures() {
    let usage = json!({ "choices": [], "usage": {
        "prompt_tokens": 40, "completion_tokens": 3, "prompt_tokens_details": { "cached_tokens": 12 } } });
    let parts = vec![text("def"), text(" add"), text("(a, b)"), finish("stop"), event(&usage), done()];
    let server = Server::start([Reply::stream(parts)]).await;
    let (answer, completion) = collect(&client(Some("key"), quick()), request(&server.url, &[])).await.done();
    assert_eq!((&*answer, completion.finish_reason), ("def add(a, b)", FinishReason::EndOfTurn));
    let timings = completion.timings;
    assert_eq!((timings.prompt_tokens, timings.cached_tokens, timings.generated_tokens), (40, 12, 3));
    let seen = server.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(seen[0].header("authorization"), Some("Bearer key"));
    assert_eq!(seen[0].header("accept-encoding"), None, "an answer that is packed would not stream");
    let body = &seen[0].body;
    for (field, value) in [
        ("model", json!("m")),
        ("stream", json!(true)),
        ("stream_options", json!({ "include_usage": true })),
        ("max_tokens", json!(64)),
        ("temperature", json!(0.25)),
        ("seed", json!(7)),
        ("top_p", json!(0.5)),
    ] {
        assert_eq!(body[field], value, "{field}");
    }
    assert_eq!(body["messages"][0], json!({ "role": "system", "content": "You write Python." }));
    assert!(body.get("timings_per_token").is_none(), "only llama.cpp knows that field");
}

#[tokio::test]
async fn characters_are_whole_however_the_bytes_are_cut() {
    let whole =
        format!("data: {}\r\n\r\n", json!({ "choices": [{ "delta": { "content": "«año 🦀»" } }] })).into_bytes();
    let mut parts: Vec<Part> = whole.iter().map(|byte| Part::Bytes(vec![*byte])).collect();
    parts.extend([finish("length"), done()]);
    let server = Server::start([Reply::stream(parts)]).await;
    let (answer, completion) = collect(&client(None, quick()), request(&server.url, &[])).await.done();
    assert_eq!((&*answer, completion.finish_reason), ("«año 🦀»", FinishReason::Length));
    assert_eq!(server.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn llama_cpp_tells_its_progress_and_where_a_stop_string_appeared() {
    let timings =
        |n: u32| json!({ "cache_n": 30, "prompt_n": 10, "prompt_ms": 5.0, "predicted_n": n, "predicted_ms": 7.5 });
    let piece =
        |piece: &str, n: u32| event(&json!({ "choices": [{ "delta": { "content": piece } }], "timings": timings(n) }));
    let progress = json!({ "choices": [{ "delta": { "role": "assistant", "content": null } }],
        "prompt_progress": { "total": 40, "cache": 30, "processed": 35, "time_ms": 3 } });
    let parts = vec![event(&progress), piece("one ", 1), piece("EN", 2), piece("D two", 3), Part::Hang];
    let server = Server::start([Reply::stream(parts)]).await;
    server.be_llama_cpp();
    let answer = collect(&client(None, quick()), request(&server.url, &["END"])).await;
    assert_eq!(answer.progress, [(35, 40, 30)]);
    let (text, completion) = answer.done();
    assert_eq!((&*text, completion.finish_reason), ("one ", FinishReason::StopString));
    let figures = completion.timings;
    assert_eq!((figures.prompt_tokens, figures.cached_tokens, figures.generated_tokens), (40, 30, 3));
    assert_eq!((figures.prompt_ms, figures.generate_ms), (5.0, 7.5));
    // What comes behind the stop string is not waited for.
    server.gone(1).await;
    let body = &server.seen()[0].body;
    assert_eq!(
        (&body["timings_per_token"], &body["return_progress"], body.get("stop")),
        (&json!(true), &json!(true), None)
    );
}

#[tokio::test]
async fn other_servers_look_for_stop_strings_themselves() {
    let stopped = json!({ "choices": [{ "delta": {}, "finish_reason": "stop", "stop_reason": "END" }] });
    let server = Server::start([
        Reply::stream(vec![text("one "), event(&stopped), done()]),
        Reply::stream(vec![text("one EN"), finish("stop"), done()]),
    ])
    .await;
    let client = client(None, quick());
    let (text, completion) = collect(&client, request(&server.url, &["END"])).await.done();
    assert_eq!((&*text, completion.finish_reason), ("one ", FinishReason::StopString));
    assert_eq!(server.seen()[0].body["stop"], json!(["END"]));
    let (text, completion) = collect(&client, request(&server.url, &["END"])).await.done();
    assert_eq!((&*text, completion.finish_reason), ("one EN", FinishReason::EndOfTurn), "nothing held back is lost");
}

#[tokio::test]
async fn servers_that_do_not_stream_or_have_no_last_word_are_understood() {
    let whole = json!({ "choices": [{ "message": { "role": "assistant", "content": "all at once" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 9, "completion_tokens": 3 } });
    let server =
        Server::start([Reply::json(200, &whole), Reply::stream(vec![text("no last word"), finish("stop")])]).await;
    let client = client(None, quick());
    let (text, completion) = collect(&client, request(&server.url, &[])).await.done();
    assert_eq!((&*text, completion.timings.prompt_tokens), ("all at once", 9));
    let (text, completion) = collect(&client, request(&server.url, &[])).await.done();
    assert_eq!(text, "no last word");
    assert!(completion.timings.prompt_tokens > 0, "an estimate where the server counts nothing");
}

#[tokio::test]
async fn a_raw_prompt_is_continued_as_it_stands() {
    let piece = event(&json!({ "choices": [{ "text": "b, c", "finish_reason": "length" }] }));
    let server = Server::start([Reply::stream(vec![piece, done()])]).await;
    let mut generation = request(&server.url, &[]);
    generation.prompt = Prompt::Raw("a, ".into());
    let (text, completion) = collect(&client(None, quick()), generation).await.done();
    assert_eq!((&*text, completion.finish_reason), ("b, c", FinishReason::Length));
    let seen = server.seen();
    assert_eq!((seen[0].path.as_str(), &seen[0].body["prompt"]), ("/v1/completions", &json!("a, ")));
}

#[tokio::test]
async fn a_slow_server_that_gives_signs_of_life_is_waited_for() {
    let pause = || Part::Pause(Duration::from_millis(700));
    let sign = || Part::Bytes(b": still at work\n\n".to_vec());
    let parts = vec![pause(), sign(), pause(), sign(), pause(), text("late"), pause(), finish("stop"), done()];
    let server = Server::start([Reply::stream(parts)]).await;
    let limits = brickwork_remote::Limits {
        first_token: Duration::from_millis(1200),
        silence: Duration::from_millis(1200),
        ..quick()
    };
    let (text, _) = collect(&client(None, limits), request(&server.url, &[])).await.done();
    assert_eq!(text, "late");
}

#[tokio::test]
async fn a_dropped_stream_closes_the_connection() {
    let server = Server::start([
        Reply::stream(vec![text("one"), Part::Hang]),
        Reply::stream(vec![Part::Hang]),
        Reply::stream(vec![text("after"), finish("stop"), done()]),
    ])
    .await;
    let client = client(None, quick());
    let mut events = client.generate(request(&server.url, &[]));
    assert!(matches!(events.next().await, Some(InferenceEvent::Text { .. })));
    drop(events);
    server.gone(1).await;
    // While the prompt is read, too.
    let mut events = client.generate(request(&server.url, &[]));
    assert!(tokio::time::timeout(Duration::from_millis(300), events.next()).await.is_err());
    drop(events);
    server.gone(2).await;
    assert_eq!(collect(&client, request(&server.url, &[])).await.done().0, "after");
}
