//! Drafts of pipelines: what an editor keeps between two versions, so that nothing is lost when the program dies.
//!
//! Invariant: a draft is on disk when [`Store::keep_draft`] returns, and an older one never takes the place of a newer one.

use brickwork_engine::{JsonMap, Timestamp};
use rusqlite::TransactionBehavior;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::store::Store;
use crate::table::{KeptDraft, pipeline_drafts, pipelines};

/// A draft to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDraft {
    /// The document as it stands in the editor.
    pub document: JsonMap,
    /// What else the editor wants back.
    pub editor: Option<Value>,
    /// The version that is edited.
    pub base_version: u32,
    /// A number that grows with every draft.
    pub seq: u64,
}

/// What came of keeping a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftKept {
    /// It is the pipeline's draft now.
    Done,
    /// There is no such pipeline.
    Unknown,
    /// Another draft is there with this number, which is as high or higher; nothing was changed.
    Older(u64),
}

impl Store {
    /// Keeps a draft of the pipeline `id`. The same draft again is no conflict, so a request may be sent twice; another one
    /// with the same number is: two editors are at work.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn keep_draft(&self, id: Uuid, draft: NewDraft, at: Timestamp) -> Result<DraftKept, StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if !pipelines::is_there(&transaction, id)? {
                return Ok(DraftKept::Unknown);
            }
            let NewDraft { document, editor, base_version, seq } = draft;
            if let Some(there) = pipeline_drafts::get(&transaction, id)?.filter(|there| there.seq >= seq) {
                let is_same = there.seq == seq && there.document == document && there.editor == editor;
                return Ok(if is_same { DraftKept::Done } else { DraftKept::Older(there.seq) });
            }
            pipeline_drafts::put(&transaction, id, &KeptDraft { document, editor, base_version, seq, saved_at: at })?;
            transaction.commit()?;
            Ok(DraftKept::Done)
        })
        .await
    }

    /// Removes the draft of the pipeline `id`, if it has one; whether there is such a pipeline.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn drop_draft(&self, id: Uuid) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let is_there = pipelines::is_there(&transaction, id)?;
            pipeline_drafts::delete(&transaction, id)?;
            transaction.commit()?;
            Ok(is_there)
        })
        .await
    }
}
