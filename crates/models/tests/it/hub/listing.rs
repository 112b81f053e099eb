//! Searching and listing.

use super::server::{COMMIT, GOOD_TOKEN, HubServer, POWERLESS_TOKEN, UNLICENSED_TOKEN, noise, sha256};
use super::world::{FILE, REPOSITORY, hub_at};

#[tokio::test]
async fn repositories_are_found_and_listed_page_by_page() {
    let server = HubServer::start_below("/mirror/hf");
    server.add(REPOSITORY, FILE, noise(100));
    server.add(REPOSITORY, "Q8_0/tiny.Q8_0-00001-of-00002.gguf", noise(20));
    server.add(REPOSITORY, "Q8_0/tiny.Q8_0-00002-of-00002.gguf", noise(30));
    server.add(REPOSITORY, ".gitattributes", noise(5));
    server.add(REPOSITORY, "a/nul.gguf", noise(5));
    server.page(2);
    let hub = hub_at(&server.url(), None);

    let found = hub.search("TINY", 5).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&*found[0].repository, found[0].downloads, found[0].gated), (REPOSITORY, Some(7), false));
    assert_eq!(hub.search("nothing of the kind", 5).await.unwrap(), []);

    let listed = hub.repository(REPOSITORY, "main").await.unwrap();
    assert_eq!((&*listed.commit, listed.licence.as_deref()), (COMMIT, Some("apache-2.0")));
    assert_eq!(listed.files.len(), 3, "what has no usable name is left out: {:?}", listed.files);
    let file = listed.files.iter().find(|file| file.path == FILE).unwrap();
    assert_eq!((file.size_bytes, file.sha256.clone()), (Some(100), Some(sha256(&noise(100)))));
    let names: Vec<_> = listed.models.iter().map(|model| (&*model.name, model.size_bytes, model.complete)).collect();
    assert_eq!(names, [("tiny.Q8_0", Some(50), true), ("tiny.Q4_0", Some(100), true)]);
    assert!(server.seen().iter().all(|seen| seen.path.starts_with("/mirror/hf/")));
}

#[tokio::test]
async fn t5gemma_models_are_found_beside_gguf_files() {
    let server = HubServer::start();
    server.add("owner/t5gemma-s-s-ul2", "model.safetensors", noise(10));
    server.add("owner/t5gemma-s-s-GGUF", "m.gguf", noise(10));
    server.add("owner/bert-s-s", "model.safetensors", noise(10));
    let hub = hub_at(&server.url(), None);
    let mut found: Vec<String> =
        hub.search("s-s", 5).await.unwrap().into_iter().map(|model| model.repository).collect();
    found.sort();
    assert_eq!(found, ["owner/t5gemma-s-s-GGUF", "owner/t5gemma-s-s-ul2"]);
    assert_eq!(hub.search("s-s", 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_missing_or_closed_is_told_apart() {
    let server = HubServer::start();
    server.add(REPOSITORY, FILE, noise(10));
    server.gate(REPOSITORY);
    for (token, repository, code) in [
        (None, REPOSITORY, "hub_token_needed"),
        (Some("hf_unheard_of"), REPOSITORY, "hub_token_refused"),
        (Some(UNLICENSED_TOKEN), REPOSITORY, "hub_licence_needed"),
        (Some(POWERLESS_TOKEN), REPOSITORY, "hub_access_denied"),
        (Some(GOOD_TOKEN), "owner/nothing", "hub_not_found"),
        (None, "../../etc", "bad_name"),
    ] {
        let error = hub_at(&server.url(), token).repository(repository, "main").await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(!format!("{error:?} {error} {}", error.remedy()).contains("hf_"), "no token is told");
    }
    let error = hub_at(&server.url(), Some(UNLICENSED_TOKEN)).repository(REPOSITORY, "main").await.unwrap_err();
    assert!(error.remedy().contains(&format!("{}/{REPOSITORY}", server.url())), "{}", error.remedy());
    let listed = hub_at(&server.url(), Some(GOOD_TOKEN)).repository(REPOSITORY, "main").await.unwrap();
    assert!(listed.gated);
}

#[tokio::test]
async fn a_hub_that_is_not_there_is_told() {
    let url = HubServer::start().url();
    // The port is free again by now, or answers nothing.
    let error = hub_at(&url, None).search("x", 1).await.unwrap_err();
    assert!(error.is_transient() && !error.remedy().is_empty(), "{error}");
}

#[tokio::test]
async fn row_20_a_checksum_that_is_none_is_refused() {
    let digits = sha256(b"x");
    for digest in [&digits[1..], &format!("{digits}0"), "../../../../etc/passwd"] {
        let server = HubServer::start();
        server.add(REPOSITORY, FILE, noise(10));
        server.lie(REPOSITORY, FILE, digest);
        let error = hub_at(&server.url(), None).repository(REPOSITORY, "main").await.unwrap_err();
        assert_eq!(error.code(), "bad_name", "{error}");
    }
}
