//! Places where tests kill the process. In a build without the feature `failpoints` there is nothing here.

/// Reads `FAILPOINTS`, such as `record_before_commit=3*off->return`: at the fourth time the process is killed there.
pub fn init() {
    #[cfg(feature = "failpoints")]
    std::mem::forget(fail::FailScenario::setup());
}

/// A place with a name.
#[cfg(feature = "failpoints")]
pub(crate) fn point(name: &str) {
    fail::fail_point!(name, |_| {
        // As if the power went: nothing is unwound, nothing is flushed.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        loop {
            std::thread::park();
        }
    });
}

/// A place with a name.
#[cfg(not(feature = "failpoints"))]
pub(crate) fn point(_: &str) {}
