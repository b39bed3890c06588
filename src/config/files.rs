//! Files that are the program's own: the mirror's, the spool's, and those beside them.

use std::fs::{Metadata, metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf, absolute};

use super::{Config, ConfigError, wrong};
use crate::db::sqlite::beside;
use crate::db::{DatabaseUrl, sqlite_file};

/// What files beside a database are called after it.
const BESIDE: [&str; 7] = ["", "-wal", "-shm", "-journal", ".lock", ".pause", ".rebuild"];

/// A file of its own: in the mirror's there would be no room for what the mirror does not take.
pub(super) fn spool(given: Option<&str>, database: &DatabaseUrl) -> Result<PathBuf, ConfigError> {
    let path = given.unwrap_or("checkfront-spool.db");
    sqlite_file(path).map_err(|reason| wrong("SPOOL_PATH", reason))?;
    let path = PathBuf::from(path);
    if let DatabaseUrl::Sqlite(mirror) = database
        && BESIDE.iter().any(|suffix| is_same(&path, &beside(mirror, suffix)))
    {
        let reason = format!("{} is the database itself, or a file of its own; name another file", path.display());
        return Err(wrong("SPOOL_PATH", reason));
    }
    if metadata(&path).is_ok_and(|there| !there.is_file()) {
        return Err(wrong("SPOOL_PATH", format!("{} is no file; name one, which need not be there", path.display())));
    }
    Ok(path)
}

/// Whether two paths lead to one file, which need not be there yet.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let inode = |file: Metadata| (file.dev(), file.ino());
    if let (Ok(one), Ok(other)) = (metadata(one), metadata(other)) {
        return inode(one) == inode(other);
    }
    let place = |path: &Path| path.canonicalize().or_else(|_| absolute(path)).unwrap_or_else(|_| path.to_owned());
    place(one) == place(other)
}

impl Config {
    /// Whether a path leads to the mirror, to the spool, or to what lies beside them: nothing else may be written there.
    pub(crate) fn is_own(&self, path: &Path) -> bool {
        let mirror = match &self.database_url {
            DatabaseUrl::Sqlite(mirror) => Some(mirror),
            DatabaseUrl::Postgres(_) => None,
        };
        let files = mirror.into_iter().chain([&self.spool_path]);
        files.into_iter().any(|file| BESIDE.iter().any(|suffix| is_same(path, &beside(file, suffix))))
    }
}
