//! Asks the database: at one moment, for a limited time, and on no connection of those who write.

use super::problem::Problem;
use crate::app::AppState;
use crate::db::rows::Account;
use crate::db::{Tx, pages};

/// Reads what keys tell.
pub(super) async fn by_key<T: Send + 'static>(
    app: &AppState,
    read: impl FnOnce(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    at_once(app, |tx| {
        pages::by_key(tx)?;
        read(tx)
    })
    .await
}

/// Reads whatever is asked, as it is at one moment.
pub(super) async fn at_once<T: Send + 'static>(
    app: &AppState,
    read: impl FnOnce(&mut Tx<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    app.read(move |tx| Ok(read(tx))).await.unwrap_or_else(|_| Err(Problem::unavailable()))
}

/// The account of this host, or the only one there is; `None` while there is none at all.
pub(super) fn account(tx: &mut Tx<'_>, host: Option<&str>) -> Result<Option<Account>, Problem> {
    let accounts = Account::all(tx)?;
    let hosts = accounts.iter().map(|account| account.host.as_str()).collect::<Vec<_>>().join(", ");
    match host.map(str::to_lowercase) {
        Some(host) => {
            let unknown =
                || Problem::not_found(format!("account: there is none of the host {host}; there are {hosts}"));
            accounts.into_iter().find(|account| account.host == host).map(Some).ok_or_else(unknown)
        }
        None if accounts.len() > 1 => Err(Problem::wrong("account", format!("say which: one of {hosts}"))),
        None => Ok(accounts.into_iter().next()),
    }
}
