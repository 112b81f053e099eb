//! What a user keeps: projects, and the pipelines saved in them with all their versions.

use brickwork_engine::{JsonMap, RunId, Timestamp};
use rusqlite::{Connection, TransactionBehavior};
use uuid::Uuid;

use crate::column::Id;
use crate::error::{Fault, StoreError};
use crate::retention;
use crate::store::{DEFAULT_PROJECT_ID, Store};
use crate::table::{PipelineSummary, Project, SavedPipeline, SavedVersion, VersionSummary};
use crate::table::{pipeline_drafts, pipeline_versions, pipelines, projects};

/// A document to save as a pipeline's next version.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineDraft {
    /// Any JSON object with a text `name`.
    pub document: JsonMap,
    /// What the user calls this version.
    pub label: Option<String>,
    /// The version that the user changed, where it shall be the newest one still.
    pub base_version: Option<u32>,
}

/// What went with a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletedProject {
    /// Its runs.
    pub runs: u64,
    /// Its saved pipelines.
    pub pipelines: u64,
}

impl Store {
    /// The pipelines saved in a project, or in all projects, the last saved first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pipelines(&self, project_id: Option<Uuid>) -> Result<Vec<PipelineSummary>, StoreError> {
        self.read(move |connection| pipelines::list(connection, project_id)).await
    }

    /// A saved pipeline with its newest document and its draft.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pipeline(&self, id: Uuid) -> Result<Option<SavedPipeline>, StoreError> {
        self.read(move |connection| {
            // One read transaction, so that a draft is never seen beside the version that took its place.
            let transaction = connection.unchecked_transaction()?;
            let Some(saved) = pipelines::get(&transaction, id)? else { return Ok(None) };
            Ok(Some(SavedPipeline { draft: pipeline_drafts::get(&transaction, id)?, ..saved }))
        })
        .await
    }

    /// Saves a new pipeline `id` in a project, as its version 1.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when its project does not exist or its id is taken; others when the database cannot be
    /// written.
    pub async fn create_pipeline(
        &self,
        id: Uuid,
        project_id: Uuid,
        draft: PipelineDraft,
        at: Timestamp,
    ) -> Result<SavedPipeline, StoreError> {
        let PipelineDraft { document, label, .. } = draft;
        let name = name_of(&document);
        let saved = SavedPipeline {
            id,
            project_id,
            name,
            version: 1,
            label,
            document,
            created_at: at,
            updated_at: at,
            draft: None,
        };
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            pipelines::put(&transaction, &saved)?;
            // A second pipeline with this id would have a first version already, so this refuses it.
            pipeline_versions::insert(&transaction, &saved, None)?;
            transaction.commit()?;
            Ok(saved)
        })
        .await
    }

    /// Saves the draft as the next version of the pipeline `id`. A document that equals the newest one makes no version;
    /// a label given with it becomes the newest version's. `None` for an unknown pipeline.
    ///
    /// # Errors
    /// [`StoreError::StaleVersion`] when the draft's base is not the newest version; others when the database cannot be
    /// written.
    pub async fn update_pipeline(
        &self,
        id: Uuid,
        draft: PipelineDraft,
        at: Timestamp,
    ) -> Result<Option<SavedPipeline>, StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let Some(newest) = pipelines::get(&transaction, id)? else { return Ok(None) };
            if let Some(base) = draft.base_version.filter(|base| *base != newest.version) {
                return Err(StoreError::StaleVersion { base, newest: newest.version }.into());
            }
            let saved = advance(&transaction, newest, draft.document, draft.label, None, at)?;
            pipeline_drafts::delete(&transaction, id)?;
            transaction.commit()?;
            Ok(Some(saved))
        })
        .await
    }

    /// Makes the document of version `version` the newest one again, as a new version. `None` for an unknown pipeline or
    /// version.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn restore_pipeline(
        &self,
        id: Uuid,
        version: u32,
        at: Timestamp,
    ) -> Result<Option<SavedPipeline>, StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let Some(newest) = pipelines::get(&transaction, id)? else { return Ok(None) };
            let Some(old) = pipeline_versions::get(&transaction, id, version)? else { return Ok(None) };
            let saved = advance(&transaction, newest, old.document, None, Some(version), at)?;
            // It would hide what was just restored.
            pipeline_drafts::delete(&transaction, id)?;
            transaction.commit()?;
            Ok(Some(saved))
        })
        .await
    }

    /// Removes a saved pipeline with all its versions; whether there was one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delete_pipeline(&self, id: Uuid) -> Result<bool, StoreError> {
        self.write(move |connection| pipelines::delete(connection, id)).await
    }

    /// The versions of a pipeline, the newest first; none for an unknown pipeline, since every pipeline has one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pipeline_versions(&self, id: Uuid) -> Result<Vec<VersionSummary>, StoreError> {
        self.read(move |connection| pipeline_versions::list(connection, id)).await
    }

    /// One version of a pipeline.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pipeline_version(&self, id: Uuid, version: u32) -> Result<Option<SavedVersion>, StoreError> {
        self.read(move |connection| pipeline_versions::get(connection, id, version)).await
    }

    /// Calls a version something else, or nothing; the version as it is then. `None` for an unknown one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn label_version(
        &self,
        id: Uuid,
        version: u32,
        label: Option<String>,
    ) -> Result<Option<VersionSummary>, StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            pipeline_versions::set_label(&transaction, id, version, label.as_deref())?;
            let labelled = pipeline_versions::summary(&transaction, id, version)?;
            transaction.commit()?;
            Ok(labelled)
        })
        .await
    }

    /// Gives a project another name, folder and context; whether there is one with its id.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn update_project(&self, project: Project) -> Result<bool, StoreError> {
        self.write(move |connection| projects::update(connection, &project)).await
    }

    /// Removes a project, and with `with_content` its runs and pipelines, all in one transaction. `None` for an unknown
    /// project.
    ///
    /// # Errors
    /// [`StoreError::DefaultProject`], [`StoreError::ProjectNotEmpty`] without `with_content`,
    /// [`StoreError::ProjectBusy`] when one of its runs has not ended; then nothing was removed. Others when the database
    /// cannot be written.
    pub async fn delete_project(&self, id: Uuid, with_content: bool) -> Result<Option<DeletedProject>, StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let deleted = delete_project(&transaction, id, with_content)?;
            transaction.commit()?;
            Ok(deleted)
        })
        .await
    }
}

