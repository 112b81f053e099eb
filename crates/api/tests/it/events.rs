//! The event stream: complete, numbered, and resumable.

use serde_json::{Value, json};

use crate::world::{DEFAULT_PROJECT, World, pipeline};

/// The `data:` of each message, with its `id:` where it has one.
fn messages(stream: &str) -> Vec<(Option<u64>, Value)> {
    stream
        .split("\n\n")
        .filter_map(|message| {
            let data = message.lines().find_map(|line| line.strip_prefix("data: "))?;
            let id = message.lines().find_map(|line| line.strip_prefix("id: ")?.parse().ok());
            Some((id, serde_json::from_str(data).unwrap()))
        })
        .collect()
}

#[tokio::test]
async fn a_past_run_can_be_followed_from_any_event() {
    let world = World::new().await;
    let run = world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await.json();
    let path = format!("/runs/{}/events", run["run_id"].as_str().unwrap());
    let all = messages(world.get(&path).await.text());
    let ids: Vec<u64> = all.iter().filter_map(|(id, _)| *id).collect();
    assert_eq!(ids, (1..=run["seq"].as_u64().unwrap()).collect::<Vec<_>>(), "every change, once, in order");
    assert_eq!(all[0].1["change"]["kind"], "created");
    assert_eq!(all.last().unwrap().1["change"]["kind"], "finished");
    let rest = messages(world.get(&format!("{path}?after=3")).await.text());
    assert_eq!(rest, all[3..]);
    let resumed = messages(world.send("GET", &path, &[("last-event-id", "3")], None).await.text());
    assert_eq!(resumed, rest);
}

#[tokio::test]
async fn a_running_run_is_followed_to_its_end() {
    let world = World::new().await;
    let path = format!("/projects/{DEFAULT_PROJECT}/execute");
    let run = world.send("POST", &path, &[("prefer", "respond-async")], Some(&pipeline())).await.json();
    let stream = messages(world.get(&format!("/runs/{}/events", run["run_id"].as_str().unwrap())).await.text());
    let ids: Vec<u64> = stream.iter().filter_map(|(id, _)| *id).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    assert_eq!(stream.last().unwrap().1["change"]["status"], json!("SUCCESS"));
}

#[tokio::test]
async fn an_unknown_run_has_no_events() {
    let world = World::new().await;
    assert_eq!(world.get("/runs/nonsense/events").await.status, 404);
}
