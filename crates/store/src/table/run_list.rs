//! Pages of `orchestration_runs`. The keys of a page are read from an index alone, and then the rows of those keys.
//!
//! Invariant: what is read for a page without a search does not grow with the number of runs: each query walks an index in
//! the list's order and stops. Which index that is, is said here and not left to SQLite.

use std::cmp::Reverse;

use brickwork_engine::{ModelRef, RunId, RunStatus, Timestamp, remote_hosts};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use crate::column::{At, Id, Json, Word};
use crate::error::Fault;
use crate::page::{Cursor, RunFilter, RunState, RunSummary, RunsPage};
use crate::search::{Search, SnippetPart};
use crate::table::run_search;

/// The indexes of the list. Those of before did not know the trash. The last columns of some are there so that a filter is
/// judged by the index alone.
pub(crate) const CREATE_INDEXES: &str = "
DROP INDEX runs_by_time;
DROP INDEX runs_by_project;
DROP INDEX runs_by_status;
DROP INDEX runs_by_project_and_status;
CREATE INDEX runs_by_time ON orchestration_runs (created_at, run_id) WHERE deleted_at IS NULL;
CREATE INDEX runs_by_project ON orchestration_runs (project_id, created_at, run_id) WHERE deleted_at IS NULL;
CREATE INDEX runs_by_status ON orchestration_runs (status, created_at, run_id) WHERE deleted_at IS NULL;
CREATE INDEX runs_by_project_and_status ON orchestration_runs (project_id, status, created_at, run_id)
    WHERE deleted_at IS NULL;
CREATE INDEX runs_favourite ON orchestration_runs (created_at, run_id, project_id, status)
    WHERE favourite = 1 AND deleted_at IS NULL;
CREATE INDEX runs_by_pipeline ON orchestration_runs (pipeline_id, created_at, run_id, project_id, favourite)
    WHERE pipeline_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX runs_by_pipeline_and_status ON orchestration_runs (pipeline_id, status, created_at, run_id)
    WHERE pipeline_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX runs_by_version ON orchestration_runs (pipeline_id, pipeline_version, created_at, run_id, deleted_at)
    WHERE pipeline_id IS NOT NULL;
CREATE INDEX runs_by_search ON orchestration_runs (search_id, deleted_at, status, project_id, favourite, pipeline_id,
                                                   created_at, run_id);
CREATE INDEX runs_in_trash ON orchestration_runs (deleted_at, run_id) WHERE deleted_at IS NOT NULL;
";

/// How much later a run's `search_id` may be than the instant at which it was made: so many runs would have to be made
/// within a few hundredths of a second.
const SEARCH_ID_SLACK: i64 = 1_000_000;

/// The bytes of one text that are looked through for a snippet.
const SNIPPET_TEXT_BYTES: usize = 64 * 1024;

/// At most `limit` runs that pass `filter`, the newest first, from the one after `before` on.
pub(crate) fn page(
    connection: &Connection,
    filter: &RunFilter,
    before: Option<Cursor>,
    limit: usize,
) -> Result<RunsPage, Fault> {
    let search = search_of(connection, filter)?;
    let mut keys: Vec<Key> = Vec::new();
    for query in queries(connection, filter, search.as_ref(), before, limit + 1)? {
        let mut statement = connection.prepare_cached(&query.sql)?;
        let rows = statement
            .query_map(params_from_iter(query.values), |row| Ok(Key { place: row.get(0)?, run_id: row.get(1)? }))?;
        for key in rows {
            keys.push(key?);
        }
    }
    // Each query gave its runs in order; together they may give a run twice.
    keys.sort_unstable_by(|one, other| Reverse(one).cmp(&Reverse(other)));
    keys.dedup();
    let more = keys.len() > limit;
    keys.truncate(limit);
    let mut statement = connection.prepare_cached(&format!("{SUMMARY} WHERE r.run_id = ?1"))?;
    let mut runs = Vec::with_capacity(keys.len());
    for key in &keys {
        let mut run = statement.query_row([&key.run_id], summary)?;
        if let Some(search) = &search {
            run.snippet = snippet(connection, &run, search)?;
        }
        runs.push(run);
    }
    let next = runs.last().filter(|_| more).map(|run| Cursor { created_at: run.created_at, run_id: run.run_id });
    Ok(RunsPage { runs, next })
}

/// The search in the filter; `None` when it is blank.
fn search_of(connection: &Connection, filter: &RunFilter) -> Result<Option<Search>, Fault> {
    let Some(text) = filter.text.as_deref().filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    // SQLite's texts may end at a zero byte.
    let text = text.replace('\0', " ");
    Ok(Some(Search::new(&text, run_search::words(connection, &text)?)))
}

