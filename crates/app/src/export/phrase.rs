//! What keeps a file from being exported, in a form that can be put into another language.

use brickwork_artifacts::PathFault;
use brickwork_engine::Phrase;
use brickwork_export::{NameFault, Reason};

/// The stable word of a fault of a path. Its sentence is the rest of one that begins with the path.
pub(crate) const fn path_reason(fault: PathFault) -> &'static str {
    match fault {
        PathFault::Empty => "path_empty",
        PathFault::Absolute => "path_absolute",
        PathFault::Parent => "path_leads_out",
        PathFault::EmptyPart => "path_empty_part",
        PathFault::Tilde => "path_tilde",
        PathFault::Control => "path_control_character",
        PathFault::Invisible => "path_invisible_character",
        PathFault::Colon => "path_colon",
        PathFault::Backslash => "path_backslash",
        PathFault::Forbidden => "path_forbidden_character",
        PathFault::Reserved => "path_reserved",
        PathFault::TrailingDotOrSpace => "path_trailing_dot",
        PathFault::TooLong => "path_too_long_for_files",
    }
}

/// The same for a fault of a name.
pub(crate) const fn name_reason(fault: NameFault) -> &'static str {
    match fault {
        NameFault::Path(fault) => path_reason(fault),
        NameFault::Git => "name_of_git",
        NameFault::Env => "name_of_secrets",
        NameFault::Manifest => "name_of_manifest",
    }
}

/// Why a file is a conflict, refused or skipped. The sentence is the rest of one that begins with the file's name.
pub(crate) fn file_phrase(reason: &Reason) -> Phrase {
    match reason {
        Reason::Name(fault) => Phrase::new(name_reason(*fault)),
        Reason::Symlink { part } => Phrase::new("file_behind_link").with("part", part),
        Reason::NotAFolder { part } => Phrase::new("file_below_file").with("part", part),
        Reason::NotAFile => Phrase::new("file_not_regular"),
        Reason::TooLarge => Phrase::new("file_too_large"),
        Reason::Edited => Phrase::new("file_edited"),
        Reason::NotOurs => Phrase::new("file_not_ours"),
        Reason::ExistsAs { other } => Phrase::new("file_exists_as").with("other", other),
        Reason::Collides { other } => Phrase::new("file_collides").with("other", other),
        Reason::NotOurManifest => Phrase::new("file_not_our_manifest"),
        Reason::Same => Phrase::new("file_same"),
        Reason::Removed => Phrase::new("file_removed"),
        Reason::FolderGone => Phrase::new("file_folder_gone"),
        Reason::NotChosen => Phrase::new("file_not_chosen"),
    }
}
