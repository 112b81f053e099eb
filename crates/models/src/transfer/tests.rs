//! The board of transfers: states, speeds, cancelling and pausing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn problem() -> TransferProblem {
    TransferProblem::new("broken", "It broke.", "Mend it.")
}

#[test]
fn work_is_seen_from_its_beginning_to_its_end() {
    let board = Transfers::new();
    let work = board.begin(TransferKind::Import, "a file", Some(10));
    work.progress(4, Some(10));
    let seen = board.get(work.id()).unwrap();
    assert_eq!((seen.state, seen.done_bytes, seen.total_bytes), (TransferState::Running, 4, Some(10)));
    let id = work.id();
    work.finish(Ok(Outcome { model_id: Some("m".into()), path: Some("/x/m.gguf".into()), ..Outcome::default() }));
    let seen = board.get(id).unwrap();
    assert_eq!((seen.state, seen.model_id.as_deref()), (TransferState::Done, Some("m")));
    assert!(seen.ended_at.is_some());
    assert_eq!(board.cancel(id), Ok(Ending::Removed));
    assert_eq!(board.cancel(id), Err(TransferError::Unknown(id)));
}

#[test]
fn wishes_are_obeyed_at_checkpoints() {
    let board = Transfers::new();
    let work = board.begin(TransferKind::Import, "a file", None);
    let id = work.id();
    board.pause(id).unwrap();
    assert_eq!(board.get(id).unwrap().state, TransferState::Paused);
    let thread = std::thread::spawn(move || {
        let first = work.checkpoint();
        while work.checkpoint().is_ok() {
            std::thread::yield_now();
        }
        work.finish(Err(problem()));
        first
    });
    assert_eq!(board.resume(id), Ok(Resumed::GoesOn));
    std::thread::sleep(std::time::Duration::from_millis(120));
    assert_eq!(board.get(id).unwrap().state, TransferState::Running);
    assert_eq!(board.cancel(id), Ok(Ending::Soon));
    assert_eq!(thread.join().unwrap(), Ok(()));
    let seen = board.get(id).unwrap();
    assert_eq!((seen.state, seen.problem), (TransferState::Cancelled, None), "what the user ended is no failure");
}

#[test]
fn dropped_work_is_failed_and_parked_work_is_taken_up() {
    let board = Transfers::new();
    let id = board.begin(TransferKind::Verify, "a file", None).id();
    let seen = board.get(id).unwrap();
    assert_eq!((seen.state, seen.problem.unwrap().code.as_str()), (TransferState::Failed, "interrupted"));
    assert!(matches!(board.resume(id), Err(TransferError::State { .. })), "only a download can try again");

    let work = board.enqueue(Uuid::now_v7(), TransferKind::Download, "a file", (0, None));
    let id = work.id();
    let work = work.park().expect_err("nobody asked for a pause");
    board.pause(id).unwrap();
    work.park().unwrap();
    assert_eq!(board.resume(id), Ok(Resumed::NeedsWorker));
    let again = board.take_up(id).unwrap();
    assert!(board.take_up(id).is_none(), "one does the work");
    assert_eq!(board.get(id).unwrap().state, TransferState::Waiting);
    again.finish(Err(problem()));
    assert_eq!(board.resume(id), Ok(Resumed::NeedsWorker));
    assert!(board.take_up(id).is_some());
}

#[test]
fn ended_rows_do_not_pile_up() {
    let board = Transfers::new();
    let kept = board.begin(TransferKind::Verify, "long", None);
    for _ in 0..KEPT_ENDED + 20 {
        board.begin(TransferKind::Verify, "short", None).finish(Ok(Outcome::default()));
    }
    let rows = board.list();
    assert!(rows.len() <= KEPT_ENDED + 2, "{}", rows.len());
    assert_eq!(rows[0].id, kept.id());
}
