//! `brickwork`: pipelines without a window.
//!
//! Exit codes: 0 done, 2 wrong usage, 3 invalid input, 4 failed, 5 cancelled. Results go to standard output, progress
//! and errors to standard error; with `--json` the last line of standard output is the result.

mod args;
mod commands;
mod exit;
mod progress;

use std::process::ExitCode;

use args::{Cli, Command};
use brickwork_app::{App, AppConfig, init_logging};
use clap::{CommandFactory, Parser};
use exit::Failure;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::failed(format!("The program cannot start its threads: {error}.")).report(),
    };
    match runtime.block_on(execute(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn execute(command: Command) -> Result<(), Failure> {
    match command {
        Command::Extract { file, json } => return commands::extract::extract(&file, json),
        Command::PipelineSchema => return commands::schema(),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "brickwork", &mut std::io::stdout());
            return Ok(());
        }
        _ => {}
    }
    let config = AppConfig::from_environment()?;
    let _log = init_logging(&config);
    let app = App::open(config).await?;
    let result = match command {
        Command::Run(request) => commands::run::run(&app, *request).await,
        Command::Generate(request) => commands::generate::generate(&app, request).await,
        Command::Validate { pipeline, json } => commands::validate::validate(&app, &pipeline, json),
        Command::Runs { command } => commands::runs::runs(&app, command).await,
        Command::Models { command } => commands::lists::models(&app, command).await,
        Command::Templates { command } => commands::lists::templates(&app, &command),
        Command::Export(request) => commands::export::export(&app, request).await,
        Command::Extract { .. } | Command::PipelineSchema | Command::Completions { .. } => Ok(()),
    };
    app.shutdown().await;
    result
}
