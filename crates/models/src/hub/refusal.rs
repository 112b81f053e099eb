//! What a hub's refusal means. The words of the header field `X-Error-Code` are those of `huggingface_hub`'s
//! `hf_raise_for_status`: `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo`.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{StatusCode, Url};

use super::{Endpoint, HubError};

/// The longest text of a hub that is shown.
const MAX_DETAIL: usize = 300;

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) endpoint: &'a Endpoint,
    /// Empty when no repository was asked for.
    pub(super) repository: &'a str,
    pub(super) revision: &'a str,
    /// Empty when no file was asked for.
    pub(super) path: &'a str,
}

impl Asked<'_> {
    fn page(&self) -> String {
        self.endpoint.below(self.repository.split('/')).to_string()
    }

    fn not_found(&self, code: &str) -> HubError {
        let (what, name) = match code {
            "RevisionNotFound" => ("revision", self.revision),
            "RepoNotFound" => ("repository", self.repository),
            _ if !self.path.is_empty() => ("file", self.path),
            _ => ("repository", self.repository),
        };
        HubError::NotFound { endpoint: self.endpoint.to_string(), what, name: name.to_owned() }
    }

    /// What the answer `status` of `url` means, when `with_token` says whether the token went there.
    pub(super) fn refusal(&self, status: StatusCode, headers: &HeaderMap, url: &Url, with_token: bool) -> HubError {
        let field = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let code = field("x-error-code");
        let endpoint = self.endpoint.to_string();
        let (repository, page) = (self.repository.to_owned(), self.page());
        let is_own = self.endpoint.is_own(url) && !repository.is_empty();
        match status.as_u16() {
            404 => self.not_found(code),
            401 | 403 if matches!(code, "RepoNotFound" | "RevisionNotFound" | "EntryNotFound") && with_token => {
                self.not_found(code)
            }
            401 | 403 if is_own && !with_token => HubError::TokenNeeded { repository, page },
            401 if is_own && code == "GatedRepo" => HubError::LicenceNeeded { repository, page },
            401 if is_own => HubError::TokenRefused { endpoint },
            403 if is_own && code == "GatedRepo" => HubError::LicenceNeeded { repository, page },
            403 if is_own => HubError::AccessDenied { repository, page },
            429 | 503 => HubError::Busy { endpoint, status: status.as_u16(), retry_after: retry_after(headers) },
            _ => {
                let text: String =
                    field("x-error-message").chars().filter(|c| !c.is_control()).take(MAX_DETAIL).collect();
                HubError::Failed { endpoint, status: status.as_u16(), detail: (!text.is_empty()).then_some(text) }
            }
        }
    }
}

/// The wait that the hub asks for, in its form of whole seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        let endpoint = Endpoint::parse("https://hub.example").unwrap();
        let asked = Asked { endpoint: &endpoint, repository: "o/n", revision: "main", path: "m.gguf" };
        let own = Url::parse("https://hub.example/o/n/resolve/main/m.gguf").unwrap();
        let cdn = Url::parse("https://cdn.example/x").unwrap();
        let check = |status: u16, code: &'static str, url: &Url, with_token: bool, expected: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-error-code", code.parse().unwrap());
            let error = asked.refusal(StatusCode::from_u16(status).unwrap(), &headers, url, with_token);
            assert_eq!(error.code(), expected, "{status} {code} {with_token}");
        };
        check(401, "GatedRepo", &own, false, "hub_token_needed");
        check(401, "RepoNotFound", &own, false, "hub_token_needed");
        check(401, "", &own, true, "hub_token_refused");
        check(403, "GatedRepo", &own, true, "hub_licence_needed");
        check(403, "", &own, true, "hub_access_denied");
        check(404, "RepoNotFound", &own, true, "hub_not_found");
        check(404, "EntryNotFound", &own, false, "hub_not_found");
        check(403, "", &cdn, false, "hub_failed");
        check(429, "", &own, false, "hub_busy");
        check(500, "", &own, false, "hub_failed");
    }
}
