//! Why a bundle is not written or not read.

use std::io;
use std::path::PathBuf;

use crate::disk::DiskFull;
use crate::hashes::HashError;
use crate::small_file::SmallFileError;
use crate::transfer::Cancelled;

/// Why a bundle is not written or not read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file to write exists.
    #[error("{} exists already, and a bundle overwrites nothing. Choose another name", .0.display())]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{} cannot be read or written: {cause}. Check its permissions and the free space", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A model is not what it should be.
    #[error("{} has the SHA-256 {found}, not {expected}: it was changed. Verify the model, or get it again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The checksum that it should have.
        expected: String,
        /// The one that it has.
        found: String,
    },
    /// A model has a file whose name cannot be in a bundle.
    #[error("{} has a name that cannot be in a bundle. Rename the model first", .0.display())]
    Unnameable(PathBuf),
    /// The bundle is not to be trusted, or cannot be used.
    #[error("{} is not imported: {fault}. Nothing was changed", path.display())]
    Refused {
        /// The bundle.
        path: PathBuf,
        /// What is wrong with it.
        fault: BundleFault,
    },
    /// Another model has the name.
    #[error(
        "There is another model in the models folder that has the name `{0}` of one in the bundle. Rename yours first; nothing was changed"
    )]
    NameTaken(String),
    /// There is too little room.
    #[error(transparent)]
    DiskFull(#[from] DiskFull),
    /// The program's own notes cannot be read or written.
    #[error(transparent)]
    Notes(#[from] SmallFileError),
    /// A checksum cannot be recorded.
    #[error(transparent)]
    Records(#[from] HashError),
    /// The user ended it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What is wrong with a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleFault {
    /// It cannot be read.
    #[error("it cannot be read ({0})")]
    Unreadable(io::Error),
    /// It is no zip file, or a damaged one.
    #[error("it is no whole bundle ({0}); copy it again")]
    NoZip(String),
    /// Its manifest is no such thing.
    #[error("its manifest cannot be used ({0}); make the bundle again")]
    Manifest(String),
    /// It was made by a newer program.
    #[error("it has format {0}, which this Brickwork does not know; update Brickwork")]
    Newer(u32),
    /// It holds something that its manifest does not name, or lacks something.
    #[error("it holds other files than its manifest says (`{}`); make the bundle again", .0.escape_debug())]
    OtherEntries(String),
    /// A name would lead elsewhere.
    #[error("`{}` in it is no name that a file may have ({reason})", name.escape_debug())]
    Name {
        /// The name.
        name: String,
        /// Why.
        reason: String,
    },
    /// An entry has another size than the manifest says, or an impossible one.
    #[error("`{}` in it has another size than its manifest says, or an impossible one", .0.escape_debug())]
    Size(String),
    /// An entry has another content than the manifest says.
    #[error("`{}` in it is damaged: its SHA-256 differs from the manifest's; copy the bundle again", .0.escape_debug())]
    Hash(String),
    /// A model in it is none that can be used.
    #[error("the model `{}` in it cannot be used: {reason}", id.escape_debug())]
    Model {
        /// The model.
        id: String,
        /// Why.
        reason: String,
    },
}