/// How many runs pass `filter`.
pub(crate) fn count(connection: &Connection, filter: &RunFilter) -> Result<u64, Fault> {
    let search = search_of(connection, filter)?;
    let mut all = Query::default();
    all.conditions(filter);
    all.any_state(&filter.states);
    let conditions = all.text();
    let Some(search) = search else {
        let sql = format!("SELECT count(*) FROM orchestration_runs AS r WHERE {conditions}");
        return Ok(connection.prepare_cached(&sql)?.query_row(params_from_iter(all.values), |row| row.get(0))?);
    };
    let mut found = Vec::new();
    if search.expression.is_some() {
        found.push("r.search_id IN (SELECT rowid FROM run_search WHERE run_search MATCH ?)");
    }
    if search.id_prefix.is_some() {
        found.push("(r.run_id >= ? AND r.run_id < ?)");
    }
    if found.is_empty() {
        return Ok(0);
    }
    all.values.extend(search.expression.map(Value::Text));
    all.values.extend(search.id_prefix.into_iter().flat_map(id_range));
    let sql = format!("SELECT count(*) FROM orchestration_runs AS r WHERE {conditions} AND ({})", found.join(" OR "));
    Ok(connection.prepare_cached(&sql)?.query_row(params_from_iter(all.values), |row| row.get(0))?)
}

/// A run's place in the list, and the run as its column has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    place: i64,
    run_id: String,
}

/// A statement that gives keys, and its values.
#[derive(Debug, Default)]
struct Query {
    sql: String,
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Query {
    fn and(&mut self, condition: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.conditions.push(condition.into());
        self.values.extend(values);
    }

    /// All of the filter but its states and its search.
    fn conditions(&mut self, filter: &RunFilter) {
        let RunFilter { project_id, favourite, pipeline_id, from, to, states: _, text: _ } = filter;
        self.and("r.deleted_at IS NULL", []);
        if let Some(project_id) = project_id {
            self.and("r.project_id = ?", [Value::Text(project_id.to_string())]);
        }
        if *favourite {
            self.and("r.favourite = 1", []);
        }
        if let Some(pipeline_id) = pipeline_id {
            self.and("r.pipeline_id = ?", [Value::Text(pipeline_id.to_string())]);
        }
        if let Some(from) = from {
            self.and("r.created_at >= ?", [Value::Integer(from.as_micros())]);
        }
        if let Some(to) = to {
            self.and("r.created_at < ?", [Value::Integer(to.as_micros())]);
        }
    }

    fn any_state(&mut self, states: &[RunState]) {
        if states.is_empty() {
            return;
        }
        let any: Vec<&str> = states.iter().map(|state| condition_of(*state)).collect();
        self.and(format!("({})", any.join(" OR ")), states.iter().map(|state| status_of(*state)));
    }

    fn text(&self) -> String {
        self.conditions.join(" AND ")
    }

    fn finish(mut self, from: &str, place: &str, limit: usize) -> Self {
        self.values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        self.sql = format!(
            "SELECT {place}, r.run_id FROM {from} WHERE {} ORDER BY {place} DESC, r.run_id DESC LIMIT ?",
            self.text()
        );
        self
    }
}

const fn condition_of(state: RunState) -> &'static str {
    match state {
        RunState::Status(_) => "r.status = ?",
        RunState::Interrupted => "(r.status = ? AND r.interrupted)",
        RunState::Paused => "(r.status = ? AND r.paused)",
    }
}

fn status_of(state: RunState) -> Value {
    let status = match state {
        RunState::Status(status) => status,
        RunState::Interrupted | RunState::Paused => RunStatus::Pending,
    };
    Value::Text(status.as_str().into())
}

/// The statements whose results together hold the first `limit` keys of a page.
fn queries(
    connection: &Connection,
    filter: &RunFilter,
    search: Option<&Search>,
    before: Option<Cursor>,
    limit: usize,
) -> Result<Vec<Query>, Fault> {
    if let Some(search) = search {
        let before = before.map(|before| search_place(connection, before)).transpose()?;
        return Ok(searches(filter, search, before, limit));
    }
    // The runs of one state lie together in an index, so each state is a query of its own.
    let states: Vec<Option<RunState>> = match &filter.states[..] {
        [] => vec![None],
        states => states.iter().copied().map(Some).collect(),
    };
    Ok(states.into_iter().map(|state| listing(filter, state, before, limit)).collect())
}

