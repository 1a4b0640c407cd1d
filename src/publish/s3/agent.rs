//! How a store is connected to.

use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::diagnostic::quote;
use crate::publish::context::Context;
use crate::publish::error::{PublishError, local};

/// What sends requests, so many of them at once.
pub fn agent(concurrency: usize, context: &Context<'_>) -> Result<Agent, PublishError> {
    let settings = Agent::config_builder()
        .http_status_as_error(false)
        // Another address would need another signature.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections_per_host(concurrency)
        .max_idle_connections(concurrency)
        .timeout_connect(Some(Duration::from_secs(20)))
        // However long a file takes, silence is a failure.
        .timeout_per_read(Some(context.timeout))
        .timeout_per_write(Some(context.timeout))
        // Nor does what says a byte now and then ever end.
        .timeout_recv_response(Some(context.timeout))
        .timeout_recv_body(Some(context.timeout * 10))
        .tls_config(tls(context)?)
        .user_agent(concat!("partwork/", env!("CARGO_PKG_VERSION")));
    Ok(settings.build().new_agent())
}

/// Whom to believe: the authorities of the web, or those that `AWS_CA_BUNDLE` names, as for a store
/// of one's own.
fn tls(context: &Context<'_>) -> Result<TlsConfig, PublishError> {
    let Some(path) = context.environment.text("AWS_CA_BUNDLE") else { return Ok(TlsConfig::default()) };
    let text = std::fs::read(path).map_err(local("read", path))?;
    let items: Vec<PemItem> = parse_pem(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| PublishError::Local(format!("the certificates of {} can't be read: {error}", quote(path))))?;
    let certificates: Vec<Certificate> = items
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(PublishError::Local(format!("{} holds no certificate", quote(path))));
    }
    Ok(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&certificates)).build())
}
