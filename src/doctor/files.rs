//! Files: is there room, and who may read them?

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Allowances, Check, Finding, Severity};
use crate::config::Config;
use crate::db::DatabaseUrl;

/// Beside a SQLite file.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

pub(super) fn examine(config: &Config, allowances: &Allowances) -> Vec<Finding> {
    let database = match &config.database_url {
        DatabaseUrl::Sqlite(path) => Some(path.clone()),
        DatabaseUrl::Postgres(_) => None,
    };
    let stores: Vec<_> = database.into_iter().chain([config.spool_path.clone()]).collect();
    let mut findings: Vec<_> = stores.iter().filter_map(|path| room(path, allowances)).collect();
    findings.dedup_by(|one, other| one.seen == other.seen);
    findings.extend(permissions(config, &stores));
    findings
}

fn room(path: &Path, allowances: &Allowances) -> Option<Finding> {
    let path = std::path::absolute(path).ok()?;
    let folder = path.ancestors().skip(1).find(|folder| folder.exists())?;
    let system = rustix::fs::statvfs(folder).ok()?;
    let free = system.f_bavail.saturating_mul(system.f_frsize) >> 20;
    (free < allowances.free_mib).then(|| {
        let seen = format!("{free} MiB are free at {}; deliveries need room before they are answered", folder.display());
        let mend = format!("make room there, or move the file; RETENTION_DAYS drops old bodies (--free-mib says how much has to be free: {})", allowances.free_mib);
        Finding::new(Check::DiskSpace, Severity::Error, seen, mend)
    })
}

/// Files with people or secrets in them that everybody on the machine may read.
fn permissions(config: &Config, stores: &[PathBuf]) -> Option<Finding> {
    let beside = |path: &PathBuf, suffix: &str| {
        let mut name = path.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    };
    let stores = stores.iter().flat_map(|path| BESIDE.map(|suffix| beside(path, suffix)));
    let secrets = config.tls.iter().map(|tls| tls.key.clone()).chain([PathBuf::from(".env")]);
    let open: Vec<_> =
        stores.chain(secrets).filter(|path| is_open(path)).map(|path| path.display().to_string()).collect();
    let seen = || format!("everybody on this machine may read {}", open.join(", "));
    let mend = || format!("chmod o-rwx {}", open.join(" "));
    (!open.is_empty()).then(|| Finding::new(Check::Permissions, Severity::Warning, seen(), mend()))
}

/// Whether anybody may read it, and get to where it is.
fn is_open(path: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else { return false };
    let mode = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.permissions().mode());
    mode(&path) & 0o006 != 0 && path.ancestors().skip(1).all(|folder| mode(folder) & 0o001 != 0)
}
