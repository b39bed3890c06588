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
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            // A typo must not make an empty SQLite file of that name.
            _ => Err("write sqlite://FILE or postgres://USER@HOST/NAME".to_owned()),
        }
    }
}

impl DatabaseUrl {
    /// Where the mirror lives, the same from whatever folder it is named, and without credentials.
    pub fn place(&self) -> String {
        match self {
            Self::Sqlite(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string(),
            Self::Postgres(_) => self.to_string(),
        }
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
mod tests {
    use super::*;

    #[test]
    fn an_unknown_scheme_is_refused() {
        for wrong in ["", "checkfront.db", "sqlit://x", "mysql://x", "postgres://", "sqlite://"] {
            assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        let url: DatabaseUrl = "postgres://ann:s3cret@db:5432/mirror?password=x".parse().expect("valid");
        assert_eq!(url.to_string(), "postgres://db:5432/mirror");
        assert_eq!(format!("{url:?}"), "DatabaseUrl(postgres://db:5432/mirror)");
    }
}
