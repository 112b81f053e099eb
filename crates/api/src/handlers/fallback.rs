//! What is answered where there is no route, none of that method, or no answer because of a fault of the program.

use std::any::Any;

use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::BASE;
use crate::openai::{self, Refusal};
use crate::problem::Problem;

pub(crate) async fn not_found(uri: Uri) -> Response {
    let detail = format!("There is nothing at {}. The interface begins at {BASE}; /docs describes it.", uri.path());
    refuse(&uri, StatusCode::NOT_FOUND, ("not_found", "Not found"), detail)
}

pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> Response {
    let detail = format!("{method} is not possible at {}. /docs says which methods are.", uri.path());
    refuse(&uri, StatusCode::METHOD_NOT_ALLOWED, ("method_not_allowed", "Method not allowed"), detail)
}

/// A panic ends its request alone, and the client hears of it.
pub(crate) fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = text, "a request failed by a panic");
    let detail = "Something went wrong inside Brickwork. The log in the data folder says more.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong", detail).into_response()
}

/// A problem, or OpenAI's form of it where its clients look.
fn refuse(uri: &Uri, status: StatusCode, (code, title): (&'static str, &'static str), detail: String) -> Response {
    if uri.path().starts_with(openai::PREFIX) {
        Refusal::of_route(status, detail).into_response()
    } else {
        Problem::new(status, code, title, detail).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_problem() {
        assert_eq!(panicked(Box::new("no")).status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(panicked(Box::new(String::from("no"))).status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
