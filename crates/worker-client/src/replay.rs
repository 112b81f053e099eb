//! The second attempt of a job whose worker crashed: it begins anew, and the listener gets only what is new.
//!
//! Invariant: the listener sees one text that only grows. A second attempt that says something else than the first did
//! cannot be joined to it, and ends the job.

/// The text that a job's listener has got.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    sent: String,
    generated: u32,
    /// Bytes of `sent` that the present attempt has said again.
    said_again: usize,
}

/// The present attempt says something else than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Diverged;

impl Replay {
    /// Begins another attempt.
    pub(crate) const fn begin(&mut self) {
        self.said_again = 0;
    }

    /// Takes the next piece of the present attempt, and returns what of it the listener has not got, with the number of
    /// tokens generated so far; `None` when nothing is new.
    ///
    /// # Errors
    /// [`Diverged`] when the piece differs from what was sent.
    pub(crate) fn take(&mut self, piece: &str, generated: u32) -> Result<Option<(String, u32)>, Diverged> {
        let known = &self.sent.as_bytes()[self.said_again..];
        let n = known.len().min(piece.len());
        if known[..n] != piece.as_bytes()[..n] {
            return Err(Diverged);
        }
        self.said_again += n;
        // Equal bytes up to the end of a text end at a character's boundary.
        let Some(new) = piece.get(n..).filter(|new| !new.is_empty()) else { return Ok(None) };
        self.sent.push_str(new);
        self.said_again = self.sent.len();
        self.generated = self.generated.max(generated);
        Ok(Some((new.to_owned(), self.generated)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_attempt_adds_only_what_is_new() {
        let mut replay = Replay::default();
        assert_eq!(replay.take("let é", 3), Ok(Some(("let é".to_owned(), 3))));
        replay.begin();
        assert_eq!(replay.take("le", 1), Ok(None));
        assert_eq!(replay.take("t é = 1", 5), Ok(Some((" = 1".to_owned(), 5))));
        assert_eq!(replay.take(";", 6), Ok(Some((";".to_owned(), 6))));
    }

    #[test]
    fn another_text_is_refused() {
        let mut replay = Replay::default();
        replay.take("let x", 2).unwrap_or_default();
        replay.begin();
        assert_eq!(replay.take("let y", 2), Err(Diverged));
    }
}
