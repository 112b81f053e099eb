//! How a process ended, in words.

use std::process::ExitStatus;

use brickwork_engine::Phrase;

/// Names the signal or the exit code, e.g. `killed by SIGABRT, signal 6`.
pub(crate) fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return describe_signal(signal);
        }
    }
    match status.code() {
        // Windows reports faults as large codes that are only known in hexadecimal, e.g. 0xC0000005.
        Some(code) if cfg!(windows) && !(0..=255).contains(&code) => format!("exit code 0x{code:08X}"),
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}

/// Whether it was ended for an instruction that the processor lacks.
pub(crate) fn lacks_instruction(status: ExitStatus) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        status.signal() == Some(4)
    }
    #[cfg(not(unix))]
    {
        // Windows' `STATUS_ILLEGAL_INSTRUCTION`.
        status.code() == Some(0xC000_001D_u32.cast_signed())
    }
}

/// The same as [`describe`] in a form that can be put into another language.
pub(crate) fn phrase(status: ExitStatus) -> Phrase {
    if lacks_instruction(status) {
        return Phrase::new("ended_by_lacking_instruction");
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return match signal {
                9 => Phrase::new("ended_by_kill"),
                _ => Phrase::new("ended_by_signal").with("signal", signal.to_string()),
            };
        }
    }
    match status.code() {
        Some(code) if cfg!(windows) && !(0..=255).contains(&code) => {
            Phrase::new("ended_with_code").with("code", format!("0x{code:08X}"))
        }
        Some(code) => Phrase::new("ended_with_code").with("code", code.to_string()),
        None => Phrase::new("ended_somehow").with("how", status.to_string()),
    }
}

#[cfg(unix)]
fn describe_signal(signal: i32) -> String {
    let (name, hint) = match signal {
        4 => ("SIGILL", ": the processor lacks an instruction"),
        6 => ("SIGABRT", ""),
        8 => ("SIGFPE", ""),
        9 => ("SIGKILL", ", as the system does when memory runs out"),
        11 => ("SIGSEGV", ""),
        15 => ("SIGTERM", ""),
        _ => return format!("killed by signal {signal}"),
    };
    format!("killed by {name}, signal {signal}{hint}")
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn signals_and_codes_are_named() {
        assert_eq!(describe(ExitStatus::from_raw(6)), "killed by SIGABRT, signal 6");
        assert!(describe(ExitStatus::from_raw(9)).starts_with("killed by SIGKILL, signal 9"));
        assert_eq!(describe(ExitStatus::from_raw(3 << 8)), "exit code 3");
        assert_eq!(phrase(ExitStatus::from_raw(4)), Phrase::new("ended_by_lacking_instruction"));
        assert_eq!(phrase(ExitStatus::from_raw(9)), Phrase::new("ended_by_kill"));
        assert_eq!(phrase(ExitStatus::from_raw(3 << 8)), Phrase::new("ended_with_code").with("code", "3"));
    }
}
