//! Proxies from the environment variables that every tool knows.

use std::fmt;

use deployer_core::plugin::Context;
use deployer_core::{Error, Kind, Result};
use percent_encoding::percent_decode_str;
use reqwest::{NoProxy, Proxy};
use url::Url;

/// The hosts of this machine. A proxy would reach its own machine instead.
const OWN_HOSTS: &str = "localhost,127.0.0.0/8,::1";

/// Which proxy is used for which addresses.
#[derive(Clone, Default)]
pub(crate) struct Proxies {
    http: Option<Url>,
    https: Option<Url>,
    except: String,
}

impl Proxies {
    /// Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, the form in lower case first, as curl does.
    pub(crate) fn from_context(context: &Context) -> Result<Self> {
        let first = |lower: &str, upper: &str| -> Option<(String, String)> {
            let found =
                [lower, upper].into_iter().find_map(|name| Some((name, context.variables.get(name)?)));
            found.map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let all = first("all_proxy", "ALL_PROXY");
        let read = |given: Option<(String, String)>| match given.or_else(|| all.clone()) {
            None => Ok(None),
            Some((name, text)) => proxy_address(context, &name, &text).map(Some),
        };
        let except = match context.variables.first(&["no_proxy", "NO_PROXY"]) {
            Some(list) => format!("{list},{OWN_HOSTS}"),
            None => OWN_HOSTS.to_owned(),
        };
        Ok(Self {
            http: read(first("http_proxy", "HTTP_PROXY"))?,
            https: read(first("https_proxy", "HTTPS_PROXY"))?,
            except,
        })
    }

    /// The proxies as reqwest takes them.
    pub(crate) fn build(&self) -> Result<Vec<Proxy>> {
        let mut proxies = Vec::new();
        let build = |make: fn(Url) -> reqwest::Result<Proxy>, address: &Url| {
            // The failure is dropped: its text might contain the proxy's password.
            let refused = |_| Error::new(Kind::Settings, "the address of a proxy cannot be used");
            make(address.clone())
                .map(|proxy| proxy.no_proxy(NoProxy::from_string(&self.except)))
                .map_err(refused)
        };
        if let Some(address) = &self.http {
            proxies.push(build(Proxy::http, address)?);
        }
        if let Some(address) = &self.https {
            proxies.push(build(Proxy::https, address)?);
        }
        Ok(proxies)
    }

    /// The proxy for a scheme as messages show it; `None` without a proxy.
    pub(crate) fn shown(&self, scheme: &str) -> Option<String> {
        let address = if scheme == "http" { &self.http } else { &self.https };
        let address = address.as_ref()?;
        Some(match (address.host_str().unwrap_or_default(), address.port_or_known_default()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        })
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.shown("http"))
            .field("https", &self.shown("https"))
            .field("except", &self.except)
            .finish()
    }
}

/// Reads the address of a proxy and tells the redactor of a password in it. The text is not repeated in an error.
fn proxy_address(context: &Context, variable: &str, text: &str) -> Result<Url> {
    let refused = |cause: String| {
        Error::new(Kind::Settings, format!("the proxy in the environment variable {variable} cannot be used"))
            .with_cause(cause)
            .with_hint(format!("set {variable} to http://host:port"))
    };
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&with_scheme).map_err(|cause| refused(cause.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused(format!("proxies of the kind {:?} are not supported", url.scheme())));
    }
    if let Some(password) = url.password() {
        let name = format!("the proxy's password in ${variable}");
        context.secret(&name, percent_decode_str(password).decode_utf8_lossy());
        context.secret(&name, password);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use deployer_core::plugin::ProcessVariables;

    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Result<Proxies> {
        let mut context = Context::new("test");
        context.variables = variables.iter().copied().collect::<ProcessVariables>();
        Proxies::from_context(&context)
    }

    #[test]
    fn variables_are_read_in_both_cases_and_the_general_one_last() {
        let found =
            proxies(&[("HTTP_PROXY", "one:3128"), ("http_proxy", "two:3128"), ("ALL_PROXY", "http://three")]);
        let found = found.expect("proxies");
        assert_eq!(found.shown("http").as_deref(), Some("two:3128"));
        assert_eq!(found.shown("https").as_deref(), Some("three:80"));
        assert_eq!(found.build().expect("both").len(), 2);
        assert!(proxies(&[]).expect("none").build().expect("none").is_empty());
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_by_its_variable_and_its_password_is_not_shown() {
        let error = proxies(&[("HTTPS_PROXY", "socks5://user:hunter2hunter2@host")]).expect_err("socks");
        let shown = format!("{error:?}");
        assert!(
            shown.contains("HTTPS_PROXY") && shown.contains("socks5") && !shown.contains("hunter2"),
            "{shown}"
        );
        let debug = format!("{:?}", proxies(&[("HTTPS_PROXY", "http://user:hunter2hunter2@host")]));
        assert!(!debug.contains("hunter2"), "{debug}");
    }

    #[test]
    fn the_redactor_knows_the_password_as_written_and_decoded() {
        let mut context = Context::new("test");
        context.variables = [("HTTPS_PROXY", "http://user:pass%2Fword1@host")].into_iter().collect();
        Proxies::from_context(&context).expect("a proxy");
        let (masked, _) = context.redactor.mask("pass/word1 pass%2Fword1");
        assert_eq!(masked, "[secret] [secret]");
    }
}
