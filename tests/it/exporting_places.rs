//! `export --output` names what is no file: a pipe, a device, a link.

use tokio::task::block_in_place;

use crate::rebuild_command::{run, said};
use crate::support::{Backend, TestApp, payload};

/// A pipe gets the rows, a link stays one: nothing takes the place of what is no file.
#[tokio::test(flavor = "multi_thread")]
async fn pipes_devices_and_links_stay_what_they_are() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.apply([payload("booking.json")]).await;
    let folder = tempfile::tempdir().unwrap();
    let [file, link, pipe] = ["file.csv", "link.csv", "pipe"].map(|name| folder.path().join(name));
    std::fs::write(&file, "before").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    said(&run(&app, &["export", "bookings", "--output", link.to_str().unwrap()]));
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    let whole = std::fs::read_to_string(&file).unwrap();
    assert!(whole.starts_with("account_id,code,"), "{whole}");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    said(&run(&app, &["export", "bookings", "--output", pipe.to_str().unwrap()]));
    assert_eq!(block_in_place(|| reader.join().unwrap()), whole);
    assert!(!std::fs::metadata(&pipe).unwrap().is_file());
    std::os::unix::fs::symlink(folder.path().join("nothing"), folder.path().join("lost.csv")).unwrap();
    let lost = run(&app, &["export", "bookings", "--output", folder.path().join("lost.csv").to_str().unwrap()]);
    assert!(
        lost.status.code() == Some(1) && String::from_utf8_lossy(&lost.stderr).contains("leads to no file"),
        "{lost:?}"
    );
    // What the mirror is made of.
    let before = std::fs::read(app.file()).unwrap();
    for own in [app.file(), format!("{}-wal", app.file()), format!("{}.lock", app.file())] {
        let refused = run(&app, &["export", "bookings", "--output", &own]);
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && words.contains("is the mirror's own"), "{own}: {words}");
    }
    assert_eq!(std::fs::read(app.file()).unwrap(), before);
    let full = run(&app, &["export", "bookings", "--output", "/dev/full"]);
    assert_eq!(full.status.code(), Some(1), "{full:?}");
    assert!(!std::fs::metadata("/dev/full").unwrap().is_file());
}
