//! The spool: what waits in it for the database, and whether it is this mirror's.

use chrono::{DateTime, Utc};

use super::{Check, Finding, Severity, deliveries, time};
use crate::config::Config;
use crate::spool;

/// `mirror` is the database's id, where it could be asked.
pub(super) fn examine(config: &Config, mirror: Option<&str>, now: DateTime<Utc>) -> Option<Finding> {
    let path = config.spool_path.display();
    let (level, bound) = match spool::look(&config.spool_path) {
        Ok(found) => found?,
        Err(error) => {
            let seen = format!("the spool {path} cannot be read: {error}");
            let mend = "let this user read it; where it is another program's file, set SPOOL_PATH; where it is damaged, move it aside \
                        and start the server again";
            return Some(Finding::new(Check::Spool, Severity::Error, seen, mend));
        }
    };
    if level.events == 0 {
        return None;
    }
    let since = time(level.since.map_or(now, |since| since.0));
    let waiting = format!("{} in the spool {path} since {since}", deliveries(level.events));
    let foreign =
        bound.filter(|bound| mirror.is_some() && bound.mirror_id.is_some() && bound.mirror_id.as_deref() != mirror);
    let (severity, seen, mend) = if let Some(bound) = foreign {
        let place = bound.place;
        let mend = format!("start once with the DATABASE_URL of {place}, which moves them there, or set SPOOL_PATH");
        (Severity::Error, format!("{waiting}, for another mirror"), mend)
    } else {
        let mend = "start the server, which moves them over once the database takes them: checkfront-mirror serve";
        (Severity::Warning, format!("{waiting}, waiting for the database"), mend.to_owned())
    };
    Some(Finding::new(Check::Spool, severity, seen, mend))
}
