"""From a release to a served site, and through the workflows that partwork writes, on this machine alone.

release.py PROGRAM: packs the program as a release would, serves that on 127.0.0.1, installs it from there by
`install.sh` in a home with nothing in it, makes a site and looks at it served; then runs the steps of the workflows
that the installed program writes, one by one, as a pull request and as a push would.
"""
import functools
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ROOT / "target/release-files"
WORKFLOWS = FILES / "workflows"
# What the steps of workflows ask for. The program is another build of the same, so the name is all that it has of it.
TARGET = "x86_64-unknown-linux-musl"


def run(command, env, cwd, shell=False):
    done = subprocess.run(command, env=env, cwd=cwd, shell=shell, executable="/bin/bash" if shell else None,
                          capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def served(folder):
    class Quiet(functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder).func):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def release(program, place):
    """Packs the program; gives its version and the address of the releases."""
    shutil.rmtree(FILES, ignore_errors=True)
    archive = run([ROOT / ".ci/release", "--program", program, "--target", TARGET, "--to", FILES], os.environ, ROOT).strip()
    print(run([ROOT / ".ci/release-works", archive], os.environ, ROOT).strip())
    version = pathlib.Path(archive).name.removeprefix("partwork-").removesuffix(f"-{TARGET}.tar.gz")
    for name in ("latest/download", f"download/v{version}"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).symlink_to(FILES)
    return version, served(place)


def install(place, releases):
    """In a home with nothing in it; gives the environment."""
    (place / "home").mkdir()
    env = {"HOME": str(place / "home"), "PATH": f"{place}/home/.local/bin:/usr/bin:/bin", "PARTWORK_RELEASES": releases}
    print(run(["sh", FILES / "install.sh"], env, place).strip().splitlines()[1])
    run(["partwork", "new", "site", "site", "--quiet"], env, place)
    server = subprocess.Popen(["partwork", "serve", "--root", "site"], env=env, cwd=place, stdout=subprocess.PIPE, text=True)
    try:
        url = next(line for line in server.stdout if line.startswith("serving ")).split()[1]
        assert b"<title>" in urllib.request.urlopen(url, timeout=60).read()
    finally:
        server.terminate()
        server.wait()
    return env


def git(env, cwd, *args):
    return run(["git", "-c", "user.name=x", "-c", "user.email=x@x.se", *args], env, cwd)


def steps(workflow, job, event):
    """The commands of a job that run for an event, in order, with the environment of each."""
    for step in yaml.safe_load(workflow.read_text())["jobs"][job]["steps"]:
        condition = step.get("if", "true")
        assert condition in ("true", "github.event_name == 'pull_request'", "github.event_name != 'pull_request'"), condition
        runs = condition == "true" or ("==" in condition) == (event == "pull_request")
        if "run" in step and runs:
            env = {name: "" if "${{" in value else value for name, value in step.get("env", {}).items()}
            yield step["run"], env


