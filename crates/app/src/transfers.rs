//! Long work on files, where anybody can look at it and steer it, and the downloads among it.

use std::time::Duration;

use brickwork_engine::Phrase;
use brickwork_models::CatalogEntry;
use brickwork_models::download::{DownloadError, DownloadOrder};
use brickwork_models::transfer::{Resumed, TransferError, TransferKind, TransferState, TransferView, Transfers};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::App;
use crate::error::AppError;
use crate::export::blocking;
use crate::request::invalid;

/// All transfers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TransfersView {
    /// The oldest first. Downloads that earlier programs left unfinished are among them, and those that other programs of
    /// this data folder work on.
    pub transfers: Vec<TransferView>,
}

/// What is to be downloaded: files of a repository, or a model of the catalog.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DownloadRequest {
    /// The hub's repository, `OWNER/NAME`; with `paths`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// A branch, a tag or a commit of it; `main` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Paths of the files in the repository, which belong together as one model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<String>>,
    /// The id of a model of the catalog, in place of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog_id: Option<String>,
    /// Its quantization; the recommended one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantization: Option<String>,
}

/// The transfer id that `text` spells.
///
/// # Errors
/// [`AppError::Unknown`] when it is no UUID: such a transfer cannot exist.
pub fn transfer_id_of(text: &str) -> Result<Uuid, AppError> {
    Uuid::parse_str(text).map_err(|_| unknown(text))
}

fn unknown(id: &str) -> AppError {
    AppError::Unknown { what: "transfer", id: id.to_owned(), remedy: "List the transfers to find its id.".into() }
}

impl App {
    /// The board on which every long work on files is put up.
    pub(crate) fn board(&self) -> &Transfers {
        &self.inner().board
    }

    /// All transfers, the oldest first.
    ///
    /// # Errors
    /// Never at present; reading the models folder leaves out what cannot be read.
    pub async fn transfers(&self) -> Result<TransfersView, AppError> {
        let elsewhere = self.look_for_left().await?;
        let mut transfers = self.board().list();
        transfers.extend(elsewhere);
        transfers.sort_by_key(|transfer| transfer.started_at);
        Ok(TransfersView { transfers })
    }

    /// Begins a download, or goes on with the same one that was begun before. What the hub says to it is seen in the
    /// transfer.
    ///
    /// # Errors
    /// [`AppError::InvalidRequest`] for a request that is neither the one nor the other, [`AppError::Unknown`] for a model
    /// that the catalog does not have, [`AppError::Download`] for names that cannot be used.
    pub async fn start_download(&self, request: DownloadRequest) -> Result<TransferView, AppError> {
        let order = self.order_of(request).await?;
        let downloads = self.inner().downloads.clone();
        Ok(blocking(move || downloads.start(&order)).await??)
    }

    /// Asks a transfer to stand still.
    ///
    /// # Errors
    /// [`AppError::Unknown`], or [`AppError::Download`] for one that has ended.
    pub async fn pause_transfer(&self, id: Uuid) -> Result<TransferView, AppError> {
        self.known(id).await?;
        self.board().pause(id).map_err(DownloadError::from)?;
        self.board().get(id).ok_or_else(|| unknown(&id.to_string()))
    }

    /// Lets a paused transfer go on, or a failed download try again.
    ///
    /// # Errors
    /// [`AppError::Unknown`], or [`AppError::Download`] for one that has ended.
    pub async fn resume_transfer(&self, id: Uuid) -> Result<TransferView, AppError> {
        let known = self.known(id).await?;
        let missing = || unknown(&id.to_string());
        if known.kind == TransferKind::Download {
            let downloads = self.inner().downloads.clone();
            if !blocking(move || downloads.resume(id)).await?? {
                return Err(missing());
            }
        } else if self.board().resume(id).map_err(DownloadError::from)? == Resumed::NeedsWorker {
            return Err(missing());
        }
        self.board().get(id).ok_or_else(missing)
    }

    /// Ends a transfer and removes what it has left unfinished; one that has ended goes from the list.
    ///
    /// # Errors
    /// [`AppError::Unknown`], or [`AppError::Download`] for a download that another program works on.
    pub async fn cancel_transfer(&self, id: Uuid) -> Result<(), AppError> {
        let known = self.known(id).await?;
        if known.kind == TransferKind::Download {
            let downloads = self.inner().downloads.clone();
            blocking(move || downloads.cancel(id)).await??;
        } else {
            self.board().cancel(id).map_err(DownloadError::from)?;
        }
        Ok(())
    }

