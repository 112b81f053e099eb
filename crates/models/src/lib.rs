//! Model files: what is in the models folder, which file plays which role, and whether a file is what it claims to be.
//!
//! Only headers and checksums are read here, with bounded memory and no foreign code, so that a broken file is refused
//! before any process loads it. No model is loaded, nothing is downloaded and nothing is written.

mod bindings;
mod catalog;
mod folder;
pub mod gguf;
mod verify;

pub use bindings::{BindingChoice, BindingProblem, Bindings, resolve};
pub use catalog::{CatalogEntry, DEFAULT_MODEL_ID, SamplerDefaults, catalog, catalog_entry, sampler_defaults};
pub use folder::{ModelFile, ModelsFolder, ScanError};
pub use verify::{VerifyError, verify_sha256};
