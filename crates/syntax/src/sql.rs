//! SQL, which has no one grammar: a source is valid when one of the common dialects takes it (`sqlparser`).

use brickwork_artifacts::{SyntaxError, UncheckedReason};
use sqlparser::dialect::{
    Dialect, DuckDbDialect, GenericDialect, MsSqlDialect, MySqlDialect, OracleDialect, PostgreSqlDialect, SQLiteDialect,
};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError};

/// Tokens in a row without a comma, bracket or semicolon between them. Operators in a row make a tree as deep as they are
/// many, which is taken down by recursion; a statement that people write has fewer by far.
const ROW_MAX: usize = 1_000;

/// So many words at a statement's start tell what it is, as in `CREATE OR REPLACE DEFINER = x FUNCTION`.
const WORDS_OF_START: usize = 10;

/// The dialects in the order in which they are tried. The first takes the most.
const DIALECTS: [&dyn Dialect; 7] = [
    &GenericDialect {},
    &PostgreSqlDialect {},
    &SQLiteDialect {},
    &MySqlDialect {},
    &MsSqlDialect {},
    &OracleDialect {},
    &DuckDbDialect {},
];

/// Why a dialect does not take a source.
enum Fault {
    /// An error at a place.
    At(Place),
    /// It holds what `sqlparser` does not read in any dialect.
    Foreign,
    /// It is nested too deeply.
    TooDeep,
}

/// A place, with what is wrong there.
struct Place {
    start: usize,
    end: usize,
    message: String,
}

/// The first error of the dialect that comes furthest, none where one takes the source, or why nothing can be said.
/// `stop` is asked between dialects.
pub(crate) fn errors(source: &str, stop: &mut dyn FnMut() -> bool) -> Result<Vec<SyntaxError>, UncheckedReason> {
    let mut furthest: Option<Place> = None;
    let mut is_foreign = false;
    for dialect in DIALECTS {
        if stop() {
            return Err(UncheckedReason::TooMuchWork);
        }
        match read(dialect, source) {
            Ok(()) => return Ok(Vec::new()),
            Err(Fault::TooDeep) => return Err(UncheckedReason::TooMuchWork),
            Err(Fault::Foreign) => is_foreign = true,
            Err(Fault::At(place)) if furthest.as_ref().is_none_or(|known| known.start < place.start) => {
                furthest = Some(place);
            }
            Err(Fault::At(_)) => {}
        }
    }
    match furthest {
        Some(place) if !is_foreign => Ok(vec![SyntaxError::at(source, place.start, place.end, place.message)]),
        _ => Err(UncheckedReason::NoGrammar),
    }
}

fn read(dialect: &dyn Dialect, source: &str) -> Result<(), Fault> {
    let tokens = Tokenizer::new(dialect, source).tokenize_with_location().map_err(|error| of_token(source, &error))?;
    let script = Script::of(tokens)?;
    let parsed = Parser::new(dialect).with_tokens_with_locations(script.tokens).parse_statements();
    match parsed {
        Ok(_) => Ok(()),
        Err(ParserError::RecursionLimitExceeded) => Err(Fault::TooDeep),
        Err(_) if script.is_procedural => Err(Fault::Foreign),
        Err(ParserError::ParserError(text) | ParserError::TokenizerError(text)) => Err(Fault::At(place(source, &text))),
    }
}

fn of_token(source: &str, error: &TokenizerError) -> Fault {
    let start = offset(source, error.location.line, error.location.column);
    Fault::At(Place { start, end: end_of_word(source, start), message: format!("{}.", error.message) })
}

/// The tokens of a script's statements, without what is meant for the tool that runs the script.
#[derive(Default)]
struct Script {
    tokens: Vec<TokenWithSpan>,
    /// Whether it makes procedures, functions or triggers, whose bodies are in languages of their own.
    is_procedural: bool,
}

impl Script {
    fn of(tokens: Vec<TokenWithSpan>) -> Result<Self, Fault> {
        let mut script = Self::default();
        // The first words of the statement at hand, in capitals.
        let mut words: Vec<String> = Vec::new();
        let mut is_skipped = false;
        let mut rows = vec![0_usize];
        let mut line_skipped = 0;
        for (at, token) in tokens.iter().enumerate() {
            let line = token.span.start.line;
            if line == line_skipped {
                continue;
            }
            let is_first = words.is_empty();
            let is_command = match &token.token {
                // `\d` of psql, `.tables` of SQLite's shell.
                Token::Backslash => is_first_on_line(&tokens, at),
                Token::Period => is_first && is_first_on_line(&tokens, at),
                _ => false,
            };
            if is_command {
                line_skipped = line;
                continue;
            }
            match &token.token {
                Token::Whitespace(_) => {}
                Token::SemiColon => {
                    words.clear();
                    is_skipped = false;
                    rows = vec![0];
                }
                // The tools of SQL Server end a batch with it.
                Token::Word(word) if word.value.eq_ignore_ascii_case("go") && is_alone_on_line(&tokens, at) => {
                    words.clear();
                    is_skipped = false;
                    rows = vec![0];
                    script.tokens.push(TokenWithSpan::new(Token::SemiColon, token.span));
                    continue;
                }
                Token::Word(word) if words.len() < WORDS_OF_START => {
                    words.push(word.value.to_ascii_uppercase());
                    script.begins(&words, &mut is_skipped)?;
                }
                _ if is_first => words.push(String::new()),
                _ => {}
            }
            count(&token.token, &mut rows)?;
            if !is_skipped {
                script.tokens.push(token.clone());
            }
        }
        Ok(script)
    }