fn listing(filter: &RunFilter, state: Option<RunState>, before: Option<Cursor>, limit: usize) -> Query {
    let mut query = Query::default();
    query.conditions(filter);
    query.any_state(state.as_slice());
    if let Some(Cursor { created_at, run_id }) = before {
        let place = [Value::Integer(created_at.as_micros()), Value::Text(run_id.to_string())];
        query.and("(r.created_at, r.run_id) < (?, ?)", place);
    }
    let index = match (filter.pipeline_id, filter.favourite, filter.project_id, state) {
        (Some(_), _, _, Some(_)) => "runs_by_pipeline_and_status",
        (Some(_), _, _, None) => "runs_by_pipeline",
        (_, true, ..) => "runs_favourite",
        (_, _, Some(_), Some(_)) => "runs_by_project_and_status",
        (_, _, Some(_), None) => "runs_by_project",
        (_, _, None, Some(_)) => "runs_by_status",
        (_, _, None, None) => "runs_by_time",
    };
    query.finish(&format!("orchestration_runs AS r INDEXED BY {index}"), "r.created_at", limit)
}

/// A search by words and one by the beginning of an id, as far as there are such in it.
fn searches(filter: &RunFilter, search: &Search, before: Option<i64>, limit: usize) -> Vec<Query> {
    let mut queries = Vec::new();
    if let Some(expression) = &search.expression {
        let mut query = Query::default();
        query.and("run_search MATCH ?", [Value::Text(expression.clone())]);
        query.conditions(filter);
        query.any_state(&filter.states);
        query.and("run_search.rowid < ?", [Value::Integer(before.unwrap_or(i64::MAX))]);
        // The words' index is in the order of time too, so what lies outside of the span is not even looked at.
        if let Some(from) = filter.from {
            query.and("run_search.rowid >= ?", [Value::Integer(search_id_at(from))]);
        }
        if let Some(to) = filter.to {
            query.and("run_search.rowid < ?", [Value::Integer(search_id_at(to) + SEARCH_ID_SLACK)]);
        }
        // A cross join keeps SQLite from looking up every run in the words' index instead.
        let from =
            "run_search CROSS JOIN orchestration_runs AS r INDEXED BY runs_by_search ON r.search_id = run_search.rowid";
        query.values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        query.sql = format!(
            "SELECT run_search.rowid, r.run_id FROM {from} WHERE {} ORDER BY run_search.rowid DESC LIMIT ?",
            query.text()
        );
        queries.push(query);
    }
    if let Some(prefix) = &search.id_prefix {
        let mut query = Query::default();
        query.and("r.run_id >= ? AND r.run_id < ?", id_range(prefix.clone()));
        query.conditions(filter);
        query.any_state(&filter.states);
        query.and("r.search_id < ?", [Value::Integer(before.unwrap_or(i64::MAX))]);
        queries.push(query.finish("orchestration_runs AS r", "+r.search_id", limit));
    }
    queries
}

/// From the first id that begins with `prefix` to the first that does not any more: `g` follows all digits.
fn id_range(prefix: String) -> [Value; 2] {
    let end = format!("{prefix}g");
    [Value::Text(prefix), Value::Text(end)]
}

/// Where a page of a search begins. The run at its place may be gone meanwhile.
fn search_place(connection: &Connection, before: Cursor) -> Result<i64, Fault> {
    let mut statement = connection.prepare_cached("SELECT search_id FROM orchestration_runs WHERE run_id = ?1")?;
    let place: Option<i64> = statement.query_row([Id(before.run_id)], |row| row.get(0)).optional()?;
    Ok(place.unwrap_or(search_id_at(before.created_at)))
}

/// The best place of the run for a search: in an output, or else in a prompt, or else in its name.
fn snippet(connection: &Connection, run: &RunSummary, search: &Search) -> Result<Option<Vec<SnippetPart>>, Fault> {
    let mut best = None;
    for column in ["result", "prompt"] {
        let sql = format!("SELECT substr({column}, 1, ?2) FROM run_steps WHERE run_id = ?1 ORDER BY position");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![Id(run.run_id), SNIPPET_TEXT_BYTES])?;
        while let Some(row) = rows.next()? {
            let place = row.get_ref(0)?.as_str().ok().and_then(|text| search.place(text));
            let Some(place) = place else { continue };
            if place.n_words == search.n_words() {
                return Ok(Some(place.parts));
            }
            if best.as_ref().is_none_or(|(n_words, _)| place.n_words > *n_words) {
                best = Some((place.n_words, place.parts));
            }
        }
    }
    if let Some(place) = search.place(&run.name)
        && best.as_ref().is_none_or(|(n_words, _)| place.n_words > *n_words)
    {
        best = Some((place.n_words, place.parts));
    }
    Ok(best.map(|(_, parts)| parts))
}

