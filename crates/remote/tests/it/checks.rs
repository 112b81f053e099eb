//! What a server tells of itself, and counting.

use brickwork_engine::{InferenceErrorCode as Code, Message, ModelRef, Speaker};
use brickwork_remote::{BaseUrl, Key, ServerKind};
use serde_json::json;

use crate::server::{Reply, Server};
use crate::support::{client, quick};

fn base(server: &Server) -> BaseUrl {
    BaseUrl::parse(&server.url, false).unwrap()
}

#[tokio::test]
async fn servers_are_told_apart() {
    let listed =
        |owner: &str| Reply::json(200, &json!({ "data": [{ "id": "a", "owned_by": owner, "max_model_len": 32768 }] }));
    for (reply, kind) in [
        (listed("library"), ServerKind::Ollama),
        (listed("vllm"), ServerKind::Vllm),
        (listed("organization_owner"), ServerKind::LmStudio),
        (listed("llamacpp"), ServerKind::LlamaCpp),
        (listed("openai").with("server", "llama.cpp"), ServerKind::LlamaCpp),
        (listed("openai"), ServerKind::Unknown),
    ] {
        let server = Server::start([]).await;
        server.set_models(reply.clone());
        let checked = client(None, quick()).check(&base(&server), Some(&Key::new("k"))).await.unwrap();
        assert_eq!(checked.server, kind, "{reply:?}");
        assert_eq!((checked.models[0].id.as_str(), checked.models[0].context_length), ("a", Some(32768)));
        let seen = server.seen_all();
        assert_eq!((seen[0].path.as_str(), seen[0].header("authorization")), ("/v1/models", Some("Bearer k")));
    }
}

#[tokio::test]
async fn a_check_tells_what_is_wrong() {
    let server = Server::start([]).await;
    server.set_models(Reply::fault(401, "Invalid API Key"));
    let error = client(None, quick()).check(&base(&server), None).await.unwrap_err();
    assert!(error.code == Code::RemoteRefused && error.message.contains("asks for a key"), "{error}");
    server.set_models(Reply::json(200, &json!("hello")));
    let error = client(None, quick()).check(&base(&server), None).await.unwrap_err();
    assert!(error.code == Code::RemoteFailed && error.message.contains("no list of models"), "{error}");
    let gone = base(&server);
    drop(server);
    let error = client(None, quick()).check(&gone, None).await.unwrap_err();
    assert!(error.code == Code::RemoteUnreachable && error.message.contains("cannot be reached"), "{error}");
}

#[tokio::test]
async fn only_a_llama_cpp_server_of_this_machine_is_asked_to_count() {
    let messages = [Message::new(Speaker::User, "hi")];
    let server = Server::start([
        Reply::json(200, &json!({ "prompt": "<user>hi<end>" })),
        Reply::json(200, &json!({ "tokens": [1, 2, 3, 4] })),
        Reply::json(200, &json!({ "tokens": [5] })),
    ])
    .await;
    let model = ModelRef::remote(format!("{}/v1", server.url), "m");
    let client = client(None, quick());
    assert_eq!(client.count(&model, &messages, &["hi".to_owned()]).await.unwrap(), None);
    assert!(server.seen().is_empty(), "a server that is no llama.cpp gets no text");
    server.be_llama_cpp();
    let counts = client.count(&model, &messages, &["hi".to_owned()]).await.unwrap().unwrap();
    assert_eq!((counts.whole, counts.texts, counts.context_length), (4, vec![1], Some(4096)));
    assert_eq!(counts.text, "<user>hi<end>");
    let seen = server.seen();
    assert_eq!((seen[0].path.as_str(), seen[1].path.as_str()), ("/apply-template", "/tokenize"));
    assert_eq!(seen[1].body, json!({ "content": "<user>hi<end>", "add_special": true, "parse_special": true }));
    assert_eq!(seen[2].body, json!({ "content": "hi", "add_special": false, "parse_special": false }));
    // An address of a private network is no address of this machine: nothing is sent there, not even a question.
    let away = ModelRef::remote("http://192.168.254.254:9/v1", "m");
    assert_eq!(client.count(&away, &messages, &[]).await.unwrap(), None);
}
