//! Artifacts edited by the user, and shown as pages.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::{Answer, DEFAULT_PROJECT, World, pipeline};

/// A world with a run that has ended.
struct Ended {
    world: World,
    run: Value,
}

impl Ended {
    async fn new() -> Self {
        let world = World::new().await;
        let run = world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await.json();
        Self { world, run }
    }

    fn path(&self, tail: &str) -> String {
        format!("/runs/{}/{tail}", self.run["run_id"].as_str().unwrap())
    }

    async fn edit(&self, target: Value, operation: Value) -> Answer {
        self.world.post(&self.path("artifacts/edit"), &json!({"target": target, "operation": operation})).await
    }

    async fn edit_final(&self, operation: Value) -> Answer {
        self.edit(json!({"of": "final"}), operation).await
    }

    /// A page of an artifact with this name and content.
    async fn preview(&self, name: &str, content: &str, query: &str) -> Answer {
        let added = self.edit_final(json!({"op": "add", "name": name, "content": content})).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.text());
        let artifacts = self.world.get(&self.path("artifacts")).await.json();
        let artifacts = artifacts["artifacts"].as_array().unwrap();
        let id = &artifacts.iter().find(|one| one["name"] == name && one["final"] == true).unwrap()["id"];
        self.world.get(&self.path(&format!("artifacts/{id}/preview{query}"))).await
    }
}

#[tokio::test]
async fn artifacts_of_an_ended_run_are_edited_and_restored() {
    let ended = Ended::new().await;
    let step = || json!({"of": "step", "position": 0});
    assert_eq!(ended.run["steps"][0]["artifacts_edited"], false);
    let renamed = ended.edit(step(), json!({"op": "rename", "index": 0, "name": "src/main.rs"})).await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.text());
    let renamed = renamed.json();
    assert_eq!(renamed["steps"][0]["artifacts"][0]["name"], "src/main.rs");
    assert_eq!(renamed["steps"][0]["artifacts"][0]["type"], "rs");
    assert_eq!(renamed["steps"][0]["artifacts_edited"], true);
    assert_eq!(renamed["steps"][0]["result"], ended.run["steps"][0]["result"], "the output stays as it is");
    assert_eq!(renamed["final_artifacts"], ended.run["final_artifacts"], "another list is not touched");
    assert_eq!(renamed["status"], "SUCCESS");
    assert_eq!(ended.world.get(&ended.path("")[..ended.path("").len() - 1]).await.json(), renamed, "it is kept");

    let split =
        ended.edit(step(), json!({"op": "split", "index": 0, "at_lines": [2], "names": ["a.py", "b.py"]})).await;
    assert_eq!(split.json()["steps"][0]["artifacts"].as_array().unwrap().len(), 2);
    let undone = ended.edit(step(), json!({"op": "undo"})).await.json();
    assert_eq!(undone["steps"][0]["artifacts"], renamed["steps"][0]["artifacts"]);
    let undone = ended.edit(step(), json!({"op": "undo"})).await.json();
    assert_eq!(undone["steps"][0]["artifacts"], ended.run["steps"][0]["artifacts"]);
    let nothing = ended.edit(step(), json!({"op": "undo"})).await;
    assert_eq!((nothing.status, &nothing.json()["code"]), (StatusCode::CONFLICT, &json!("conflict")));

    ended.edit_final(json!({"op": "add", "name": "x.css", "content": "a{}"})).await;
    ended.edit_final(json!({"op": "remove", "index": 0})).await;
    let reset = ended.edit_final(json!({"op": "reset"})).await.json();
    assert_eq!(reset["final_artifacts"], ended.run["final_artifacts"]);
    // Exports take what the user made of it.
    ended.edit_final(json!({"op": "rename", "index": 0, "name": "mine/app.py"})).await;
    let plan =
        ended.world.post(&ended.path("export/plan"), &json!({"folder": ended.world.folder.path().join("o")})).await;
    assert_eq!(plan.json()["files"][0]["name"], "mine/app.py");
    // The events of an ended run tell its edits too, and end.
    let events = ended.world.get(&ended.path("events")).await;
    assert!(events.text().contains("artifacts_edited"));
}

