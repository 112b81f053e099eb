//! Where the program writes what it does: daily files in the data folder, and warnings on the terminal when wanted.

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::AppConfig;

/// Files of this many days are kept.
const KEPT_DAYS: usize = 7;

/// Starts logging to `logs/` in the data folder, and warnings to standard error. `BRICKWORK_LOG` sets the filter, e.g.
/// `debug`. Keep the guard for as long as the program runs: dropping it writes what is left.
///
/// A log that cannot be opened is no reason not to start, so then there is only standard error and no guard.
#[must_use]
pub fn init_logging(config: &AppConfig) -> Option<WorkerGuard> {
    let filter = || EnvFilter::try_from_env("BRICKWORK_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .with_filter(EnvFilter::try_from_env("BRICKWORK_LOG").unwrap_or_else(|_| EnvFilter::new("error")));
    let appender = std::fs::create_dir_all(config.logs()).ok().and_then(|()| {
        tracing_appender::rolling::Builder::new()
            .rotation(tracing_appender::rolling::Rotation::DAILY)
            .filename_prefix("brickwork")
            .filename_suffix("log")
            .max_log_files(KEPT_DAYS)
            .build(config.logs())
            .ok()
    });
    let (file, guard) = match appender {
        Some(appender) => {
            let (writer, guard) = tracing_appender::non_blocking(appender);
            (Some(fmt::layer().with_ansi(false).with_writer(writer).with_filter(filter())), Some(guard))
        }
        None => (None, None),
    };
    // A second call, as in tests, keeps the first subscriber.
    let _ = tracing_subscriber::registry().with(terminal).with(file).try_init();
    guard
}
