//! Stop strings, looked for in text that comes in pieces.

/// Lets text through up to the first stop string, and holds back what may be the beginning of one.
#[derive(Debug)]
pub(crate) struct StopCutter {
    stops: Vec<String>,
    held: String,
    found: bool,
}

impl StopCutter {
    pub(crate) fn new(stops: &[String]) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        Self { stops, held: String::new(), found: false }
    }

    /// Whether a stop string has appeared; nothing is let through from then on.
    pub(crate) const fn is_found(&self) -> bool {
        self.found
    }

    /// What `piece` lets through, with what was held back before.
    pub(crate) fn push(&mut self, piece: &str) -> String {
        if self.found {
            return String::new();
        }
        self.held.push_str(piece);
        if let Some(at) = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min() {
            self.found = true;
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let keep = self.stops.iter().map(|stop| overlap(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - keep);
        std::mem::replace(&mut self.held, rest)
    }

    /// What is held back, once nothing more comes.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// Bytes of the longest end of `text` that is a beginning of `stop`.
fn overlap(text: &str, stop: &str) -> usize {
    let longest = text.len().min(stop.len() - 1);
    let is_overlap = |n: &usize| {
        let from = text.len() - n;
        text.is_char_boundary(from) && stop.as_bytes().starts_with(&text.as_bytes()[from..])
    };
    (1..=longest).rev().find(is_overlap).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stops: &[&str], pieces: &[&str], expected: &str, found: bool) {
        let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
        let mut cutter = StopCutter::new(&stops);
        let mut text: String = pieces.iter().map(|piece| cutter.push(piece)).collect();
        text.push_str(&cutter.finish());
        assert_eq!((text.as_str(), cutter.is_found()), (expected, found), "{stops:?} in {pieces:?}");
    }

    #[test]
    fn stop_strings_are_found_however_the_text_is_cut() {
        check(&[], &["ab", "c"], "abc", false);
        check(&["", "c"], &["ab", "c", "d"], "ab", true);
        check(&["END"], &["one E", "N", "D two"], "one ", true);
        check(&["END"], &["one E", "N", "x END"], "one ENx ", true);
        check(&["aab"], &["aa", "ab", "z"], "a", true);
        check(&["END", "ND"], &["xE", "ND"], "x", true);
        check(&["éé"], &["aé", "é!"], "a", true);
        check(&["éx"], &["aé"], "aé", false);
    }

    #[test]
    fn only_what_may_be_a_beginning_is_held_back() {
        let mut cutter = StopCutter::new(&["```".to_owned()]);
        assert_eq!(cutter.push("text `"), "text ");
        assert_eq!(cutter.push("x"), "`x");
    }
}
