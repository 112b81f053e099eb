//! Model files: what is in the models folder and in those of other programs, how files get there from a hub, from this
//! machine and in bundles, which file plays which role, what it needs, and whether it is what it claims to be.
//!
//! Headers and checksums are read with bounded memory and no foreign code, so that a broken file is refused before any
//! process loads it; no model is loaded here. Nothing is ever overwritten, and no file is listed before it is whole.

mod bindings;
pub mod bundle;
mod catalog;
mod check;
pub mod disk;
pub mod download;
pub mod fit;
mod folder;
pub mod found;
pub mod gguf;
mod hashes;
mod headers;
pub mod hub;
mod import;
mod links;
mod names;
mod phrases;
mod provenance;
mod remove;
pub mod safetensors;
pub mod shards;
mod small_file;
pub mod transfer;
mod usage;
mod verify;

pub use bindings::{BindingChoice, BindingProblem, Bindings, resolve};
pub use catalog::{
    Catalog, CatalogEntry, CatalogFile, DEFAULT_MODEL_ID, OWN_CATALOG, OwnCatalog, OwnCatalogProblem, SamplerDefaults,
    Workstation, catalog, catalog_entry, catalog_file, own_catalog, own_sampler_defaults, sampler_defaults,
};
pub use check::{CheckError, CheckedAgainst, CheckedFile, check_file, expected_sha256};
pub use folder::{ModelFile, ModelFormat, ModelsFolder, ScanError, model_paths};
pub use hashes::{FileStamp, HashError, HashRecord, HashState, Hashes, check_hash, forget_hash, record_hash};
pub use headers::{UnusableFile, header_of, loaded_header_of, safetensors_of};
pub use import::{
    ImportError, ImportMode, ImportOrder, ImportOrigin, ImportPlan, Imported, PlannedModel, PlannedPart, RefusedFile,
    Relocation, carry_out, plan_import, plan_relocation, relocate,
};
pub use links::{LinkedModel, links};
pub use names::{BadName, check_name, safe_name};
pub use provenance::{Provenance, provenance_path, read_provenance, write_provenance};
pub use remove::{RemoveError, Removed, files_of_model, remove_model, rename_model};
pub use small_file::SmallFileError;
pub use usage::{ModelUsage, PartialUsage, Usage, usage};
pub use verify::{VerifyError, is_sha256, verify_sha256};
