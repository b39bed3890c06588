//! Keeps a local SQL mirror of a Checkfront account, in real time, from its webhooks.
//!
//! A delivery goes one way, and the stages are modules:
//!
//! 1. [`receive`] reads the raw bytes of `POST /webhook`; [`verify`] checks the sender.
//! 2. [`record`] commits body, headers and time to `webhook_events`. Only then the sender is answered.
//!    What the database does not take goes to the [`spool`] beside it, and from there to the database later.
//! 3. [`project`] claims what is pending, in the order of receipt, in batches:
//!    [`parse`] makes one document tree of JSON, XML and forms, [`checkfront`] reads what it means, and the batch's
//!    rows are folded over what is stored, written once, and committed together with the events' new states.
//!
//! [`db`] knows tables and two databases, and nothing of Checkfront; `parse` and `checkfront` do no I/O.

pub mod admin;
pub mod app;
pub mod budget;
#[allow(missing_docs, reason = "fields carry Checkfront's own names, described in docs/TABLES.md")]
pub mod checkfront;
pub mod cli;
pub mod config;
pub mod db;
pub mod dead_letters;
pub mod delivery;
pub mod doctor;
pub mod explain;
pub mod export;
pub mod fault;
pub mod forget;
pub mod health;
pub mod ids;
pub mod limits;
pub mod metrics;
pub mod parse;
pub mod privacy;
pub mod problem;
pub mod project;
pub mod read_api;
pub mod reader;
pub mod rebuild;
pub mod receive;
pub mod reconcile;
pub mod record;
pub mod reports;
pub mod retention;
pub mod retry;
pub mod samples;
pub mod serve;
pub mod silence;
pub mod spool;
pub mod status;
pub mod throttle;
pub mod tls;
pub mod traces;
pub mod verify;