/// A row of the list; conditions and order follow.
pub(crate) const SUMMARY: &str = "
    SELECT r.run_id, r.project_id, r.name, r.status, r.interrupted, r.simulated, r.created_at, r.started_at,
           r.finished_at, r.total_steps,
           (SELECT count(*) FROM run_steps AS s WHERE s.run_id = r.run_id AND s.role <> 'Assembler'
               AND s.status IN ('SUCCESS', 'FAILED', 'CANCELLED')),
           (SELECT count(*) FROM generated_artifacts AS a WHERE a.run_id = r.run_id
               AND a.is_final = (r.final_artifacts_from IS NOT NULL)),
           (SELECT total(s.execution_time) FROM run_steps AS s WHERE s.run_id = r.run_id AND s.role <> 'Assembler'),
           r.paused, r.favourite, r.pipeline_id, r.pipeline_version,
           (SELECT coalesce(sum(s.timings ->> '$.generated_tokens'), 0) FROM run_steps AS s WHERE s.run_id = r.run_id),
           (SELECT p.name FROM projects AS p WHERE p.project_id = r.project_id), r.held_micros / 1e6,
           (SELECT json_group_array(json_object('id', s.model_id, 'path', s.model_path) ORDER BY s.position)
               FROM run_steps AS s WHERE s.run_id = r.run_id AND s.model_path GLOB 'http*://*')
    FROM orchestration_runs AS r";

/// A run of a row of [`SUMMARY`].
pub(crate) fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let pipeline_id = row.get::<_, Option<Id>>(15)?.map(|id| id.0);
    let remote_hosts = remote_hosts(&row.get::<_, Json<Vec<ModelRef>>>(20)?.0);
    Ok(RunSummary {
        run_id: row.get::<_, Id>(0)?.0,
        project_id: row.get::<_, Id>(1)?.0,
        project_name: row.get(18)?,
        name: row.get(2)?,
        status: row.get::<_, Word<RunStatus>>(3)?.0,
        interrupted: row.get(4)?,
        paused: row.get(13)?,
        simulated: row.get(5)?,
        remote: !remote_hosts.is_empty(),
        remote_hosts,
        favourite: row.get(14)?,
        created_at: row.get::<_, At>(6)?.0,
        started_at: row.get::<_, Option<At>>(7)?.map(|at| at.0),
        finished_at: row.get::<_, Option<At>>(8)?.map(|at| at.0),
        total_steps: row.get(9)?,
        finished_steps: row.get(10)?,
        artifacts: row.get(11)?,
        total_execution_time: row.get(12)?,
        held_s: row.get(19)?,
        generated_tokens: row.get(17)?,
        pipeline_id,
        // A pipeline that is gone takes the meaning of its numbers with it.
        pipeline_version: if pipeline_id.is_some() { row.get(16)? } else { None },
        snippet: None,
    })
}

/// The `search_id` of an instant. The words' index keeps differences of these numbers, which are short for a coarse unit;
/// in microseconds it would be twice as large.
const fn search_id_at(instant: Timestamp) -> i64 {
    instant.as_micros() >> 16
}

/// The `search_id` of a new run: that of the instant at which it is made, or the next free one.
pub(crate) fn free_search_id(connection: &Connection, created_at: Timestamp) -> Result<i64, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM orchestration_runs WHERE search_id = ?1)")?;
    let mut place = search_id_at(created_at);
    while statement.query_row([place], |row| row.get::<_, bool>(0))? {
        place += 1;
    }
    Ok(place)
}

/// Whether there is such a run outside the trash.
pub(crate) fn is_there(connection: &Connection, run_id: RunId) -> Result<bool, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM orchestration_runs WHERE run_id = ?1 AND deleted_at IS NULL)")?;
    Ok(statement.query_row([Id(run_id)], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use uuid::Uuid;

    use super::*;
    use crate::migration::MIGRATIONS;

    fn plan_of(connection: &Connection, query: Query) -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql)).unwrap();
        let rows = statement.query_map(params_from_iter(query.values), |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_page_query_walks_an_index_in_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.to_latest(&mut connection).unwrap();
        let cursor = Cursor { created_at: Timestamp::from_micros(5), run_id: Uuid::nil() };
        let states = [RunState::Status(RunStatus::Failed), RunState::Interrupted];
        for bits in 0..32 {
            let is = |bit: u32| bits & (1 << bit) != 0;
            let filter = RunFilter {
                project_id: is(0).then(Uuid::nil),
                states: if is(1) { states.to_vec() } else { Vec::new() },
                favourite: is(2),
                pipeline_id: is(3).then(Uuid::nil),
                from: is(4).then_some(Timestamp::from_micros(1)),
                to: is(4).then_some(Timestamp::from_micros(9)),
                text: None,
            };
            for text in [None, Some("x".to_owned())] {
                let filter = RunFilter { text, ..filter.clone() };
                let search = search_of(&connection, &filter).unwrap();
                for query in queries(&connection, &filter, search.as_ref(), Some(cursor), 50).unwrap() {
                    let plan = plan_of(&connection, query);
                    let scans = plan.lines().any(|line| line == "SCAN r" || line.starts_with("SCAN r "));
                    assert!(!plan.contains("TEMP B-TREE") && !scans, "{filter:?}:\n{plan}");
                }
            }
        }
    }
}
