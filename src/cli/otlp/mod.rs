//! `run --otlp`: metrics to a collector of OpenTelemetry, where that is built in.

#[cfg(feature = "otlp")]
mod exporter;
#[cfg(not(feature = "otlp"))]
mod lacking;

#[cfg(feature = "otlp")]
pub(super) use exporter::Exporter;
#[cfg(not(feature = "otlp"))]
pub(super) use lacking::Exporter;
