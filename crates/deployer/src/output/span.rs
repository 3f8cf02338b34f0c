//! The span of the work for a deployment of a fleet, for its lines in the log.

/// The name of the span, and of its field with the name of the deployment.
pub(super) const SPAN: &str = "deployment";

/// Between the name of a deployment and its line.
pub(super) const AFTER: &str = " | ";

/// The span of all work for a deployment. Work for one that is alone has none.
#[cfg(any(test, feature = "watch"))]
pub(crate) fn span(name: &str) -> tracing::Span {
    if name.is_empty() { tracing::Span::none() } else { tracing::error_span!(SPAN, deployment = %name) }
}
