//! `brickwork models bind` and `brickwork remote`.

use std::io::Read;

use brickwork_app::{
    App, BindingRequest, ModelsView, RemoteBinding, RemoteCheckRequest, RemoteCheckView, RemoteKeyRequest,
    RemoteKeyView, SecretsKind,
};

use crate::args::{BindArgs, RemoteCommand};
use crate::exit::Failure;

/// The longest key that is read, in bytes.
const MOST_KEY_BYTES: u64 = 64 << 10;

/// Binds a role to a model file or to a server's model.
pub(crate) async fn bind(app: &App, args: BindArgs) -> Result<ModelsView, Failure> {
    let BindArgs { role, id, remote, model, key_stdin, timeout, retries, allow_insecure } = args;
    let key = if key_stdin { Some(read_key()?) } else { None };
    let remote = remote.map(|base_url| RemoteBinding {
        base_url,
        model: model.unwrap_or_default(),
        timeout_s: timeout,
        retries,
        allow_insecure,
    });
    let base_url = remote.as_ref().map(|remote| remote.base_url.clone());
    let view = app.bind_to(&role, BindingRequest { id, remote }).await?;
    let Some((base_url, key)) = base_url.zip(key) else { return Ok(view) };
    let kept = app.set_remote_key(RemoteKeyRequest { base_url, key }).await?;
    warn_if_lost(&kept);
    Ok(app.models().await?)
}

/// Asks a server, or looks after its key.
pub(crate) async fn remote(app: &App, command: RemoteCommand) -> Result<(), Failure> {
    match command {
        RemoteCommand::Check { url, key_stdin, allow_insecure, json } => {
            let key = if key_stdin { Some(read_key()?) } else { None };
            let view = app.check_remote(RemoteCheckRequest { base_url: url, key, allow_insecure }).await?;
            if json {
                println!("{}", serde_json::to_string(&view)?);
            } else {
                print_check(&view);
            }
            view.problem.map_or(Ok(()), |problem| Err(Failure::failed(problem.message)))
        }
        RemoteCommand::Key { url, remove, json } => {
            let view = if remove {
                app.remove_remote_key(&url).await?
            } else {
                app.set_remote_key(RemoteKeyRequest { base_url: url, key: read_key()? }).await?
            };
            match () {
                () if json => println!("{}", serde_json::to_string(&view)?),
                () if remove => println!("No key is kept for {} any more", view.origin),
                () => println!("A key is kept for {}", view.origin),
            }
            if view.has_key {
                warn_if_lost(&view);
            }
            Ok(())
        }
    }
}

fn print_check(view: &RemoteCheckView) {
    let place = if view.this_machine { "this machine" } else { "text sent there leaves this machine" };
    println!("{} ({place})", view.base_url);
    let Some(latency_ms) = view.latency_ms else { return };
    let server = serde_json::to_value(view.server).ok().and_then(|word| word.as_str().map(str::to_owned));
    println!("Answered in {latency_ms} ms, server: {}", server.unwrap_or_default());
    for model in &view.models {
        let window = model.context_length.map_or_else(String::new, |tokens| format!("  {tokens} tokens"));
        println!("  {}{window}", model.id);
    }
    if view.models.is_empty() {
        println!("  no models");
    }
}

/// The key on standard input, without the line break at its end.
pub(super) fn read_key() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(MOST_KEY_BYTES).read_to_string(&mut text);
    read.map_err(|error| Failure::invalid(format!("The key cannot be read: {error}. Give it on standard input.")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// This program ends at once, and with it what it keeps in memory.
fn warn_if_lost(kept: &RemoteKeyView) {
    if kept.kept_in == SecretsKind::Memory {
        eprintln!("This system has no keyring that can be used, so the key for {} is not kept.", kept.origin);
    }
}