def walk(workflow, job, event, env, project):
    """Runs the steps as a runner does; gives the summary."""
    temp = pathlib.Path(tempfile.mkdtemp(dir=project.parent))
    (temp / "home").mkdir()
    own = {"HOME": str(temp / "home"), "PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(temp), "GITHUB_EVENT_NAME": event}
    own |= {name: str(temp / name) for name in ("GITHUB_PATH", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
    own["CI"] = own["GITHUB_ACTIONS"] = "true"
    for name in ("GITHUB_PATH", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"):
        (temp / name).touch()
    for command, more in steps(workflow, job, event):
        if command.startswith("gh "):
            # What talks to GitHub is not for here.
            continue
        paths = (temp / "GITHUB_PATH").read_text().split()
        added = dict(line.split("=", 1) for line in (temp / "GITHUB_ENV").read_text().splitlines())
        path = ":".join([*reversed(paths), own["PATH"]])
        run(f"set -eo pipefail\n{command}", own | added | more | {"PATH": path}, project, shell=True)
    return (temp / "GITHUB_STEP_SUMMARY").read_text()


def gitlab_job(name, event, env, project):
    """Runs a job of GitLab's as its runner does: all lines in one shell, those before the job's own first."""
    workflow = yaml.safe_load((project / ".gitlab-ci.yml").read_text())
    job = workflow[name]
    temp = pathlib.Path(tempfile.mkdtemp(dir=project.parent))
    own = {"HOME": str(temp), "PATH": "/usr/bin:/bin", "CI": "true", "GITLAB_CI": "true", "CI_PIPELINE_SOURCE": event,
           "CI_PROJECT_DIR": str(project), "CI_DEFAULT_BRANCH": "main", "CI_PAGES_URL": "https://ada.gitlab.io/site"}
    if event == "merge_request_event":
        own["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = git(env, project, "rev-parse", "HEAD^").strip()
    else:
        own["CI_COMMIT_BRANCH"] = "main"
    for key, value in (workflow["variables"] | job.get("variables", {})).items():
        own[key] = str(value).replace("$CI_PROJECT_DIR", str(project))
    lines = [*workflow["default"]["before_script"], *job["script"]]
    run("\n".join(["set -eo pipefail", *lines]), own, project, shell=True)
    for path in job["artifacts"]["paths"]:
        assert (project / path).exists(), f"{name} leaves no {path}"


def gitlab(env, place):
    """A project with GitLab's jobs: what a merge request and a push would see."""
    project = place / "gitlab"
    run(["partwork", "new", "site", project, "--ci", "gitlab", "-q"], env, place)
    git(env, project, "init", "-q", "-b", "main", ".")
    git(env, project, "add", "-A")
    git(env, project, "commit", "-qm", "first")
    part = project / "content/first-series/hello.md"
    part.write_text(part.read_text().rstrip() + "\n\nA paragraph more.\n")
    git(env, project, "commit", "-qam", "second")
    gitlab_job("check", "merge_request_event", env, project)
    changes = (project / "changes.md").read_text()
    assert "<ins>A paragraph more.</ins>" in changes, changes
    git(env, project, "clean", "-fdxq")
    gitlab_job("pages", "push", env, project)
    assert "https://ada.gitlab.io/site/" in (project / "public/index.html").read_text()
    assert any((project / ".memory").iterdir()), "nothing is remembered"


def main():
    place = pathlib.Path(tempfile.mkdtemp())
    try:
        version, releases = release(pathlib.Path(sys.argv[1]).resolve(), place / "releases")
        env = install(place, releases)
        project = place / "project"
        run(["partwork", "new", "site", project, "--ci", "github", "--base-url", "https://ada.example/", "-q"], env, place)
        git(env, project, "init", "-q", "-b", "main", ".")
        git(env, project, "remote", "add", "origin", "https://github.com/ada/site.git")
        git(env, project, "add", "-A")
        git(env, project, "commit", "-qm", "first")
        run(["partwork", "publish", "--init", "github-pages"], env, project)
        part = project / "content/first-series/hello.md"
        part.write_text(part.read_text().rstrip() + "\n\nA paragraph more.\n")
        git(env, project, "add", "-A")
        git(env, project, "commit", "-qm", "second")
        schema = json.loads(run(["partwork", "schema", "diff"], env, project))
        found = json.loads(run(["partwork", "diff", "HEAD^", "--format", "json"], env, project))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft202012Validator(schema).validate(found)
        assert found["texts"][0]["changes"] == [[{"new": "A paragraph more."}]], found
        WORKFLOWS.mkdir()
        for name, job, events in (("site", "build", ("push", "pull_request")), ("publish", "changes", ("pull_request",))):
            workflow = project / f".github/workflows/{name}.yml"
            shutil.copy(workflow, WORKFLOWS)
            for event in events:
                git(env, project, "clean", "-fdxq")
                summary = walk(workflow, job, event, env, project)
                if event == "pull_request":
                    assert "<ins>A paragraph more.</ins>" in summary, summary
                    assert "changes in one paragraph" in summary, summary
        gitlab(env, place)
        print(f"partwork {version} is installed, serves a site, and its workflows run")
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