    /// Looks at a statement's first words.
    fn begins(&mut self, words: &[String], is_skipped: &mut bool) -> Result<(), Fault> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            // From here on statements end in another way.
            ["DELIMITER"] => return Err(Fault::Foreign),
            // Not read by any dialect, or not with all that may stand behind it.
            ["PRAGMA" | "DO"] => *is_skipped = true,
            ["CREATE", "VIRTUAL"] => {
                self.drop_statement();
                *is_skipped = true;
            }
            ["CREATE" | "ALTER", .., "PROCEDURE" | "PROC" | "FUNCTION" | "TRIGGER" | "PACKAGE" | "EVENT"]
            | ["DECLARE" | "IF" | "WHILE" | "LOOP"] => {
                self.is_procedural = true;
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes back what has been read of the statement at hand.
    fn drop_statement(&mut self) {
        let start = self.tokens.iter().rposition(|token| token.token == Token::SemiColon).map_or(0, |at| at + 1);
        self.tokens.truncate(start);
    }
}

/// Counts tokens in a row for each bracket that is open.
fn count(token: &Token, rows: &mut Vec<usize>) -> Result<(), Fault> {
    match token {
        Token::Whitespace(_) => {}
        Token::LParen => rows.push(0),
        Token::RParen if rows.len() > 1 => drop(rows.pop()),
        _ => {
            let Some(row) = rows.last_mut() else { return Ok(()) };
            *row = if *token == Token::Comma { 0 } else { *row + 1 };
            if *row > ROW_MAX {
                return Err(Fault::TooDeep);
            }
        }
    }
    Ok(())
}

fn is_first_on_line(tokens: &[TokenWithSpan], at: usize) -> bool {
    let line = tokens.get(at).map(|token| token.span.start.line);
    let before = tokens.get(..at).unwrap_or_default().iter().rev();
    before
        .take_while(|token| Some(token.span.start.line) == line)
        .all(|token| matches!(token.token, Token::Whitespace(_)))
}

fn is_alone_on_line(tokens: &[TokenWithSpan], at: usize) -> bool {
    let line = tokens.get(at).map(|token| token.span.start.line);
    let behind = tokens.get(at + 1..).unwrap_or_default().iter();
    is_first_on_line(tokens, at)
        && behind
            .take_while(|token| Some(token.span.start.line) == line)
            .all(|token| matches!(token.token, Token::Whitespace(_)))
}

/// The place and the message of a text like `Expected: ), found: = at Line: 1, Column: 51`.
fn place(source: &str, text: &str) -> Place {
    let (what, start) = match text.rsplit_once(" at Line: ") {
        Some((what, place)) => {
            let number = |text: &str| text.trim().parse().unwrap_or(1);
            let (line, column) = place.split_once(", Column: ").unwrap_or((place, "1"));
            (what, offset(source, number(line), number(column)))
        }
        None => (text, source.trim_end().len()),
    };
    let parts = what.strip_prefix("Expected").and_then(|what| what.split_once(", found: "));
    let message = match parts {
        None => format!("{}.", what.trim_end_matches('.')),
        Some((expected, found)) => {
            let expected = expected.trim_start_matches(':').trim();
            let is_symbol = !expected.chars().any(char::is_alphanumeric) && !expected.contains('\'');
            let expected = if is_symbol { format!("`{expected}`") } else { expected.to_owned() };
            if found == "EOF" {
                format!("The text ends here; expected {expected}.")
            } else {
                let mut short: String = found.lines().next().unwrap_or_default().chars().take(30).collect();
                if short.len() < found.len() {
                    short.push('…');
                }
                format!("Unexpected `{short}`; expected {expected}.")
            }
        }
    };
    Place { start, end: end_of_word(source, start), message }
}

/// The byte at a line and a column, both from 1, the column in characters.
fn offset(source: &str, line: u64, column: u64) -> usize {
    let count = |n: u64| usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
    let start: usize = source.split_inclusive('\n').take(count(line)).map(str::len).sum();
    let rest = source.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(count(column)).map_or(rest.len(), |(at, _)| at)
}

fn end_of_word(source: &str, start: usize) -> usize {
    let rest = source.get(start..).unwrap_or_default();
    let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    start + if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) }
}
