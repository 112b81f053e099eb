//! What a user does with the list of runs: search and filter it, mark favourites, move runs to the trash and back.
//!
//! A run in the trash is gone for every use case but [`App::restore_run`] and [`App::delete_run_forever`].

use std::str::FromStr;

use brickwork_engine::{Clock, Phrase, RunId, Timestamp};
use brickwork_store::{Cursor, Removal, RunFilter, RunState};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::{App, SystemClock};
use crate::error::AppError;
use crate::request::invalid;
use crate::views::{RunPage, RunView};

/// The most runs of a page.
const MAX_PAGE: usize = 500;

/// The longest search, in characters.
const MAX_SEARCH_CHARS: usize = 500;

/// The most runs of one request.
const MAX_RUNS: usize = 10_000;

/// Which runs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunListRequest {
    /// Runs of a page; 50 when absent.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub before: Option<String>,
    /// Only runs in one of these states; in any when empty.
    pub states: Vec<RunState>,
    /// Only runs of this project.
    pub project_id: Option<Uuid>,
    /// Only runs made from this saved pipeline.
    pub pipeline_id: Option<Uuid>,
    /// Only favourites.
    pub favourite: bool,
    /// Only runs accepted at this instant or later.
    pub from: Option<Timestamp>,
    /// Only runs accepted before this instant.
    pub to: Option<Timestamp>,
    /// Only runs in whose name, prompts and outputs all these words are, the last one perhaps as a word's beginning; also
    /// the run whose id begins with this.
    pub text: Option<String>,
    /// Whether to count all runs that pass, which takes longer.
    pub count: bool,
}

/// Runs to be moved to the trash, or out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunsRequest {
    /// The runs, at most 10,000.
    #[schema(max_items = 10_000)]
    pub run_ids: Vec<Uuid>,
}

/// Why a run stayed where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// There is no such run, or it is in the trash.
    NotFound,
    /// It has not ended.
    Unfinished,
}

/// A run that stayed where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RefusedRun {
    /// The run.
    pub run_id: Uuid,
    /// Why.
    pub reason: RefusalReason,
}

/// What came of moving runs to the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DeletedRuns {
    /// How many are there now.
    pub deleted: usize,
    /// The others.
    pub refused: Vec<RefusedRun>,
}

/// What came of taking runs out of the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RestoredRuns {
    /// How many are in the list now.
    pub restored: usize,
    /// The others.
    pub refused: Vec<RefusedRun>,
}

/// The states that `text` lists, with commas between them.
///
/// # Errors
/// [`AppError::InvalidRequest`] for a word that is no state.
pub fn run_states_of(text: &str) -> Result<Vec<RunState>, AppError> {
    text.split(',').map(|word| RunState::parse(word.trim()).ok_or_else(|| unknown_state(word))).collect()
}

fn unknown_state(word: &str) -> AppError {
    invalid(
        "unknown_status",
        "status",
        format!("`{word}` is no state of a run."),
        "Use PENDING, RUNNING, SUCCESS, FAILED, CANCELLED, INTERRUPTED and PAUSED, with commas between them.",
    )
}

/// The instant that the request's field `field` spells in RFC 3339.
///
/// # Errors
/// [`AppError::InvalidRequest`] when it spells none.
pub fn instant_of(text: &str, field: &str) -> Result<Timestamp, AppError> {
    Timestamp::from_str(text).map_err(|_| {
        invalid(
            "invalid_time",
            field,
            format!("`{text}` is no instant."),
            "Give one as RFC 3339 writes it, e.g. 2026-01-31T12:00:00Z.",
        )
    })
}

impl App {
    /// A page of runs, newest first.
    ///
    /// # Errors
    /// A fault of the database, a cursor that no page gave, or [`AppError::InvalidRequest`] for a search that is too long.
    pub async fn runs(&self, request: RunListRequest) -> Result<RunPage, AppError> {
        let before = match &request.before {
            None => None,
            Some(text) => Some(text.parse::<Cursor>().map_err(|_| AppError::Unknown {
                what: "page",
                id: text.clone(),
                remedy: "Use the `next` of the page before it.".into(),
            })?),
        };
        if request.text.as_ref().is_some_and(|text| text.chars().count() > MAX_SEARCH_CHARS) {
            return Err(invalid(
                "too_long",
                "q",
                format!("A search has at most {MAX_SEARCH_CHARS} characters."),
                "Leave words out.",
            )
            .saying(Phrase::new("search_too_long").with("limit", MAX_SEARCH_CHARS)));
        }
        let RunListRequest { limit, states, project_id, pipeline_id, favourite, from, to, text, count, .. } = request;
        let filter = RunFilter { project_id, states, favourite, pipeline_id, from, to, text };
        let limit = limit.unwrap_or(50).clamp(1, MAX_PAGE);
        let page = self.store().runs_page(filter.clone(), before, limit).await?;
        let total = if count { Some(self.store().count_runs(filter).await?) } else { None };
        Ok(RunPage { runs: page.runs, next: page.next.map(|cursor| cursor.to_string()), total })
    }

