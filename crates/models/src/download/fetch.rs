//! Fetching one file: from where the last try ended, for as long as that makes sense.

use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;

use super::journal::{Journal, Room, ToldFile};
use super::part::{Part, PartWriter, blocking};
use super::task::{Progress, Stop};
use super::{DownloadError, Shared};
use crate::hub::{Hub, HubError, Opened, sha256_digest};

/// So often a file is begun anew because the hub answered oddly.
const MAX_RESTARTS: u32 = 3;

/// What a file is fetched for and with.
pub(super) struct Fetch<'a> {
    pub(super) shared: &'a Shared,
    pub(super) room: &'a Room,
    pub(super) progress: &'a Progress<'a>,
    /// Which file of the order.
    pub(super) i: usize,
}

/// How one answer ended.
enum Streamed {
    /// At its end.
    Whole,
    /// It made no sense for the part that is here, so the file begins anew.
    Unfit,
}

impl Fetch<'_> {
    /// Fetches the file and returns its SHA-256. What has arrived stays when it is stopped.
    pub(super) async fn run(&self, journal: &mut Journal) -> Result<String, Stop> {
        let path = self.room.part(self.i);
        let opening = path.clone();
        let mut part = blocking(move || Part::open(&opening)).await.map_err(io_error(&path))?;
        let (mut tries, mut restarts) = (0, 0);
        loop {
            let before = part.n_bytes();
            let (back, streamed) = self.request(part, journal).await?;
            part = back;
            if part.n_bytes() > before {
                tries = 0;
            }
            match streamed {
                Ok(Streamed::Whole) => match self.check(part, journal).await? {
                    Ok(sha256) => return Ok(sha256),
                    // Perhaps one of the answers was at fault; one more time in one piece tells.
                    Err((error, patched)) if !patched || restarts >= MAX_RESTARTS => return Err(error.into()),
                    Err(_) => {
                        restarts += 1;
                        let opening = path.clone();
                        part = blocking(move || Part::open(&opening)).await.map_err(io_error(&path))?;
                    }
                },
                Ok(Streamed::Unfit) => {
                    restarts += 1;
                    if restarts > MAX_RESTARTS {
                        return Err(DownloadError::BadRanges { name: self.name(journal).to_owned() }.into());
                    }
                    part = self.restarted(part).await?;
                }
                Err(Stop::Failed(DownloadError::Hub(error))) if error.is_transient() => {
                    tries += 1;
                    if tries >= self.shared.options.max_tries {
                        return Err(DownloadError::Hub(error).into());
                    }
                    self.wait(tries, &error).await?;
                }
                Err(stop) => return Err(stop),
            }
        }
    }

    fn name<'j>(&self, journal: &'j Journal) -> &'j str {
        &journal.order.paths[self.i]
    }

    /// One request for what is missing. The part comes back in any case but that of a broken disk.
    async fn request(&self, part: Part, journal: &mut Journal) -> Result<(Part, Result<Streamed, Stop>), Stop> {
        let told = self.told(journal);
        if told.size_bytes.is_some_and(|size| size == part.n_bytes() && size > 0) {
            return Ok((part, Ok(Streamed::Whole)));
        }
        if told.size_bytes.is_some_and(|size| part.n_bytes() > size) {
            return Ok((part, Ok(Streamed::Unfit)));
        }
        let opened = tokio::select! {
            _ = self.progress.transfer.interrupted() => return Ok((part, Err(Stop::Asked))),
            opened = self.open(&part, journal) => opened,
        };
        match opened {
            Ok((hub, opened)) => self.receive(part, journal, hub, opened).await,
            Err(error) => Ok((part, Err(DownloadError::Hub(error).into()))),
        }
    }

    async fn open(&self, part: &Part, journal: &Journal) -> Result<(Hub, Opened), HubError> {
        let hub = self.shared.source.hub().await?;
        let (told, commit) = (self.told(journal), journal.told.as_ref().map_or("main", |told| &told.commit));
        let file = (&*journal.order.repository, commit, self.name(journal));
        let opened = hub.open(file, part.n_bytes(), told.etag.as_deref().filter(|_| told.etag_is_own)).await?;
        Ok((hub, opened))
    }

    /// Reads an answer into the part, as far as it fits.
    async fn receive(
        &self,
        mut part: Part,
        journal: &mut Journal,
        hub: Hub,
        opened: Opened,
    ) -> Result<(Part, Result<Streamed, Stop>), Stop> {
        let told = self.told(journal).clone();
        if let Err(error) = self.check_promise(&told, &opened, journal) {
            return Ok((part, Err(error.into())));
        }
        let is_other = matches!((&told.etag, &opened.etag), (Some(before), Some(now)) if before != now);
        match opened.response.status() {
            StatusCode::PARTIAL_CONTENT if is_other || !continues(&opened, part.n_bytes(), told.size_bytes) => {
                return Ok((part, Ok(Streamed::Unfit)));
            }
            StatusCode::PARTIAL_CONTENT => part.patch(),
            // Whoever asked for the rest gets the whole file where ranges are not known, or the file is another one.
            StatusCode::OK => part = self.restarted(part).await?,
            _ => return Ok((part, Ok(Streamed::Unfit))),
        }
        let length = opened.response.content_length().map(|length| part.n_bytes() + length);
        if let (Some(size), Some(length)) = (told.size_bytes, length)
            && size != length
        {
            return Ok((part, Err(self.wrong_size(journal, size, length).into())));
        }
        self.note_source(journal, &opened).await?;
        self.make_room(&part, told.size_bytes.or(length))?;
        self.progress.set_total(self.i, told.size_bytes.or(length));
        self.stream(part, journal, &hub, opened).await
    }

    /// Refuses an answer about another file than the one that the hub described.
    fn check_promise(&self, told: &ToldFile, opened: &Opened, journal: &Journal) -> Result<(), DownloadError> {
        // The hub knows its large files by their SHA-256.
        let named = opened.etag.as_deref().filter(|_| !opened.etag_is_own);
        let named = named.and_then(|etag| sha256_digest(etag.trim_start_matches("W/").trim_matches('"')).ok());
        match (&told.sha256, named) {
            (Some(expected), Some(named)) if *expected != named => {
                Err(DownloadError::ChangedOnHub { name: self.name(journal).to_owned() })
            }
            _ => Ok(()),
        }
    }

    async fn stream(
        &self,
        part: Part,
        journal: &Journal,
        hub: &Hub,
        mut opened: Opened,
    ) -> Result<(Part, Result<Streamed, Stop>), Stop> {
        let size = self.told(journal).size_bytes;
        let mut n_bytes = part.n_bytes();
        let writer = PartWriter::start(part);
        let interrupted = self.progress.transfer.interrupted();
        tokio::pin!(interrupted);
        let end = loop {
            let piece = tokio::select! {
                _ = &mut interrupted => break Err(Stop::Asked),
                piece = hub.next_piece(&mut opened) => piece,
            };
            let piece = match piece {
                Ok(Some(piece)) => piece,
                Ok(None) if size.is_some_and(|size| n_bytes < size) => {
                    let (url, cause) = (opened.source.clone(), "it ended too early".to_owned());
                    break Err(DownloadError::Hub(HubError::Cut { url, cause }).into());
                }
                Ok(None) => break Ok(Streamed::Whole),
                Err(error) => break Err(DownloadError::Hub(error).into()),
            };
            n_bytes += piece.len() as u64;
            if let Some(size) = size.filter(|size| n_bytes > *size) {
                break Err(self.wrong_size(journal, size, n_bytes).into());
            }
            tokio::select! {
                _ = &mut interrupted => break Err(Stop::Asked),
                () = self.shared.limiter.pass(piece.len() as u64) => {}
            }
            // Why writing has failed is told at the end.
            if !writer.write(piece).await {
                break Ok(Streamed::Whole);
            }
            self.progress.set_done(self.i, n_bytes);
        };
        let path = self.room.part(self.i);
        let (part, written) = writer.end().await.map_err(io_error(&path))?;
        written.map_err(io_error(&path))?;
        self.progress.set_done(self.i, part.n_bytes());
        Ok((part, end))
    }

    /// Compares a file that has arrived with what the hub promised. One that is wrong is removed; whether it was put
    /// together from several answers is told with it.
    async fn check(&self, mut part: Part, journal: &Journal) -> Result<Result<String, (DownloadError, bool)>, Stop> {
        let path = self.room.part(self.i);
        let (part, found) =
            blocking(move || part.finish().map(|found| (part, found))).await.map_err(io_error(&path))?;
        match &self.told(journal).sha256 {
            Some(expected) if *expected != found => {
                let (name, expected) = (self.name(journal).to_owned(), expected.clone());
                let is_patched = part.is_patched();
                blocking(move || part.remove()).await.map_err(io_error(&path))?;
                self.progress.set_done(self.i, 0);
                Ok(Err((DownloadError::Checksum { name, expected, found }, is_patched)))
            }
            _ => Ok(Ok(found)),
        }
    }

    async fn restarted(&self, mut part: Part) -> Result<Part, Stop> {
        self.progress.set_done(self.i, 0);
        let path = self.room.part(self.i);
        blocking(move || part.restart().map(|()| part)).await.map_err(|cause| io_error(&path)(cause).into())
    }

    /// Takes down by what the file is known, before any of its bytes.
    async fn note_source(&self, journal: &mut Journal, opened: &Opened) -> Result<(), Stop> {
        if let Some(file) = journal.told.as_mut().and_then(|told| told.files.get_mut(self.i))
            && (file.etag != opened.etag || file.url.as_deref() != Some(&opened.source))
        {
            file.etag.clone_from(&opened.etag);
            file.etag_is_own = opened.etag_is_own;
            file.url = Some(opened.source.clone());
            self.room.save(journal)?;
        }
        Ok(())
    }

    fn make_room(&self, part: &Part, size: Option<u64>) -> Result<(), DownloadError> {
        let wanted = size.map_or(0, |size| size.saturating_sub(part.n_bytes()));
        self.shared.check_room(wanted)
    }

    /// Waits before the next try.
    async fn wait(&self, tries: u32, error: &HubError) -> Result<(), Stop> {
        let options = &self.shared.options;
        let asked = if let HubError::Busy { retry_after, .. } = error { *retry_after } else { None };
        let wait: Duration = options.first_wait.saturating_mul(1 << (tries - 1).min(16)).max(asked.unwrap_or_default());
        tokio::select! {
            _ = self.progress.transfer.interrupted() => Err(Stop::Asked),
            () = tokio::time::sleep(wait.min(options.longest_wait)) => Ok(()),
        }
    }

    fn wrong_size(&self, journal: &Journal, expected_bytes: u64, found_bytes: u64) -> DownloadError {
        DownloadError::Size { name: self.name(journal).to_owned(), expected_bytes, found_bytes }
    }

    fn told<'j>(&self, journal: &'j Journal) -> &'j ToldFile {
        const NOTHING: &ToldFile =
            &ToldFile { size_bytes: None, sha256: None, etag: None, etag_is_own: false, url: None };
        journal.told.as_ref().and_then(|told| told.files.get(self.i)).unwrap_or(NOTHING)
    }
}

/// Whether a partial answer begins where the part ends and belongs to a file of that size.
fn continues(opened: &Opened, first_byte: u64, size: Option<u64>) -> bool {
    let Some(range) = opened.range.as_deref().and_then(|range| range.trim().strip_prefix("bytes ")) else {
        return false;
    };
    let Some((span, total)) = range.split_once('/') else { return false };
    let Some((first, last)) = span.split_once('-') else { return false };
    let (Ok(first), Ok(last)) = (first.trim().parse::<u64>(), last.trim().parse::<u64>()) else { return false };
    let total_fits = match (total.trim().parse::<u64>(), size) {
        (Ok(total), Some(size)) => total == size && last < size,
        (Ok(total), None) => last < total,
        (Err(_), _) => total.trim() == "*",
    };
    first == first_byte && last >= first && total_fits
}

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> DownloadError {
    let path = path.to_owned();
    move |cause| DownloadError::Io { path, cause }
}
