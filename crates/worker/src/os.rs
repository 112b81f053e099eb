//! What the operating system must do for the worker, and no other file of it may ask for: the private end of standard
//! output, the bond to the parent process, and an end without destructors.
#![allow(unsafe_code, reason = "these are calls of the C library; each states why it is sound")]

use std::fs::File;
use std::io;

/// Environment variable in which the program leaves its process id.
pub(crate) const PARENT_VARIABLE: &str = "BRICKWORK_WORKER_PARENT";

/// Takes standard output for the protocol alone: from here on, whatever native code prints on it goes to standard
/// error, and the returned file is the only way to the program.
///
/// # Errors
/// When the file descriptor cannot be copied.
#[cfg(unix)]
pub(crate) fn claim_stdout() -> io::Result<File> {
    use std::os::fd::FromRawFd;

    // SAFETY: fcntl with F_DUPFD_CLOEXEC only reads its integers; a bad descriptor is reported as -1.
    let private = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_DUPFD_CLOEXEC, 3) };
    if private < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: dup2 only reads its integers; both descriptors are open, and a failure is reported as -1.
    if unsafe { libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `private` was made above and nothing else owns it.
    Ok(unsafe { File::from_raw_fd(private) })
}

/// Takes a handle of standard output for the protocol. llama.cpp itself writes to standard error only.
///
/// # Errors
/// When the handle cannot be copied.
#[cfg(windows)]
pub(crate) fn claim_stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle;

    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

/// Asks Linux to kill this process when the thread that started it ends, and ends at once when the program is gone
/// already. Elsewhere, and besides, the end of standard input tells that the program is gone.
pub(crate) fn die_with_parent() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: PR_SET_PDEATHSIG takes a signal number and touches no memory of ours.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        let expected = std::env::var(PARENT_VARIABLE).ok().and_then(|text| text.parse::<libc::pid_t>().ok());
        // SAFETY: getppid has no preconditions.
        let parent = unsafe { libc::getppid() };
        if expected.is_some_and(|expected| expected != parent) {
            end_now(0);
        }
    }
}

/// Ends the process without running destructors, which native threads at work would not survive. The system takes
/// back all memory, that of a GPU included.
pub(crate) fn end_now(code: i32) -> ! {
    // SAFETY: _exit never returns and has no preconditions.
    unsafe { libc::_exit(code) }
}
