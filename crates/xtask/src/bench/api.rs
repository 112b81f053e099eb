//! The HTTP interface under load: 1,000 connections that read without a pause while a run goes on, driven by `wrk`
//! (<https://github.com/wg/wrk>).

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::http;
use crate::served::Server;
use crate::workspace::Workspace;
use crate::{demo, process, setup, ui};

const CONNECTIONS: u32 = 1_000;
const SECONDS: u32 = 5;

/// The scripted model's milliseconds for a word, so that the run lasts longer than the measurement.
const PACE_MS: &str = "20";

/// The interface's prefix and the default project.
const BASE: &str = "/api/v1/orchestrator";
const EXECUTE: &str = "/projects/550e8400-e29b-41d4-a716-446655440000/execute";

/// What `wrk` said about one route.
#[derive(Debug, Clone, PartialEq)]
struct Load {
    requests: u64,
    per_second: f64,
    median: String,
    p99: String,
    /// Connections refused, reads and writes that failed, answers that came too late.
    lost: u64,
    /// Answers other than 2xx and 3xx.
    refused: u64,
}

/// Measures each kind of read, and shows that the run beside them ended well.
///
/// # Errors
/// When the server or `wrk` cannot be started, or the run did not end well.
pub(crate) fn measure(workspace: &Workspace) -> Result<Value> {
    setup::run(setup::Purpose::Bench)?;
    ui::build(workspace)?;
    demo::build(workspace)?;
    let server = Server::start(workspace, "release", &[("BRICKWORK_SCRIPTED_PACE_MS", PACE_MS.as_ref())])?;
    let authority = server.url.trim_start_matches("http://");
    let steps: Vec<Value> = (0..40)
        .map(
            |number| json!({ "step_name": format!("s{number}"), "model_type": "CodeLlama", "prompt": "Write a line." }),
        )
        .collect();
    let body = json!({ "name": "Beside the load", "steps": steps }).to_string();
    let run = http::send(authority, "POST", &format!("{BASE}{EXECUTE}"), "Prefer: respond-async\r\n", &body)?;
    let run_id = run["run_id"].as_str().context("the server names no run")?.to_owned();

    println!("\n{CONNECTIONS} connections, {SECONDS} s each, beside a run");
    println!(
        "{:<20} {:>10} {:>10} {:>10} {:>10} {:>6} {:>8}",
        "route", "requests", "per s", "median", "p99", "lost", "not 2xx"
    );
    let mut figures = Vec::new();
    let routes = ["/health", "/models", "/templates", "/runs?limit=50", &format!("/runs/{run_id}")];
    for route in routes {
        let load = load(&format!("http://{authority}{BASE}{route}"))?;
        let shown = route.replace(&run_id, "{run_id}");
        println!(
            "{shown:<20} {:>10} {:>10.0} {:>10} {:>10} {:>6} {:>8}",
            load.requests, load.per_second, load.median, load.p99, load.lost, load.refused
        );
        figures.push(json!({
            "route": shown, "connections": CONNECTIONS, "requests": load.requests, "per_second": load.per_second,
            "median": load.median, "p99": load.p99, "lost": load.lost, "not_2xx": load.refused,
        }));
    }
    let state = http::send(authority, "GET", &format!("{BASE}/runs/{run_id}"), "", "")?;
    let status = state["status"].as_str().unwrap_or_default();
    let failed = state["failed_steps"].as_u64().unwrap_or(1);
    println!("The run beside it: {status}, {} steps done, {failed} failed", state["successful_steps"]);
    if failed > 0 || !matches!(status, "RUNNING" | "SUCCESS") {
        bail!("the run beside the load did not go well: {}", state["error"]);
    }
    Ok(json!(figures))
}

fn load(url: &str) -> Result<Load> {
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "2", "--latency", "--timeout", "30s"]);
    wrk.args(["--connections", &CONNECTIONS.to_string(), "--duration", &format!("{SECONDS}s"), url]);
    read(&process::capture(&mut wrk)?)
}

/// Reads what `wrk --latency` prints.
fn read(report: &str) -> Result<Load> {
    let after = |label: &str| {
        let line = report.lines().find(|line| line.trim_start().starts_with(label))?;
        Some(line.trim_start()[label.len()..].trim())
    };
    let number = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().ok();
    let requests = report
        .lines()
        .find(|line| line.contains(" requests in "))
        .and_then(|line| number(line.split(" requests").next()?));
    let lost = after("Socket errors:").map_or(0, |errors| errors.split(',').filter_map(number).sum());
    Ok(Load {
        requests: requests.context("wrk names no number of requests")?,
        per_second: after("Requests/sec:").and_then(|text| text.parse().ok()).context("wrk names no rate")?,
        median: after("50%").unwrap_or("?").to_owned(),
        p99: after("99%").unwrap_or("?").to_owned(),
        lost,
        refused: after("Non-2xx or 3xx responses:").and_then(number).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_report_of_wrk_is_read() {
        let report = "Running 5s test @ http://127.0.0.1:1/\n  2 threads and 1000 connections\n  Latency Distribution\n     \
                      50%   48.10ms\n     75%   60.00ms\n     90%   70.00ms\n     99%  101.33ms\n  103251 requests in 5.05s, \
                      40.10MB read\n  Socket errors: connect 0, read 2, write 1, timeout 3\n  Non-2xx or 3xx responses: \
                      7\nRequests/sec:  20433.91\nTransfer/sec:      7.93MB\n";
        let load = read(report).unwrap();
        assert_eq!((load.requests, load.lost, load.refused), (103_251, 6, 7));
        assert_eq!((load.median.as_str(), load.p99.as_str()), ("48.10ms", "101.33ms"));
        assert!((load.per_second - 20_433.91).abs() < 0.001);
        assert!(read("nothing").is_err());
    }
}
