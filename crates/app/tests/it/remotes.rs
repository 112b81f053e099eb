//! Roles that a server serves, and the keys of servers.

use brickwork_app::{
    App, AppError, BindingRequest, ErrorCode, RemoteBinding, RemoteCheckRequest, RemoteKeyRequest, RunListRequest,
    SecretsKind, ServerKind, StartRun,
};
use serde_json::json;

use crate::world;

fn remote(base_url: &str) -> RemoteBinding {
    RemoteBinding {
        base_url: base_url.into(),
        model: "m".into(),
        timeout_s: None,
        retries: Some(0),
        allow_insecure: false,
    }
}

async fn bind(app: &App, remote: RemoteBinding) -> Result<brickwork_app::BindingView, AppError> {
    let models = app.bind_to("CodeGemma", BindingRequest { id: None, remote: Some(remote) }).await?;
    Ok(models.models.into_iter().find(|role| role.name == "CodeGemma").unwrap().binding)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_bound_to_a_server_and_back() {
    let (_folder, app) = world().await;
    let binding = bind(&app, remote("HTTP://LocalHost:8080")).await.unwrap();
    assert_eq!((&*binding.id, &*binding.path), ("m", "http://localhost:8080/v1"));
    assert!(binding.present && !binding.simulated && !binding.stand_in && binding.size_bytes.is_none());
    let view = binding.remote.unwrap();
    assert_eq!((&*view.host, view.this_machine, view.has_key), ("localhost:8080", true, false));
    assert_eq!((view.timeout_s, view.retries), (300, 0));
    let away = bind(&app, RemoteBinding { timeout_s: Some(9), ..remote("https://llm.example.org") }).await.unwrap();
    let away = away.remote.unwrap();
    assert_eq!((&*away.host, away.this_machine, away.timeout_s), ("llm.example.org", false, 9));
    let models = app.bind("CodeGemma", "scripted").await.unwrap();
    assert!(models.models[1].binding.remote.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_refused_with_its_place() {
    let (_folder, app) = world().await;
    let places = |error: AppError| {
        assert_eq!(error.code(), ErrorCode::Invalid, "{error}");
        error.diagnostics().iter().map(|found| found.path.clone()).collect::<Vec<_>>()
    };
    for (binding, path) in [
        (remote("ftp://example.org"), "$.remote.base_url"),
        (remote("http://192.0.2.7/v1"), "$.remote.base_url"),
        (remote("https://user:password@example.org"), "$.remote.base_url"),
        (RemoteBinding { model: "  ".into(), ..remote("https://example.org") }, "$.remote.model"),
        (RemoteBinding { timeout_s: Some(0), ..remote("https://example.org") }, "$.remote.timeout_s"),
        (RemoteBinding { retries: Some(11), ..remote("https://example.org") }, "$.remote.retries"),
    ] {
        assert_eq!(places(bind(&app, binding.clone()).await.unwrap_err()), [path], "{binding:?}");
    }
    let allowed = RemoteBinding { allow_insecure: true, ..remote("http://192.0.2.7/v1") };
    assert!(bind(&app, allowed).await.unwrap().remote.unwrap().allow_insecure);
    for (id, remote) in [(None, None), (Some("scripted".to_owned()), Some(remote("https://example.org")))] {
        let error = app.bind_to("CodeGemma", BindingRequest { id, remote }).await.unwrap_err();
        assert_eq!(places(error), ["$"]);
    }
    let error = app.bind_remote("CodeLlama2", remote("https://example.org")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_kept_for_one_origin() {
    let (_folder, app) = world().await;
    let key = |base_url: &str, key: &str| RemoteKeyRequest { base_url: base_url.into(), key: key.into() };
    let kept = app.set_remote_key(key("http://localhost:8080/v1", "secret")).await.unwrap();
    assert_eq!((&*kept.origin, kept.has_key, kept.kept_in), ("http://localhost:8080", true, SecretsKind::Memory));
    for (url, has_key) in [
        ("http://localhost:8080/other/v1", true),
        ("http://localhost:8081/v1", false),
        ("https://localhost:8080/v1", false),
        ("http://127.0.0.1:8080/v1", false),
    ] {
        assert_eq!(bind(&app, remote(url)).await.unwrap().remote.unwrap().has_key, has_key, "{url}");
    }
    for bad in ["", "two words", "line\nbreak", "ñ"] {
        let error = app.set_remote_key(key("http://localhost:8080/v1", bad)).await.unwrap_err();
        assert_eq!((error.code(), &*error.diagnostics()[0].path), (ErrorCode::Invalid, "$.key"), "{bad:?}");
    }
    assert!(!app.remove_remote_key("http://localhost:8080").await.unwrap().has_key);
    let error = app.remove_remote_key("http://localhost:8080").await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotFound, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_an_answer_of_a_check_and_a_fault_of_a_run() {
    let (_folder, app) = world().await;
    // Nothing listens at a port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let request = RemoteCheckRequest { base_url: url.clone(), key: None, allow_insecure: false };
    let checked = app.check_remote(request).await.unwrap();
    assert_eq!((checked.reachable, checked.server, checked.with_key), (false, ServerKind::Unknown, false));
    assert_eq!(checked.problem.unwrap().code, "remote_unreachable");

    bind(&app, remote(&url)).await.unwrap();
    let pipeline = json!({
        "name": "Away",
        "steps": [{ "step_name": "only", "model_type": "CodeGemma", "prompt": "hello" }]
    });
    let request = StartRun { project_id: brickwork_app::DEFAULT_PROJECT_ID, body: &pipeline, idempotency_key: None };
    let started = app.start_run(request).await.unwrap();
    let run = app.wait(started.run.run_id).await.unwrap();
    assert!(run.remote && run.steps[0].remote && !run.steps[0].simulated);
    assert!(!run.assembler.remote, "the placeholder is this program's own");
    let host = format!("127.0.0.1:{port}");
    assert_eq!(run.steps[0].remote_host.as_ref(), Some(&host));
    assert_eq!(run.remote_hosts, std::slice::from_ref(&host));
    let listed = app.runs(RunListRequest::default()).await.unwrap().runs;
    assert_eq!((listed[0].remote, &listed[0].remote_hosts), (true, &vec![host]));
    let code = serde_json::to_value(run.steps[0].error_code).unwrap();
    assert_eq!(code, "remote_unreachable", "{:?}", run.steps[0].error);

    // A preview sends nothing away, and estimates.
    let preview = app
        .preview(
            brickwork_app::DEFAULT_PROJECT_ID,
            brickwork_app::PreviewRequest { pipeline, step: Some("only".into()), run_id: None },
        )
        .await
        .unwrap();
    assert!(preview.steps[0].estimated && preview.steps[0].prompt_tokens.unwrap() > 10, "{preview:?}");
    assert!(preview.steps[0].text.as_ref().unwrap().contains("hello"));
    assert_eq!(preview.models[0].remote_host.as_deref(), Some(&*format!("127.0.0.1:{port}")));
    assert_eq!(preview.model_loads, 1, "only the Assembler's model is loaded here");
}
