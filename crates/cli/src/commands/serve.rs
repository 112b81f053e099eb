//! `brickwork serve`: the REST interface, and the web UI for browsers, until it is told to stop.

use std::io::Write;
use std::time::Duration;

use brickwork_api::{BASE, ListenError, ListenOptions, ServerSwitch, Token};
use brickwork_app::App;
use serde_json::{Value, json};

use crate::args::ServeArgs;
use crate::exit::Failure;
use crate::signals::Signals;
use crate::web_ui;

/// How long requests may go on after the first signal.
const GRACE: Duration = Duration::from_secs(10);

/// How long running steps may go on after the first signal.
const STEP_GRACE: Duration = Duration::from_secs(8);

/// Serves until SIGINT or SIGTERM. A second signal ends the program at once.
pub(crate) async fn serve(app: &App, args: ServeArgs) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let options = options(&args)?;
    let has_token = options.token.is_some();
    let switch = ServerSwitch::serve(app.clone(), options, args.token_file.clone()).await?;
    let url = switch.view().await.url.unwrap_or_default();
    // A browser that gets no UI has no use for a link.
    let sign_in = if has_token && args.ui { switch.sign_in_link().await? } else { None };
    let text = if args.json { announcement(&url, sign_in) } else { welcome(app, &args, &url, sign_in, has_token) };
    let mut out = std::io::stdout();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) {
        // Whoever started the server may have closed its output; clients are answered all the same.
        tracing::debug!(%error, "nobody reads the address");
    }
    signals.next().await;
    eprintln!("Stopping. Running steps have {} seconds to end; a second signal stops at once.", STEP_GRACE.as_secs());
    tokio::spawn(async move {
        signals.next().await;
        Failure::cancelled().exit()
    });
    // Runs finish their running step or go back to their places in the queue; then whoever waits for one is told so.
    tokio::join!(switch.stop(GRACE), app.shutdown_within(STEP_GRACE));
    Ok(())
}

fn options(args: &ServeArgs) -> Result<ListenOptions, Failure> {
    let token = match &args.token_file {
        Some(path) => Some(Token::from_file(path).map_err(ListenError::from)?),
        None => Token::from_environment().map_err(ListenError::from)?,
    };
    let ui = match args.ui {
        true => Some(web_ui::files().ok_or_else(|| {
            Failure::invalid(
                "This program was built without the web UI. Run `cargo xtask ui`, build the program again, and then \
                 start it with --ui.",
            )
        })?),
        false => None,
    };
    Ok(ListenOptions {
        host: args.host,
        port: args.port,
        token,
        allowed_hosts: args.allow_host.clone(),
        ui,
        ..ListenOptions::default()
    })
}

/// One line for scripts.
fn announcement(url: &str, sign_in: Option<String>) -> String {
    let mut line = json!({ "url": url, "pid": std::process::id() });
    if let Some(link) = sign_in {
        line["sign_in"] = Value::String(link);
    }
    line.to_string()
}

fn welcome(app: &App, args: &ServeArgs, url: &str, sign_in: Option<String>, has_token: bool) -> String {
    let mut lines = vec![format!("Listening on {url}")];
    match sign_in {
        Some(link) => lines.push(format!("  Sign in once:   {link}")),
        None if args.ui => lines.push(format!("  Web UI:         {url}/")),
        None => {}
    }
    lines.push(format!("  REST interface: {url}{BASE}"));
    lines.push(format!("  Documentation:  {url}/docs"));
    lines.push(format!("  Data folder:    {}", app.config().data_dir.display()));
    if has_token {
        lines.push("  Requests need the header `Authorization: Bearer $BRICKWORK_TOKEN`.".into());
    }
    if let Some(path) = &args.token_file {
        lines.push(format!("  The token lies in {}.", path.display()));
    }
    lines.push("Press Ctrl+C to stop.".into());
    lines.join("\n")
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        match error {
            ListenError::PortTaken { next_free: Some(port), .. } => {
                Self::failed(format!("{error} For example: brickwork serve --port {port}"))
            }
            ListenError::PortTaken { .. } | ListenError::Address { .. } => Self::failed(error.to_string()),
            ListenError::TokenNeeded { .. } | ListenError::Token(_) => Self::invalid(error.to_string()),
        }
    }
}
