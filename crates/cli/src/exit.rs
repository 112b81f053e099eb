//! How a command ends when it does not end well.

use std::process::ExitCode;

use brickwork_app::{AppError, ErrorCode};

const INVALID: u8 = 3;
const FAILED: u8 = 4;
const CANCELLED: u8 = 5;

/// An exit code other than 0, and what to say.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: Option<String>,
}

impl Failure {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { code: INVALID, message: Some(message.into()) }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { code: FAILED, message: Some(message.into()) }
    }

    pub(crate) const fn cancelled() -> Self {
        Self { code: CANCELLED, message: None }
    }

    /// Says what happened on standard error and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        if let Some(message) = self.message {
            eprintln!("error: {message}");
        }
        ExitCode::from(self.code)
    }
}

impl Failure {
    /// Ends the program in this very moment.
    pub(crate) fn exit(self) -> ! {
        if let Some(message) = &self.message {
            eprintln!("error: {message}");
        }
        std::process::exit(self.code.into())
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let code = match error.code() {
            ErrorCode::NotFound
            | ErrorCode::Invalid
            | ErrorCode::IdempotencyKeyReused
            | ErrorCode::Conflict
            | ErrorCode::RunNotHeld
            | ErrorCode::StepNotEditable
            | ErrorCode::NoPreview
            | ErrorCode::DraftConflict
            | ErrorCode::HubTokenNeeded
            | ErrorCode::HubLicenceNeeded
            | ErrorCode::HubAccessDenied
            | ErrorCode::ModelProblem => INVALID,
            ErrorCode::Stopping
            | ErrorCode::Storage
            | ErrorCode::Export
            | ErrorCode::HubUnreachable
            | ErrorCode::Inference
            | ErrorCode::Internal => FAILED,
        };
        let mut message = error.to_string();
        // The error itself tells a single finding whole, and of several only how many there are beside the first.
        if let found @ [_, _, ..] = error.diagnostics() {
            for finding in found {
                message.push_str(&format!("\n  {}: {} {}", finding.path, finding.message, finding.remedy));
            }
        }
        Self { code, message: Some(message) }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::failed(format!("The result cannot be written as JSON: {error}."))
    }
}
