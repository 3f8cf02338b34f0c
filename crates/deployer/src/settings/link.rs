//! The pipeline run that this run is part of, where the settings name none.

use deployer_core::plugin::ProcessVariables;
use url::Url;

/// The address of the run and the variable that tells it, from the variables that Azure Pipelines, GitHub Actions and GitLab set.
///
/// See <https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables> and
/// <https://learn.microsoft.com/en-us/azure/devops/pipelines/release/variables>,
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>, and
/// <https://docs.gitlab.com/ci/variables/predefined_variables/>.
pub(super) fn detected(variables: &ProcessVariables) -> Option<(String, &'static str)> {
    // A release of Azure Pipelines has the variables of the build that it releases as well.
    let whole = |name| Some((address(variables.get(name)?)?, name));
    let found = whole("RELEASE_RELEASEWEBURL")
        .or_else(|| Some((azure_build(variables)?, "BUILD_BUILDID")))
        .or_else(|| Some((github_run(variables)?, "GITHUB_RUN_ID")))
        .or_else(|| whole("CI_PIPELINE_URL"))
        .or_else(|| whole("CI_JOB_URL"));
    found.map(|(url, variable)| (url.into(), variable))
}

fn azure_build(variables: &ProcessVariables) -> Option<Url> {
    let collection = variables.first(&["SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_COLLECTIONURI"])?;
    let mut url = below(collection, &[variables.get("SYSTEM_TEAMPROJECT")?, "_build", "results"])?;
    url.query_pairs_mut().append_pair("buildId", variables.get("BUILD_BUILDID")?);
    Some(url)
}

fn github_run(variables: &ProcessVariables) -> Option<Url> {
    let (owner, repository) = variables.get("GITHUB_REPOSITORY")?.split_once('/')?;
    let run = variables.get("GITHUB_RUN_ID")?;
    below(variables.get("GITHUB_SERVER_URL")?, &[owner, repository, "actions", "runs", run])
}

fn below(base: &str, segments: &[&str]) -> Option<Url> {
    let mut url = address(base)?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(segments);
    Some(url)
}

/// A web address without credentials in it.
fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let is_web = matches!(url.scheme(), "https" | "http");
    (is_web && url.username().is_empty() && url.password().is_none()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    const AZURE: Variables<'_> = &[
        ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "https://dev.azure.com/acme/"),
        ("SYSTEM_TEAMPROJECT", "Data & Flow"),
        ("BUILD_BUILDID", "17"),
    ];
    const RELEASE: (&str, &str) =
        ("RELEASE_RELEASEWEBURL", "https://dev.azure.com/acme/x/_release?releaseId=5&_a=release-summary");
    const GITHUB: Variables<'_> = &[
        ("GITHUB_SERVER_URL", "https://github.example.com"),
        ("GITHUB_REPOSITORY", "acme/configuration"),
        ("GITHUB_RUN_ID", "42"),
    ];
    const PIPELINE: (&str, &str) = ("CI_PIPELINE_URL", "https://gitlab.com/acme/configuration/-/pipelines/9");
    const JOB: (&str, &str) = ("CI_JOB_URL", "https://gitlab.com/acme/configuration/-/jobs/3");

    #[test]
    fn each_service_is_known_by_its_variables() {
        let azure = "https://dev.azure.com/acme/Data%20&%20Flow/_build/results?buildId=17";
        let github = "https://github.example.com/acme/configuration/actions/runs/42";
        let on_premises = [("SYSTEM_COLLECTIONURI", "http://tfs:8080/tfs/Main/"), AZURE[1], AZURE[2]];
        let cases: &[(Variables<'_>, Option<&str>)] = &[
            (&[], None),
            (AZURE, Some(azure)),
            (&on_premises, Some("http://tfs:8080/tfs/Main/Data%20&%20Flow/_build/results?buildId=17")),
            (&[AZURE[0], AZURE[1], AZURE[2], RELEASE], Some(RELEASE.1)),
            (&AZURE[..2], None),
            (GITHUB, Some(github)),
            (&GITHUB[..2], None),
            (&[GITHUB[0], ("GITHUB_REPOSITORY", "acme"), GITHUB[2]], None),
            (&[JOB, PIPELINE], Some(PIPELINE.1)),
            (&[JOB], Some(JOB.1)),
            (&[("CI_JOB_URL", "javascript:alert(1)")], None),
            (&[("CI_JOB_URL", "https://gitlab-ci-token:hunter2@gitlab.com/x")], None),
        ];
        for (variables, expected) in cases {
            let found = detected(&variables.iter().copied().collect());
            assert_eq!(found.map(|(link, _)| link).as_deref(), *expected, "{variables:?}");
        }
    }
}
