//! Read access for others: all tables and views but what holds raw bodies and headers.

use super::statement::{execute, number, texts};
use super::{Error, Result, Session, Tx};

/// What no reader gets: raw bodies and headers.
const KEPT: [&str; 1] = ["webhook_bodies"];

/// The statements that give a role read access to the mirror, and to nothing else of it.
///
/// An error on SQLite, and where there is no such role.
pub fn plan(session: &mut Session, role: &str) -> Result<Vec<String>> {
    session.transaction(|tx| statements(tx, role))
}

/// Grants; may be repeated, after an upgrade with new tables for one.
pub fn grant(session: &mut Session, role: &str) -> Result<Vec<String>> {
    session.transaction(|tx| {
        let statements = statements(tx, role)?;
        for statement in &statements {
            execute(tx, statement)?;
        }
        Ok(statements)
    })
}

fn statements(tx: &mut Tx<'_>, role: &str) -> Result<Vec<String>> {
    let Tx::Postgres(_) = tx else {
        return Err(Error::Schema("a SQLite file has no roles".to_owned()));
    };
    let quoted = identifier(role);
    let known = format!("SELECT count(*) AS v FROM pg_roles WHERE rolname = {}", literal(role));
    if number(tx, &known)? == 0 {
        return Err(Error::Schema(format!(
            "there is no role {quoted}; make it with: CREATE ROLE {quoted} LOGIN PASSWORD '..'"
        )));
    }
    // The server's own role, or one that is a member of it: what is taken from it would be missing to the server.
    let owns = format!(
        "SELECT count(*) AS v FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace \
         AND (pg_has_role({role}, c.relowner, 'MEMBER') OR {role} = current_user)",
        role = literal(role)
    );
    if number(tx, &owns)? > 0 {
        return Err(Error::Schema(format!(
            "the role {quoted} has the rights of the owner of these tables, so it cannot be one that only reads; make \
             another with: CREATE ROLE reader LOGIN PASSWORD '..'"
        )));
    }
    let kept: Vec<_> = KEPT.iter().map(|name| literal(name)).collect();
    let of_schema = format!(
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v') AND {} c.relname IN ({})",
        "{}",
        kept.join(", ")
    );
    let names = |tx: &mut Tx<'_>, not: &str| {
        let of_schema = of_schema.replace("{}", not);
        texts(
            tx,
            &format!("SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS v {of_schema} ORDER BY 1"),
        )
    };
    let (shown, kept) = (names(tx, "NOT")?, names(tx, "")?);
    let schema = texts(tx, "SELECT quote_ident(current_schema()) AS v")?.concat();
    let mut statements = vec![format!("GRANT USAGE ON SCHEMA {schema} TO {quoted}")];
    statements.extend(kept.iter().map(|name| format!("REVOKE ALL ON {name} FROM {quoted}")));
    statements.extend(shown.iter().map(|name| format!("GRANT SELECT ON {name} TO {quoted}")));
    Ok(statements)
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
