//! Fit, options of roles and the doctor, by command line and by REST.

use brickwork_tests::{DEFAULT_MODEL, Home, Server};
use serde_json::json;

use crate::common::{short_react, text};

#[test]
fn the_command_line_shows_what_models_take() {
    let home = Home::new();
    let fit = home.run(&["models", "fit", "CodeLlama", "--context", "2048", "--json"]).expect_code(0).json();
    let model = &fit["models"][0];
    assert_eq!((text(&model["verdict"]), &model["context_tokens"]), ("fits", &json!(2048)));
    assert!(DEFAULT_MODEL.starts_with(text(&model["id"])), "{model}");
    let pipeline = home.write_pipeline("react.json", &short_react(16));
    let plain = home.run(&["models", "fit", &pipeline]).expect_code(0);
    assert!(plain.stdout.contains("Steps in their order") && plain.stdout.contains("1 loads"), "{}", plain.stdout);
    assert!(plain.stdout.contains('['), "bars are drawn:\n{}", plain.stdout);
    home.run(&["models", "fit"]).expect_code(0);
    home.run(&["models", "fit", "no-such-model"]).expect_code(3).expect_stderr(&["no-such-model"]);

    let view = home.run(&["models", "options", "CodeGemma", "--context", "1024", "--json"]).expect_code(0).json();
    let gemma = view["models"].as_array().unwrap().iter().find(|role| role["name"] == "CodeGemma").unwrap();
    assert_eq!(gemma["options"], json!({ "context_tokens": 1024 }));
    let fit = home.run(&["models", "fit", "CodeGemma", "--json"]).expect_code(0).json();
    assert_eq!(fit["models"][0]["context_tokens"], 1024);
    home.run(&["models", "options", "CodeGemma", "--device", "NoSuchDevice"]).expect_code(3);
    home.run(&["models", "options", "CodeGemma"]).expect_code(0);
}

#[test]
fn the_doctor_looks_at_everything() {
    let home = Home::new();
    let report = home.run(&["doctor", "--json"]).expect_code(0).json();
    assert_ne!(report["worst"], "error");
    assert_eq!(report["worker"]["starts"], true);
    let codes: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|found| text(&found["code"])).collect();
    for code in ["worker", "processor", "memory", "folder", "model_files", "role", "database", "secrets"] {
        assert!(codes.contains(&code), "{code} is missing in {codes:?}");
    }
    let plain = home.run(&["doctor"]).expect_code(0);
    assert!(plain.stdout.contains("Devices") && plain.stdout.contains("Model worker"), "{}", plain.stdout);
}

#[test]
fn the_interface_tells_the_same() {
    let home = Home::new();
    let server = Server::start(&home);
    let fit = server.post("/fit", &json!({ "model": "CodeLlama" })).expect(200).json();
    assert_eq!(fit["models"][0]["verdict"], "fits");
    let fit = server.post("/fit", &json!({ "pipeline": short_react(16) })).expect(200).json();
    assert_eq!(fit["run"]["all_stay"], true);
    for (body, status) in [
        (json!({}), 422),
        (json!({ "model": "CodeLlama", "pipeline": short_react(16) }), 422),
        (json!({ "model": "no such model" }), 404),
        (json!({ "model": "CodeLlama", "contextTokens": 1 }), 422),
        (json!({ "model": "CodeLlama", "context_tokens": 1 }), 422),
    ] {
        server.post("/fit", &body).expect(status);
    }
    let options = json!({ "gpu_layers": 0, "context_tokens": 4096 });
    let view = server.put("/models/CodeLlama/options", &options).expect(200).json();
    assert_eq!(view["models"][0]["options"], options);
    server.put("/models/CodeLlama/options", &json!({ "context_tokens": 1 })).expect(422);
    server.put("/models/CodeLlama/options", &json!({ "layers": 1 })).expect(422);
    server.put("/models/Nobody/options", &json!({})).expect(404);
    let report = server.get("/doctor").expect(200).json();
    assert_eq!(report["worker"]["starts"], true);
}

#[test]
fn settings_are_shown_and_changed_one_by_one() {
    let home = Home::new();
    let settings = |args: &[&str]| home.run(&[&["settings"], args].concat());
    assert_eq!(settings(&[]).expect_code(0).json()["allow_overcommit"], false);
    for (name, value, shown) in [
        ("allow_overcommit", "true", "true"),
        ("memory_budget_mib", "4096", "4096"),
        ("memory_budget_mib", "null", "null"),
        ("theme", "dark", "\"dark\""),
    ] {
        assert_eq!(settings(&[name, value]).expect_code(0).stdout.trim(), shown);
        assert_eq!(settings(&[name]).expect_code(0).stdout.trim(), shown, "{name} is kept");
    }
    for (name, value, told) in [
        ("memory_budget_mib", "1", "from 256"),
        ("allow_overcommit", "null", "allow_overcommit"),
        ("alow_overcommit", "true", "unknown field"),
    ] {
        settings(&[name, value]).expect_code(3).expect_stderr(&[told]);
    }
    assert_eq!(settings(&["allow_overcommit"]).expect_code(0).stdout.trim(), "true", "what is refused changes nothing");
}
