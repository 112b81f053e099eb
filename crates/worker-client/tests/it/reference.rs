//! Greedy ids equal those of llama.cpp's own server, and the engine's compliance suite.

use brickwork_engine::Prompt;
use serde::Deserialize;

use crate::support::{GEMMA, SMOL, ask, client, generation, greedy, model, raw, user};

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    model: String,
    kind: String,
    prompt: String,
    prompt_tokens: u32,
    token_ids: Vec<u32>,
}

impl Case {
    fn prompt(&self) -> Prompt {
        match self.kind.as_str() {
            "chat" => user(&self.prompt),
            "raw" => raw(&self.prompt),
            other => panic!("unknown kind {other}"),
        }
    }
}

async fn check(file: &str) {
    let reference: Reference = serde_json::from_str(include_str!("../fixtures/greedy_reference.json")).unwrap();
    let cases: Vec<_> = reference.cases.iter().filter(|case| case.model == file).collect();
    assert_eq!(cases.len(), 3, "three cases a model");
    for case in cases {
        // A fresh worker each time: a cold cache.
        let client = client();
        let n = u32::try_from(case.token_ids.len()).unwrap();
        let (_, done) = ask(&client, generation(file, case.prompt(), greedy(n))).await.done();
        assert_eq!(done.timings.prompt_tokens, case.prompt_tokens, "prompt of {:?}", case.prompt);
        assert_eq!(done.timings.cached_tokens, 0);
        assert_eq!(done.token_ids, case.token_ids, "output of {:?}", case.prompt);
    }
}

#[tokio::test]
async fn smollm2_gives_the_ids_of_llama_server() {
    check(SMOL).await;
}

#[tokio::test]
async fn gemma_gives_the_ids_of_llama_server() {
    check(GEMMA).await;
}

#[tokio::test]
async fn the_client_keeps_the_ports_promises() {
    let client = client();
    brickwork_engine::compliance::inference::inference_suite(&client, &model(SMOL)).await;
}
