//! The document of the interface: valid, current, and about every route that there is.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::world::World;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

fn document() -> Value {
    brickwork_api::openapi()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(METHODS.contains(&method.as_str()), "{path}: {method}");
            found.push((path.clone(), method.clone(), operation.clone()));
        }
    }
    found
}

/// Every object below `value`, in no particular order.
fn objects<'a>(value: &'a Value, found: &mut Vec<&'a Map<String, Value>>) {
    match value {
        Value::Object(fields) => {
            found.push(fields);
            fields.values().for_each(|field| objects(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| objects(item, found)),
        _ => {}
    }
}

#[test]
fn every_operation_is_described() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let place = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place} has no summary");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{place} has one tag");
        let id = operation["operationId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id.clone()), "{place}: there is another operation {id}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{place} never succeeds");
        for (status, response) in responses {
            assert!(response["$ref"].is_string() || response["description"].is_string(), "{place}: {status}");
        }
        for name in path.split(['{', '}']).skip(1).step_by(2) {
            let has = |parameter: &Value| parameter["name"] == name && parameter["in"] == "path";
            assert!(operation["parameters"].as_array().unwrap().iter().any(has), "{place}: {name} is not described");
        }
        if operation.get("requestBody").is_some() {
            let body = &operation["requestBody"]["content"]["application/json"];
            assert!(body["schema"].is_object(), "{place}: the body has no schema");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = Vec::new();
    objects(&document, &mut found);
    for reference in found.iter().filter_map(|fields| fields.get("$ref")?.as_str()) {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert_ne!(schema["$ref"], format!("#/components/schemas/{name}"), "{name} is only a reference to itself");
    }
}

#[test]
fn the_pipelines_schema_is_the_published_one() {
    let document = document();
    let published = brickwork_app::pipeline_schema();
    for (name, definition) in published["$defs"].as_object().unwrap() {
        let ours = document["components"]["schemas"][name].to_string().replace("#/components/schemas/", "#/$defs/");
        assert_eq!(ours.parse::<Value>().unwrap(), *definition, "{name}");
    }
    assert_eq!(document["components"]["schemas"]["Pipeline"]["required"], published["required"]);
    assert_eq!(document["components"]["schemas"]["Template"]["properties"]["id"]["type"], "string");
}

/// What the document names answers, and what it does not name does not.
#[tokio::test]
async fn the_router_has_the_methods_that_the_document_names() {
    let world = World::new().await;
    let document = document();
    let described: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(path, method, _)| (path, method)).collect();
    for path in document["paths"].as_object().unwrap().keys() {
        let concrete = path.replace("{role}", "CodeLlama").replace(['{', '}'], "");
        for method in METHODS {
            let answer = world.send_at(&method.to_uppercase(), &concrete, "").await;
            let is_described = described.contains(&(path.clone(), method.to_owned()));
            let is_allowed = answer.status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(is_described, is_allowed, "{method} {path}: {}", answer.status);
            assert!(answer.header("allow").is_some() || is_allowed, "{method} {path} does not say what is allowed");
        }
    }
}

#[tokio::test]
async fn the_document_is_served() {
    let world = World::new().await;
    let answer = world.send_at("GET", "/openapi.json", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), document());
}

#[test]
fn the_committed_document_is_current() {
    // Tests run in their package's folder.
    let committed = std::fs::read_to_string("openapi.json").unwrap_or_default();
    let committed: Option<Value> = serde_json::from_str(&committed).ok();
    assert!(committed == Some(document()), "write it again: brickwork openapi > crates/api/openapi.json");
}

#[tokio::test]
async fn the_documentation_needs_nothing_from_elsewhere() {
    let world = World::new().await;
    let redirect = world.send_at("GET", "/docs", "").await;
    assert_eq!(redirect.header("location"), Some("/docs/"));
    let page = world.send_at("GET", "/docs/", "").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
    for reference in page.text().split(['"', '\'']).filter(|text| text.contains("//")) {
        assert!(reference.contains("www.w3.org"), "the page refers to {reference}");
    }
    let initializer = world.send_at("GET", "/docs/swagger-initializer.js", "").await;
    assert!(initializer.text().contains("\"/openapi.json\""), "{}", initializer.text());
    for file in page.text().split('"').filter(|text| text.ends_with(".js") || text.ends_with(".css")) {
        let answer = world.send_at("GET", &format!("/docs/{}", file.trim_start_matches("./")), "").await;
        assert_eq!(answer.status, StatusCode::OK, "{file}");
    }
}
