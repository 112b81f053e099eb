//! Where a search for models begins: a home folder, a kind of system, and environment variables, all given by the caller.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// A kind of system, by which programs choose their folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostSystem {
    /// Linux and the other Unixes.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl HostSystem {
    /// The one that this program was built for.
    #[must_use]
    pub const fn current() -> Self {
        if cfg!(target_os = "windows") {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux
        }
    }
}

/// Where to look for the models of other programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The kind of system.
    pub system: HostSystem,
    /// The user's home folder; with `None` nothing is found below it.
    pub home: Option<PathBuf>,
    /// The environment variables that those programs read.
    pub variables: BTreeMap<String, OsString>,
}

impl Surroundings {
    /// The variables that matter, so that no others are kept.
    const VARIABLES: [&str; 9] = [
        "OLLAMA_MODELS",
        "HF_HOME",
        "HF_HUB_CACHE",
        "HUGGINGFACE_HUB_CACHE",
        "JAN_DATA_FOLDER",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "APPDATA",
    ];

    /// No home folder and no variables: nothing is found there.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self { system: HostSystem::current(), home: None, variables: BTreeMap::new() }
    }

    /// The home folder `home` on this system, with the environment of this process.
    #[must_use]
    pub fn of_process(home: Option<PathBuf>) -> Self {
        let variables = Self::VARIABLES.into_iter().filter_map(|name| Some((name.to_owned(), std::env::var_os(name)?)));
        Self { system: HostSystem::current(), home, variables: variables.collect() }
    }

    /// The absolute path that a variable names.
    pub(super) fn variable(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// `path` below the home folder.
    pub(super) fn in_home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(path))
    }

    /// Where programs keep their data on this kind of system.
    pub(super) fn data_dir(&self) -> Option<PathBuf> {
        match self.system {
            HostSystem::Linux => self.variable("XDG_DATA_HOME").or_else(|| self.in_home(".local/share")),
            HostSystem::MacOs => self.in_home("Library/Application Support"),
            HostSystem::Windows => self.variable("APPDATA").or_else(|| self.in_home("AppData/Roaming")),
        }
    }
}