#[tokio::test]
async fn faulty_edits_are_refused_with_their_place() {
    let ended = Ended::new().await;
    let before = ended.world.get(&ended.path("artifacts")).await.json();
    for (operation, code, path) in [
        (json!({"op": "rename", "index": 0, "name": "../x"}), "bad_name", "$.operation.name"),
        (json!({"op": "rename", "index": 9, "name": "x"}), "unknown_artifact", "$.operation.index"),
        (json!({"op": "retype", "index": 0, "type": "a b"}), "bad_type", "$.operation.type"),
        (json!({"op": "merge", "indices": [0], "name": "x"}), "wrong_edit", "$.operation.indices"),
        (json!({"op": "move", "index": 0}), "wrong_type", "$.operation.op"),
        (json!({"op": "remove", "index": 0, "more": 1}), "unknown_field", "$.operation"),
    ] {
        let answer = ended.edit_final(operation.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{operation}");
        let found = &answer.json()["diagnostics"][0];
        assert_eq!((&found["code"], &found["path"]), (&json!(code), &json!(path)), "{operation}");
    }
    let answer = ended.edit(json!({"of": "step", "position": 7}), json!({"op": "reset"})).await;
    assert_eq!(answer.json()["diagnostics"][0]["path"], "$.target.position");
    let request = json!({"target": {"of": "final"}, "operation": {"op": "reset"}});
    let missing = ended.world.post("/runs/550e8400-e29b-41d4-a716-446655440000/artifacts/edit", &request).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(ended.world.get(&ended.path("artifacts")).await.json(), before, "nothing was changed");
}

#[tokio::test]
async fn row_32_previews_are_sandboxed_and_hold_nothing_that_acts() {
    let ended = Ended::new().await;
    let hostile = "<script>PWN</script><img src=x onerror=PWN><a href=\"javascript:PWN\">x</a>\
                   <meta http-equiv=refresh content=\"0;url=https://evil.example/PWN\">\
                   <form action=\"https://evil.example/PWN\"><iframe src=\"PWN\"></iframe></form>\
                   <svg onload=PWN><script>PWN</script></svg><style>p { color: red }</style><p>kept</p>\n";
    for name in ["a.html", "b.md", "c.svg", "d.css"] {
        let page = ended.preview(name, hostile, "?theme=dark").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        let policy = page.header("content-security-policy").unwrap();
        for rule in [
            "sandbox;",
            "default-src 'none'",
            "style-src 'unsafe-inline'",
            "img-src data:",
            "font-src data:",
            "form-action 'none'",
            "frame-ancestors 'self' tauri://localhost http://tauri.localhost",
        ] {
            assert!(policy.contains(rule), "{name}: {policy}");
        }
        assert!(!policy.contains("allow-"), "{policy}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        // In the specimen of a sheet, the text stands in the sheet's own element, where it is no markup.
        let text = page.text().split_once("<body>").unwrap().1;
        assert!(!text.contains("PWN"), "{name}: {text}");
        assert_eq!(text.contains("kept"), name != "d.css", "{name}");
    }
    assert!(ended.preview("e.md", "# Title\n", "").await.text().contains("<h1>Title</h1>"));
    let none = ended.preview("f.js", "1", "").await;
    assert_eq!((none.status, &none.json()["code"]), (StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!("no_preview")));
    let large = ended.preview("g.md", &"x".repeat(1024 * 1024 + 1), "").await;
    assert_eq!(large.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let wrong = ended.preview("h.md", "x", "?theme=blue").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ended.world.get(&ended.path("artifacts/999999/preview")).await.status, StatusCode::NOT_FOUND);
}
