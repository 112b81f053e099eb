//! Where computing goes on: in the pool of threads that the caller stands in, or in the common one.

/// Does `work` on a thread of the pool. What is shared among threads then begins on one of them; from elsewhere each piece
/// of work would wait until one wakes up and go to sleep itself, which takes longer than most pieces.
pub(crate) fn inside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if rayon::current_thread_index().is_some() { work() } else { rayon::scope(|_| work()) }
}
