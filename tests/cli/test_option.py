"""Options: before and after the command, from the environment, from the file, and who wins."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

POLICY = "schema: 1\nid: {id}\nlocal: {{path: {path}}}\n"


@pytest.fixture
def policies(clone: Path, tmp_path: Path) -> dict[str, Path]:
    """Policy files outside the clone, each for a site of its own name."""
    files = {}
    for name in ("one", "two", "three"):
        files[name] = tmp_path / f"{name}.yaml"
        files[name].write_text(POLICY.format(id=name, path=clone))
    return files


def site(done: Any) -> str:
    assert done.returncode in (0, 1, 3), done.stderr
    name: str = json.loads(done.stdout)["run"]["site"]
    return name


JSON = ("--no-store", "--format", "json")


def test_global_options_count_before_and_after_the_command(inside: Any, policies: dict[str, Path]) -> None:
    assert site(inside("-c", policies["one"], "audit", *JSON)) == "one"
    assert site(inside("audit", *JSON, "-c", policies["one"])) == "one"
    assert site(inside("-c", policies["one"], "audit", *JSON, "-c", policies["two"])) == "two"
    assert inside("-q", "audit", "-c", policies["one"], "--no-store").stdout == ""
    assert inside("audit", "-q", "-c", policies["one"], "--no-store").stdout == ""
    assert "n/a     " in inside("-v", "audit", "-c", policies["one"], "--no-store").stdout


def test_the_command_line_wins_over_the_environment_and_that_over_what_is_found(
    inside: Any, policies: dict[str, Path], clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clone / "policies.yaml").write_text(POLICY.format(id="found", path="."))
    assert site(inside("audit", *JSON, cwd=clone)) == "found"
    monkeypatch.setenv("AUDITOR_CONFIG", str(policies["one"]))
    assert site(inside("audit", *JSON, cwd=clone)) == "one"
    assert site(inside("-c", policies["two"], "audit", *JSON, cwd=clone)) == "two"
    assert site(inside("audit", *JSON, "-c", policies["two"], cwd=clone)) == "two"
    (policies["one"]).write_text("id: [")
    for place in (("-c", policies["two"], "rules", "list"), ("rules", "list", "-c", policies["two"])):
        assert inside(*place, cwd=clone).returncode == 0, "the environment's broken file was read"
    assert inside("rules", "list", cwd=clone).returncode == 2


def test_every_option_has_its_variable(
    inside: Any, policies: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AUDITOR_CONFIG", str(policies["one"]))
    monkeypatch.setenv("AUDITOR_NO_STORE", "1")
    monkeypatch.setenv("AUDITOR_FORMAT", f"json:{tmp_path}/a.json console")
    monkeypatch.setenv("AUDITOR_RULE", "local-* audit-*")
    monkeypatch.setenv("AUDITOR_SNAPSHOT_OUT", str(tmp_path / "s.json"))
    monkeypatch.setenv("AUDITOR_VERBOSE", "1")
    done = inside("audit")
    assert "pass    " in done.stdout
    report = json.loads((tmp_path / "a.json").read_text())
    assert {rule["id"].split("-")[0] for rule in report["rules"] if rule["judged"]} == {"local", "audit"}
    assert (tmp_path / "s.json").exists()
    monkeypatch.setenv("AUDITOR_QUIET", "true")
    assert inside("audit").stdout == ""
    monkeypatch.setenv("AUDITOR_ONLY", "moon")
    assert inside("audit").returncode == 2
    monkeypatch.setenv("AUDITOR_ONLY", "local")
    monkeypatch.setenv("AUDITOR_TIMEOUT", "soon")
    assert inside("audit").returncode == 2
    assert inside("audit", "--timeout", "60").returncode == 0


def test_a_file_in_a_parent_folder_is_found_and_its_paths_are_relative_to_it(inside: Any, clone: Path) -> None:
    (clone / "policies.yaml").write_text(POLICY.format(id="above", path="."))
    folder = clone / "a/b"
    folder.mkdir(parents=True)
    assert site(inside("audit", *JSON, cwd=folder)) == "above"


def test_a_file_that_was_merely_found_brings_no_credentials_and_the_report_says_so(
    inside: Any, clone: Path, git: Any
) -> None:
    # gitea is left out: what is asked here is what the file may bring, not what the server says
    (clone / "policies.yaml").write_text(
        POLICY.format(id="found", path=".")
        + "gitea: {base: 'https://git.example.net', owner: Acme, repo: site, token: {env: TOKEN_OF_MINE}}\n"
    )
    found = inside("audit", "--no-store", "--only", "local", cwd=clone)
    assert "merely found" in found.stdout
    assert "-c" in found.stdout
    for named in (("-c", "policies.yaml"), ("-c", clone / "policies.yaml")):
        assert "merely found" not in inside("audit", "--no-store", "--only", "local", *named, cwd=clone).stdout
    (clone / "policies.yaml").write_text(POLICY.format(id="found", path="."))
    assert "merely found" not in inside("audit", "--no-store", cwd=clone).stdout, "nothing was left out"


def test_a_clone_without_a_policy_file_is_known_by_its_root_commit_and_folder(
    inside: Any, clone: Path, git: Any
) -> None:
    root = git(clone, "rev-list", "--max-parents=0", "HEAD")
    folder = clone / "deep"
    folder.mkdir()
    done = inside("audit", *JSON, cwd=folder)
    assert site(done) == f"{root}-clone"
    assert "no policies.yaml" in json.loads(done.stdout)["run"]["notes"][0]


def test_without_a_policy_file_the_branch_is_that_of_the_remotes_head(
    inside: Any, clone: Path, git: Any, tmp_path: Path
) -> None:
    git(tmp_path / "upstream", "branch", "trunk")
    git(clone, "fetch", "-q")
    git(clone, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    git(clone, "switch", "-q", "trunk")
    git(clone, "commit", "-q", "--allow-empty", "-m", "Straight to trunk")
    done = inside("audit", "--no-store", cwd=clone)
    assert done.returncode == 1
    assert "is on local trunk, and not on origin/trunk" in " ".join(done.stdout.split())


def test_only_leaves_the_other_sources_out_and_says_so(inside: Any, clone: Path) -> None:
    (clone / "policies.yaml").write_text(
        POLICY.format(id="x", path=".") + "gitea: {base: 'https://git.example.net', owner: Acme, repo: site}\n"
    )
    report = json.loads(inside("audit", *JSON, "--only", "local", cwd=clone).stdout)
    states = {source["name"]: source["status"] for source in report["sources"]}
    assert states["local"] in ("ok", "partial")
    assert states["gitea"] in ("left-out", "not-configured")
    assert inside("audit", *JSON, "--only", "moon", cwd=clone).stderr.startswith("auditor: no such source 'moon'")


def test_a_rule_glob_judges_these_rules_alone_and_lists_the_others(inside: Any, clone: Path) -> None:
    report = json.loads(inside("audit", *JSON, "--rule", "local-main-*", cwd=clone).stdout)
    assert {finding["rule_id"] for finding in report["findings"]} == {"local-main-not-ahead", "local-main-fresh"}
    reasons = {rule["id"]: rule["reason"] for rule in report["rules"]}
    assert reasons["secrets-env-ignored"] == "not asked for"
    assert reasons["local-main-fresh"] is None


def test_quiet_is_silent_on_green_and_only_then(inside: Any, clone: Path, git: Any) -> None:
    assert inside("audit", "-q", cwd=clone).stdout == ""
    git(clone, "update-ref", "-d", "refs/remotes/origin/main")
    assert "inconclusive" in inside("audit", "-q", cwd=clone).stdout
    assert "inconclusive" in inside("audit", "-q", "--on-unknown", "warn", cwd=clone).stdout
    git(clone, "config", "http.sslVerify", "false")
    assert "non-compliant" in inside("audit", "-q", cwd=clone).stdout
    assert json.loads(inside("audit", "-q", "--format", "json", "--rule", "audit-*", cwd=clone).stdout)


def test_completion_knows_the_commands_and_their_options(auditor: Any, tmp_path: Path) -> None:
    script = auditor(env={**os.environ, "_AUDITOR_COMPLETE": "bash_source"})
    assert "_auditor_completion" in script.stdout
    words = {"_AUDITOR_COMPLETE": "bash_complete", "COMP_WORDS": "auditor audit --on", "COMP_CWORD": "2"}
    assert "--on-unknown" in auditor(env={**os.environ, **words}).stdout


def test_collect_writes_a_snapshot_whole_to_a_file_or_to_standard_output(
    inside: Any, clone: Path, tmp_path: Path
) -> None:
    file = tmp_path / "s.json"
    done = inside("collect", "-o", file, cwd=clone)
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads(file.read_text())["mode"] == "collect"
    assert json.loads(inside("collect", cwd=clone).stdout)["schema_version"] == 1
    assert inside("collect", "-o", tmp_path / "no/such/s.json", cwd=clone).returncode == 2
    assert [path.name for path in tmp_path.iterdir() if "s.json" in path.name] == ["s.json"]
