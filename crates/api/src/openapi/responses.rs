//! The errors' answers, each described once and referred to by every route that can give it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::IntoResponses;
use utoipa::openapi::response::Response;
use utoipa::openapi::{Ref, RefOr};

use crate::problem::PROBLEM_JSON;

/// Name in the document, status and description of each shared answer.
const SHARED: [(&str, &str, &str); 12] = [
    ("Unreadable", "400", "The body is no JSON."),
    ("Unauthorized", "401", "The listener asks for a token, and the request brings none or a wrong one."),
    ("Forbidden", "403", "The listener does not serve requests from this origin or for this host."),
    ("NotFound", "404", "There is no such thing; also for an id that is malformed."),
    ("Conflict", "409", "The thing's present state does not allow this."),
    ("TooLarge", "413", "The body is larger than 2 MiB."),
    ("NotJson", "415", "The body is not sent as `application/json`."),
    ("Invalid", "422", "The content is wrong; where a pipeline is at fault, `diagnostics` name each place."),
    ("Failure", "500", "The data folder failed, or the program itself."),
    ("BadGateway", "502", "The hub of models cannot be reached, or gives no answer that makes sense."),
    ("Busy", "503", "Too many streams are open at once; the header `Retry-After` says when to try again."),
    ("NotAllowed", "405", "The path has no such method."),
];

/// Names the shared answers that a handler's `responses(...)` may list by type.
macro_rules! shared {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([(status_of(stringify!($name)).to_owned(), Ref::from_response_name(stringify!($name)).into())])
            }
        }
    )*};
}

shared!(
    /// 404.
    NotFound,
    /// 409.
    Conflict,
    /// 422.
    Invalid,
    /// 502.
    BadGateway,
    /// 503.
    Busy
);

fn status_of(name: &str) -> &'static str {
    SHARED.iter().find(|(known, ..)| *known == name).map_or("default", |(_, status, _)| status)
}

/// The shared answers, for the document's components.
pub(super) fn components() -> Value {
    let content = json!({ PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } } });
    SHARED
        .iter()
        .map(|(name, _, description)| {
            ((*name).to_owned(), json!({ "description": description, "content": content.clone() }))
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Adds to an operation the answers that follow from its shape: the listener's guard stands before all of them, and
/// what has a body or a query can have a wrong one.
pub(super) fn complete(operation: &mut Value) {
    let has_body = operation.get("requestBody").is_some();
    let has_query = operation["parameters"]
        .as_array()
        .is_some_and(|parameters| parameters.iter().any(|parameter| parameter["in"] == "query"));
    let mut names = vec!["Unauthorized", "Forbidden", "Failure"];
    if has_body {
        names.extend(["Unreadable", "TooLarge", "NotJson"]);
    }
    if has_body || has_query {
        names.push("Invalid");
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for name in names {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        responses.entry(status_of(name)).or_insert(reference);
    }
    responses.sort_keys();
}
