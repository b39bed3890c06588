//! `export` of a large table: in bounded memory, and never half a file.

use std::fs::read_dir;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::task::block_in_place;

use crate::rebuild_command::url_of;
use crate::support::{TestApp, exe, on_both, payload};

const ROWS: usize = 200_000;

/// Steps of a history, of half a kilobyte each.
async fn a_large_table(app: &TestApp) {
    app.apply([payload("booking.json")]).await;
    app.execute(&format!(
        "INSERT INTO booking_history (account_id, booking_code, event_id, recorded_at, status_id, total, changes) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) \
         SELECT account_id, 'X-' || i, i, recorded_at, status_id, i, \
         {} FROM n, (SELECT * FROM booking_history WHERE event_id > 1000000) h",
        ROWS - 1,
        match app.backend {
            crate::support::Backend::Sqlite => "'{\"request\": [\"' || printf('%0500d', i) || '\", null]}'",
            crate::support::Backend::Postgres =>
                "jsonb_build_object('request', jsonb_build_array(lpad(i::text, 500, '0'), null))",
        }
    ));
}

fn export(app: &TestApp, format: &str) -> Command {
    let mut command = exe();
    command.args(["export", "booking_history", "--format", format, "--database-url", &url_of(app)]);
    command
}

/// The most memory the process had so far, in KiB.
fn peak(process: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The file that is being written, beside its name to be.
fn part(folder: &Path) -> Option<PathBuf> {
    let mut entries = read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.extension().is_some_and(|ending| ending == "part"))
}

on_both! {
    async fn memory_does_not_grow_with_the_table(app: TestApp) {
        a_large_table(&app).await;
        for format in ["csv", "jsonl", "parquet"] {
            let mut process = export(&app, format).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let (mut out, mut bytes, mut most) = (process.stdout.take().unwrap(), 0, 0);
            let mut buffer = vec![0; 1 << 20];
            block_in_place(|| loop {
                let read = out.read(&mut buffer).unwrap();
                // Before more is taken: the process waits for that, or has ended.
                most = peak(&process).unwrap_or(0).max(most);
                bytes += read;
                if read == 0 {
                    break;
                }
            });
            assert!(process.wait().unwrap().success());
            if format != "parquet" {
                assert!(bytes > ROWS * 500, "{bytes}");
            }
            assert!(most > 5_000, "the process was looked at");
            assert!(most < 120_000, "{format}: {most} KiB for a table of {} KiB", ROWS / 2);
        }
    }

    async fn a_reader_that_goes_away_is_a_failure(app: TestApp) {
        a_large_table(&app).await;
        for format in ["csv", "jsonl", "parquet"] {
            let mut process = export(&app, format).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let output = block_in_place(|| {
                let mut out = BufReader::new(process.stdout.take().unwrap());
                out.read_until(b'\n', &mut Vec::new()).unwrap();
                drop(out);
                process.wait_with_output().unwrap()
            });
            assert_eq!(output.status.code(), Some(1), "{format}");
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(error.contains("not all rows were written"), "{format}: {error}");
        }
    }

    async fn a_killed_export_leaves_no_file_of_its_name(app: TestApp) {
        a_large_table(&app).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.csv");
        let mut process = export(&app, "csv").arg("--output").arg(&file).stderr(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let has_begun = || part(folder.path()).is_some_and(|path| std::fs::metadata(path).is_ok_and(|file| file.len() > 100_000));
        while !has_begun() {
            assert!(Instant::now() < deadline && process.try_wait().unwrap().is_none(), "it was to be killed while it writes");
            std::thread::sleep(Duration::from_millis(1));
        }
        process.kill().unwrap();
        assert!(!process.wait().unwrap().success());
        assert!(!file.exists());
        let again = export(&app, "csv").arg("--output").arg(&file).stderr(Stdio::null()).status();
        assert!(again.unwrap().success());
        let rows = csv::Reader::from_path(&file).unwrap().into_records().map(Result::unwrap).count();
        assert_eq!(rows, ROWS);
    }

    async fn all_rows_are_as_of_one_moment(app: TestApp) {
        a_large_table(&app).await;
        let mut process = export(&app, "csv").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        block_in_place(|| out.read_until(b'\n', &mut Vec::new()).unwrap());
        // What is deleted while it is read, was there when it began.
        app.execute("DELETE FROM booking_history");
        let rows = block_in_place(|| csv::ReaderBuilder::new().has_headers(false).from_reader(out).into_records().map(Result::unwrap).count());
        assert!(process.wait().unwrap().success());
        assert_eq!(rows, ROWS);
    }
}
