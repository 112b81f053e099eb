//! `brickwork models search|pull|transfers`.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use brickwork_app::{
    App, CatalogModelView, DownloadRequest, HubRepository, HubSearchView, TransferState, TransferView,
};
use serde_json::json;
use uuid::Uuid;

use crate::args::{PullArgs, SearchModelsArgs, TransfersArgs, TransfersCommand};
use crate::exit::Failure;
use crate::signals::Signals;

/// How often the progress of a download is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// A program that is not watched on a terminal tells its progress this often.
const TELL: Duration = Duration::from_secs(5);

/// Searches the catalog, and the hub when asked to.
pub(crate) async fn search(app: &App, args: SearchModelsArgs) -> Result<(), Failure> {
    let wanted = args.query.to_lowercase();
    let is_found = |entry: &CatalogModelView| {
        [&entry.id, &entry.title, &entry.description].iter().any(|text| text.to_lowercase().contains(&wanted))
            || entry.roles.iter().any(|role| role.to_lowercase().contains(&wanted))
            || entry.files.iter().any(|file| file.id.to_lowercase().contains(&wanted))
    };
    let catalog = app.catalog().await?;
    if let Some(problem) = &catalog.own_entries_problem {
        eprintln!("{}: {}: {} {}", problem.path, problem.place, problem.message, problem.remedy);
    }
    let mut known = catalog.entries;
    known.retain(is_found);
    let hub = if args.hub { Some(app.search_hub(&args.query, Some(args.limit)).await?) } else { None };
    if args.json {
        println!("{}", json!({ "catalog": known, "hub": hub }));
        return Ok(());
    }
    print_catalog(&known);
    match &hub {
        Some(hub) => print_hub(hub),
        None if known.is_empty() => println!("The catalog has nothing like it. Search the hub with --hub."),
        None => {}
    }
    Ok(())
}

fn print_catalog(entries: &[CatalogModelView]) {
    for entry in entries {
        let gate = if entry.gated { ", to be accepted on the hub first" } else { "" };
        println!("{:<34} {} ({}{gate})", entry.id, entry.title, entry.licence);
        let suits =
            [&entry.roles.join(", "), &format!("{} tokens", entry.context_length), &entry.workstation.join(", ")];
        let suits: Vec<&str> = suits.into_iter().map(|fact| &**fact).filter(|fact| !fact.is_empty()).collect();
        println!("    {}", suits.join(" · "));
        for file in &entry.files {
            let mark = match (file.present, file.id == entry.recommended_file) {
                (true, _) => "  is here",
                (false, true) => "  recommended",
                (false, false) => "",
            };
            let memory = file.memory_bytes.map_or_else(String::new, |bytes| format!(", {} of memory", size(bytes)));
            println!("    {:<10} {:>9}{memory}{mark}", file.quantization, size(file.size_bytes));
        }
    }
}

