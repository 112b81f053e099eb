//! A backup's file: a zip of `manifest.json` and `brickwork.db`, and nothing else.
//!
//! An archive may come from anywhere, so reading trusts nothing in it: two known names, bounded sizes, a hash. A name
//! from it never reaches the file system.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use brickwork_engine::Timestamp;
use brickwork_store::SCHEMA_VERSION;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::error::{ArchiveFault, BackupError};
use super::is_known_schema;

/// The format that this program writes, and the only one that it reads.
pub(super) const FORMAT: u32 = 1;
/// The database's name, in the archive and in the data folder.
pub(super) const DATABASE: &str = "brickwork.db";
const MANIFEST: &str = "manifest.json";

/// The largest manifest, in bytes.
const MAX_MANIFEST_BYTES: u64 = 64 * 1024;
/// The largest database that a backup holds, in bytes: beyond what ten years of use make, below what fills a disk.
pub(super) const MAX_DATABASE_BYTES: u64 = 16 << 30;
/// Where an SQLite file has its application id (<https://www.sqlite.org/fileformat.html>, section 1.3).
const HEADER_BYTES: usize = 100;

/// What an archive says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// [`FORMAT`].
    pub(super) format: u32,
    /// The version of the program that made it.
    pub(super) program_version: String,
    /// When.
    pub(super) created_at: Timestamp,
    /// The version of the database's schema.
    pub(super) schema_version: i64,
    /// The database's size in bytes.
    pub(super) database_bytes: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub(super) sha256: String,
    /// Runs in it.
    pub(super) runs: u64,
    /// Projects in it.
    pub(super) projects: u64,
    /// Saved pipelines in it.
    pub(super) pipelines: u64,
}

/// SHA-256 in hexadecimal digits and size in bytes of a file.
pub(super) fn sha256_of(path: &Path) -> io::Result<(String, u64)> {
    let mut hash = Hashing { to: io::sink(), hash: Sha256::new(), n_bytes: 0 };
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok((hash.hex(), hash.n_bytes))
}

/// Writes the archive of the database file `database` into `file`.
pub(super) fn write(file: &mut File, manifest: &Manifest, database: &Path) -> io::Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o600)
        .large_file(manifest.database_bytes > u64::from(u32::MAX) / 2);
    let mut zip = ZipWriter::new(file);
    zip.start_file(MANIFEST, options)?;
    serde_json::to_writer_pretty(&mut zip, manifest)?;
    zip.start_file(DATABASE, options)?;
    io::copy(&mut File::open(database)?, &mut zip)?;
    zip.finish()?.flush()
}

/// An archive that was opened, its manifest read.
pub(super) struct Archive {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    pub(super) manifest: Manifest,
}

impl Archive {
    /// Opens the archive and checks everything that can be checked without reading the database.
    pub(super) fn open(path: &Path) -> Result<Self, BackupError> {
        let refused = |fault| BackupError::Archive { path: path.to_owned(), fault };
        let (zip, manifest) = open(path).map_err(refused)?;
        Ok(Self { path: path.to_owned(), zip, manifest })
    }

