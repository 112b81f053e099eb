//! What runs have made: as a list, one by one, as files and as a zip.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use brickwork_app::{
    App, ArtifactEditRequest, ExtractRequest, ExtractedFiles, FinalRequest, PREVIEW_POLICY, PreviewTheme, RunView,
    StoredArtifact, artifact_id_of, run_id_of,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Body, Path, Query};
use crate::handlers::Answer;
use crate::openapi::responses::{Conflict, Invalid, NotFound};
use crate::problem::Problem;

/// Artifacts of a run.
#[derive(Serialize, ToSchema)]
pub(crate) struct Artifacts {
    /// Those of the steps in their order, then the final ones.
    artifacts: Vec<StoredArtifact>,
}

/// The artifacts of a run
#[utoipa::path(get, path = "/runs/{run_id}/artifacts", tag = "artifacts",
    params(("run_id" = Uuid, Path, description = "The run.")),
    responses((status = 200, description = "All of them, final ones included.", body = Artifacts), NotFound))]
pub(crate) async fn list_artifacts(State(app): State<App>, Path(run_id): Path<String>) -> Answer<Artifacts> {
    Ok(Json(Artifacts { artifacts: app.artifacts(run_id_of(&run_id)?).await? }))
}

/// An artifact
#[utoipa::path(get, path = "/runs/{run_id}/artifacts/{artifact_id}", tag = "artifacts",
    params(
        ("run_id" = Uuid, Path, description = "The run."),
        ("artifact_id" = i64, Path, description = "The artifact's number."),
    ),
    responses((status = 200, description = "The artifact.", body = StoredArtifact), NotFound))]
pub(crate) async fn get_artifact(
    State(app): State<App>,
    Path((run_id, artifact_id)): Path<(String, String)>,
) -> Answer<StoredArtifact> {
    Ok(Json(app.artifact(run_id_of(&run_id)?, artifact_id_of(&artifact_id)?).await?))
}

/// An artifact as a file
///
/// Always as a text to be saved, whatever it holds, so that no browser runs it.
#[utoipa::path(get, path = "/runs/{run_id}/artifacts/{artifact_id}/raw", tag = "artifacts",
    params(
        ("run_id" = Uuid, Path, description = "The run."),
        ("artifact_id" = i64, Path, description = "The artifact's number."),
    ),
    responses(
        (status = 200, description = "Its content, byte for byte.", body = String, content_type = "text/plain; charset=utf-8",
            headers(("Content-Disposition" = String, description = "An attachment with a name without folders."))),
        NotFound))]
pub(crate) async fn download_artifact(
    State(app): State<App>,
    Path((run_id, artifact_id)): Path<(String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let file = app.artifact_file(run_id_of(&run_id)?, artifact_id_of(&artifact_id)?).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&file.name)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, file.content))
}

/// Edit artifacts
///
/// Renames, retypes, joins, cuts, writes, adds or removes, or takes such an edit back. The output that the artifacts came
/// from stays as it is.
#[utoipa::path(post, path = "/runs/{run_id}/artifacts/edit", tag = "artifacts",
    params(("run_id" = Uuid, Path, description = "The run.")), request_body = ArtifactEditRequest,
    responses((status = 200, description = "The run with its artifacts as they are now.", body = RunView), NotFound, Conflict))]
pub(crate) async fn edit_artifacts(
    State(app): State<App>,
    Path(run_id): Path<String>,
    Body(request): Body<ArtifactEditRequest>,
) -> Answer<RunView> {
    Ok(Json(app.edit_artifacts(run_id_of(&run_id)?, &request).await?))
}

/// Choose the final pieces
///
/// The Assembler's result, or the latest piece of each file of the steps. Edits of the final ones so far are given up.
#[utoipa::path(post, path = "/runs/{run_id}/final", tag = "artifacts",
    params(("run_id" = Uuid, Path, description = "The run.")), request_body = FinalRequest,
    responses((status = 200, description = "The run with its final pieces as they are now.", body = RunView), NotFound, Conflict))]
pub(crate) async fn choose_final(
    State(app): State<App>,
    Path(run_id): Path<String>,
    Body(request): Body<FinalRequest>,
) -> Answer<RunView> {
    Ok(Json(app.choose_final(run_id_of(&run_id)?, request).await?))
}