    /// Marks a run as a favourite, or not any more.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], or a fault of the database.
    pub async fn set_favourite(&self, run_id: RunId, favourite: bool) -> Result<(), AppError> {
        if self.store().set_favourite(run_id, favourite).await? { Ok(()) } else { Err(unknown(run_id)) }
    }

    /// Moves a run that has ended to the trash, from which it can be taken for a week.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::RunUnfinished`], or a fault of the database.
    pub async fn delete_run(&self, run_id: RunId) -> Result<(), AppError> {
        let done = self.store().trash_runs(vec![run_id], SystemClock.now()).await?;
        removed(run_id, done.first().map_or(Removal::Unknown, |(_, removal)| *removal))
    }

    /// Removes a run that has ended, with everything that it made, for good; also one in the trash.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`], [`AppError::RunUnfinished`], or a fault of the database.
    pub async fn delete_run_forever(&self, run_id: RunId) -> Result<(), AppError> {
        removed(run_id, self.store().remove_run(run_id).await?)
    }

    /// Moves all those of the runs to the trash that have ended, at once, and tells which stayed.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for too many runs, or a fault of the database; then none was moved.
    pub async fn delete_runs(&self, request: RunsRequest) -> Result<DeletedRuns, AppError> {
        let done = self.store().trash_runs(checked(request)?, SystemClock.now()).await?;
        let refused: Vec<RefusedRun> = done
            .iter()
            .filter_map(|(run_id, removal)| {
                let reason = match removal {
                    Removal::Done => return None,
                    Removal::Unknown => RefusalReason::NotFound,
                    Removal::Unfinished => RefusalReason::Unfinished,
                };
                Some(RefusedRun { run_id: *run_id, reason })
            })
            .collect();
        Ok(DeletedRuns { deleted: done.len() - refused.len(), refused })
    }

    /// Takes a run out of the trash; one that is not there stays where it is.
    ///
    /// # Errors
    /// [`AppError::UnknownRun`] when it is gone for good, or a fault of the database.
    pub async fn restore_run(&self, run_id: RunId) -> Result<RunView, AppError> {
        self.store().restore_runs(vec![run_id]).await?;
        self.run(run_id).await
    }

    /// Takes all those of the runs out of the trash that are still there, at once, and tells which are gone.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for too many runs, or a fault of the database; then none was taken out.
    pub async fn restore_runs(&self, request: RunsRequest) -> Result<RestoredRuns, AppError> {
        let done = self.store().restore_runs(checked(request)?).await?;
        let refused: Vec<RefusedRun> = done
            .iter()
            .filter(|(_, restored)| !restored)
            .map(|(run_id, _)| RefusedRun { run_id: *run_id, reason: RefusalReason::NotFound })
            .collect();
        Ok(RestoredRuns { restored: done.len() - refused.len(), refused })
    }
}

fn unknown(run_id: RunId) -> AppError {
    AppError::UnknownRun(run_id.to_string())
}

fn removed(run_id: RunId, removal: Removal) -> Result<(), AppError> {
    match removal {
        Removal::Done => Ok(()),
        Removal::Unknown => Err(unknown(run_id)),
        Removal::Unfinished => Err(AppError::RunUnfinished(run_id)),
    }
}

/// The runs of the request, each once.
fn checked(request: RunsRequest) -> Result<Vec<RunId>, AppError> {
    let mut run_ids = request.run_ids;
    if run_ids.len() > MAX_RUNS {
        return Err(invalid(
            "too_many",
            "$.run_ids",
            format!("These are {} runs; {MAX_RUNS} are allowed at once.", run_ids.len()),
            "Send them in several requests.",
        )
        .saying(Phrase::new("too_many_runs").with("count", run_ids.len()).with("limit", MAX_RUNS)));
    }
    run_ids.sort_unstable();
    run_ids.dedup();
    Ok(run_ids)
}
