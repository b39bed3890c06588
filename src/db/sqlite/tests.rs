//! What is written counts only where it will be found.

use super::*;

#[test]
fn a_log_that_goes_while_it_is_written_makes_the_write_fail() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mirror.db");
    let file = Sqlite::open(&path, Durability::Full).unwrap();
    let write = |connection: &mut SqliteConnection| Ok(connection.batch_execute("CREATE TABLE IF NOT EXISTS t (n)")?);
    file.write(write).unwrap();
    let lost = file.write(|connection| {
        write(connection)?;
        std::fs::remove_file(file.beside("-wal")).unwrap();
        Ok(())
    });
    assert!(lost.as_ref().is_err_and(Error::is_outage), "the spool has to take it: {lost:?}");
    assert!(file.write(write).is_err(), "nor is anything written from then on");
}
