//! The log's bodies, as a shadow sees them: where they are. Those that its projector rewrites, it keeps for itself.

use std::path::Path;

use super::super::sqlite::read_only;
use super::super::statement::execute;
use super::super::{Result, Tx};

/// The mirror's file, to a connection that only has the shadow's.
const LIVE: &str = "mirror";

/// Makes room in a file for what is rewritten.
pub(super) fn make_room(tx: &mut Tx<'_>) -> Result<()> {
    execute(tx, "ALTER TABLE webhook_bodies RENAME TO rewritten_bodies").map(drop)
}

/// Makes the same room on PostgreSQL, the view, and what writes through it.
pub(super) fn share(tx: &mut Tx<'_>, live: &str) -> Result<()> {
    let room = "CREATE UNLOGGED TABLE rewritten_bodies";
    execute(tx, &format!("{room} (LIKE {live}.webhook_bodies, PRIMARY KEY (event_id))"))?;
    execute(tx, &format!("CREATE VIEW webhook_bodies AS {}", bodies(live)))?;
    execute(
        tx,
        "CREATE RULE rewritten AS ON UPDATE TO webhook_bodies DO INSTEAD \
         INSERT INTO rewritten_bodies (event_id, headers, body) VALUES (new.event_id, new.headers, new.body) \
         ON CONFLICT (event_id) DO UPDATE SET body = excluded.body",
    )
    .map(drop)
}

/// What each connection to a shadow's file is told: a view that sees another file belongs to its connection.
///
/// The mirror is attached for reading alone, or whoever writes the shadow would keep those out who write the mirror.
pub(super) fn opening(live: &Path) -> Result<String> {
    let file = read_only(live)?.replace('\'', "''");
    Ok(format!(
        "ATTACH '{file}' AS {LIVE}; CREATE TEMP VIEW webhook_bodies AS {}; \
         CREATE TEMP TRIGGER rewritten INSTEAD OF UPDATE ON webhook_bodies BEGIN \
         INSERT OR REPLACE INTO rewritten_bodies (event_id, headers, body) VALUES (new.event_id, new.headers, new.body); \
         END;",
        bodies(LIVE)
    ))
}

fn bodies(live: &str) -> String {
    format!(
        "SELECT l.event_id, l.headers, COALESCE((SELECT r.body FROM rewritten_bodies r \
         WHERE r.event_id = l.event_id), l.body) AS body FROM {live}.webhook_bodies l"
    )
}
