//! One download from its beginning to its end, or until it is asked to stop.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use brickwork_engine::Phrase;

use super::fetch::Fetch;
use super::journal::{Journal, Room};
use super::place::{choose_folder, place};
use super::{DownloadError, Shared};
use crate::disk::{DISK_MARGIN_BYTES, DiskFull};
use crate::hub::HubError;
use crate::transfer::{Outcome, Transfer, TransferProblem};

/// So often everything is begun anew because the hub's files were changed in the middle.
const MAX_ANEW: u32 = 2;

/// Why the work stops before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// The user has asked for a pause or for the end.
    Asked,
    /// It has failed.
    Failed(DownloadError),
}

impl From<DownloadError> for Stop {
    fn from(error: DownloadError) -> Self {
        Self::Failed(error)
    }
}

impl From<HubError> for Stop {
    fn from(error: HubError) -> Self {
        Self::Failed(error.into())
    }
}

/// The bytes of each file, told to the board as one sum.
pub(super) struct Progress<'a> {
    pub(super) transfer: &'a Transfer,
    files: Mutex<Vec<(u64, Option<u64>)>>,
}

impl Progress<'_> {
    pub(super) fn set_done(&self, i: usize, n_bytes: u64) {
        self.set(i, |file| file.0 = n_bytes);
    }

    pub(super) fn set_total(&self, i: usize, n_bytes: Option<u64>) {
        self.set(i, |file| file.1 = n_bytes);
    }

    fn set(&self, i: usize, change: impl FnOnce(&mut (u64, Option<u64>))) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get_mut(i) {
            change(file);
        }
        self.transfer.progress(files.iter().map(|file| file.0).sum(), files.iter().map(|file| file.1).sum());
    }
}

impl Shared {
    /// Refuses to begin what the disk cannot hold. A system that does not tell its free room refuses nothing.
    pub(super) fn check_room(&self, wanted_bytes: u64) -> Result<(), DownloadError> {
        let Ok(free_bytes) = (self.options.free_bytes)(&self.models_dir) else { return Ok(()) };
        let needed_bytes = wanted_bytes.saturating_add(DISK_MARGIN_BYTES);
        if free_bytes < needed_bytes {
            return Err(DiskFull { folder: self.models_dir.clone(), needed_bytes, free_bytes }.into());
        }
        Ok(())
    }
}

/// Does the work of a download and says on the board how it ended.
pub(super) async fn run(shared: Arc<Shared>, mut journal: Journal, mut room: Room, mut transfer: Transfer) {
    loop {
        transfer.waiting();
        let slot = tokio::select! {
            _ = transfer.interrupted() => None,
            slot = shared.slots.take() => Some(slot),
        };
        let end = match &slot {
            None => Err(Stop::Asked),
            Some(_) => drive(&shared, &mut journal, &room, &transfer).await,
        };
        // The slot is held until the board tells the end: it never shows more downloads under way than may be.
        match end {
            Ok(outcome) => {
                // The files are in place; a folder that stays is found and ended by the next start.
                let _ = room.remove();
                return transfer.finish(Ok(outcome));
            }
            Err(Stop::Failed(error)) if !transfer.cancelled() => {
                // Whoever sees that it failed can take it up at once.
                drop(room);
                return transfer.finish(Err(error.problem()));
            }
            Err(_) if transfer.cancelled() => {
                let _ = room.remove();
                let problem = TransferProblem::new("cancelled", "The download was cancelled.", "Start it again.")
                    .saying(Phrase::new("download_cancelled"));
                return transfer.finish(Err(problem));
            }
            Err(_) => {
                // Others may take a paused one up.
                drop(room);
                match transfer.park() {
                    Ok(()) => return,
                    Err(again) => transfer = again,
                }
                let id = transfer.id();
                let entered = Room::enter(&shared.models_dir, id);
                match entered {
                    Ok(Some(own)) => room = own,
                    Ok(None) => {
                        let title = journal.title.clone();
                        return transfer.finish(Err(DownloadError::Elsewhere { title }.problem()));
                    }
                    Err(error) => return transfer.finish(Err(error.problem())),
                }
            }
        }
    }
}