    /// Waits until no paused download is worked on any more, so that everything that has arrived is on the disk, but no
    /// longer than `limit`.
    pub async fn downloads_at_rest(&self, limit: Duration) {
        let is_at_work = |transfer: &TransferView| {
            transfer.kind == TransferKind::Download
                && transfer.state == TransferState::Paused
                && self.board().is_worked_on(transfer.id)
        };
        let rest = async {
            while self.board().list().iter().any(is_at_work) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        // After that the file may lack its last bytes, which come again.
        let _ = tokio::time::timeout(limit, rest).await;
    }

    /// The transfer on this program's board.
    async fn known(&self, id: Uuid) -> Result<TransferView, AppError> {
        let elsewhere = self.look_for_left().await?;
        if let Some(transfer) = elsewhere.into_iter().find(|transfer| transfer.id == id) {
            return Err(DownloadError::Elsewhere { title: transfer.title }.into());
        }
        self.board().get(id).ok_or_else(|| unknown(&id.to_string()))
    }

    async fn look_for_left(&self) -> Result<Vec<TransferView>, AppError> {
        let downloads = self.inner().downloads.clone();
        blocking(move || downloads.look_for_left()).await
    }

    async fn order_of(&self, request: DownloadRequest) -> Result<DownloadOrder, AppError> {
        let DownloadRequest { repository, revision, paths, catalog_id, quantization } = request;
        match (repository, catalog_id) {
            (Some(repository), None) => {
                if quantization.is_some() {
                    return Err(misplaced("quantization", "catalog_id"));
                }
                let paths = paths.filter(|paths| !paths.is_empty()).ok_or_else(|| {
                    invalid("missing_field", "$.paths", "Which files is missing.", "Name the files of one model.")
                })?;
                Ok(DownloadOrder::new(repository, revision.unwrap_or_else(|| "main".into()), paths))
            }
            (None, Some(id)) => {
                if let Some((field, _)) = [("revision", revision.is_some()), ("paths", paths.is_some())]
                    .iter()
                    .find(|(_, is_there)| *is_there)
                {
                    return Err(misplaced(field, "repository"));
                }
                self.catalog_order(id, quantization).await
            }
            _ => Err(invalid(
                "one_of",
                "$",
                "This must have either `repository` or `catalog_id`.",
                "Name a repository with its files, or a model of the catalog.",
            )),
        }
    }

    /// The order for a model of the built-in catalog or of the user's own, by its id or that of one of its files.
    async fn catalog_order(&self, id: String, quantization: Option<String>) -> Result<DownloadOrder, AppError> {
        match self.catalog_model(&id).await? {
            Some(entry) => order_for(&entry, &id, quantization.as_deref()),
            None => Err(AppError::Unknown {
                what: "model in the catalog",
                id,
                remedy: "Look at the catalog for the models that it has.".into(),
            }),
        }
    }
}

fn order_for(entry: &CatalogEntry, id: &str, quantization: Option<&str>) -> Result<DownloadOrder, AppError> {
    let by_id = entry.file(id).filter(|_| quantization.is_none());
    let file = by_id.or_else(|| entry.quantized(quantization)).ok_or_else(|| {
        let message = format!("`{}` does not come in `{}`.", entry.id, quantization.unwrap_or_default());
        let known: Vec<&str> = entry.files.iter().map(|file| &*file.quantization).collect();
        let remedy = format!("It comes in {}.", known.join(", "));
        invalid("unknown_quantization", "$.quantization", message, &remedy).saying(
            Phrase::new("unknown_quantization")
                .with("id", &entry.id)
                .with("quantization", quantization.unwrap_or_default())
                .with("known", known.join(", ")),
        )
    })?;
    let Some(repository) = &entry.repository else {
        let message = format!("The catalog knows no repository that has `{}`.", entry.id);
        return Err(invalid("no_repository", "$.catalog_id", message, "Search the hub, or import a file.")
            .saying(Phrase::new("no_repository").with("id", &entry.id)));
    };
    Ok(DownloadOrder {
        repository: repository.clone(),
        revision: entry.revision.clone().unwrap_or_else(|| "main".into()),
        paths: file.paths.clone(),
        sha256: file.sha256.clone(),
        title: format!("{} {}", entry.title, file.quantization),
    })
}

fn misplaced(field: &str, beside: &str) -> AppError {
    let message = format!("`{field}` makes no sense without `{beside}`.");
    invalid("misplaced_field", &format!("$.{field}"), message, "Leave it out.")
}

impl From<TransferError> for AppError {
    fn from(error: TransferError) -> Self {
        DownloadError::from(error).into()
    }
}
