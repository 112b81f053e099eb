//! Room on the disk.

use std::io;
use std::path::{Path, PathBuf};

/// Room that is left free beside what is written, so that the system and the database can go on: 256 MiB.
pub const DISK_MARGIN_BYTES: u64 = 256 << 20;

/// Too little room for what is to be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} has {free_bytes} bytes free, but {needed_bytes} are needed, some room to spare among them: make room, or use a folder on another disk",
    folder.display()
)]
pub struct DiskFull {
    /// The folder.
    pub folder: PathBuf,
    /// The bytes that are needed, the margin included.
    pub needed_bytes: u64,
    /// The bytes that are free.
    pub free_bytes: u64,
}

/// Bytes that this user can still write below `folder`, which may not exist yet as long as a folder above it does.
///
/// # Errors
/// When the system does not tell.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    fs4::available_space(existing(folder)?)
}

/// Bytes of the whole disk on which `folder` lies.
///
/// # Errors
/// When the system does not tell.
pub fn total_bytes(folder: &Path) -> io::Result<u64> {
    fs4::total_space(existing(folder)?)
}

/// Refuses to begin what would fill the disk: `wanted_bytes` more below `folder`. A system that does not tell its free
/// room refuses nothing.
///
/// # Errors
/// [`DiskFull`].
pub fn check_room(folder: &Path, wanted_bytes: u64) -> Result<(), DiskFull> {
    let Ok(free_bytes) = free_bytes(folder) else { return Ok(()) };
    let needed_bytes = wanted_bytes.saturating_add(DISK_MARGIN_BYTES);
    if free_bytes < needed_bytes {
        return Err(DiskFull { folder: folder.to_owned(), needed_bytes, free_bytes });
    }
    Ok(())
}

fn existing(folder: &Path) -> io::Result<&Path> {
    let found = folder.ancestors().find(|folder| folder.is_dir());
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no folder above it exists"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_told_and_kept() {
        let folder = std::env::temp_dir();
        let missing = folder.join("not/there/yet");
        assert!(total_bytes(&missing).is_ok_and(|total| free_bytes(&missing).is_ok_and(|free| free <= total)));
        assert_eq!(check_room(&folder, u64::MAX).map_err(|full| full.needed_bytes), Err(u64::MAX));
    }
}
