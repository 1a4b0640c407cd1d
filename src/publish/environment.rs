//! The variables that a run was started with, and what of them may appear in no output.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use crate::settings::target::is_secret_key;

/// Variables by name. Not `Debug` as it stands, since many hold secrets.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({})", self.0.len())
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        Environment(variables.into_iter().collect())
    }
}

impl Environment {
    /// A variable that says something, in text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.to_str().filter(|value| !value.is_empty())
    }

    /// A variable, be it empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    pub fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.0.keys().map(OsString::as_os_str)
    }
}

/// Texts that may appear in no output.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// The value of each variable whose name says that it is secret.
    pub fn of(environment: &Environment) -> Self {
        /// Shorter values would take words out of ordinary messages.
        const SHORTEST: usize = 6;
        let secret = |name: &str| is_secret_key(name) || name.ends_with("_PAT") || name.ends_with("_KEY");
        let texts = environment.0.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
        let secrets = texts.filter(|(name, value)| secret(name) && value.len() >= SHORTEST);
        Secrets(secrets.map(|(_, value)| value.to_string()).collect())
    }

    /// The same text with `***` for each secret, and for what stands before the `@` of an address.
    pub fn hide(&self, text: &str) -> String {
        let mut hidden = text.to_string();
        for secret in &self.0 {
            hidden = hidden.replace(secret.as_str(), "***");
        }
        let mut clean = String::with_capacity(hidden.len());
        let mut rest = hidden.as_str();
        while let Some(at) = rest.find("://") {
            let (before, after) = rest.split_at(at + 3);
            clean.push_str(before);
            let end =
                after.find(|c: char| c == '/' || c == '\'' || c == '"' || c.is_whitespace()).unwrap_or(after.len());
            match after[..end].rfind('@') {
                // A user alone is none, as in `ssh://git@host`.
                Some(user) if before.ends_with("ssh://") && !after[..user].contains(':') => rest = after,
                Some(user) => {
                    clean.push_str("***");
                    rest = &after[user..];
                }
                None => rest = after,
            }
        }
        clean.push_str(rest);
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden() {
        let variables = [("AWS_SECRET_ACCESS_KEY", "hunter2"), ("HOME", "/root/x"), ("TOKEN", "a")];
        let secrets = Secrets::of(&variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect());
        assert_eq!(secrets.hide("key hunter2 in /root/x"), "key *** in /root/x");
        assert_eq!(secrets.hide("at https://me:pw@host/a: no"), "at https://***@host/a: no");
        assert_eq!(
            secrets.hide("at 'https://host/a@b' or ssh://git@host/"),
            "at 'https://host/a@b' or ssh://git@host/"
        );
    }
}
