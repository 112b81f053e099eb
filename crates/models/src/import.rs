//! Taking model files of this machine into the models folder: linked where they lie, copied, or moved.
//!
//! Invariants: every header is read before anything is written, nothing is ever overwritten, and a copy appears under its
//! name only when it is whole, on the disk, and its checksum known.

mod carry_out;
mod plan;
mod relocate;

use std::io;
use std::path::PathBuf;

use brickwork_engine::Phrase;
use serde::{Deserialize, Serialize};

use crate::disk::DiskFull;
use crate::found::ModelProgram;
use crate::hashes::HashError;
use crate::names::BadName;
use crate::shards::MissingShard;
use crate::small_file::SmallFileError;
use crate::transfer::Cancelled;

pub use carry_out::{Imported, carry_out};
pub(crate) use carry_out::{room_in, set_readable, sync_folder};
pub use plan::{ImportOrder, ImportPlan, PlannedModel, PlannedPart, RefusedFile, plan_import};
pub use relocate::{Relocation, plan_relocation, relocate};

/// How a model gets into the models folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportMode {
    /// It stays where it is and is listed only.
    #[default]
    Link,
    /// It is copied.
    Copy,
    /// It is moved.
    Move,
}

/// Why a model is not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The path is no absolute one.
    #[error("`{}` is no absolute path. Give the full path of the file or folder", .0.display())]
    NotAbsolute(PathBuf),
    /// A file cannot be read or written.
    #[error("{} cannot be read or written: {cause}. Check its permissions and the free space", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It is no model that can be used.
    #[error("{} is not imported: {cause}. {}", path.display(), sentence(remedy))]
    NoModel {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
        /// What to do, beginning in lower case.
        remedy: &'static str,
        /// What is wrong with the file and what to do, in a form that can be put into another language, where there is one.
        phrase: Option<Box<Phrase>>,
    },
    /// There is no model in the folder.
    #[error("{} holds no model: neither `.gguf` files nor `config.json` with `.safetensors` files. Choose another folder", .0.display())]
    NothingThere(PathBuf),
    /// It is in the models folder.
    #[error("{} is in the models folder already, where it is listed by itself", .0.display())]
    InModelsFolder(PathBuf),
    /// A link is not moved.
    #[error("{} is a link to a file elsewhere, which some program may need. Copy it, or use it in place", .0.display())]
    IsLink(PathBuf),
    /// A name is given for several models.
    #[error("There are {0} models, which cannot have one name. Leave the name out, or import them one by one")]
    OneName(usize),
    /// The name is taken by another model.
    #[error(
        "There is another model called `{name}` in the models folder. Give this one another name, or remove that one"
    )]
    NameTaken {
        /// The id or file name.
        name: String,
    },
    /// The name cannot be.
    #[error("{0}. Give it another name")]
    BadName(#[from] BadName),
    /// A part is not there.
    #[error(transparent)]
    MissingShard(#[from] MissingShard),
    /// There is too little room.
    #[error(transparent)]
    DiskFull(#[from] DiskFull),
    /// It is not the file that its origin says.
    #[error("{} has the SHA-256 {found}, but was downloaded with {expected}: it has changed since. Get the file again", path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The checksum at its download.
        expected: String,
        /// The one that it has.
        found: String,
    },
    /// Another program keeps it.
    #[error("{} belongs to {program}, which would lose it. Copy it with an import, or leave it there", path.display())]
    BelongsTo {
        /// The file or folder.
        path: PathBuf,
        /// The program.
        program: &'static str,
    },
    /// It is no folder for a model.
    #[error("{} is no folder for the model: {reason}. Choose another folder", path.display())]
    NoTarget {
        /// The folder.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// It is not the file whose checksum was recorded.
    #[error("{} has the SHA-256 {found}, not {expected}: it was changed since its checksum was recorded. Verify the model, or get it again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The recorded checksum.
        expected: String,
        /// The one that it has.
        found: String,
    },
    /// The program's own notes cannot be read or written.
    #[error(transparent)]
    Notes(#[from] SmallFileError),
    /// The checksum cannot be recorded.
    #[error(transparent)]
    Records(#[from] HashError),
    /// The user ended it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// The text with a capital letter before it.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// What is known of a model beside its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOrigin {
    /// The program that keeps it.
    pub program: Option<ModelProgram>,
    /// What that program calls it.
    pub name: Option<String>,
    /// SHA-256 that the program gives for its file.
    pub sha256: Option<String>,
}
