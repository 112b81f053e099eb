//! What a user types to find runs, and the place in a run that is shown for it.
//!
//! Nothing that is typed has a meaning of its own: it is words, all of which must be there, the last one perhaps only begun.
//! What a word is, the index says.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The most words of a search; further ones are left out.
const MAX_WORDS: usize = 32;
/// The fewest hexadecimal digits that are taken for the beginning of a run's id. Ids begin with the time, so fewer would
/// be the beginning of many.
const MIN_ID_DIGITS: usize = 8;
/// The fewest characters of a word's beginning. A single one begins a large part of all words, and finding those would take
/// seconds in a long history; it is taken for a whole word.
const MIN_BEGINNING_CHARS: usize = 2;
/// The most characters of a snippet.
const SNIPPET_CHARS: usize = 160;
/// Characters of a snippet before its first hit.
const LEAD_CHARS: usize = 32;
/// Bytes within which words count as being at one place.
const SPAN_BYTES: usize = 120;
/// The most hits that are weighed in one text.
const MAX_HITS: usize = 500;

/// A piece of a snippet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SnippetPart {
    /// Plain text.
    pub text: String,
    /// Whether it is a word that was looked for.
    pub hit: bool,
}

/// A search as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    /// The expression for SQLite's full-text search (<https://www.sqlite.org/fts5.html>, section 3); `None` without words.
    pub(crate) expression: Option<String>,
    /// The beginning of a run's id, in its hyphenated form.
    pub(crate) id_prefix: Option<String>,
    /// The words as they are compared.
    words: Vec<String>,
    /// Whether the last one may be a word's beginning.
    is_beginning: bool,
}

/// The best place of a text, and how many of the words are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) n_words: usize,
    pub(crate) parts: Vec<SnippetPart>,
}

impl Search {
    /// The search for `words`, which `text` is made of.
    pub(crate) fn new(text: &str, mut words: Vec<String>) -> Self {
        // The last word stays, since it is the one that is being typed.
        if words.len() > MAX_WORDS {
            words.drain(MAX_WORDS - 1..words.len() - 1);
        }
        // A quoted word has no meaning but itself, whatever is in it; the star after it makes it a beginning.
        let quoted: Vec<String> = words.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
        let is_beginning = words.last().is_some_and(|last| last.chars().count() >= MIN_BEGINNING_CHARS);
        let star = if is_beginning { " *" } else { "" };
        let expression = (!quoted.is_empty()).then(|| format!("{}{star}", quoted.join(" AND ")));
        Self { expression, id_prefix: id_prefix(text.trim()), words, is_beginning }
    }

    /// How many words must be at a place for it to be the best one there can be.
    pub(crate) const fn n_words(&self) -> usize {
        self.words.len()
    }

    /// The best place in `text`; `None` when no word is in it.
    pub(crate) fn place(&self, text: &str) -> Option<Place> {
        let hits: Vec<Hit> = tokens(text)
            .filter_map(|(start, token)| Some(Hit { start, end: start + token.len(), word: self.word_of(token)? }))
            .take(MAX_HITS)
            .collect();
        let mut best: Option<(usize, usize)> = None;
        for (first, hit) in hits.iter().enumerate() {
            let here = hits[first..].iter().take_while(|other| other.end <= hit.start + SPAN_BYTES);
            let mut seen: Vec<usize> = here.map(|other| other.word).collect();
            seen.sort_unstable();
            seen.dedup();
            if best.is_none_or(|(n_words, _)| seen.len() > n_words) {
                best = Some((seen.len().max(1), first));
            }
            if seen.len() == self.words.len() {
                break;
            }
        }
        let (n_words, first) = best?;
        Some(Place { n_words, parts: cut(text, &hits, hits[first].start) })
    }

    /// Which word `token` is, in whatever case and with whatever accents.
    fn word_of(&self, token: &str) -> Option<usize> {
        let (last, whole) = self.words.split_last()?;
        if token.is_ascii() {
            let same = |word: &String| word.eq_ignore_ascii_case(token);
            let begins = |token: &str| {
                (self.is_beginning || token.len() == last.len())
                    && token.get(..last.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(last))
            };
            return whole.iter().position(same).or_else(|| begins(token).then_some(whole.len()));
        }
        let token = folded(token);
        let is_last = if self.is_beginning { token.starts_with(&**last) } else { token == *last };
        whole.iter().position(|word| *word == token).or_else(|| is_last.then_some(whole.len()))
    }
}

/// A word at byte offsets `start..end` of a text.
#[derive(Debug, Clone, Copy)]
struct Hit {
    start: usize,
    end: usize,
    word: usize,
}

/// The words of a text with their byte offsets: runs of letters, digits and marks.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let base = text.as_ptr() as usize;
    text.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .filter(|token| !token.is_empty())
        .map(move |token| (token.as_ptr() as usize - base, token))
}

