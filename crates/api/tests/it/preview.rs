//! Prompts and budgets over HTTP.

use axum::http::StatusCode;
use serde_json::json;

use crate::world::{DEFAULT_PROJECT, World, pipeline};

#[tokio::test]
async fn a_preview_tells_budgets_and_the_text_of_one_step() {
    let world = World::new().await;
    let path = format!("/projects/{DEFAULT_PROJECT}/preview");
    let answer = world.post(&path, &json!({"pipeline": pipeline(), "step": "generate"})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let view = answer.json();
    assert_eq!(view["order"], json!(["analyze", "generate", "assembler"]));
    assert_eq!((&view["model_loads"], &view["models"][0]["simulated"]), (&json!(1), &json!(true)));
    let [analyze, generate, assembler] = view["steps"].as_array().unwrap().as_slice() else { panic!("{view}") };
    assert_eq!(analyze["prompt_tokens"], analyze["known_tokens"]);
    assert!(analyze.get("text").is_none() && analyze["parts"][0]["kind"] == "system", "{analyze}");
    assert_eq!((&generate["unknown_tokens"], &assembler["unknown_tokens"]), (&json!(512), &json!(1024)));
    assert_eq!(
        generate["messages"][2],
        json!({"role": "assistant", "content": "«output of `analyze`, up to 512 tokens»"})
    );
    assert!(generate["text"].as_str().unwrap().contains("user: Write complete, working code"), "{generate}");
    assert_eq!((&generate["enabled"], &generate["fits"]), (&json!(true), &json!(null)));

    let run = world.post(&format!("/projects/{DEFAULT_PROJECT}/execute"), &pipeline()).await.json();
    let body = json!({"pipeline": pipeline(), "run_id": run["run_id"]});
    let known = world.post(&path, &body).await.json();
    assert_eq!(known["steps"][2]["unknown_tokens"], 0);
    assert_eq!(known["steps"][1]["prompt_tokens"], run["steps"][1]["timings"]["prompt_tokens"]);
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_refused() {
    let world = World::new().await;
    let path = format!("/projects/{DEFAULT_PROJECT}/preview");
    for (body, status, code) in [
        (json!({}), StatusCode::UNPROCESSABLE_ENTITY, "missing_field"),
        (json!({"pipeline": pipeline(), "stepp": "x"}), StatusCode::UNPROCESSABLE_ENTITY, "unknown_field"),
        (json!({"pipeline": {"name": "P"}}), StatusCode::UNPROCESSABLE_ENTITY, "missing_field"),
        (json!({"pipeline": pipeline(), "step": "none"}), StatusCode::UNPROCESSABLE_ENTITY, "unknown_step"),
    ] {
        let answer = world.post(&path, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert_eq!(answer.json()["diagnostics"][0]["code"], code, "{body}: {}", answer.text());
    }
    for (path, run_id) in [("/projects/nope/preview".to_owned(), None), (path, Some("nope"))] {
        let answer = world.post(&path, &json!({"pipeline": pipeline(), "run_id": run_id})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text());
    }
}
