//! The hub's routes and those of transfers, against a hub on the loopback interface.

#[path = "../../../models/tests/it/hub/server.rs"]
mod server;

use std::time::Duration;

use axum::http::StatusCode;
use brickwork_app::{App, AppConfig};
use serde_json::{Value, json};

use super::world::{Answer, World};
use server::{COMMIT, GOOD_TOKEN, HubServer, UNLICENSED_TOKEN, noise, sha256};

const REPOSITORY: &str = "owner/tiny-GGUF";
const FILE: &str = "tiny.Q4_0.gguf";

/// A hub with one file of `n` bytes, and a program whose environment names that hub.
async fn world(n: usize) -> (HubServer, World) {
    let server = HubServer::start();
    server.add(REPOSITORY, FILE, noise(n));
    let folder = tempfile::tempdir().unwrap();
    let mut config = AppConfig::new(folder.path().join("data"));
    config.hub_endpoint = Some(server.url());
    config.stall_limit = Duration::from_secs(2);
    let app = App::open(config).await.unwrap();
    (server, World { router: brickwork_api::router(app), folder })
}

async fn until(world: &World, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..2000 {
        let transfers = world.get("/transfers").await.json();
        let found = transfers["transfers"].as_array().unwrap().iter().find(|transfer| transfer["id"] == id).cloned();
        if let Some(transfer) = found.filter(&wanted) {
            return transfer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the transfer {id} never came to that: {}", world.get("/transfers").await.text())
}

fn check(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_downloaded_paused_resumed_and_taken_off_the_list() {
    let (server, world) = world(1_000_000).await;
    server.limit(1_000_000);
    let order = json!({ "repository": REPOSITORY, "paths": [FILE] });
    let answer = world.post("/downloads", &order).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let begun = answer.json();
    assert_eq!((&begun["kind"], &begun["title"]), (&json!("download"), &json!(FILE)));
    let id = begun["id"].as_str().unwrap();
    assert_eq!(world.post("/downloads", &order).await.json()["id"], begun["id"], "once is enough");
    until(&world, id, |transfer| transfer["done_bytes"].as_u64() > Some(0)).await;

    let paused = world.post(&format!("/transfers/{id}/pause"), &json!({})).await;
    assert_eq!((paused.status, &paused.json()["state"]), (StatusCode::OK, &json!("paused")));
    let resumed = world.post(&format!("/transfers/{id}/resume"), &json!({})).await;
    assert_eq!(resumed.status, StatusCode::OK, "{}", resumed.text());
    server.limit(0);
    let done = until(&world, id, |transfer| transfer["state"] == "done").await;
    assert_eq!((&done["model_id"], &done["done_bytes"]), (&json!("tiny.Q4_0"), &json!(1_000_000)));
    let path = done["path"].as_str().unwrap();
    assert!(std::fs::read(path).unwrap() == noise(1_000_000));
    let files = world.get("/models").await.json()["files"].clone();
    assert_eq!(files[0]["id"], "tiny.Q4_0");

    check(&world.post(&format!("/transfers/{id}/pause"), &json!({})).await, StatusCode::CONFLICT, "conflict");
    let answer = world.send("DELETE", &format!("/transfers/{id}"), &[], None).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get("/transfers").await.json(), json!({ "transfers": [] }));
    for id in [id, "nonsense"] {
        check(&world.send("DELETE", &format!("/transfers/{id}"), &[], None).await, StatusCode::NOT_FOUND, "not_found");
        check(&world.post(&format!("/transfers/{id}/resume"), &json!({})).await, StatusCode::NOT_FOUND, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_make_no_sense_are_refused() {
    let (server, world) = world(10).await;
    for (order, place) in [
        (json!({}), "$"),
        (json!({ "repository": REPOSITORY }), "$.paths"),
        (json!({ "repository": REPOSITORY, "paths": [] }), "$.paths"),
        (json!({ "repository": REPOSITORY, "catalog_id": "x" }), "$"),
        (json!({ "repository": REPOSITORY, "paths": [FILE], "quantization": "Q4_0" }), "$.quantization"),
        (json!({ "catalog_id": "smollm2-135m-instruct", "paths": [FILE] }), "$.paths"),
        (json!({ "catalog_id": "smollm2-135m-instruct", "quantization": "Q9" }), "$.quantization"),
        (json!({ "repository": REPOSITORY, "path": FILE }), "$.path"),
    ] {
        let answer = world.post("/downloads", &order).await;
        check(&answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        assert_eq!(answer.json()["diagnostics"][0]["path"], place, "{order}");
    }
    for path in ["../x.gguf", "/etc/passwd", "nul"] {
        let answer = world.post("/downloads", &json!({ "repository": REPOSITORY, "paths": [path] })).await;
        check(&answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    }
    check(&world.post("/downloads", &json!({ "catalog_id": "unheard-of" })).await, StatusCode::NOT_FOUND, "not_found");
    assert_eq!(server.seen().len(), 0);
    // A model of the catalog is looked for in its repository, which this hub does not have.
    let begun = world.post("/downloads", &json!({ "catalog_id": "smollm2-135m-instruct" })).await.json();
    let failed = until(&world, begun["id"].as_str().unwrap(), |transfer| transfer["state"] == "failed").await;
    assert_eq!(failed["problem"]["code"], "hub_token_needed", "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_is_searched_and_listed() {
    let (server, world) = world(1000).await;
    let found = world.get("/hub/search?q=tiny&limit=3").await.json();
    assert_eq!(found["endpoint"], server.url());
    assert_eq!(found["repositories"][0]["repository"], REPOSITORY);
    let listed = world.get(&format!("/hub/repository?repository={REPOSITORY}")).await.json();
    assert_eq!((&listed["commit"], &listed["licence"]), (&json!(COMMIT), &json!("apache-2.0")));
    assert_eq!(listed["models"][0]["quantization"], "Q4_0");
    assert_eq!(listed["files"][0]["sha256"], sha256(&noise(1000)));

    for query in ["q=", "q=x&limit=0", "q=x&limit=101", "q=x&more=1", ""] {
        let answer = world.get(&format!("/hub/search?{query}")).await;
        check(&answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    }
    check(&world.get("/hub/repository?repository=../etc").await, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    check(&world.get("/hub/repository?repository=owner/none").await, StatusCode::CONFLICT, "hub_token_needed");
    drop(server);
    let answer = world.get("/hub/search?q=tiny").await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::BAD_GATEWAY, &json!("hub_unreachable")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_and_its_limits_are_set() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(AppConfig::new(folder.path().join("data"))).await.unwrap();
    let world = World { router: brickwork_api::router(app), folder };
    let hub = world.get("/hub").await.json();
    let default = json!({ "endpoint": "https://huggingface.co", "endpoint_from": "default", "token": "none", "max_downloads": 2 });
    assert_eq!(hub, default);
    let body = json!({ "endpoint": "https://mirror.example/hf/", "max_downloads": 8, "speed_limit_kib_s": 500 });
    let changed = world.send("PUT", "/hub", &[], Some(&body)).await.json();
    assert_eq!(
        (&changed["endpoint"], &changed["endpoint_from"]),
        (&json!("https://mirror.example/hf"), &json!("setting"))
    );
    assert_eq!((&changed["max_downloads"], &changed["speed_limit_kib_s"]), (&json!(8), &json!(500)));
    for (body, place) in [
        (json!({ "max_downloads": 0 }), "$.max_downloads"),
        (json!({ "max_downloads": 9 }), "$.max_downloads"),
        (json!({ "speed_limit_kib_s": 0 }), "$.speed_limit_kib_s"),
        (json!({ "endpoint": "ftp://x" }), "$.endpoint"),
        (json!({ "endpoint": "https://user:key@x" }), "$.endpoint"),
        (json!({ "token": "x" }), "$.token"),
    ] {
        let answer = world.send("PUT", "/hub", &[], Some(&body)).await;
        check(&answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        assert_eq!(answer.json()["diagnostics"][0]["path"], place);
    }
    assert_eq!(world.get("/hub").await.json(), changed, "what is refused changes nothing");
    assert_eq!(world.send("PUT", "/hub", &[], Some(&json!({}))).await.json(), default);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_settings_is_told_while_the_environment_names_another() {
    let (server, world) = world(10).await;
    let before = world.get("/hub").await.json();
    assert_eq!((&before["endpoint"], &before["stored_endpoint"]), (&json!(server.url()), &json!(null)));
    let body = json!({ "endpoint": "https://mirror.example/hf/" });
    let told = world.send("PUT", "/hub", &[], Some(&body)).await.json();
    assert_eq!((&told["endpoint"], &told["endpoint_from"]), (&json!(server.url()), &json!("environment")));
    assert_eq!(told["stored_endpoint"], "https://mirror.example/hf");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_35_the_hubs_token_is_shown_to_the_hub_alone() {
    let (server, world) = world(100_000).await;
    server.gate(REPOSITORY);
    let repository = format!("/hub/repository?repository={REPOSITORY}");
    check(&world.get(&repository).await, StatusCode::CONFLICT, "hub_token_needed");
    let mut said = String::new();
    for (token, status, code) in [
        ("hf_unheard_of", StatusCode::CONFLICT, "hub_access_denied"),
        (UNLICENSED_TOKEN, StatusCode::CONFLICT, "hub_licence_needed"),
    ] {
        let answer = world.send("PUT", "/hub/token", &[], Some(&json!({ "token": token }))).await;
        assert_eq!((answer.status, &answer.json()["token"]), (StatusCode::OK, &json!("memory")));
        said.push_str(answer.text());
        let answer = world.get(&repository).await;
        check(&answer, status, code);
        said.push_str(answer.text());
    }
    world.send("PUT", "/hub/token", &[], Some(&json!({ "token": GOOD_TOKEN }))).await;
    assert_eq!(world.get(&repository).await.status, StatusCode::OK);
    let order = json!({ "repository": REPOSITORY, "paths": [FILE] });
    let begun = world.post("/downloads", &order).await.json();
    until(&world, begun["id"].as_str().unwrap(), |transfer| transfer["state"] == "done").await;
    for path in ["/hub", "/settings", "/transfers", "/models"] {
        said.push_str(world.get(path).await.text());
    }
    assert!(!said.contains("hf_"), "{said}");
    let mut folders = vec![world.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let holds = bytes.windows(GOOD_TOKEN.len()).any(|window| window == GOOD_TOKEN.as_bytes());
            assert!(!holds, "{} holds the token", path.display());
        }
    }
    for token in ["", " ", "two words", "line\nbreak", "ñ"] {
        let answer = world.send("PUT", "/hub/token", &[], Some(&json!({ "token": token }))).await;
        check(&answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    }
    let gone = world.send("DELETE", "/hub/token", &[], None).await.json();
    assert_eq!(gone["token"], "none");
    check(&world.get(&repository).await, StatusCode::CONFLICT, "hub_token_needed");
}
