//! Whether markup is of a shape that is read in reasonable time.
//!
//! The time to read markup grows with the square of the depth of its elements and of the attributes of one. No page that
//! somebody wants to look at comes near these limits; browsers stop at a depth of 512 themselves.

use std::collections::HashMap;

/// The most elements that are open at once.
const MAX_DEPTH: usize = 1000;

/// The most attributes of one element.
const MAX_ATTRIBUTES: usize = 1000;

/// Elements that are closed by the next one of their kind, or at once, so that they are never deep.
const SHALLOW: [&str; 34] = [
    "area", "base", "body", "br", "caption", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html", "img",
    "input", "keygen", "li", "link", "meta", "optgroup", "option", "p", "param", "rp", "rt", "source", "tbody", "td",
    "tfoot", "th", "thead", "tr", "track", "wbr",
];

/// A tag as far as it matters here.
struct Tag<'a> {
    name: &'a str,
    n_attributes: usize,
    closes_itself: bool,
    /// Byte offset just past it.
    end: usize,
}

/// Whether no element of the markup is too deep and none has too many attributes. It counts tags as they stand, which is
/// exact enough for both.
pub(super) fn is_readable(markup: &str) -> bool {
    let lower = markup.to_ascii_lowercase();
    let mut open: HashMap<&str, usize> = HashMap::new();
    let (mut depth, mut in_svg, mut at) = (0_usize, false, 0);
    while let Some(found) = lower[at..].find('<') {
        let start = at + found + 1;
        let closes = lower[start..].starts_with('/');
        let name_start = start + usize::from(closes);
        at = name_start;
        let Some(tag) = tag(&lower, name_start) else { continue };
        at = tag.end;
        if tag.n_attributes > MAX_ATTRIBUTES {
            return false;
        }
        if closes {
            if let Some(count) = open.get_mut(tag.name).filter(|count| **count > 0) {
                *count -= 1;
                depth -= 1;
                in_svg &= tag.name != "svg";
            }
            continue;
        }
        // Only in SVG does a slash close an element, and most elements of HTML end the SVG that they are found in.
        in_svg = tag.name == "svg" || (in_svg && !super::sanitise::is_html(tag.name));
        if SHALLOW.contains(&tag.name) || (in_svg && tag.closes_itself) {
            continue;
        }
        *open.entry(tag.name).or_default() += 1;
        depth += 1;
        if depth > MAX_DEPTH {
            return false;
        }
    }
    true
}

/// The tag whose name starts at byte `start`; `None` where none does.
fn tag(markup: &str, start: usize) -> Option<Tag<'_>> {
    let bytes = markup.as_bytes();
    if !bytes.get(start)?.is_ascii_alphabetic() {
        return None;
    }
    let is_blank = |byte: u8| byte.is_ascii_whitespace() || byte == b'/';
    let length = bytes[start..].iter().position(|byte| is_blank(*byte) || *byte == b'>').unwrap_or(bytes.len() - start);
    let mut tag = Tag { name: &markup[start..start + length], n_attributes: 0, closes_itself: false, end: bytes.len() };
    let (mut quote, mut before) = (None, b' ');
    for (at, &byte) in bytes.iter().enumerate().skip(start + length) {
        match quote {
            Some(mark) if byte == mark => quote = None,
            Some(_) => {}
            None if byte == b'>' => {
                tag.closes_itself = before == b'/';
                tag.end = at + 1;
                break;
            }
            None if matches!(byte, b'"' | b'\'') && before == b'=' => quote = Some(byte),
            // A quoted value ends an attribute even where nothing stands between it and the next one.
            None if !is_blank(byte) && (is_blank(before) || matches!(before, b'"' | b'\'')) => tag.n_attributes += 1,
            None => {}
        }
        before = byte;
    }
    Some(tag)
}

#[cfg(test)]
mod tests {
    use super::is_readable;

    #[test]
    fn only_pages_of_a_strange_shape_are_refused() {
        let check = |markup: String, expected: bool| assert_eq!(is_readable(&markup), expected, "{:.60}", markup);
        check("<div>".repeat(999), true);
        check("<div>".repeat(1100), false);
        check("<DIV x='>'>".repeat(1100), false);
        check("<div/>".repeat(1100), false);
        check("<path/>".repeat(1100), false);
        check("<svg><div>".to_owned() + &"<path/>".repeat(1100), false);
        check("<div></b>".repeat(1100), false);
        check("<div>x</div>".repeat(50_000), true);
        check("<p>x<br><img src=x>".repeat(20_000), true);
        check("<ul>".to_owned() + &"<li>x".repeat(50_000), true);
        check("<svg>".to_owned() + &"<path d='M0 0'/>".repeat(20_000) + "</svg>", true);
        check(format!("<p {}>", "a ".repeat(1100)), false);
        check(format!("<p {}>", "a=''".repeat(1100)), false);
        check(format!("<p {}>", "a/".repeat(1100)), false);
        check(format!("<img src=\"data:image/png;base64,{}\">", "a /'>=".repeat(100_000)), true);
        check("a < b && c <3 </ <! <".to_owned(), true);
        check("<".repeat(100_000), true);
        check("<p".to_owned(), true);
    }
}
