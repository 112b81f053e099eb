//! Downloads as they should be: paused, resumed, several at once, in several files.

use std::time::Instant;

use brickwork_models::download::DownloadOrder;
use brickwork_models::transfer::TransferState;
use brickwork_models::{HashState, Hashes, ModelsFolder, catalog_entry, read_provenance};

use super::server::{COMMIT, HubServer, noise, sha256};
use super::world::{FILE, REPOSITORY, World, options};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_arrives_with_its_origin_and_its_checksum_recorded() {
    let world = World::new(500_000);
    let view = world.download().await;
    world.assert_whole(&view);
    let origin = read_provenance(&world.target()).unwrap().unwrap();
    assert_eq!((&*origin.repository, &*origin.revision, &*origin.path), (REPOSITORY, COMMIT, FILE));
    assert_eq!((origin.sha256, origin.size_bytes), (sha256(&world.bytes), 500_000));
    assert_eq!(origin.licence.as_deref(), Some("apache-2.0"));
    assert_eq!(Hashes::read(world.dir()).unwrap().state(&world.target()), HashState::Same);
    // Once more: nothing is fetched, nothing is overwritten.
    let again = world.download().await;
    assert_eq!((again.state, again.path), (TransferState::Done, view.path));
    assert_eq!(world.server.seen_files().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_download_goes_on_where_it_was_also_after_a_restart() {
    let world = World::new(2_000_000);
    world.server.limit(4_000_000);
    let id = world.start();
    assert_eq!(world.start(), id, "the same order is the same download");
    world.until(id, |view| view.done_bytes > 100_000).await;
    world.board.pause(id).unwrap();
    let paused = world.paused(id).await;
    assert!(paused.done_bytes > 0 && paused.done_bytes < 2_000_000);
    assert_eq!(paused.bytes_per_second, None);
    assert!(world.downloads.resume(id).unwrap());
    world.until(id, |view| view.done_bytes > paused.done_bytes).await;
    world.board.pause(id).unwrap();
    let paused = world.paused(id).await;
    assert_eq!(world.part_bytes(), paused.done_bytes);

    let world = world.restarted();
    assert!(world.downloads.look_for_left().is_empty());
    let left = world.board.get(id).unwrap();
    assert_eq!(
        (left.state, left.done_bytes, left.total_bytes),
        (TransferState::Paused, paused.done_bytes, Some(2_000_000))
    );
    world.server.limit(0);
    assert_eq!(world.start(), id, "ordering it again resumes it");
    world.assert_whole(&world.ended(id).await);
    let ranges: Vec<_> = world.server.seen_files().iter().map(|seen| seen.header("range").is_some()).collect();
    assert_eq!(ranges, [false, true, true]);
    let last = world.server.seen_files().pop().unwrap();
    assert_eq!(last.header("range"), Some(&*format!("bytes={}-", paused.done_bytes)));
    assert_eq!(last.header("if-range"), Some(&*format!("\"{}\"", sha256(&world.bytes))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_download_leaves_nothing() {
    let world = World::new(2_000_000);
    world.server.limit(1_000_000);
    let id = world.start();
    world.until(id, |view| view.done_bytes > 0).await;
    world.downloads.cancel(id).unwrap();
    assert_eq!(world.ended(id).await.state, TransferState::Cancelled);
    assert!(!world.dir().join(".downloads").exists());
    world.downloads.cancel(id).unwrap();
    assert!(world.board.get(id).is_none(), "an ended one is taken off the list");
    assert!(world.downloads.cancel(id).is_err());

    let id = world.start();
    world.until(id, |view| view.done_bytes > 0).await;
    world.board.pause(id).unwrap();
    world.paused(id).await;
    world.downloads.cancel(id).unwrap();
    assert_eq!(world.board.get(id).unwrap().state, TransferState::Cancelled);
    assert!(!world.dir().join(".downloads").exists());
    assert_eq!(world.names(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn shards_are_one_transfer() {
    let server = HubServer::start();
    let paths: Vec<String> = (1..=3).map(|i| format!("Q8_0/big.Q8_0-{i:05}-of-00003.gguf")).collect();
    for (path, n) in paths.iter().zip([100_000, 200_000, 50_000]) {
        server.add(REPOSITORY, path, noise(n));
    }
    let world = World::with(server, Vec::new(), None, options());
    let id = world.start_order(&DownloadOrder::new(REPOSITORY, "main", paths.clone()));
    let view = world.ended(id).await;
    assert_eq!((view.state, view.done_bytes, view.total_bytes), (TransferState::Done, 350_000, Some(350_000)));
    assert_eq!(view.model_id.as_deref(), Some("big.Q8_0"));
    for (path, n) in paths.iter().zip([100_000, 200_000, 50_000]) {
        let name = path.rsplit('/').next().unwrap();
        assert!(std::fs::read(world.dir().join(name)).unwrap() == noise(n), "{name}");
    }
    assert_eq!(ModelsFolder::scan(world.dir()).unwrap().len(), 1, "they are listed as one model");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safetensors_model_gets_a_folder() {
    let server = HubServer::start();
    let paths = ["config.json", "model.safetensors", "tokenizer.json"].map(str::to_owned);
    for path in &paths {
        server.add("owner/t5", path, noise(1000));
    }
    let world = World::with(server, Vec::new(), None, options());
    let view = world.ended(world.start_order(&DownloadOrder::new("owner/t5", "main", paths.to_vec()))).await;
    assert_eq!((view.state, view.model_id.as_deref()), (TransferState::Done, Some("t5")), "{:?}", view.problem);
    for path in &paths {
        assert_eq!(std::fs::read(world.dir().join("t5").join(path)).unwrap(), noise(1000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_that_the_hub_holds_in_shards_come_in_shards() {
    let server = HubServer::start();
    let held = ["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    for path in held.iter().chain(&["model.safetensors.index.json", "tokenizer.json"]) {
        server.add("google/t5gemma-xl-xl-prefixlm-it", path, noise(1000));
    }
    let world = World::with(server, Vec::new(), None, options());
    // As the catalog orders it, which does not know how the hub cut the weights.
    let ordered = &catalog_entry("t5gemma-xl-xl-prefixlm-it").unwrap().files[0];
    let order = DownloadOrder::new("google/t5gemma-xl-xl-prefixlm-it", "main", ordered.paths.clone());
    let view = world.ended(world.start_order(&order)).await;
    assert_eq!((view.state, view.done_bytes), (TransferState::Done, 5000), "{:?}", view.problem);
    assert_eq!(view.model_id.as_deref(), Some(&*ordered.id), "so the catalog knows that it is there");
    for path in held {
        assert_eq!(std::fs::read(world.dir().join(&ordered.id).join(path)).unwrap(), noise(1000), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_that_a_repository_lacks_are_left_out() {
    let server = HubServer::start();
    let paths = ["config.json", "generation_config.json", "chat_template.jinja", "model.safetensors", "tokenizer.json"];
    for path in paths.iter().filter(|path| **path != "generation_config.json") {
        server.add("owner/t5", path, noise(1000));
    }
    let world = World::with(server, Vec::new(), None, options());
    let order = |revision: &str| DownloadOrder::new("owner/t5", revision, paths.map(str::to_owned).to_vec());
    let view = world.ended(world.start_order(&order("main"))).await;
    assert_eq!((view.state, view.done_bytes), (TransferState::Done, 4000), "{:?}", view.problem);
    assert!(world.dir().join("t5/chat_template.jinja").is_file());
    assert!(!world.dir().join("t5/generation_config.json").exists());

    let needed =
        DownloadOrder::new("owner/t5", "main", vec!["config.json".into(), "model.safetensors.index.json".into()]);
    let view = world.ended(world.start_order(&needed)).await;
    assert_eq!(view.problem.map(|problem| problem.code).as_deref(), Some("hub_not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_is_overwritten() {
    let world = World::new(100_000);
    std::fs::write(world.target(), b"something else").unwrap();
    let view = world.download().await;
    assert_eq!(view.state, TransferState::Done, "{:?}", view.problem);
    assert_eq!(std::fs::read(world.target()).unwrap(), b"something else");
    let other = world.dir().join("owner--tiny-GGUF").join(FILE);
    assert_eq!(view.path.as_deref(), other.to_str());
    assert!(std::fs::read(other).unwrap() == world.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_at_once_and_so_fast_together() {
    let server = HubServer::start();
    let names = ["a.gguf", "b.gguf", "c.gguf", "d.gguf"];
    for name in names {
        server.add(REPOSITORY, name, noise(100_000));
    }
    let world = World::with(server, Vec::new(), None, options());
    world.downloads.set_limits(2, Some(400_000));
    let begun = Instant::now();
    let ids = names.map(|name| world.start_order(&DownloadOrder::new(REPOSITORY, "main", vec![name.into()])));
    let mut most_running = 0;
    loop {
        let look = || ids.map(|id| world.board.get(id).unwrap().state);
        // One after another is looked at. Those that ran in both looks ran together between them.
        let (before, states) = (look(), look());
        let running =
            before.iter().zip(&states).filter(|pair| *pair == (&TransferState::Running, &TransferState::Running));
        most_running = most_running.max(running.count());
        if states.iter().all(|state| state.has_ended()) {
            assert_eq!(states, [TransferState::Done; 4]);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(most_running, 2);
    let seconds = begun.elapsed().as_secs_f64();
    assert!(seconds >= 0.9, "400 kB at 400 kB/s took {seconds} s");
}
