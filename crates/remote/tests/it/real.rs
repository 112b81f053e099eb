//! The client against llama.cpp's own server with the default model.

use std::time::{Duration, Instant};

use brickwork_engine::compliance::inference::inference_suite;
use brickwork_engine::{Inference, InferenceErrorCode as Code, InferenceEvent, Message, ModelRef, Prompt, Speaker};
use brickwork_remote::{BaseUrl, Key, Limits, ServerKind};
use futures::StreamExt;

use crate::peer::Peer;
use crate::support::{client, collect, request};

const KEY: &str = "key-of-the-test";

#[tokio::test(flavor = "multi_thread")]
async fn llama_cpps_own_server_keeps_the_ports_promises() {
    let peer = Peer::start(KEY);
    let client = client(Some(KEY), Limits::default());
    let model = ModelRef::remote(format!("{}/v1", peer.url), "peer");
    inference_suite(&client, &model).await;

    // The same prompt once more comes from the server's cache.
    let (_, first) = collect(&client, request(&peer.url, &[])).await.done();
    let again = collect(&client, request(&peer.url, &[])).await;
    let (_, completion) = again.done();
    assert_eq!(completion.timings.prompt_tokens, first.timings.prompt_tokens);
    assert!(completion.timings.cached_tokens > 20, "{:?}", completion.timings);

    // Exact counts are those of a generation.
    let base = BaseUrl::parse(&peer.url, false).unwrap();
    let checked = client.check(&base, Some(&Key::new(KEY))).await.unwrap();
    assert_eq!((checked.server, checked.models[0].context_length), (ServerKind::LlamaCpp, Some(4096)));
    let generation = request(&peer.url, &[]);
    let Prompt::Chat(messages) = &generation.prompt else { unreachable!() };
    let texts: Vec<String> = messages.iter().map(|message| message.content.clone()).collect();
    let counts = client.count(&generation.model, messages, &texts).await.unwrap().unwrap();
    assert_eq!(counts.whole, first.timings.prompt_tokens);
    assert!(counts.texts.iter().sum::<u32>() < counts.whole && counts.text.contains("adds two numbers"));

    faults(&peer).await;
}

async fn faults(peer: &Peer) {
    let good = client(Some(KEY), Limits::default());
    let wrong = client(Some("wrong"), Limits::default());
    let error = collect(&wrong, request(&peer.url, &[])).await.error();
    assert_eq!(error.code, Code::RemoteRefused, "{error}");

    let mut long = request(&peer.url, &[]);
    long.prompt = Prompt::Chat(vec![Message::new(Speaker::User, "word ".repeat(6000))]);
    let error = collect(&good, long).await.error();
    assert!(error.code == Code::PromptTooLong && error.message.contains("4096"), "{error}");

    // A cancelled answer frees the server's one place at once.
    let mut endless = request(&peer.url, &[]);
    endless.parameters.max_tokens = 3000;
    let mut events = good.generate(endless);
    while !matches!(events.next().await.unwrap(), InferenceEvent::Text { .. }) {}
    drop(events);
    let began = Instant::now();
    let mut short = request(&peer.url, &[]);
    short.parameters.max_tokens = 2;
    collect(&good, short).await.done();
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}
