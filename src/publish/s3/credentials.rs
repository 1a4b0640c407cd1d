//! Who asks: the credentials of the environment, or of the file that the tools of AWS keep.

use std::fmt;
use std::path::PathBuf;

use crate::publish::context::Context;
use crate::publish::error::PublishError;

/// Who asks. Not `Debug` as it stands, so that nothing prints it.
pub struct Credentials {
    pub id: String,
    pub secret: String,
    pub session: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl Credentials {
    /// Those of the environment, else those of the file.
    pub fn find(context: &Context<'_>) -> Result<Credentials, PublishError> {
        let variable = |name: &str| context.environment.text(name).map(str::to_string);
        match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
            (Some(id), Some(secret)) => Ok(Credentials { id, secret, session: variable("AWS_SESSION_TOKEN") }),
            _ => of_file(context).ok_or_else(|| {
                PublishError::Refused(
                    "there are no credentials for the bucket; set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or \
                     put them into `~/.aws/credentials`"
                        .into(),
                )
            }),
        }
    }

    /// What no message may hold.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        [&self.id, &self.secret].into_iter().chain(&self.session).map(String::as_str)
    }
}

/// The credentials file of AWS, as its own tools read it:
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html>.
fn of_file(context: &Context<'_>) -> Option<Credentials> {
    let path = context.environment.text("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    let path = path.or_else(|| Some(context.home.as_ref()?.join(".aws/credentials")))?;
    let text = std::fs::read_to_string(path).ok()?;
    parse(&text, context.environment.text("AWS_PROFILE").unwrap_or("default"))
}

/// The credentials of a profile.
fn parse(text: &str, profile: &str) -> Option<Credentials> {
    let (mut id, mut secret, mut session) = (None, None, None);
    let mut here = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            here = name.trim() == profile;
        } else if let (true, Some((key, value))) = (here, line.split_once('=')) {
            let value = Some(value.trim().to_string()).filter(|value| !value.is_empty());
            match key.trim() {
                "aws_access_key_id" => id = value,
                "aws_secret_access_key" => secret = value,
                "aws_session_token" => session = value,
                _ => {}
            }
        }
    }
    Some(Credentials { id: id?, secret: secret?, session })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_a_profile() {
        let text = "[default]\naws_access_key_id = a\naws_secret_access_key=b\n[other]\naws_access_key_id = c\n\
                    aws_secret_access_key = d\naws_session_token = e\n";
        let found = parse(text, "other").expect("there");
        assert_eq!((found.id.as_str(), found.secret.as_str(), found.session.as_deref()), ("c", "d", Some("e")));
        assert!(parse(text, "third").is_none());
    }
}
