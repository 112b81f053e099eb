//! The OpenAPI document of the router, which describes itself: each handler's description lies beside it.
//!
//! It is also committed as `crates/api/openapi.json`, from which the window's types are made.

mod pipeline;
pub(crate) mod responses;

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::problem::Problem;

/// The document as it is served, made once.
static TEXT: LazyLock<String> = LazyLock::new(|| openapi().to_string());

/// What no route says of itself.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Brickwork",
        description = "Pipelines of local models: steps that run one after another, each on its own model, and an \
                       Assembler that joins what they made.\n\nErrors are `application/problem+json` (RFC 9457) with a stable \
                       `code`; the routes below `/v1` have the form of the OpenAI interface instead.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/")),
    tags(
        (name = "runs", description = "Carrying pipelines out, and following, pausing and repeating runs."),
        (name = "pipelines", description = "Pipelines, saved ones and their versions."),
        (name = "projects", description = "Projects, which hold pipelines and runs."),
        (name = "artifacts", description = "What runs have made."),
        (name = "models", description = "Roles, model files, and which serves which."),
        (name = "data", description = "The data folder."),
        (name = "program", description = "The program itself."),
        (name = "openai", description = "The chat interface of OpenAI's form. Models are the roles by name.")
    ),
    components(schemas(Problem))
)]
pub(crate) struct Frame;

/// The OpenAPI 3.1 document of [`crate::router`].
///
/// # Panics
/// Never: what describes the routes is plain data.
#[must_use]
pub fn openapi() -> Value {
    let described = crate::routes().into_openapi();
    let mut document = serde_json::to_value(described).expect("a document is plain data and always serialises");
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        pipeline::insert(schemas);
        schemas.sort_keys();
    }
    mend(&mut document);
    document["components"]["responses"] = responses::components();
    document["components"]["securitySchemes"] = json!({
        "token": { "type": "http", "scheme": "bearer", "description": "The listener's token, where one is set." },
    });
    // An empty requirement: without a token of the listener nothing is asked for.
    document["security"] = json!([{}, { "token": [] }]);
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            let Some(operations) = item.as_object_mut() else { continue };
            operations
                .values_mut()
                .filter(|_| path.starts_with(crate::BASE))
                .filter(|operation| operation.get("responses").is_some())
                .for_each(responses::complete);
        }
    }
    document
}

/// Gives integers the names of their formats that the registry of OpenAPI has (`uint32`) and the bounds that these mean,
/// and takes the links of Rust's documentation out of descriptions.
fn mend(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let bound = match fields.get("format").and_then(Value::as_str) {
                Some("u-int8") => Some(u64::from(u8::MAX)),
                Some("u-int16") => Some(u64::from(u16::MAX)),
                Some("u-int32") => Some(u64::from(u32::MAX)),
                _ => None,
            };
            if let Some(bound) = bound {
                fields.entry("maximum").or_insert(bound.into());
            }
            for (key, field) in fields {
                match field {
                    Value::String(text) if key == "format" => *text = text.replace("u-int", "uint"),
                    Value::String(text) if key == "description" => {
                        *text = text.replace("[`", "`").replace("`]", "`").replace("crate::", "");
                    }
                    other => mend(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mend),
        _ => {}
    }
}

/// `GET /openapi.json`. It does not describe itself.
pub(crate) async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}
