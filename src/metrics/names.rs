//! The names of what is counted, what each means, and the bounds of its buckets.

use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};

pub(super) const DELIVERIES: &str = "checkfront_deliveries_total";
pub(super) const REPLAYED: &str = "checkfront_replayed_total";
pub(super) const REFUSED: &str = "checkfront_refused_total";
pub(super) const DATABASE_ERRORS: &str = "checkfront_database_errors_total";
pub(super) const ACKNOWLEDGEMENT: &str = "checkfront_acknowledgement_seconds";
pub(super) const FRESHNESS: &str = "checkfront_freshness_seconds";
pub(super) const RECORD_BATCH: &str = "checkfront_record_batch_deliveries";
pub(super) const PROJECTION_BATCH: &str = "checkfront_projection_batch_events";
pub(super) const PROJECTOR_STEP: &str = "checkfront_projector_last_step_timestamp_seconds";
pub(super) const PENDING: &str = "checkfront_pending";
pub(super) const FAILED: &str = "checkfront_failed";
pub(super) const SPOOL: &str = "checkfront_spool_events";
pub(super) const LAG: &str = "checkfront_lag_seconds";
pub(super) const DATABASE_UP: &str = "checkfront_database_up";
pub(super) const SILENCE: &str = "checkfront_silence_seconds";
pub(super) const SILENCE_IMPROBABLE: &str = "checkfront_silence_improbable";
pub(super) const BUILD_INFO: &str = "checkfront_build_info";

/// Why a delivery may be refused.
const STATUSES: [&str; 6] = ["400", "401", "408", "413", "429", "503"];
/// As `db::Error::class` has them.
const CLASSES: [&str; 8] = ["bug", "connection", "file", "in_use", "outage", "schema", "slow", "statement"];
const SECONDS: [f64; 19] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
    3600.0,
];
/// No acknowledgement takes longer: the sender is told to come back.
const ACKNOWLEDGEMENTS: usize = 15;
const SIZES: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// Where all of it is counted; it listens nowhere.
pub(super) fn recorder() -> PrometheusRecorder {
    let buckets: [(&str, &[f64]); 4] = [
        (ACKNOWLEDGEMENT, &SECONDS[..ACKNOWLEDGEMENTS]),
        (FRESHNESS, &SECONDS),
        (RECORD_BATCH, &SIZES),
        (PROJECTION_BATCH, &SIZES),
    ];
    let builder = buckets.into_iter().try_fold(PrometheusBuilder::new(), |builder, (name, bounds)| {
        builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), bounds)
    });
    builder.unwrap_or_default().build_recorder()
}

/// Counters are there before they count, so that the first time is seen as a rise.
pub(super) fn begin() {
    for status in STATUSES {
        counter!(REFUSED, "status" => status).absolute(0);
    }
    for class in CLASSES {
        counter!(DATABASE_ERRORS, "class" => class).absolute(0);
    }
}

/// For the help lines of the exposition.
pub(super) fn describe() {
    describe_counter!(DELIVERIES, "Deliveries projected for the first time, by format, kind and decision");
    describe_counter!(REPLAYED, "Deliveries projected again, by replay or retry, by decision");
    describe_counter!(REFUSED, "Deliveries that were refused, by status");
    describe_counter!(DATABASE_ERRORS, "What the database did not do, by class of error");
    describe_histogram!(ACKNOWLEDGEMENT, Unit::Seconds, "From a delivery's last byte to its commit");
    describe_histogram!(FRESHNESS, Unit::Seconds, "From a delivery's receipt to its rows being committed");
    describe_histogram!(RECORD_BATCH, "Deliveries stored in one transaction");
    describe_histogram!(PROJECTION_BATCH, "Events projected in one transaction");
    describe_gauge!(PROJECTOR_STEP, Unit::Seconds, "When the projector last did a step, or found none to do");
    describe_gauge!(PENDING, "Deliveries that wait to be projected");
    describe_gauge!(FAILED, "Dead letters");
    describe_gauge!(SPOOL, "Deliveries in the spool, not yet in the database");
    describe_gauge!(LAG, Unit::Seconds, "Age of the oldest delivery that is not yet in the tables");
    describe_gauge!(DATABASE_UP, "Whether the database takes deliveries and answers");
    describe_gauge!(
        SILENCE,
        Unit::Seconds,
        "Since the last delivery; of the account that is silent improbably long, if any"
    );
    describe_gauge!(SILENCE_IMPROBABLE, "Accounts that have been silent for improbably long");
    describe_gauge!(BUILD_INFO, "Always 1; the version as a label");
}
