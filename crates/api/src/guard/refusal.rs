//! What the guard answers instead of letting a request in.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::openai;
use crate::problem::Problem;

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request is meant for another host.
    Host,
    /// The request comes from a page of another site.
    Origin,
    /// The token is missing or wrong.
    Token,
    /// The body is no JSON.
    ContentType,
    /// The body is longer than the limit.
    TooLarge,
    /// The body did not come in time.
    BodyTimeout,
    /// The body broke off.
    BodyLost,
}

/// The parts of a refusal's answer.
struct Words {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: &'static str,
}

impl Refusal {
    /// The answer, in OpenAI's form below `/v1/` and as a problem elsewhere.
    pub(crate) fn into_response(self, path: &str) -> Response {
        let words = self.words();
        let mut response = if is_openai(path) {
            openai::Refusal::new(words.status, None, Some(words.code), words.detail.into()).into_response()
        } else {
            Problem::new(words.status, words.code, words.title, words.detail).into_response()
        };
        if self == Self::Token {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self == Self::BodyTimeout {
            response.headers_mut().insert(HeaderName::from_static("connection"), HeaderValue::from_static("close"));
        }
        response
    }

    const fn words(self) -> Words {
        match self {
            Self::Host => Words {
                status: StatusCode::FORBIDDEN,
                code: "host_not_allowed",
                title: "The request is meant for another host",
                detail: "The request's Host header names no address of this server. Use the address that the server \
                         printed, or start it with --allow-host NAME.",
            },
            Self::Origin => Words {
                status: StatusCode::FORBIDDEN,
                code: "origin_not_allowed",
                title: "Pages of other sites may not ask",
                detail: "The request comes from a page of another site, which this server does not answer. Open the \
                         server's own page, or ask from a program.",
            },
            Self::Token => Words {
                status: StatusCode::UNAUTHORIZED,
                code: "unauthorized",
                title: "The token is missing or wrong",
                detail: "This server asks for its token. Send it in the header `Authorization: Bearer TOKEN`, or open \
                         a sign-in link in the browser.",
            },
            Self::ContentType => Words {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                code: "unsupported_media_type",
                title: "The body must be JSON",
                detail: "The body has another content type. Send JSON with the header `Content-Type: application/json`.",
            },
            Self::TooLarge => Words {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                code: "too_large",
                title: "The body is too large",
                detail: "The body is longer than this server reads. Send less than 2 MiB.",
            },
            Self::BodyTimeout => Words {
                status: StatusCode::REQUEST_TIMEOUT,
                code: "body_timeout",
                title: "The body did not come in time",
                detail: "The server waited for the rest of the body. Send the request again, all at once.",
            },
            Self::BodyLost => Words {
                status: StatusCode::BAD_REQUEST,
                code: "body_lost",
                title: "The body broke off",
                detail: "The body ended before its announced end. Send the request again.",
            },
        }
    }
}

/// Whether a path belongs to the routes that speak as OpenAI's do.
pub(crate) fn is_openai(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/")
}
