//! `DATABASE_URL`: its scheme picks the database.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the mirror lives.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `postgres://user@host/name`, or any other connection URL of libpq.
    Postgres(String),
    /// `sqlite://checkfront.db`: what follows the slashes is the path.
    Sqlite(PathBuf),
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        match url.split_once("://") {
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => Ok(Self::Postgres(url.to_owned())),
            Some(("sqlite", path)) if !path.is_empty() => {
                sqlite_file(path)?;
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            // A typo must not make an empty SQLite file of that name.
            _ => Err("write sqlite://FILE or postgres://USER@HOST/NAME".to_owned()),
        }
    }
}

/// An error for what SQLite takes for memory, or for a URI with options of its own: nothing of it would be on disk.
pub(crate) fn sqlite_file(path: &str) -> Result<(), String> {
    if path == ":memory:" || path.starts_with("file:") {
        return Err(format!(
            "`{path}` is not the path of a file; write one such as ./{}",
            path.replace([':', '?'], "_")
        ));
    }
    Ok(())
}

impl DatabaseUrl {
    /// Where the mirror lives, the same from whatever folder it is named, and without credentials.
    pub fn place(&self) -> String {
        match self {
            Self::Sqlite(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string(),
            Self::Postgres(_) => self.to_string(),
        }
    }

    /// The same database with another schema in front: for PostgreSQL alone.
    ///
    /// Said when the connection begins, so that it holds for every statement or, where a pooler refuses it, for none.
    pub(super) fn with_schema(url: &str, schema: &str) -> String {
        let option = format!("-csearch_path%3D{schema}");
        if let Some((before, after)) = url.split_once("options=") {
            let (given, rest) = after.split_at(after.find('&').unwrap_or(after.len()));
            return format!("{before}options={given}%20{option}{rest}");
        }
        let mark = if url.contains('?') { '&' } else { '?' };
        format!("{url}{mark}options={option}")
    }
}

impl fmt::Display for DatabaseUrl {
    /// Without user, password and parameters, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.split('?').next().unwrap_or_default();
                write!(f, "postgres://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests;
