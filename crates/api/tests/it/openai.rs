//! The chat interface of OpenAI's form, on the scripted model.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::{Answer, World};

const CHAT: &str = "/v1/chat/completions";

async fn ask(world: &World, change: Value) -> Answer {
    let mut body = json!({ "model": "CodeGemma", "messages": [{ "role": "user", "content": "Say hello" }] });
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    world.send_at("POST", CHAT, &body.to_string()).await
}

/// The `data:` of each message.
fn messages(stream: &str) -> Vec<&str> {
    stream.split("\n\n").filter_map(|message| message.strip_prefix("data: ")).collect()
}

#[tokio::test]
async fn the_roles_are_the_models() {
    let world = World::new().await;
    let list = world.send_at("GET", "/v1/models", "").await.json();
    assert_eq!(list["object"], "list");
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"]);
    assert_eq!(list["data"][0]["object"], "model");
    assert_eq!(list["data"][0]["simulated"], true);
}

#[tokio::test]
async fn an_answer_comes_whole() {
    let world = World::new().await;
    let answer = ask(&world, json!({ "an_unknown_field": 1, "temperature": 2 })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["model"], "CodeGemma");
    assert_eq!(answer["simulated"], true);
    assert!(answer["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert_eq!(answer["choices"].as_array().unwrap().len(), 1);
    assert_eq!(answer["choices"][0]["message"]["role"], "assistant");
    assert!(!answer["choices"][0]["message"]["content"].as_str().unwrap().is_empty());
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    let usage = &answer["usage"];
    let number = |name: &str| usage[name].as_u64().unwrap();
    assert_eq!(number("total_tokens"), number("prompt_tokens") + number("completion_tokens"));
    assert!(usage["prompt_tokens_details"]["cached_tokens"].is_u64());
    let cut = ask(&world, json!({ "max_tokens": 1 })).await.json();
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
    let by_id = ask(&world, json!({ "model": "scripted" })).await.json();
    assert_eq!(by_id["simulated"], true);
}

#[tokio::test]
async fn an_answer_comes_in_chunks() {
    let world = World::new().await;
    let whole = ask(&world, json!({})).await.json();
    let answer = ask(&world, json!({ "stream": true, "stream_options": { "include_usage": true } })).await;
    assert!(answer.header("content-type").unwrap().starts_with("text/event-stream"));
    let messages = messages(answer.text());
    assert_eq!(messages.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> =
        messages[..messages.len() - 1].iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
    assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk" && chunk["id"] == chunks[0]["id"]));
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, whole["choices"][0]["message"]["content"]);
    let [.., end, count] = chunks.as_slice() else { panic!("{chunks:?}") };
    assert_eq!(end["choices"][0]["finish_reason"], "stop");
    assert_eq!(count["choices"], json!([]));
    assert_eq!(count["usage"], whole["usage"]);
    let without = ask(&world, json!({ "stream": true })).await;
    assert!(!without.text().contains("\"usage\""));
}

#[tokio::test]
async fn errors_have_openais_form() {
    let world = World::new().await;
    let check = |answer: Answer, status: u16, param: Value, code: Value| {
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let error = answer.json()["error"].clone();
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert_eq!((&error["type"], &error["param"], &error["code"]), (&json!("invalid_request_error"), &param, &code));
    };
    check(ask(&world, json!({ "model": "GPT" })).await, 404, json!("model"), json!("model_not_found"));
    check(ask(&world, json!({ "model": "/etc/hostname" })).await, 404, json!("model"), json!("model_not_found"));
    check(ask(&world, json!({ "n": 2 })).await, 400, json!("n"), Value::Null);
    check(ask(&world, json!({ "temperature": 3 })).await, 400, json!("temperature"), Value::Null);
    check(ask(&world, json!({ "messages": "hi" })).await, 400, json!("messages"), Value::Null);
    check(world.send_at("POST", CHAT, "{").await, 400, Value::Null, Value::Null);
    check(world.send_at("POST", CHAT, "[]").await, 400, Value::Null, Value::Null);
    check(world.send_at("GET", CHAT, "").await, 405, Value::Null, json!("unknown_url"));
    check(world.send_at("GET", "/v1/embeddings", "").await, 404, Value::Null, json!("unknown_url"));
}
