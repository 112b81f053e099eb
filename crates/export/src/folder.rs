//! Looking into a folder through its handle. No symbolic link is followed, wherever in a path it stands.

use std::io::{self, Read};
use std::path::Path;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, Permissions};

use crate::MAX_COMPARED_BYTES;
use crate::error::ExportError;
use crate::judge::Reason;
use crate::name::folded;

/// What is under a name.
#[derive(Debug)]
pub(crate) enum Found {
    Nothing,
    File { bytes: Vec<u8>, permissions: Permissions },
}

/// Opens the chosen folder, `None` if there is none yet. The folder itself may be reached through a link: the user
/// chose it.
pub(crate) fn open_root(folder: &Path) -> Result<Option<Dir>, ExportError> {
    match std::fs::metadata(folder) {
        Ok(metadata) if !metadata.is_dir() => Err(ExportError::NotAFolder { folder: folder.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        _ => Dir::open_ambient_dir(folder, ambient_authority())
            .map(Some)
            .map_err(|source| ExportError::Folder { folder: folder.to_owned(), source }),
    }
}

/// Opens the sub-folder `part`; `Ok(Ok(None))` when there is none.
///
/// # Errors
/// The outer one is the system's, the inner one says why the part is no folder to go into.
pub(crate) fn enter(dir: &Dir, part: &str) -> io::Result<Result<Option<Dir>, Reason>> {
    if let Some(other) = spelled_otherwise(dir, part)? {
        return Ok(Err(Reason::ExistsAs { other }));
    }
    let metadata = match dir.symlink_metadata(part) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ok(None)),
        other => other?,
    };
    if metadata.is_symlink() {
        return Ok(Err(Reason::Symlink { part: part.to_owned() }));
    }
    if !metadata.is_dir() {
        return Ok(Err(Reason::NotAFolder { part: part.to_owned() }));
    }
    // A link put there since the look is not followed but an error.
    dir.open_dir_nofollow(part).map(Some).map(Ok)
}

/// Reads the file `name` in `dir`.
///
/// # Errors
/// The outer one is the system's, the inner one says why it is no file to compare with.
pub(crate) fn look_at(dir: &Dir, name: &str) -> io::Result<Result<Found, Reason>> {
    if let Some(other) = spelled_otherwise(dir, name)? {
        return Ok(Err(Reason::ExistsAs { other }));
    }
    let metadata = match dir.symlink_metadata(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ok(Found::Nothing)),
        other => other?,
    };
    if metadata.is_symlink() {
        return Ok(Err(Reason::Symlink { part: name.to_owned() }));
    }
    if !metadata.is_file() {
        return Ok(Err(Reason::NotAFile));
    }
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No);
    let file = dir.open_with(name, &options)?;
    let permissions = file.metadata()?.permissions();
    let mut bytes = Vec::new();
    file.take(MAX_COMPARED_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_COMPARED_BYTES {
        return Ok(Err(Reason::TooLarge));
    }
    Ok(Ok(Found::File { bytes, permissions }))
}

/// The entry that is `name` but for case or normalisation, if `name` itself is not there. On a file system that
/// ignores case it would be taken for it, on another the two would clash as soon as the folder moves.
fn spelled_otherwise(dir: &Dir, name: &str) -> io::Result<Option<String>> {
    let key = folded(name);
    let mut other = None;
    for entry in dir.entries()? {
        let entry = entry?.file_name();
        let Some(entry) = entry.to_str() else { continue };
        if entry == name {
            return Ok(None);
        }
        if folded(entry) == key {
            other = Some(entry.to_owned());
        }
    }
    Ok(other)
}
