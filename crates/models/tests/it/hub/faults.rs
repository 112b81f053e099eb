//! Rows 16 to 20 of the reliability table: what a hub, a disk or somebody in between may do.

use std::time::Duration;

use brickwork_models::download::{DownloadError, DownloadOptions, DownloadOrder};
use brickwork_models::transfer::TransferState;

use super::server::{Fault, GOOD_TOKEN, HubServer, noise};
use super::world::{FILE, REPOSITORY, World, options};

const SIZE: usize = 300_000;

#[tokio::test(flavor = "multi_thread")]
async fn row_16_a_flipped_byte_is_never_listed() {
    for at in [0, SIZE / 2, SIZE - 1] {
        let world = World::new(SIZE);
        world.server.always(Fault::Flip(at));
        let view = world.download().await;
        world.assert_failed(&view, "checksum_mismatch");
        assert_eq!(world.part_bytes(), 0, "it is deleted");
        assert_eq!(world.server.seen_files().len(), 1, "what came in one piece is not asked for again");
        // The fault over, a new try of the same download is right.
        world.server.always(Fault::None);
        assert!(world.downloads.resume(view.id).unwrap());
        world.assert_whole(&world.ended(view.id).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_16_a_hub_without_checksums_is_refused() {
    let world = World::new(SIZE);
    world.server.lie(REPOSITORY, FILE, "");
    world.assert_failed(&world.download().await, "no_checksum");
    assert_eq!(world.server.seen_files().len(), 0, "before the first byte");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_16_another_file_than_the_catalogs_is_refused() {
    let world = World::new(SIZE);
    let mut order = DownloadOrder::new(REPOSITORY, "main", vec![FILE.into()]);
    order.sha256 = vec!["0".repeat(64)];
    world.assert_failed(&world.ended(world.start_order(&order)).await, "not_the_catalogs_file");
    assert_eq!(world.server.seen_files().len(), 0, "before the first byte");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_17_the_rest_is_fetched_or_the_file_begun_anew() {
    let cut = Fault::Cut(SIZE / 3);
    let cases: [(&str, Vec<Fault>); 8] = [
        ("cut", vec![cut.clone()]),
        ("cut again and again", vec![cut.clone(), Fault::Cut(1), Fault::Cut(50_000), Fault::Cut(0), Fault::Cut(7)]),
        ("the range answered 200", vec![cut.clone(), Fault::IgnoreRange]),
        ("a wrong Content-Range", vec![cut.clone(), Fault::WrongRange(1)]),
        ("no Content-Range", vec![cut.clone(), Fault::NoRange]),
        ("another ETag", vec![cut.clone(), Fault::Etag("\"other\"")]),
        ("a flipped byte after the cut", vec![cut.clone(), Fault::Flip(SIZE - 1)]),
        ("busy, broken, then fine", vec![Fault::Status(503, ""), Fault::Status(500, ""), cut]),
    ];
    for (what, faults) in cases {
        let world = World::new(SIZE);
        world.server.faults(faults);
        let view = world.download().await;
        assert_eq!(view.state, TransferState::Done, "{what}: {:?}", view.problem);
        world.assert_whole(&view);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_17_a_part_that_was_damaged_meanwhile_is_begun_anew() {
    let world = World::new(SIZE);
    world.server.faults([Fault::Cut(SIZE / 2), Fault::Status(404, "EntryNotFound")]);
    let view = world.download().await;
    world.assert_failed(&view, "hub_not_found");
    let part =
        std::fs::read_dir(world.dir().join(".downloads")).unwrap().next().unwrap().unwrap().path().join("0.part");
    let mut bytes = std::fs::read(&part).unwrap();
    assert!(!bytes.is_empty());
    bytes[100] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    assert!(world.downloads.resume(view.id).unwrap());
    world.assert_whole(&world.ended(view.id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_17_more_or_fewer_bytes_than_promised_are_refused() {
    let world = World::new(SIZE);
    world.server.always(Fault::TooLong(10));
    world.assert_failed(&world.download().await, "size_mismatch");
    let world = World::new(SIZE);
    world.server.always(Fault::NoLength);
    world.assert_whole(&world.download().await);
    let world = World::new(SIZE);
    world.server.hide_sizes();
    world.server.faults([Fault::Cut(1000)]);
    world.assert_whole(&world.download().await);
    let world = World::new(SIZE);
    world.server.hide_sizes();
    world.server.always(Fault::NoLength);
    world.assert_whole(&world.download().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_18_silence_is_a_stall() {
    for after in [0, 100_000] {
        let world = World::new(SIZE);
        world.server.faults([Fault::Silence(after)]);
        world.server.always(Fault::Silence(0));
        let view = world.download().await;
        world.assert_failed(&view, "stalled");
        assert!(world.part_bytes() >= after as u64, "what has arrived is kept");
        // It is only paused for whoever starts the program anew, and goes on from there.
        let world = world.restarted();
        world.server.always(Fault::None);
        assert!(world.downloads.look_for_left().is_empty());
        assert_eq!(world.board.get(view.id).unwrap().state, TransferState::Paused);
        assert!(world.downloads.resume(view.id).unwrap());
        world.assert_whole(&world.ended(view.id).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_18_too_small_a_disk_is_refused_before_the_first_byte() {
    let server = HubServer::start();
    let bytes = noise(SIZE);
    server.add(REPOSITORY, FILE, bytes.clone());
    // Room for the file, but none to spare.
    let options = DownloadOptions { free_bytes: |_| Ok(SIZE as u64 + 1000), ..options() };
    let world = World::with(server, bytes, None, options);
    world.assert_failed(&world.download().await, "disk_full");
    assert_eq!(world.server.seen_files().len(), 0);
    assert_eq!(world.part_bytes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_19_the_token_does_not_travel() {
    let (server, store) = (HubServer::start(), HubServer::start());
    let bytes = noise(SIZE);
    for of in [&server, &store] {
        of.add(REPOSITORY, FILE, bytes.clone());
    }
    server.gate(REPOSITORY);
    // Another port of the same machine is another origin.
    store.faults([Fault::Cut(1000)]);
    server.store_at(&store.url());
    let world = World::with(server, bytes, Some(GOOD_TOKEN), options());
    world.assert_whole(&world.download().await);
    let own = world.server.seen();
    assert!(
        !own.is_empty() && own.iter().all(|seen| seen.header("authorization") == Some("Bearer hf_good")),
        "{own:?}"
    );
    let others = store.seen();
    assert_eq!(others.len(), 2, "{others:?}");
    for seen in &others {
        assert_eq!(seen.header("authorization"), None);
        assert_eq!(seen.header("referer"), None);
        assert_eq!(seen.header("if-range"), None, "it knows the file by another tag");
    }
    assert_eq!(others[1].header("range"), Some("bytes=1000-"));
    // Neither the token nor a signature lies in any file.
    for entry in std::fs::read_dir(world.dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains("hf_good") && !text.contains("signature"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_19_odd_redirects_are_not_followed() {
    for (to, code) in [
        ("ftp://127.0.0.1/x".to_owned(), "hub_redirect"),
        ("file:///etc/passwd".to_owned(), "hub_redirect"),
        (format!("/{REPOSITORY}/resolve/main/{FILE}"), "hub_redirect"),
    ] {
        let world = World::new(SIZE);
        world.server.always(Fault::Redirect(to));
        world.assert_failed(&world.download().await, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_20_names_that_lead_elsewhere_are_refused() {
    let world = World::new(10);
    for (repository, path) in [
        (REPOSITORY, "../x.gguf"),
        (REPOSITORY, "a/../../x.gguf"),
        (REPOSITORY, "/etc/x.gguf"),
        (REPOSITORY, "C:\\x.gguf"),
        (REPOSITORY, "a/nul.gguf"),
        (REPOSITORY, "x\0.gguf"),
        (REPOSITORY, ""),
        ("../owner", FILE),
        ("owner/../..", FILE),
        ("owner", "~/.ssh/\n"),
    ] {
        let order = DownloadOrder::new(repository, "main", vec![path.into()]);
        let error = world.downloads.start(&order).unwrap_err();
        assert_eq!(error.code(), "bad_name", "{path:?}: {error}");
    }
    let order = DownloadOrder::new(REPOSITORY, "../../x", vec![FILE.into()]);
    assert!(matches!(world.downloads.start(&order), Err(DownloadError::Hub(_))));
    let mut order = DownloadOrder::new(REPOSITORY, "main", vec![FILE.into()]);
    for digest in ["a".repeat(63), "a".repeat(65), "../".repeat(21)] {
        order.sha256 = vec![digest];
        assert_eq!(world.downloads.start(&order).unwrap_err().code(), "bad_name");
    }
    assert_eq!(world.server.seen().len(), 0);
    assert_eq!(std::fs::read_dir(world.dir()).unwrap().count(), 0, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_20_a_journal_that_was_tampered_with_is_ignored() {
    let world = World::new(SIZE);
    world.server.limit(200_000);
    let id = world.start();
    world.until(id, |view| view.done_bytes > 0).await;
    world.board.pause(id).unwrap();
    world.paused(id).await;
    let journal = world.dir().join(".downloads").join(id.to_string()).join("journal.json");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replace(FILE, "../../outside.gguf")).unwrap();
    let world = world.restarted();
    assert!(world.downloads.look_for_left().is_empty());
    assert_eq!(world.board.list(), []);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(world.names(), Vec::<String>::new());
}
