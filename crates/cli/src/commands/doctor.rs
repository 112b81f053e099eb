//! `brickwork doctor`.

use brickwork_app::{App, DoctorReport, FindingLevel};

use crate::exit::Failure;

/// Prints what was found on this machine. Something that does not work makes it fail.
pub(crate) async fn doctor(app: &App, json: bool) -> Result<(), Failure> {
    let report = app.doctor().await?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    match report.worst {
        FindingLevel::Error => Err(Failure::failed("Something does not work; the findings say what to do.")),
        _ => Ok(()),
    }
}

fn print(report: &DoctorReport) {
    println!("Brickwork {} on {}", report.version, report.system);
    for finding in &report.findings {
        let mark = match finding.level {
            FindingLevel::Ok => "ok   ",
            FindingLevel::Info => "note ",
            FindingLevel::Warn => "WARN ",
            FindingLevel::Error => "ERROR",
        };
        println!("{mark}  {}: {}", finding.title, finding.detail);
        if let Some(remedy) = &finding.remedy {
            println!("       {remedy}");
        }
    }
    println!("Devices");
    for device in &report.devices {
        let used = if device.used { "used" } else { "not used" };
        let free = device.memory_free_bytes >> 20;
        println!(
            "  {:<10} {} ({}), {free} MiB free, {used}. {}",
            device.name, device.description, device.backend, device.why
        );
    }
}