fn print_hub(found: &HubSearchView) {
    println!("On {}:", found.endpoint);
    for model in &found.repositories {
        let facts = [
            model.licence.clone(),
            model.downloads.map(|n| format!("{n} downloads")),
            model.gated.then(|| "its licence must be accepted first".to_owned()),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        println!("  {:<60} {}", model.repository, facts.join(", "));
    }
    if found.repositories.is_empty() {
        println!("  nothing");
    }
}

/// Downloads models and waits for them. Ctrl+C pauses the downloads.
pub(crate) async fn pull(app: &App, args: PullArgs) -> Result<(), Failure> {
    // All names are understood before anything is fetched.
    let mut requests = Vec::new();
    for model in &args.models {
        requests.push(request_of(app, model, args.revision.as_deref()).await?);
    }
    let mut transfers = Vec::new();
    for request in requests {
        transfers.push(app.start_download(request).await?);
    }
    let again = format!("brickwork models pull {}", args.models.join(" "));
    follow(app, transfers, &again, args.json).await
}

/// Lists transfers, or steers one.
pub(crate) async fn transfers(app: &App, args: TransfersArgs) -> Result<(), Failure> {
    match args.command {
        None => {
            let view = app.transfers().await?;
            if args.json {
                println!("{}", serde_json::to_string(&view)?);
                return Ok(());
            }
            for transfer in &view.transfers {
                println!("{}  {:<9} {}  {}", transfer.id, transfer.state.name(), progress(transfer), transfer.title);
            }
            if view.transfers.is_empty() {
                println!("There are no unfinished downloads.");
            }
            Ok(())
        }
        Some(TransfersCommand::Resume { id }) => {
            // What an earlier program left is known once it was listed.
            app.transfers().await?;
            let transfer = app.resume_transfer(id).await?;
            follow(app, vec![transfer], &format!("brickwork models transfers resume {id}"), args.json).await
        }
        Some(TransfersCommand::Cancel { id }) => {
            app.transfers().await?;
            app.cancel_transfer(id).await?;
            println!("The download is cancelled and what had arrived of it is removed.");
            Ok(())
        }
    }
}

/// What the user means by a name.
async fn request_of(app: &App, model: &str, revision: Option<&str>) -> Result<DownloadRequest, Failure> {
    let (name, quantization) = match model.split_once(':') {
        Some((name, quantization)) => (name, Some(quantization.to_owned())),
        None => (model, None),
    };
    let parts: Vec<&str> = name.splitn(3, '/').collect();
    match *parts {
        [_] if revision.is_some() => {
            Err(Failure::invalid("A model of the catalog has its revision already. Leave --revision out."))
        }
        [id] => Ok(DownloadRequest { catalog_id: Some(id.to_owned()), quantization, ..DownloadRequest::default() }),
        [owner, repository, file] => Ok(DownloadRequest {
            repository: Some(format!("{owner}/{repository}")),
            revision: revision.map(str::to_owned),
            paths: Some(paths_with(app, &format!("{owner}/{repository}"), revision, file).await?),
            ..DownloadRequest::default()
        }),
        _ => {
            let listed = app.hub_repository(name, revision).await?;
            let paths = paths_of(&listed, quantization.as_deref())?;
            let (repository, revision) = (Some(listed.repository), revision.map(str::to_owned));
            Ok(DownloadRequest { repository, revision, paths: Some(paths), ..DownloadRequest::default() })
        }
    }
}

/// The files of the model that `file` is one of; all shards where it is one.
async fn paths_with(app: &App, repository: &str, revision: Option<&str>, file: &str) -> Result<Vec<String>, Failure> {
    let listed = app.hub_repository(repository, revision).await?;
    let model =
        listed.models.iter().find(|model| model.format == "gguf" && model.paths.iter().any(|path| path == file));
    Ok(model.map_or_else(|| vec![file.to_owned()], |model| model.paths.clone()))
}

/// The files of the repository's one model, or of the one with that quantization.
fn paths_of(listed: &HubRepository, quantization: Option<&str>) -> Result<Vec<String>, Failure> {
    let is_wanted =
        |wanted: &str, found: &Option<String>| found.as_deref().is_some_and(|q| q.eq_ignore_ascii_case(wanted));
    let fitting: Vec<_> = listed
        .models
        .iter()
        .filter(|model| quantization.is_none_or(|wanted| is_wanted(wanted, &model.quantization)))
        .collect();
    let names = || {
        let words: Vec<_> = listed
            .models
            .iter()
            .map(|model| model.quantization.clone().unwrap_or_else(|| model.name.clone()))
            .collect();
        words.join(", ")
    };
    match *fitting {
        [only] if !only.complete => {
            Err(Failure::invalid(format!("`{}` has not all its files on the hub. Choose another one.", only.name)))
        }
        [only] => Ok(only.paths.clone()),
        [] if listed.models.is_empty() => Err(Failure::invalid(format!(
            "`{}` holds no model that can be used. Search for one with GGUF files.",
            listed.repository
        ))),
        [] => Err(Failure::invalid(format!("`{}` has no such quantization. It has: {}.", listed.repository, names()))),
        _ => Err(Failure::invalid(format!(
            "`{repository}` holds several models. Name one as {repository}:QUANTIZATION or {repository}/FILE. It has: {}.",
            names(),
            repository = listed.repository
        ))),
    }
}

/// Follows downloads to their ends. Ctrl+C pauses them; `again` goes on with them.
async fn follow(app: &App, mut transfers: Vec<TransferView>, again: &str, json: bool) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let mut shown = Shown::new(json);
    loop {
        let open: Vec<&TransferView> = transfers.iter().filter(|transfer| !transfer.state.has_ended()).collect();
        if open.is_empty() {
            break;
        }
        shown.show(&open, transfers.len())?;
        tokio::select! {
            () = signals.next() => {
                for transfer in open {
                    pause(app, transfer.id).await?;
                }
                shown.finish();
                let what = if transfers.len() == 1 { "download is" } else { "downloads are" };
                eprintln!("The {what} paused. Go on with: {again}");
                return Err(Failure::cancelled());
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        for transfer in &mut transfers {
            *transfer = app.transfer(transfer.id).ok_or_else(|| Failure::failed("The download is off the list."))?;
        }
    }
    shown.finish();
    let mut outcome = Ok(());
    for transfer in &transfers {
        let ended = end_of(transfer, json, transfers.len() > 1)?;
        // All are told; the first that failed decides.
        outcome = outcome.and(ended);
    }
    outcome
}

/// Tells how a download ended.
fn end_of(transfer: &TransferView, json: bool, is_one_of_several: bool) -> Result<Result<(), Failure>, Failure> {
    if json {
        println!("{}", serde_json::to_string(transfer)?);
    }
    Ok(match (transfer.state, &transfer.problem) {
        (TransferState::Done, _) => {
            if !json {
                let id = transfer.model_id.as_deref().unwrap_or(&transfer.title);
                println!("{id} is at {}", transfer.path.as_deref().unwrap_or_default());
            }
            Ok(())
        }
        (_, Some(problem)) => {
            let message = format!("{} {}", problem.message, problem.remedy);
            if is_one_of_several && !json {
                eprintln!("{}: {message}", transfer.title);
            }
            Err(Failure::failed(message))
        }
        _ => Err(Failure::cancelled()),
    })
}

/// Pauses a download and waits until what has arrived is safe.
async fn pause(app: &App, id: Uuid) -> Result<(), Failure> {
    match app.pause_transfer(id).await {
        Ok(_) => app.downloads_at_rest(Duration::from_secs(5)).await,
        // It has ended in this moment.
        Err(error) => tracing::debug!(%error, "the download is not paused"),
    }
    Ok(())
}

/// Progress on standard error, or as JSON lines on standard output.
struct Shown {
    json: bool,
    live: bool,
    told: Option<Instant>,
    line_open: bool,
}

impl Shown {
    fn new(json: bool) -> Self {
        Self { json, live: std::io::stderr().is_terminal(), told: None, line_open: false }
    }

    /// Shows the open ones of `count` downloads.
    fn show(&mut self, open: &[&TransferView], count: usize) -> Result<(), Failure> {
        if self.json {
            if self.told.is_none_or(|told| told.elapsed() >= LOOK * 2) {
                self.told = Some(Instant::now());
                for transfer in open {
                    println!("{}", serde_json::to_string(transfer)?);
                }
            }
            return Ok(());
        }
        let is_due = self.live || self.told.is_none_or(|told| told.elapsed() >= TELL);
        if !is_due {
            return Ok(());
        }
        self.told = Some(Instant::now());
        let of_one =
            |transfer: &&TransferView| format!("{}  {} {}", transfer.title, transfer.state.name(), progress(transfer));
        let mut line = open.iter().map(of_one).collect::<Vec<_>>().join(" · ");
        if count > 1 {
            line = format!("{} of {count} done  {line}", count - open.len());
        }
        if self.live {
            eprint!("\r{line}\u{1b}[K");
            // A line that is drawn late is drawn anew soon.
            let _ = std::io::stderr().flush();
            self.line_open = true;
        } else {
            eprintln!("{line}");
        }
        Ok(())
    }

    fn finish(&mut self) {
        if std::mem::take(&mut self.line_open) {
            eprintln!();
        }
    }
}

fn progress(transfer: &TransferView) -> String {
    let mut text = match transfer.total_bytes {
        Some(total) if total > 0 => {
            let percent = transfer.done_bytes.saturating_mul(100) / total;
            format!("{percent:>3} % of {}", size(total))
        }
        _ => size(transfer.done_bytes),
    };
    if let Some(speed) = transfer.bytes_per_second {
        text.push_str(&format!(", {}/s", size(speed)));
    }
    if let Some(seconds) = transfer.remaining_s {
        text.push_str(&format!(", {}:{:02} left", seconds / 60, seconds % 60));
    }
    text
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}
