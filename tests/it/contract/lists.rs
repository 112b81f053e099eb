//! What can be listed, and the specification's command lines.

use std::process::Command;

use brickwork_tests::{Home, Server};
use serde_json::{Value, json};

use super::{document, shape};
use crate::common::text;

const MODELS: &str = include_str!("../specification/models.json");
const TEMPLATES: &str = include_str!("../specification/templates.json");

/// What `found` holds of the fields of `expected`.
fn same_fields(expected: &Value, found: &Value) -> Value {
    let fields = expected.as_object().unwrap();
    Value::Object(fields.keys().map(|name| (name.clone(), found[name].clone())).collect())
}

#[test]
fn models_are_listed_word_for_word() {
    let home = Home::new();
    let server = Server::start(&home);
    let listed = server.get("/models").expect(200).json();
    let expected = document(MODELS);
    let (expected, found) = (expected["models"].as_array().unwrap(), listed["models"].as_array().unwrap());
    assert_eq!(found.len(), expected.len());
    for (expected, found) in expected.iter().zip(found) {
        assert_eq!(&same_fields(expected, found), expected);
    }
}

#[test]
fn the_react_template_has_the_specified_steps() {
    let home = Home::new();
    let server = Server::start(&home);
    let listed = server.get("/templates").expect(200).json();
    let expected = document(TEMPLATES);
    shape::check_like(&expected, &listed, "templates");
    let expected = &expected["templates"][0];
    let templates = listed["templates"].as_array().unwrap();
    let found = templates.iter().find(|template| template["name"] == expected["name"]).expect("it is listed");
    assert_eq!(found["description"], expected["description"]);
    let (expected, found) = (expected["steps"].as_array().unwrap(), found["steps"].as_array().unwrap());
    assert_eq!(found.len(), expected.len());
    for (expected, found) in expected.iter().zip(found) {
        assert_eq!(&same_fields(expected, found), expected);
    }
}

#[test]
fn the_command_lines_run_as_they_stand() {
    let home = Home::scripted();
    let server = Server::start(&home);
    let (status, run) = curl(&home, &server, include_str!("../specification/execute.sh"));
    assert_eq!((status.as_str(), &run["status"]), ("202", &json!("SUCCESS")), "{run}");
    assert_eq!(run["name"], "Simple Pipeline");

    let (status, _) = curl(&home, &server, include_str!("../specification/run.sh"));
    assert_eq!(status, "404", "the specification's run is none of this folder");
    let line = include_str!("../specification/run.sh");
    let line = line.replace("a1b2c3d4-e5f6-7890-abcd-ef1234567890", text(&run["run_id"]));
    let (status, summary) = curl(&home, &server, &line);
    assert_eq!((status.as_str(), &summary["total_steps"]), ("200", &json!(2)));

    let (status, models) = curl(&home, &server, include_str!("../specification/models.sh"));
    assert_eq!((status.as_str(), models["models"].as_array().map(Vec::len)), ("200", Some(4)));
    let (status, templates) = curl(&home, &server, include_str!("../specification/templates.sh"));
    assert_eq!((status.as_str(), templates["templates"].is_array()), ("200", true));
}

/// Runs a line of the specification in a shell, on the port of this server. The status is asked for in curl's own
/// settings file, so that the line stays what it is.
fn curl(home: &Home, server: &Server, line: &str) -> (String, Value) {
    let _ = home.write(".curlrc", "silent\nwrite-out = \"\\n%{http_code}\"\n");
    let line = line.replace("localhost:7860", &format!("localhost:{}", server.port()));
    let ended = Command::new("bash").args(["-c", &line]).env("CURL_HOME", home.path("")).output().unwrap();
    assert!(ended.status.success(), "{line}: {}", String::from_utf8_lossy(&ended.stderr));
    let printed = String::from_utf8(ended.stdout).unwrap();
    let (body, status) = printed.rsplit_once('\n').expect("the status stands on a line of its own");
    (status.to_owned(), serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}")))
}
