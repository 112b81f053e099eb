//! Rust source text without what is not code, so that a word in a comment or a string is not taken for code.

/// The source with comments, and the contents of strings and character literals, blanked out. Lines stay where they are.
pub(crate) fn code_only(source: &str) -> String {
    let letters: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < letters.len() {
        let end = token_end(&letters, at);
        if end == at {
            code.push(letters[at]);
            at += 1;
        } else {
            code.extend(letters[at..end].iter().map(|&letter| if letter == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    code
}

/// The code without `#[cfg(test)]` modules: everything from the first one on, since they close their files.
pub(crate) fn without_tests(code: &str) -> &str {
    code.find("#[cfg(test)]\nmod ").map_or(code, |at| &code[..at])
}

/// The lines (from 1) on which `word` stands as a whole word.
pub(crate) fn lines_with_word(code: &str, word: &str) -> Vec<usize> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let has = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            !line[..at].chars().next_back().is_some_and(is_part)
                && !line[at + word.len()..].chars().next().is_some_and(is_part)
        })
    };
    code.lines().enumerate().filter(|(_, line)| has(line)).map(|(number, _)| number + 1).collect()
}

/// Where the comment, string or character that starts at `at` ends; `at` itself when none starts there.
fn token_end(letters: &[char], at: usize) -> usize {
    let next = letters.get(at + 1).copied();
    match letters[at] {
        '/' if next == Some('/') => find(letters, at, |letter| letter == '\n'),
        '/' if next == Some('*') => block_comment_end(letters, at),
        '"' => string_end(letters, at, '"'),
        'r' if !follows_word(letters, at) => raw_string_end(letters, at),
        '\'' if next == Some('\\') || letters.get(at + 2) == Some(&'\'') => string_end(letters, at, '\''),
        _ => at,
    }
}

fn find(letters: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    letters[from..].iter().position(|&letter| wanted(letter)).map_or(letters.len(), |offset| from + offset)
}

/// Whether a longer name reaches up to `at`; `br"..."` is the one where it does not matter.
fn follows_word(letters: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    let is_byte_prefix = letters[before] == 'b' && !follows_word(letters, before);
    (letters[before].is_alphanumeric() || letters[before] == '_') && !is_byte_prefix
}

fn block_comment_end(letters: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0_usize, from);
    while at < letters.len() {
        match (letters[at], letters.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) if depth == 1 => return at + 2,
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    letters.len()
}

fn string_end(letters: &[char], from: usize, quote: char) -> usize {
    let mut at = from + 1;
    while at < letters.len() {
        match letters[at] {
            '\\' => at += 2,
            letter if letter == quote => return at + 1,
            _ => at += 1,
        }
    }
    letters.len()
}

/// The end of `r"..."`, `r#"..."#` and so on; `from` when this is no raw string (`r#type` is a name).
fn raw_string_end(letters: &[char], from: usize) -> usize {
    let hashes = letters[from + 1..].iter().take_while(|&&letter| letter == '#').count();
    if letters.get(from + 1 + hashes) != Some(&'"') {
        return from;
    }
    let mut at = from + 2 + hashes;
    while at < letters.len() {
        let closes =
            letters[at] == '"' && letters[at + 1..].iter().take(hashes).filter(|&&l| l == '#').count() == hashes;
        if closes {
            return at + 1 + hashes;
        }
        at += 1;
    }
    letters.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        let check = |source: &str, expected: bool| {
            let found = !lines_with_word(&code_only(source), "unsafe").is_empty();
            assert_eq!(found, expected, "{source}");
        };
        check("unsafe { x() }", true);
        check("let unsafe_code = 1;", false);
        check("// unsafe\nfn f() {}", false);
        check("/* a /* unsafe */ unsafe */ fn f() {}", false);
        check("let x = \"say \\\" unsafe\";", false);
        check("let x = r#\"a \" unsafe\"#;", false);
        check("let x = br\"unsafe\";", false);
        check("let c = '\"'; unsafe { x() }", true);
        check("let c = '\\''; unsafe { x() }", true);
        check("fn f<'a>(x: &'a str) { unsafe { y(x) } }", true);
        check("let r#type = 1; unsafe { x() }", true);
    }

    #[test]
    fn lines_keep_their_numbers() {
        let code = code_only("/* one\ntwo */\nunsafe {}\n");
        assert_eq!(lines_with_word(&code, "unsafe"), [3]);
    }

    #[test]
    fn test_modules_are_cut_off() {
        assert_eq!(without_tests("fn a() {}\n#[cfg(test)]\nmod tests { use std::fs; }"), "fn a() {}\n");
    }
}