/// Find artifacts anew
///
/// Reads the outputs of an ended run again by this version's rules, without generating. What the user edited stays.
#[utoipa::path(post, path = "/runs/{run_id}/reread", tag = "artifacts",
    params(("run_id" = Uuid, Path, description = "The run.")),
    responses((status = 200, description = "The run with its artifacts as they are now.", body = RunView), NotFound, Conflict))]
pub(crate) async fn reread_artifacts(State(app): State<App>, Path(run_id): Path<String>) -> Answer<RunView> {
    Ok(Json(app.reread_artifacts(run_id_of(&run_id)?).await?))
}

/// Find the files in a text
///
/// Reads what some model wrote as a step's output is read, with edits applied to the `earlier` files. Nothing is stored.
#[utoipa::path(post, path = "/extract", tag = "artifacts", request_body = ExtractRequest,
    responses((status = 200, description = "The files with what is known of their syntax.", body = ExtractedFiles)))]
pub(crate) async fn extract_files(State(app): State<App>, Body(request): Body<ExtractRequest>) -> Json<ExtractedFiles> {
    Json(app.extract(&request).await)
}

/// How to show an artifact.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewQuery {
    /// The colours of a page that has none of its own; `light` when absent.
    #[serde(default)]
    #[param(inline)]
    theme: PreviewTheme,
}

/// An artifact as a page
///
/// Markdown, HTML, CSS (on a specimen) and SVG, with everything taken out that could run, load, send or lead elsewhere. The
/// answer's policy forbids the same. Show it in a frame with an empty `sandbox`.
#[utoipa::path(get, path = "/runs/{run_id}/artifacts/{artifact_id}/preview", tag = "artifacts",
    params(
        ("run_id" = Uuid, Path, description = "The run."),
        ("artifact_id" = i64, Path, description = "The artifact's number."),
        PreviewQuery,
    ),
    responses(
        (status = 200, description = "A page.", body = String, content_type = "text/html; charset=utf-8",
            headers(("Content-Security-Policy" = String, description = "Sandboxed; nothing is loaded and no script runs."))),
        (status = 415, description = "It is of another type, or too large.", body = Problem,
            content_type = "application/problem+json"),
        NotFound))]
pub(crate) async fn preview_artifact(
    State(app): State<App>,
    Path((run_id, artifact_id)): Path<(String, String)>,
    Query(query): Query<PreviewQuery>,
) -> Result<impl IntoResponse, Problem> {
    let page = app.artifact_preview(run_id_of(&run_id)?, artifact_id_of(&artifact_id)?, query.theme).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, PREVIEW_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, page))
}

/// Which artifacts to pack.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ZipQuery {
    /// Whether those of every step are packed too, below `steps/NN-NAME/`.
    #[serde(default)]
    all: bool,
}

/// The artifacts of a run as a zip
#[utoipa::path(get, path = "/runs/{run_id}/artifacts.zip", tag = "artifacts",
    params(("run_id" = Uuid, Path, description = "The run."), ZipQuery),
    responses(
        (status = 200, description = "The final ones; with `all` those of every step too.", body = Vec<u8>,
            content_type = "application/zip",
            headers(("Content-Disposition" = String, description = "An attachment named after the run."))),
        NotFound, Conflict, Invalid))]
pub(crate) async fn download_zip(
    State(app): State<App>,
    Path(run_id): Path<String>,
    Query(query): Query<ZipQuery>,
) -> Result<impl IntoResponse, Problem> {
    let run_id = run_id_of(&run_id)?;
    let zip = app.artifacts_zip(run_id, query.all).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&format!("brickwork-{run_id}.zip"))),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, zip))
}

/// `Content-Disposition` (RFC 6266) for a name: in plain ASCII for all programs, and exactly for those that know
/// RFC 8187.
fn attachment(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._- ".contains(letter);
    let plain: String = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let exact: String = name
        .bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'.' | b'_' | b'-' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn names_stand_safely_in_a_header() {
        let check = |name: &str, expected: &str| assert_eq!(attachment(name), expected);
        check("Form.jsx", "attachment; filename=\"Form.jsx\"");
        check("a\"b\r\n.js", "attachment; filename=\"a_b__.js\"; filename*=UTF-8''a%22b%0D%0A.js");
        check("café.js", "attachment; filename=\"caf_.js\"; filename*=UTF-8''caf%C3%A9.js");
    }
}
