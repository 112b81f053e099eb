//! A hub of models, in the form that the Hugging Face Hub has and its mirrors copy: searching, listing a repository's
//! files with their checksums, and opening a file for reading from any byte on.
//!
//! Invariants: the token goes to the hub's own origin and to no other, and never over an unencrypted connection to another
//! machine; redirects are followed by hand, never from https to http; every name and checksum that a hub sends is checked
//! before it is used. Nothing here writes a file.
//!
//! The routes and header fields are those that `huggingface_hub` and `@huggingface/hub` use.

mod access;
mod endpoint;
mod error;
mod groups;
mod listing;
mod names;
mod refusal;

pub(crate) use access::Opened;
pub use access::{Hub, HubConnections, HubToken};
pub use endpoint::Endpoint;
pub use error::HubError;
pub use groups::{HubModelFiles, quantization_in};
pub use listing::{HubFile, HubModel, HubRepository};
pub use names::sha256_digest;
pub(crate) use names::{check_path, check_repository, check_revision};
