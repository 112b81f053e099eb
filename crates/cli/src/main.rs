//! `brickwork`: pipelines without a window.
//!
//! Exit codes: 0 done, 2 wrong usage, 3 invalid input, 4 failed, 5 cancelled. Results go to standard output, progress
//! and errors to standard error; with `--json` the last line of standard output is the result.

mod args;
mod commands;
mod exit;
mod progress;
mod signals;
mod web_ui;

use std::process::ExitCode;
use std::time::Duration;

use args::{Cli, Command, DataCommand};
use brickwork_app::{App, AppConfig, QueueRole, init_logging};
use clap::{CommandFactory, Parser};
use exit::Failure;

/// How long a running step may go on when the program has done what it was asked for.
const GRACE: Duration = Duration::from_secs(10);

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
        Command::Extract { file, earlier, json } => return commands::extract::extract(&file, &earlier, json).await,
        Command::PipelineSchema => return commands::schema(),
        Command::Openapi => return commands::openapi(),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "brickwork", &mut std::io::stdout());
            return Ok(());
        }
        _ => {}
    }
    let mut config = AppConfig::from_environment()?;
    config.queue = queue_role(&command);
    if let Command::Lend(request) = &command {
        return commands::lend::lend(&config, request).await;
    }
    let _log = init_logging(&config);
    if let Command::Data { command: DataCommand::Restore { file, json } } = &command {
        return commands::data::restore(&config, file, *json).await;
    }
    let app = App::open(config).await?;
    let result = match command {
        Command::Run(request) => commands::run::run(&app, *request).await,
        Command::Preview(request) => commands::preview::preview(&app, request).await,
        Command::Artifacts(request) => commands::artifacts::artifacts(&app, request).await,
        Command::Generate(request) => commands::generate::generate(&app, request).await,
        Command::Validate { pipeline, json } => commands::validate::validate(&app, &pipeline, json).await,
        Command::Runs { command } => commands::runs::runs(&app, command).await,
        Command::Models { command } => commands::lists::models(&app, command).await,
        Command::Remote { command } => commands::remote::remote(&app, command).await,
        Command::Hub { command } => commands::hub::hub(&app, command).await,
        Command::Settings(request) => commands::hub::settings(&app, request).await,
        Command::Bundle { command } => commands::bundle::bundle(&app, command).await,
        Command::Doctor { json } => commands::doctor::doctor(&app, json).await,
        Command::Templates { command } => commands::lists::templates(&app, &command),
        Command::Serve(request) => commands::serve::serve(&app, request).await,
        Command::Reproduce { path, project, print, follow } => {
            commands::reproduce::reproduce(&app, &path, project, print, &follow).await
        }
        Command::Export(request) => commands::export::export(&app, request).await,
        Command::Projects { command } => commands::projects::projects(&app, command).await,
        Command::Pipelines { command } => commands::pipelines::pipelines(&app, command).await,
        Command::Data { command } => commands::data::data(&app, command).await,
        Command::Extract { .. }
        | Command::PipelineSchema
        | Command::Openapi
        | Command::Completions { .. }
        | Command::Lend(_) => Ok(()),
    };
    // Runs of other programs that this one carries out get time to finish their running step.
    app.shutdown_within(GRACE).await;
    result
}

/// Commands that only look leave the queue alone, so that a program which stays can have it.
const fn queue_role(command: &Command) -> QueueRole {
    match command {
        Command::Run(_) | Command::Serve(_) | Command::Reproduce { print: false, .. } => QueueRole::Work,
        Command::Runs { command } if command.works() => QueueRole::Work,
        _ => QueueRole::Look,
    }
}
