//! Drafts of saved pipelines: what an editor keeps while the user types, so that nothing is lost when a program dies.
//!
//! Invariant: a draft is on disk when [`App::save_draft`] answers.

use brickwork_engine::{Clock, Diagnostic, JsonMap, Phrase, Timestamp};
use brickwork_store::{DraftKept, NewDraft};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::app::{App, SystemClock};
use crate::error::AppError;
use crate::pipelines::MAX_DOCUMENT_BYTES;

/// A draft to keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftRequest {
    /// The document as it stands in the editor: any JSON object of at most 2 MiB.
    #[schema(value_type = Object)]
    pub document: Value,
    /// What else the editor wants back: any JSON of at most 2 MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub editor: Option<Value>,
    /// The version that is edited.
    #[schema(minimum = 1)]
    pub base_version: u32,
    /// A number that grows with every draft. An older one than the kept draft's is refused; the same is taken again.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub seq: u64,
}

/// That a draft is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SavedDraft {
    /// When it was kept.
    pub saved_at: Timestamp,
    /// Its number.
    pub seq: u64,
}

/// The largest number of a draft: the largest that JavaScript counts exactly.
const MAX_SEQ: u64 = (1 << 53) - 1;

impl App {
    /// Keeps a draft of a saved pipeline, in the place of the one before it.
    ///
    /// # Errors
    /// [`AppError::UnknownPipeline`], [`AppError::InvalidRequest`] with every fault, [`AppError::DraftConflict`] when a
    /// newer one is kept, or a fault of the database; then the draft of before stays.
    pub async fn save_draft(&self, id: Uuid, request: DraftRequest) -> Result<SavedDraft, AppError> {
        let draft = checked(request)?;
        let (seq, saved_at) = (draft.seq, SystemClock.now());
        match self.store().keep_draft(id, draft, saved_at).await? {
            DraftKept::Done => Ok(SavedDraft { saved_at, seq }),
            DraftKept::Unknown => Err(AppError::UnknownPipeline(id.to_string())),
            DraftKept::Older(seq) => Err(AppError::DraftConflict { seq }),
        }
    }

    /// Removes the draft of a saved pipeline; that it has none is as good.
    ///
    /// # Errors
    /// [`AppError::UnknownPipeline`], or a fault of the database.
    pub async fn delete_draft(&self, id: Uuid) -> Result<(), AppError> {
        if self.store().drop_draft(id).await? { Ok(()) } else { Err(AppError::UnknownPipeline(id.to_string())) }
    }
}

fn checked(request: DraftRequest) -> Result<NewDraft, AppError> {
    let DraftRequest { document, editor, base_version, seq } = request;
    let mut found = Vec::new();
    let mut size = |value: &Value, path: &str| {
        let n_bytes = serde_json::to_string(value).map_or(usize::MAX, |text| text.len());
        if n_bytes > MAX_DOCUMENT_BYTES {
            let message = format!("This has {n_bytes} bytes; {MAX_DOCUMENT_BYTES} are allowed.");
            let phrase = Phrase::new("draft_too_large").with("bytes", n_bytes).with("limit", MAX_DOCUMENT_BYTES);
            found.push(Diagnostic::error("too_large", path, message, "Keep less in it.").saying(phrase));
        }
    };
    size(&document, "$.document");
    size(editor.as_ref().unwrap_or(&Value::Null), "$.editor");
    if base_version == 0 {
        let message = "Versions are numbered from 1.";
        found.push(
            Diagnostic::error("out_of_range", "$.base_version", message, "Give the version that is edited.")
                .saying(Phrase::new("base_version_zero")),
        );
    }
    if seq > MAX_SEQ {
        let message = format!("This number is larger than {MAX_SEQ}.");
        found.push(
            Diagnostic::error("out_of_range", "$.seq", message, "Count from 0, or use milliseconds.")
                .saying(Phrase::new("seq_too_large").with("limit", MAX_SEQ)),
        );
    }
    let document: JsonMap = match document {
        Value::Object(document) => document,
        _ => {
            let message = "The document of a pipeline must be an object.";
            found.push(
                Diagnostic::error("wrong_type", "$.document", message, "Give a JSON object.")
                    .saying(Phrase::new("draft_no_object")),
            );
            JsonMap::new()
        }
    };
    if found.is_empty() {
        Ok(NewDraft { document, editor, base_version, seq })
    } else {
        Err(AppError::InvalidRequest(found))
    }
}
