//! One test binary: the service over HTTP and SQL, every behaviour on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

mod cli;
mod counting;
mod crash;
#[cfg(feature = "failpoints")]
mod crash_matrix;
mod docs;
mod doctor;
mod doctor_files;
mod doctor_upkeep;
mod explaining;
mod explaining_any_story;
mod explaining_sums;
mod exporting;
mod exporting_large;
mod failover;
mod forgetting;
mod forgetting_command;
mod forgetting_whom;
mod formats;
mod framing;
mod granting;
mod hostile;
mod instances;
mod large_batches;
mod letters;
mod masking;
mod migrations;
mod order;
mod outages;
mod postgres_faults;
mod projection;
mod pruning;
mod rebuild_command;
mod rebuild_live;
mod rebuilding;
mod rebuilding_any_story;
mod rebuilding_carried;
mod receiving;
mod reconcile_command;
mod reconcile_refusals;
mod reconciling;
mod replaying;
mod reports;
mod restarting;
mod rewriting;
mod schema;
mod slow;
mod spool;
mod stopping;
mod tls;
mod verifying;
mod views;
mod zones;
