//! Whether the names of a file and of its log still lead to what was opened by them. Who replaces or removes a file that
//! is open leaves it to its users, and what these write then is found by nobody.

use std::fs::metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::db::{Error, Result};

/// Device and inode of the file and of its log, where they are there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Names([Option<(u64, u64)>; 2]);

impl Names {
    /// Where they lead to now.
    pub(super) fn of(path: &Path) -> Self {
        let place = |path: PathBuf| metadata(path).ok().map(|file| (file.dev(), file.ino()));
        Self([place(path.to_owned()), place(beside(path, "-wal"))])
    }

    /// An error where they have come to lead elsewhere, or nowhere.
    pub(super) fn check(&self, path: &Path) -> Result<()> {
        if *self == Self::of(path) {
            return Ok(());
        }
        let source = io::Error::other(
            "the file, or its log, was replaced or removed while this program has it open; start this program again",
        );
        Err(Error::File { path: path.display().to_string(), source })
    }
}

/// A file beside another, such as `checkfront.db-wal`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(suffix);
    name.into()
}
