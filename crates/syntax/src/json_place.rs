//! Where a value stands in the text of a JSON document.

/// The line, from 1, on which the value begins that `pointer` (RFC 6901) names in `text`; `None` where there is none.
/// `text` must be JSON; of keys that are there twice the last is meant, as parsers take it.
pub(crate) fn line_of(text: &str, pointer: &str) -> Option<usize> {
    let mut at = Scanner { bytes: text.as_bytes(), at: 0 };
    at.skip_space();
    for part in pointer.split('/').skip(1) {
        at.enter(&part.replace("~1", "/").replace("~0", "~"))?;
    }
    Some(text.get(..at.at)?.bytes().filter(|byte| *byte == b'\n').count() + 1)
}

/// A place in a text, always at the first byte of something.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn here(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.here().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// From the first byte of an object or an array to that of the value under `key` in it.
    fn enter(&mut self, key: &str) -> Option<()> {
        let is_object = match self.here()? {
            b'{' => true,
            b'[' => false,
            _ => return None,
        };
        self.at += 1;
        let (mut found, mut index) = (None, 0_usize);
        loop {
            self.skip_space();
            if matches!(self.here()?, b'}' | b']') {
                break;
            }
            let name = if is_object { self.key()? } else { index.to_string() };
            if name == key {
                found = Some(self.at);
            }
            self.skip_value()?;
            self.skip_space();
            if self.here()? == b',' {
                self.at += 1;
            }
            index += 1;
        }
        self.at = found?;
        Some(())
    }

    /// A key with its colon.
    fn key(&mut self) -> Option<String> {
        let start = self.at;
        self.skip_text()?;
        let key = serde_json::from_slice(self.bytes.get(start..self.at)?).ok()?;
        self.skip_space();
        self.at += 1;
        self.skip_space();
        Some(key)
    }

    /// A text in quotes, whose quotes in it are escaped.
    fn skip_text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match self.here()? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(())
    }

    fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.here()? {
                b'"' => self.skip_text()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth == 0 => return Some(()),
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' if depth == 0 => return Some(()),
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_pointers() {
        let text = "\n{\n  \"a\": [1, {\"b\": \"]}\\\"\"},\n    2],\n  \"c/d\": {\n    \"~\": null },\n  \"a~\": 1,\n  \"a~\":\n  2\n}";
        let check = |pointer: &str, line: Option<usize>| assert_eq!(line_of(text, pointer), line, "{pointer}");
        check("", Some(2));
        check("/a", Some(3));
        check("/a/0", Some(3));
        check("/a/1/b", Some(3));
        check("/a/2", Some(4));
        check("/c~1d", Some(5));
        check("/c~1d/~0", Some(6));
        check("/a~0", Some(9));
        for missing in ["/a/3", "/b", "/a/0/b", "/a/x"] {
            check(missing, None);
        }
        assert_eq!(line_of("{\"a\": 1", "/a"), None, "what is no JSON has no places");
        assert_eq!(line_of("\"a\\", ""), Some(1));
    }
}
