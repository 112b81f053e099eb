//! Questions of syntax, and a process that dies of one.

use std::os::unix::fs::PermissionsExt;

use brickwork_syntax::{SyntaxAnswer, SyntaxRequest, SyntaxSource};
use brickwork_worker_client::{SyntaxClient, WorkerConfig};

use crate::support::config;

fn question(content: &str) -> SyntaxRequest {
    SyntaxRequest::Check { sources: vec![SyntaxSource { kind: "js".into(), content: content.into() }] }
}

async fn errors(client: &SyntaxClient, content: &str) -> Option<usize> {
    match client.ask(&question(content)).await {
        Some(SyntaxAnswer::Check { reports }) => Some(reports[0].errors.len()),
        Some(other) => panic!("{other:?}"),
        None => None,
    }
}

#[tokio::test]
async fn questions_are_answered_one_after_another() {
    let client = SyntaxClient::new(config());
    assert_eq!(errors(&client, "let a = 1;\nlet b = \"\u{2028}\";\n").await, Some(0));
    assert!(errors(&client, "let a = (1;\n").await > Some(0));
    let many: Vec<_> = (0..8).map(|_| errors(&client, "f(")).collect();
    assert!(futures::future::join_all(many).await.iter().all(|found| *found > Some(0)));
}

/// A process that dies in the middle leaves this question without an answer, and the next one gets a fresh process.
#[tokio::test]
async fn row_1_a_check_that_dies_is_no_fault_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("worker");
    let real = config().program;
    let script = format!(
        "#!/bin/sh\nif [ -e '{0}/died' ]; then exec '{1}' syntax; fi\nread line\ntouch '{0}/died'\nkill -9 $$\n",
        folder.path().display(),
        real.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let client = SyntaxClient::new(WorkerConfig { program, ..config() });
    assert_eq!(errors(&client, "f(").await, None);
    assert!(errors(&client, "f(").await > Some(0));
    let nowhere = SyntaxClient::new(WorkerConfig { program: folder.path().join("none"), ..config() });
    assert_eq!(errors(&nowhere, "f(").await, None);
}
