//! What was found on this machine.

use axum::Json;
use axum::extract::State;
use brickwork_app::{App, DoctorReport};

use crate::handlers::Answer;

/// Look at everything that models need
///
/// The processor, memory, folders, the worker, devices, roles and the database, each with what to do where something is
/// wrong. A worker is started for it, and the whole database is read.
#[utoipa::path(get, path = "/doctor", tag = "program",
    responses((status = 200, description = "What was found.", body = DoctorReport)))]
pub(crate) async fn get_doctor(State(app): State<App>) -> Answer<DoctorReport> {
    Ok(Json(app.doctor().await?))
}