async fn drive(shared: &Arc<Shared>, journal: &mut Journal, room: &Room, transfer: &Transfer) -> Result<Outcome, Stop> {
    transfer.running();
    let mut anew = 0;
    loop {
        match attempt(shared, journal, room, transfer).await {
            Err(Stop::Failed(DownloadError::ChangedOnHub { .. })) if anew < MAX_ANEW => {
                anew += 1;
                journal.told = None;
                room.save(journal)?;
            }
            end => return end,
        }
    }
}

async fn attempt(
    shared: &Arc<Shared>,
    journal: &mut Journal,
    room: &Room,
    transfer: &Transfer,
) -> Result<Outcome, Stop> {
    if journal.told.is_none() {
        describe(shared, journal, transfer).await?;
        for i in 0..journal.order.paths.len() {
            // Parts of files that are no more.
            let _ = std::fs::remove_file(room.part(i));
        }
        room.save(journal)?;
    }
    let (folder, there) = in_thread(journal, &shared.models_dir, choose_folder).await?;
    let sizes = || journal.told.iter().flat_map(|told| &told.files).map(|file| file.size_bytes);
    let missing = |(i, size): (usize, Option<u64>)| {
        if there[i] { 0 } else { size.unwrap_or(0).saturating_sub(room.part_bytes(i)) }
    };
    shared.check_room(sizes().enumerate().map(missing).sum())?;
    let of_file =
        |(i, size): (usize, Option<u64>)| (if there[i] { size.unwrap_or(0) } else { room.part_bytes(i) }, size);
    let progress = Progress { transfer, files: Mutex::new(sizes().enumerate().map(of_file).collect()) };
    progress.set(usize::MAX, |_| {});

    let mut sha256 = Vec::new();
    for (i, is_there) in there.iter().enumerate() {
        let fetch = Fetch { shared, room, progress: &progress, i };
        sha256.push(if *is_there { None } else { Some(fetch.run(journal).await?) });
    }
    // Between the last byte and its place nothing can be paused any more, but it can still be cancelled.
    if transfer.cancelled() {
        return Err(Stop::Asked);
    }
    let parts: Vec<_> = (0..sha256.len()).map(|i| room.part(i)).collect();
    let arrived = parts.into_iter().zip(sha256).collect();
    Ok(in_thread(journal, &shared.models_dir, move |dir, journal| place(dir, &folder, journal, arrived)).await?)
}

/// Asks the hub for the files' sizes and checksums.
async fn describe(shared: &Shared, journal: &mut Journal, transfer: &Transfer) -> Result<(), Stop> {
    let options = &shared.options;
    let mut tries = 0;
    loop {
        let asked = async {
            let hub = shared.source.hub().await?;
            let told = hub.repository(&journal.order.repository, &journal.order.revision).await?;
            Ok::<_, HubError>((told, hub.endpoint().to_string()))
        };
        let answer = tokio::select! {
            _ = transfer.interrupted() => return Err(Stop::Asked),
            answer = asked => answer,
        };
        match answer {
            Ok((told, endpoint)) => return Ok(journal.hear(&told, &endpoint)?),
            Err(error) if error.is_transient() && tries + 1 < options.max_tries => {
                tries += 1;
                let wait = options.first_wait.saturating_mul(1 << (tries - 1).min(16)).min(options.longest_wait);
                tokio::select! {
                    _ = transfer.interrupted() => return Err(Stop::Asked),
                    () = tokio::time::sleep(wait) => {}
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Runs `work`, which reads files, on a thread of its own.
async fn in_thread<T: Send + 'static>(
    journal: &Journal,
    dir: &Path,
    work: impl FnOnce(&Path, &Journal) -> Result<T, DownloadError> + Send + 'static,
) -> Result<T, DownloadError> {
    let (journal, dir) = (journal.clone(), dir.to_owned());
    let failed_in = dir.clone();
    let done = tokio::task::spawn_blocking(move || work(&dir, &journal)).await;
    done.map_err(|error| DownloadError::Io { path: failed_in, cause: std::io::Error::other(error) })?
}
