//! From the bytes of tokens to text that may be shown: whole characters only, and nothing that may yet turn out to be a
//! stop string.

/// Text that is being generated.
#[derive(Debug)]
pub(crate) struct GrowingText {
    stops: Vec<Stop>,
    /// Bytes of a character whose rest has not come yet; at most three.
    partial: Vec<u8>,
    text: String,
    /// Everything before this byte was given out.
    given: usize,
}

/// A text at which generation stops.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    /// The text; not empty.
    pub(crate) text: String,
    /// Whether the layout of the conversation sets it (the model begins a turn that is not its own), not the user.
    pub(crate) ends_turn: bool,
}

impl GrowingText {
    /// Text that ends at any of `stops`; empty ones are ignored.
    pub(crate) fn new(stops: Vec<Stop>) -> Self {
        let stops = stops.into_iter().filter(|stop| !stop.text.is_empty()).collect();
        Self { stops, partial: Vec::new(), text: String::new(), given: 0 }
    }

    /// Adds the bytes of a token. When a stop text appears, the text is cut before it and the stop is returned; the
    /// earliest one counts.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Option<&Stop> {
        let before = self.text.len();
        self.partial.extend_from_slice(bytes);
        self.take_characters(false);
        self.find_stop(before)
    }

    /// Takes what may be shown by now.
    pub(crate) fn take_ready(&mut self) -> String {
        let end = self.text.len() - self.held_back();
        self.take_until(end)
    }

    /// Takes all the rest; bytes of an unfinished character become U+FFFD.
    pub(crate) fn take_rest(&mut self) -> String {
        self.take_characters(true);
        self.take_until(self.text.len())
    }

    /// Drops bytes of an unfinished character, as after a stop text.
    pub(crate) fn drop_partial(&mut self) {
        self.partial.clear();
    }

    /// The whole text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    fn take_until(&mut self, end: usize) -> String {
        let taken = self.text.get(self.given..end).unwrap_or_default().to_owned();
        self.given = self.given.max(end);
        taken
    }

    fn take_characters(&mut self, at_end: bool) {
        loop {
            match std::str::from_utf8(&self.partial) {
                Ok(valid) => {
                    self.text.push_str(valid);
                    self.partial.clear();
                    return;
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    self.text.push_str(&String::from_utf8_lossy(&self.partial[..valid]));
                    let bad = match error.error_len() {
                        Some(length) => length,
                        None if at_end => self.partial.len() - valid,
                        None => {
                            self.partial.drain(..valid);
                            return;
                        }
                    };
                    self.text.push(char::REPLACEMENT_CHARACTER);
                    self.partial.drain(..valid + bad);
                }
            }
        }
    }

    fn find_stop(&mut self, before: usize) -> Option<&Stop> {
        let (position, index) = self
            .stops
            .iter()
            .enumerate()
            .filter_map(|(index, stop)| {
                let from = floor_char_boundary(&self.text, before.saturating_sub(stop.text.len()));
                self.text[from..].find(&stop.text).map(|offset| (from + offset, index))
            })
            .min()?;
        self.text.truncate(position);
        self.drop_partial();
        self.stops.get(index)
    }

    /// Length of the longest end of the text that may be the start of a stop text.
    fn held_back(&self) -> usize {
        self.stops
            .iter()
            .filter_map(|stop| {
                let longest = stop.text.len().saturating_sub(1).min(self.text.len() - self.given);
                (1..=longest)
                    .rev()
                    .find(|length| stop.text.is_char_boundary(*length) && self.text.ends_with(&stop.text[..*length]))
            })
            .max()
            .unwrap_or(0)
    }
}

fn floor_char_boundary(text: &str, mut index: usize) -> usize {
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn growing(stops: &[&str]) -> GrowingText {
        GrowingText::new(stops.iter().map(|text| Stop { text: (*text).to_owned(), ends_turn: false }).collect())
    }

    #[test]
    fn a_character_split_over_tokens_comes_out_whole() {
        let mut text = growing(&[]);
        let bytes = "né🦀".as_bytes();
        let mut shown = String::new();
        for byte in bytes {
            assert!(text.push(&[*byte]).is_none());
            shown.push_str(&text.take_ready());
        }
        assert_eq!(shown, "né🦀");
        assert_eq!(text.take_rest(), "");
    }

    #[test]
    fn invalid_and_unfinished_bytes_become_replacement_characters() {
        let mut text = growing(&[]);
        text.push(&[b'a', 0xFF, b'b', 0xF0, 0x9F]);
        assert_eq!(text.take_ready(), "a\u{FFFD}b");
        assert_eq!(text.take_rest(), "\u{FFFD}");
        assert_eq!(text.as_str(), "a\u{FFFD}b\u{FFFD}");
    }

    #[test]
    fn a_stop_string_is_held_back_until_decided_and_then_cut() {
        let mut text = growing(&["</code>"]);
        assert!(text.push(b"let x;</co").is_none());
        assert_eq!(text.take_ready(), "let x;");
        assert!(text.push(b"mment> </cod").is_none());
        assert_eq!(text.take_ready(), "</comment> ");
        assert_eq!(text.push(b"e> more").unwrap().text, "</code>");
        assert_eq!(text.take_rest(), "");
        assert_eq!(text.as_str(), "let x;</comment> ");
    }

    #[test]
    fn the_earliest_stop_string_wins_and_overlaps_are_seen() {
        let mut text = growing(&["abc", "b", ""]);
        assert_eq!(text.push(b"aab").unwrap().text, "b");
        assert_eq!(text.as_str(), "aa");
        let mut text = growing(&["aab"]);
        for byte in b"aaa" {
            assert!(text.push(&[*byte]).is_none());
        }
        assert_eq!(text.take_ready(), "a");
        assert!(text.push(b"b").is_some());
        assert_eq!(text.take_rest(), "");
        assert_eq!(text.as_str(), "a");
    }
}
