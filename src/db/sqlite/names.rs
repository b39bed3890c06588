//! Whether the names of a file, of its log and of the log's index still lead to what was opened by them. Who replaces or removes a file that
//! is open leaves it to its users, and what these write then is found by nobody.

use std::fs::{metadata, remove_file};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::db::{Error, Result};

/// What they are called after the file.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// Device and inode of each, where it is there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Names([Option<(u64, u64)>; 3]);

impl Names {
    /// Where they lead to now.
    pub(crate) fn of(path: &Path) -> Self {
        let place = |path: PathBuf| metadata(path).ok().map(|file| (file.dev(), file.ino()));
        Self(SUFFIXES.map(|suffix| place(beside(path, suffix))))
    }

    /// Whether they still do.
    pub(crate) fn still_lead(&self, path: &Path) -> bool {
        *self == Self::of(path)
    }

    /// Whether that of the file does, wherever the others lead.
    pub(crate) fn file_still_leads(&self, path: &Path) -> bool {
        self.0[0] == Self::of(path).0[0]
    }

    /// Removes those that still do. Who has the file open goes on with what it opened.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        let now = Self::of(path);
        let own = SUFFIXES.iter().zip(self.0.iter().zip(&now.0)).filter(|(_, (own, now))| own.is_some() && own == now);
        own.into_iter().try_for_each(|(suffix, _)| remove_file(beside(path, suffix)))
    }

    /// An error where they have come to lead elsewhere, or nowhere.
    pub(super) fn check(&self, path: &Path) -> Result<()> {
        if self.still_lead(path) {
            return Ok(());
        }
        let source = io::Error::other(
            "the file, its log or the log's index was replaced or removed while this program has it open; start this program again",
        );
        Err(Error::File { path: path.display().to_string(), source })
    }
}

/// A file beside another, such as `checkfront.db-wal`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(suffix);
    name.into()
}
