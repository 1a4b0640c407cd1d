//! What services that build for others say of a build, each in its own words.
//!
//! In: the environment. Out: whether what is built was merged by somebody who may. The names are those
//! that <https://github.com/watson/ci-info> collects, and the services' own manuals.

/// The variable by which a service says that it builds what somebody asks to be merged, if one does.
pub fn pull_request(text: &dyn Fn(&str) -> Option<String>) -> Option<&'static str> {
    /// What begins so says it.
    const BEGINNINGS: [(&str, &str); 7] = [
        // GitHub, Gitea and Forgejo: also `pull_request_target` and reviews.
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_PIPELINE_SOURCE", "external_pull_request_event"),
        ("CI_PIPELINE_EVENT", "pull_request"),
        ("DRONE_BUILD_EVENT", "pull_request"),
        ("BUILD_REASON", "PullRequest"),
        ("CODEBUILD_WEBHOOK_EVENT", "PULL_REQUEST"),
    ];
    /// Whatever it holds but `false` says it, beside a variable of the service where the name is anybody's.
    const NUMBERS: [(&str, Option<&str>); 14] = [
        ("CI_MERGE_REQUEST_IID", None),
        ("BITBUCKET_PR_ID", None),
        ("CIRCLE_PULL_REQUEST", None),
        ("TRAVIS_PULL_REQUEST", None),
        ("APPVEYOR_PULL_REQUEST_NUMBER", None),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", None),
        ("BUILDKITE_PULL_REQUEST", None),
        ("CIRRUS_PR", None),
        ("BITRISE_PULL_REQUEST", None),
        ("VERCEL_GIT_PULL_REQUEST_ID", None),
        ("SEMAPHORE_GIT_PR_NUMBER", None),
        ("CHANGE_ID", Some("JENKINS_URL")),
        ("PULL_REQUEST", Some("NETLIFY")),
        ("IS_PULL_REQUEST", Some("RENDER")),
    ];
    let begins = |(name, start): &&(&str, &str)| text(name).is_some_and(|value| value.starts_with(start));
    let says = |(name, beside): &&(&str, Option<&str>)| {
        text(name).is_some_and(|value| value != "false") && beside.is_none_or(|beside| text(beside).is_some())
    };
    let found = BEGINNINGS.iter().find(begins).map(|(name, _)| *name);
    found.or_else(|| NUMBERS.iter().find(says).map(|(name, _)| *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_say_what_they_build() {
        let found = |variables: &[(&str, &str)]| {
            let text =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
            pull_request(&text)
        };
        for event in ["pull_request", "pull_request_target", "pull_request_review"] {
            assert_eq!(found(&[("CI", "true"), ("GITHUB_EVENT_NAME", event)]), Some("GITHUB_EVENT_NAME"));
        }
        assert_eq!(found(&[("CI_PIPELINE_SOURCE", "merge_request_event")]), Some("CI_PIPELINE_SOURCE"));
        assert_eq!(found(&[("CI_MERGE_REQUEST_IID", "7")]), Some("CI_MERGE_REQUEST_IID"));
        assert_eq!(found(&[("TRAVIS_PULL_REQUEST", "7")]), Some("TRAVIS_PULL_REQUEST"));
        assert_eq!(found(&[("NETLIFY", "true"), ("PULL_REQUEST", "true")]), Some("PULL_REQUEST"));
        for merged in [
            &[("CI", "true"), ("GITHUB_EVENT_NAME", "push")][..],
            &[("GITHUB_EVENT_NAME", "schedule")],
            &[("CI_PIPELINE_SOURCE", "push")],
            &[("TRAVIS_PULL_REQUEST", "false")],
            &[("NETLIFY", "true"), ("PULL_REQUEST", "false")],
            // Anybody's variable.
            &[("PULL_REQUEST", "7"), ("CHANGE_ID", "7")],
            &[],
        ] {
            assert_eq!(found(merged), None, "{merged:?}");
        }
    }
}
