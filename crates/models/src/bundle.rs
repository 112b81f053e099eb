//! One file that carries pipelines, the models that they need, or their names and checksums, to a machine without a
//! network.
//!
//! A zip without compression (zip64 where it is large): `manifest.json`, `pipelines/N.json` from 1, `models/PATH`.
//! Invariants: a bundle overwrites nothing when it is written; when it is read nothing in it is trusted, so names, sizes
//! and the set of entries are checked before a byte is extracted, and nothing appears in the models folder before its
//! checksum was seen to be right.

mod error;
mod manifest;
mod read;
mod write;

pub use error::{BundleError, BundleFault};
pub use manifest::{BundleManifest, BundleModelFile, BundlePipeline, FORMAT};
pub use read::{Bundle, ExtractedModel};
pub use write::{BundleContents, BundleSource, write_bundle};