/// Lower case without accents.
fn folded(token: &str) -> String {
    if token.is_ascii() {
        return token.to_ascii_lowercase();
    }
    token.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// The hyphenated form of the beginning of an id.
fn id_prefix(text: &str) -> Option<String> {
    let is_id = text.len() <= 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let digits: Vec<char> = text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    if !is_id || !(MIN_ID_DIGITS..=32).contains(&digits.len()) {
        return None;
    }
    let mut prefix = String::new();
    for (index, digit) in digits.into_iter().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            prefix.push('-');
        }
        prefix.push(digit);
    }
    Some(prefix)
}

/// The text around byte offset `place`, where a hit begins, with white space of any kind as one space and dots where it
/// goes on.
fn cut(text: &str, hits: &[Hit], place: usize) -> Vec<SnippetPart> {
    let lead = text[..place].char_indices().rev().take(LEAD_CHARS).last().map_or(place, |(at, _)| at);
    // A word that would be cut in two is left out.
    let start = match lead {
        0 => 0,
        lead => text[lead..place].find(char::is_whitespace).map_or(place, |space| lead + space),
    };
    let mut parts: Vec<SnippetPart> = Vec::new();
    let mut room = SNIPPET_CHARS;
    let mut push = |c: char, hit: bool, room: &mut usize| {
        *room -= 1;
        match parts.last_mut() {
            Some(part) if part.hit == hit => part.text.push(c),
            _ => parts.push(SnippetPart { text: c.into(), hit }),
        }
    };
    if start > 0 {
        push('…', false, &mut room);
    }
    let mut hits = hits.iter().peekable();
    let mut spaced = true;
    for (offset, c) in text[start..].char_indices() {
        let at = start + offset;
        while hits.peek().is_some_and(|hit| hit.end <= at) {
            hits.next();
        }
        if c.is_whitespace() || c.is_control() {
            if !spaced && room > 1 {
                push(' ', false, &mut room);
            }
            spaced = true;
            continue;
        }
        if room == 1 {
            push('…', false, &mut room);
            break;
        }
        spaced = false;
        push(c, hits.peek().is_some_and(|hit| hit.start <= at), &mut room);
    }
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn search(text: &str) -> Search {
        Search::new(text, tokens(text).map(|(_, token)| folded(token)).collect())
    }

    /// The snippet with its hits in brackets.
    fn shown(query: &str, text: &str) -> String {
        let place = search(query).place(text).unwrap();
        let parts = place.parts.iter();
        parts.map(|part| if part.hit { format!("[{}]", part.text) } else { part.text.clone() }).collect()
    }

    #[test]
    fn words_are_quoted_and_the_last_one_is_a_beginning() {
        let check = |words: &[&str], expected: Option<&str>| {
            let words = words.iter().copied().map(Into::into).collect();
            assert_eq!(Search::new("", words).expression.as_deref(), expected);
        };
        check(&["login"], Some("\"login\" *"));
        check(&["login", "form"], Some("\"login\" AND \"form\" *"));
        check(&["a\"b", "or", "x"], Some("\"a\"\"b\" AND \"or\" AND \"x\""));
        check(&[], None);
        let many: Vec<String> = (0..100).map(|n| format!("w{n}")).collect();
        let expression = Search::new("", many).expression.unwrap();
        assert_eq!((expression.matches("AND").count(), expression.ends_with("\"w99\" *")), (31, true));
    }

    #[test]
    fn the_beginning_of_an_id_is_known() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(search(text).id_prefix.as_deref(), expected, "{text}");
        };
        check("01930000", Some("01930000"));
        check("019300001F", Some("01930000-1f"));
        check("550e8400-e29b-41d4-a716-446655440000", Some("550e8400-e29b-41d4-a716-446655440000"));
        check("550e8400e29b41d4a716446655440000", Some("550e8400-e29b-41d4-a716-446655440000"));
        check("0193000", None);
        check("decorated", None);
        check("01930000 x", None);
    }

    #[test]
    fn snippets_show_the_best_place() {
        assert_eq!(shown("form", "a login form"), "a login [form]");
        assert_eq!(shown("FOR arb", "El ÁRBOL  crece\nfor ever"), "El [ÁRBOL] crece [for] ever");
        assert_eq!(shown("user_na", "let user_name = 1;"), "let [user]_[name] = 1;");
        assert_eq!(shown("ever x", "exact x, for ever"), "exact [x], for [ever]");
        let far = format!("form {} a login form {}", "x ".repeat(200), "y ".repeat(200));
        let found = shown("login form", &far);
        assert!(found.contains("a [login] [form] y y"), "{found}");
        assert!(found.starts_with('…') && found.ends_with('…'), "{found}");
        assert_eq!(search("none").place("nothing here"), None);
        assert_eq!(search("").place("nothing here"), None);
    }

    #[test]
    fn snippets_are_short_whatever_the_text_is() {
        for text in ["ñ".repeat(10_000), "x \u{301}🙂\u{0}\n".repeat(500), format!("{}x", "é".repeat(300)), "x".into()]
        {
            for query in ["x", "ñ", "n x", "🙂 x é"] {
                if let Some(place) = search(query).place(&text) {
                    let n_chars: usize = place.parts.iter().map(|part| part.text.chars().count()).sum();
                    assert!((1..=SNIPPET_CHARS).contains(&n_chars), "{n_chars} for {query}");
                }
            }
        }
    }
}
