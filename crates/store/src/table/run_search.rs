//! `run_search`: the words of each run, for the list's search. It holds no text and no places, only which run has which
//! word: places would make it ten times as large.
//!
//! Invariant: a run's entry says what its name, its prompts and the outputs of its ended steps say, and is written in the
//! transaction that changes them. A trigger removes it with the run's row. Runs in the trash keep theirs, and are left out
//! where the list is made.
//!
//! An entry's number is the run's `search_id`, which follows the order of the list, so that SQLite gives matches the newest
//! first without sorting them.

use brickwork_engine::RunId;
use rusqlite::Connection;

use crate::column::Id;
use crate::error::Fault;

/// The statement that writes entries; which runs are meant follows. A step that has not begun counts with its prompt as the
/// pipeline has it.
macro_rules! write_entries {
    () => {
        "
INSERT OR REPLACE INTO run_search (rowid, name, prompts, outputs)
SELECT r.search_id, r.name,
       (SELECT coalesce(group_concat(coalesce(nullif(s.prompt, ''),
                                              json_extract(r.pipeline, '$.steps[' || s.position || '].prompt'),
                                              json_extract(r.pipeline, '$.assembler.prompt'), ''), char(10)), '')
        FROM run_steps AS s WHERE s.run_id = r.run_id),
       (SELECT coalesce(group_concat(s.result, char(10)), '') FROM run_steps AS s WHERE s.run_id = r.run_id)
FROM orchestration_runs AS r"
    };
}

/// The table with the words of all runs that there are. Accents do not count, and neither does case.
pub(crate) const CREATE: &str = concat!(
    "
CREATE VIRTUAL TABLE run_search USING fts5 (
    name, prompts, outputs, content = '', contentless_delete = 1, detail = none,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
CREATE TRIGGER run_search_forgets AFTER DELETE ON orchestration_runs BEGIN
    DELETE FROM run_search WHERE rowid = old.search_id;
END;
",
    write_entries!(),
    ";"
);

/// Two tables of the connection alone, which tell what the words of a text are for `run_search`.
const CREATE_WORDS: &str = "
CREATE VIRTUAL TABLE IF NOT EXISTS temp.typed USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE IF NOT EXISTS temp.typed_words USING fts5vocab ('temp', 'typed', 'instance');
";

/// The words of `text` in their order, each as `run_search` has it. Only SQLite knows its own rules to the letter, so it is
/// asked.
pub(crate) fn words(connection: &Connection, text: &str) -> Result<Vec<String>, Fault> {
    connection.execute_batch(CREATE_WORDS)?;
    connection.prepare_cached("DELETE FROM temp.typed")?.execute([])?;
    connection.prepare_cached("INSERT INTO temp.typed (text) VALUES (?1)")?.execute([text])?;
    let mut statement = connection.prepare_cached("SELECT term FROM temp.typed_words ORDER BY \"offset\"")?;
    let words = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    connection.prepare_cached("DELETE FROM temp.typed")?.execute([])?;
    Ok(words)
}

/// Writes the run's words as they are now.
pub(crate) fn put(connection: &Connection, run_id: RunId) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(concat!(write_entries!(), " WHERE r.run_id = ?1"))?;
    statement.execute([Id(run_id)])?;
    Ok(())
}
