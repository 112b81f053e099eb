//! Which processes live, as `/proc` tells it. Linux only: elsewhere nothing is found, and the tests that ask are not built.

use std::time::{Duration, Instant};

/// Ids of the processes whose parent is `parent`.
#[must_use]
pub fn children_of(parent: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&id| stat(id).is_some_and(|stat| stat.parent == parent))
        .collect()
}

/// Whether a process runs; one that has ended and only waits to be reaped does not.
#[must_use]
pub fn is_alive(id: u32) -> bool {
    stat(id).is_some_and(|stat| !matches!(stat.state, 'Z' | 'X'))
}

/// Waits until the process is gone, and returns how long that took.
///
/// # Panics
/// When it is still alive after `limit`.
#[track_caller]
pub fn wait_until_gone(id: u32, limit: Duration) -> Duration {
    let started = Instant::now();
    while is_alive(id) {
        assert!(started.elapsed() < limit, "process {id} is still alive after {limit:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    started.elapsed()
}

struct Stat {
    state: char,
    parent: u32,
}

/// Reads `/proc/ID/stat`: `id (name) state parent ...`, where the name may hold spaces and brackets.
fn stat(id: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    Some(Stat { state: fields.next()?.chars().next()?, parent: fields.next()?.parse().ok()? })
}
