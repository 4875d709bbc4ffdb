//! The other build of pushproof.

/// Where `ci/all-features` puts the build that has all of them.
pub(crate) fn with_all_features() -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let built = std::env::var("PUSHPROOF_ALL_FEATURES");
    let built = built.unwrap_or_else(|_| format!("{root}/target/all-features/debug/pushproof"));
    assert!(
        std::path::Path::new(&built).exists(),
        "no {built}: run ci/all-features"
    );
    built
}
