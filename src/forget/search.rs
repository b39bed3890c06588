//! Finds a person, in the tables and in the log.

use std::collections::BTreeSet;

use super::person::Person;
use super::{Erased, Who, log};
use crate::db::rows::Account;
use crate::db::{Database, Result};
use crate::privacy::Keys;

/// Looks through tables and log. Masked mirrors hold hashes: the keys find those too.
pub fn search(database: &Database, who: &Who, account: Option<&str>, keys: &Keys) -> Result<Vec<Person>> {
    let accounts = database.read(Account::all)?;
    let wanted = accounts.into_iter().filter(|found| account.is_none_or(|host| found.host == host.to_lowercase()));
    let mut people = Vec::new();
    for account in wanted {
        let mut person = Person::new(&account, who, keys);
        person.meet(database)?;
        person.look_back(database)?;
        people.push(person);
    }
    log::look_through(database, &mut people, keys)?;
    Ok(people)
}

/// What [`super::erase`] would erase.
pub fn count(people: &[Person]) -> Erased {
    // A dead letter belongs to no account, and is found in each.
    let bodies: BTreeSet<_> =
        people.iter().flat_map(|person| person.events.iter().chain(person.mentions.keys())).collect();
    Erased {
        bookings: people.iter().map(|person| person.bookings.len()).sum(),
        customers: people.iter().map(|person| person.customers).sum(),
        bodies: bodies.len(),
    }
}