    /// Writes the database into the new file `target`, and checks its size, its beginning and its hash.
    pub(super) fn extract_database(&mut self, target: &Path) -> Result<(), BackupError> {
        let refused = |fault| BackupError::Archive { path: self.path.clone(), fault };
        let failed = |source| BackupError::Write { path: target.to_owned(), source };
        let damaged = |error: io::Error| refused(ArchiveFault::Damaged(error.to_string()));
        let entry = self.zip.by_name(DATABASE).map_err(|error| refused(ArchiveFault::NoZip(error.to_string())))?;
        // One byte more than there may be, so that a longer entry shows.
        let mut entry = entry.take(self.manifest.database_bytes + 1);
        let file = File::options().write(true).create_new(true).open(target).map_err(failed)?;
        let mut hash = Hashing { to: file, hash: Sha256::new(), n_bytes: 0 };

        let mut header = [0; HEADER_BYTES];
        entry.read_exact(&mut header).map_err(damaged)?;
        if !describes(&header, self.manifest.database_bytes) {
            return Err(refused(ArchiveFault::NoDatabase));
        }
        hash.write_all(&header).map_err(failed)?;
        let mut chunk = vec![0; 64 * 1024];
        loop {
            match entry.read(&mut chunk).map_err(damaged)? {
                0 => break,
                n => hash.write_all(&chunk[..n]).map_err(failed)?,
            }
        }
        hash.to.sync_all().map_err(failed)?;
        if hash.n_bytes != self.manifest.database_bytes {
            return Err(refused(ArchiveFault::Size));
        }
        if !hash.hex().eq_ignore_ascii_case(&self.manifest.sha256) {
            return Err(refused(ArchiveFault::Hash));
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<(ZipArchive<BufReader<File>>, Manifest), ArchiveFault> {
    let no_zip = |error: zip::result::ZipError| ArchiveFault::NoZip(error.to_string());
    let file = File::open(path).map_err(ArchiveFault::Unreadable)?;
    if !file.metadata().map_err(ArchiveFault::Unreadable)?.is_file() {
        return Err(ArchiveFault::OtherEntries);
    }
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(no_zip)?;
    let mut seen = Vec::new();
    for index in 0..zip.len().min(3) {
        let entry = zip.by_index(index).map_err(no_zip)?;
        if !entry.is_file() || entry.encrypted() {
            return Err(ArchiveFault::OtherEntries);
        }
        seen.push((entry.name_raw().to_vec(), entry.size()));
    }
    seen.sort();
    let [(database, database_bytes), (manifest, manifest_bytes)] = seen.as_slice() else {
        return Err(ArchiveFault::OtherEntries);
    };
    if database != DATABASE.as_bytes() || manifest != MANIFEST.as_bytes() {
        return Err(ArchiveFault::OtherEntries);
    }
    if *manifest_bytes > MAX_MANIFEST_BYTES || *database_bytes > MAX_DATABASE_BYTES {
        return Err(ArchiveFault::Size);
    }
    let manifest = read_manifest(&mut zip)?;
    if manifest.database_bytes != *database_bytes {
        return Err(ArchiveFault::Size);
    }
    Ok((zip, manifest))
}

fn read_manifest(zip: &mut ZipArchive<BufReader<File>>) -> Result<Manifest, ArchiveFault> {
    /// What every format has.
    #[derive(Deserialize)]
    struct Any {
        format: u32,
    }
    let mut text = String::new();
    let entry = zip.by_name(MANIFEST).map_err(|error| ArchiveFault::NoZip(error.to_string()))?;
    entry
        .take(MAX_MANIFEST_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| ArchiveFault::Manifest(error.to_string()))?;
    let unreadable = |error: serde_json::Error| ArchiveFault::Manifest(error.to_string());
    let Any { format } = serde_json::from_str(&text).map_err(unreadable)?;
    if format != FORMAT {
        return Err(ArchiveFault::Format(format));
    }
    let manifest: Manifest = serde_json::from_str(&text).map_err(unreadable)?;
    if !is_known_schema(&manifest) {
        return Err(ArchiveFault::Newer { found: manifest.schema_version, known: SCHEMA_VERSION });
    }
    Ok(manifest)
}

/// Whether `header` begins an SQLite file of `n_bytes` bytes, so that an archive of something else ends here and not
/// after it has filled the disk.
fn describes(header: &[u8; HEADER_BYTES], n_bytes: u64) -> bool {
    let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let n_pages = u32::from_be_bytes([header[28], header[29], header[30], header[31]]);
    header.starts_with(b"SQLite format 3\0") && page_bytes * u64::from(n_pages) == n_bytes
}

/// Passes bytes on and hashes them.
struct Hashing<W> {
    to: W,
    hash: Sha256,
    n_bytes: u64,
}

impl<W> Hashing<W> {
    fn hex(&self) -> String {
        self.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.to.write(bytes)?;
        self.hash.update(&bytes[..n]);
        self.n_bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