/// Keeps `document` as a version of the pipeline, unless it is the newest one; the version that it is. `None` for an
/// unknown pipeline. The draft stays: what is run is not what is being edited.
pub(crate) fn keep_version(
    connection: &Connection,
    id: Uuid,
    document: JsonMap,
    at: Timestamp,
) -> Result<Option<u32>, Fault> {
    let Some(newest) = pipelines::get(connection, id)? else { return Ok(None) };
    Ok(Some(advance(connection, newest, document, None, None, at)?.version))
}

/// The next version of `newest`, unless nothing changed.
fn advance(
    connection: &Connection,
    newest: SavedPipeline,
    document: JsonMap,
    label: Option<String>,
    restored_from: Option<u32>,
    at: Timestamp,
) -> Result<SavedPipeline, Fault> {
    if same(&newest.document, &document)? {
        let Some(label) = label else { return Ok(newest) };
        pipeline_versions::set_label(connection, newest.id, newest.version, Some(&label))?;
        return Ok(SavedPipeline { label: Some(label), ..newest });
    }
    let name = name_of(&document);
    let saved = SavedPipeline { name, version: newest.version + 1, label, document, updated_at: at, ..newest };
    pipelines::put(connection, &saved)?;
    pipeline_versions::insert(connection, &saved, restored_from)?;
    Ok(saved)
}

/// Whether two documents have the same JSON text. The order of keys counts: it is the order in which a prompt shows them.
fn same(one: &JsonMap, other: &JsonMap) -> Result<bool, Fault> {
    let text = |document: &JsonMap| serde_json::to_string(document).map_err(Fault::storage);
    Ok(text(one)? == text(other)?)
}

fn name_of(document: &JsonMap) -> String {
    document.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned()
}

fn delete_project(connection: &Connection, id: Uuid, with_content: bool) -> Result<Option<DeletedProject>, Fault> {
    if id == DEFAULT_PROJECT_ID {
        return Err(StoreError::DefaultProject.into());
    }
    if projects::get(connection, id)?.is_none() {
        return Ok(None);
    }
    let count = |sql: &str| -> Result<u64, Fault> {
        Ok(connection.prepare_cached(sql)?.query_row([Id(id)], |row| row.get(0))?)
    };
    let runs = count("SELECT count(*) FROM orchestration_runs WHERE project_id = ?1 AND deleted_at IS NULL")?;
    let saved = count("SELECT count(*) FROM pipelines WHERE project_id = ?1")?;
    if !with_content && runs + saved > 0 {
        return Err(StoreError::ProjectNotEmpty { runs, pipelines: saved }.into());
    }
    if let Some(run_id) = unfinished(connection, id)? {
        return Err(StoreError::ProjectBusy { run_id }.into());
    }
    retention::delete_runs_of_project(connection, id)?;
    pipelines::delete_of_project(connection, id)?;
    projects::delete(connection, id)?;
    Ok(Some(DeletedProject { runs, pipelines: saved }))
}

/// The oldest run of the project that has not ended.
fn unfinished(connection: &Connection, project_id: Uuid) -> Result<Option<RunId>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT run_id FROM orchestration_runs WHERE project_id = ?1 AND status IN ('PENDING', 'RUNNING')
         ORDER BY created_at, run_id LIMIT 1",
    )?;
    let mut rows = statement.query([Id(project_id)])?;
    Ok(rows.next()?.map(|row| row.get::<_, Id>(0)).transpose()?.map(|id| id.0))
}
