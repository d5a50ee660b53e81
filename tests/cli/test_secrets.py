"""The secret search alone: what it finds where, its exit codes, its hooks, and why a line is none."""

import json
import os
import random
import stat
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_DICE = random.Random(23)


def made(size: int = 40, alphabet: str = "0123456789abcdef") -> str:
    return "".join(_DICE.choices(alphabet, k=size))


def findings(answer: Any) -> dict[str, list[str]]:
    """The places of each failing rule."""
    report = json.loads(answer.stdout)
    found: dict[str, list[str]] = {}
    for one in report["findings"]:
        if one["outcome"] == "fail":
            found.setdefault(one["rule_id"], []).append(one["message"])
    return found


@pytest.fixture
def leaking(clone: Path, git: Any) -> tuple[Path, dict[str, str]]:
    """A clone with a secret in each kind of place."""
    values = {name: made() for name in ("tip", "history", "unreachable", "ignored", "config", "reflog")}
    (clone / "deploy.sh").write_text(f"curl -H 'Authorization: token {values['tip']}' x\n")
    (clone / "old.sh").write_text(f"GITEA_TOKEN={values['history']}\n")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "Two")
    git(clone, "rm", "-q", "old.sh")
    git(clone, "commit", "-qm", "One")
    (clone / "gone.sh").write_text(f"GITEA_TOKEN={values['unreachable']}\n")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "Gone")
    git(clone, "reset", "-q", "--hard", "HEAD~1")
    (clone / ".env").write_text(f"GITEA_TOKEN={values['ignored']}\n")
    git(clone, "remote", "set-url", "origin", f"https://me:{values['config']}@git.example/a/b.git")
    git(clone, "update-ref", "-m", f"GITEA_TOKEN={values['reflog']}", "refs/heads/other", "HEAD", "--create-reflog")
    return clone, values


def test_every_place_of_a_repository_is_searched_and_no_value_shown(
    inside: Any, leaking: tuple[Path, dict[str, str]]
) -> None:
    clone, values = leaking
    answer = inside("secrets", "--format", "json", cwd=clone)
    assert answer.returncode == 1
    found = findings(answer)
    text = " ".join(found["secrets-none-at-tip"] + found["secrets-none-in-history"])
    for place in ("deploy.sh:1", "old.sh:1", "gone.sh:1", ".env:1", ".git/config:", ".git/logs/"):
        assert place in text, place
    assert len(found["secrets-none-in-remotes"]) == 1
    assert not any(value in answer.stdout + answer.stderr for value in values.values())


def test_the_engines_that_searched_are_named(inside: Any, clone: Path) -> None:
    from auditor.detector.engine import engine_versions

    text = " ".join(inside("secrets", clone).stdout.split())
    report = json.loads(inside("secrets", clone, "--format", "json").stdout)
    (leaks,) = [one for one in report["sources"] if one["name"] == "leaks"]
    assert leaks["engines"] == [{"name": name, "version": version} for name, version in engine_versions()]
    assert "searched by " + ", ".join(f"{name} {version}" for name, version in engine_versions()) in text


def test_a_second_search_reads_only_what_is_new_and_finds_the_same(inside: Any, leaking: Any) -> None:
    clone, _ = leaking
    first, second = (findings(inside("secrets", "--format", "json", cwd=clone)) for _ in range(2))
    assert first == second


def test_a_clean_clone_and_an_empty_repository_are_compliant(
    inside: Any, clone: Path, tmp_path: Path, git: Any
) -> None:
    assert inside("secrets", clone).returncode == 0
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q")
    answer = inside("secrets", tmp_path / "empty")
    assert answer.returncode == 0, answer.stdout


def test_a_path_that_is_not_there_is_a_usage_error(inside: Any, tmp_path: Path) -> None:
    answer = inside("secrets", "nowhere")
    assert answer.returncode == 2
    assert "no such path 'nowhere'" in answer.stderr


def test_a_folder_and_a_file_are_searched_without_git(inside: Any, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("nothing\n")
    assert inside("secrets", folder).returncode == 0
    (folder / "b.txt").write_text(f"x\nGITEA_TOKEN={made()}\n")
    for path in (folder, folder / "b.txt"):
        answer = inside("secrets", path, "--format", "json")
        assert answer.returncode == 1
        assert "b.txt:2" in findings(answer)["secrets-none-at-tip"][0]


def test_what_could_not_be_searched_is_inconclusive(inside: Any, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with (folder / "large.bin").open("wb") as stream:
        stream.truncate(65 << 20)
    answer = inside("secrets", folder)
    assert answer.returncode == 3
    assert "large.bin" in answer.stdout
    assert inside("secrets", folder, "--on-unknown", "warn").returncode == 0


def test_several_paths_are_one_report(inside: Any, clone: Path, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(f"GITEA_TOKEN={made()}\n")
    answer = inside("secrets", clone, tmp_path / "x.txt", "--format", "json")
    assert answer.returncode == 1
    assert len(findings(answer)["secrets-none-at-tip"]) == 1


def test_only_what_is_staged_is_searched_for_a_commit(inside: Any, clone: Path, git: Any) -> None:
    (clone / "deploy.sh").write_text(f"GITEA_TOKEN={made()}\n")
    assert inside("secrets", "--staged", cwd=clone).returncode == 0
    git(clone, "add", ".")
    (clone / "deploy.sh").write_text("taken out again, but staged\n")
    answer = inside("secrets", "--staged", "--format", "json", cwd=clone)
    assert answer.returncode == 1
    assert list(findings(answer)) == ["secrets-none-at-tip"]
    git(clone, "add", ".")
    assert inside("secrets", "--staged", cwd=clone).returncode == 0


def test_the_first_commit_is_searched_too(inside: Any, tmp_path: Path, git: Any) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "a").write_text(f"GITEA_TOKEN={made()}\n")
    git(folder, "add", ".")
    assert inside("secrets", "--staged", cwd=folder).returncode == 1
    assert inside("secrets", "--staged", tmp_path).returncode == 2


def test_why_tells_what_a_line_holds(inside: Any, tmp_path: Path) -> None:
    token = made()
    (tmp_path / "x.sh").write_text(f"a\nGITEA_TOKEN=changeme\nDB_TOKEN={token}\n")
    assert inside("secrets", "--why", "x.sh:2").stdout == "x.sh:2: named-value: no secret: placeholder\n"
    assert inside("secrets", "--why", "x.sh:3").stdout == "x.sh:3: gitea-token: a secret\n"
    assert "nothing here" in inside("secrets", "--why", "x.sh:1").stdout
    assert inside("secrets", "--why", "x.sh").returncode == 2


def _recipe(name: str) -> str:
    """A hook as the README prints it."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    block = readme.partition(f"`.git/hooks/{name}`")[2]
    return block.partition("```sh\n")[2].partition("```")[0]


def _install(clone: Path, name: str) -> None:
    hook = clone / ".git" / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_recipe(name).replace("auditor secrets", f"'{sys.executable}' -m auditor secrets"))
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)


def test_the_pre_commit_recipe_lets_no_secret_into_a_commit(clone: Path, git: Any) -> None:
    _install(clone, "pre-commit")
    (clone / "a.md").write_text("fine\n")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "Fine")
    (clone / "deploy.sh").write_text(f"GITEA_TOKEN={made()}\n")
    git(clone, "add", ".")
    with pytest.raises(Exception, match="commit"):
        git(clone, "commit", "-qm", "Leak")
    (clone / "a.md").write_text(f"GITEA_TOKEN={made()}\n")
    git(clone, "reset", "-q", "deploy.sh")
    with pytest.raises(Exception, match="commit"):
        git(clone, "commit", "-qam", "Leak by -a")


def test_the_pre_push_recipe_lets_no_secret_out(clone: Path, tmp_path: Path, git: Any) -> None:
    _install(clone, "pre-push")
    git(clone, "remote", "add", "copy", str(tmp_path / "copy.git"))
    git(tmp_path, "init", "-q", "--bare", "copy.git")
    (clone / ".env").write_text(f"GITEA_TOKEN={made()}\n")  # where it belongs: ignored, and pushed nowhere
    git(clone, "push", "-q", "copy", "main")
    (clone / "deploy.sh").write_text(f"GITEA_TOKEN={made()}\n")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "Leak")
    with pytest.raises(Exception, match="push"):
        git(clone, "push", "-q", "copy", "main")


def test_no_character_of_200_planted_values_comes_out_anywhere(
    auditor: Any, clone: Path, tmp_path: Path, home: Path, git: Any
) -> None:
    values = [made(28, string.ascii_letters + string.digits) for _ in range(200)]
    forms = (
        "GITEA_TOKEN={}",
        "password: '{}'",
        "https://u:{}@git.example/x",
        '{{"client_secret": "{}"}}',
        "curl -H 'Authorization: Bearer {}' x",
        "ghp_aaBB1122{}",
        "x?access_token={}",
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        "<password>{}</password>",
        "machine git.example login me password {}",
    )
    rest = iter(values)
    for number in range(150):
        (clone / f"file{number}.txt").write_text(forms[number % len(forms)].format(next(rest)) + "\n")
    (clone / f"TOKEN={next(rest)}").write_text("a name\n")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", f"Leak GITEA_TOKEN={next(rest)}")
    git(clone, "branch", f"feat/token={next(rest)}")
    git(clone, "tag", "-a", "v1", "-m", f"DB_PASSWORD={next(rest)}")
    git(clone, "remote", "set-url", "origin", f"https://me:{next(rest)}@git.example/a.git")
    git(clone, "notes", "add", "-m", f"API_SECRET={next(rest)}")
    (clone / ".env").write_text("".join(f"A{number}_TOKEN={value}\n" for number, value in enumerate(rest)))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    out = tmp_path / "out"
    out.mkdir()
    (clone / ".git" / "objects" / "pack" / "pack-damaged.pack").write_bytes(b"PACK\0\0\0\2" + values[0].encode())
    env = {**os.environ, "TMPDIR": str(scratch)}
    told = []
    formats = [path.stem for path in (Path(__file__).parents[2] / "auditor" / "formats").glob("[!_]*.py")]
    for arguments in (
        ("secrets", "-vvv", *(word for name in formats for word in ("--format", f"{name}:{out / name}"))),
        ("secrets", "-vvv"),
        ("secrets", "--staged", "-vvv"),
        ("secrets", "--why", "file0.txt:1"),
        ("audit", "-vvv", "--snapshot-out", out / "snapshot.json"),
        ("collect", "-o", out / "collected.json"),
    ):
        answer = auditor(*arguments, cwd=clone, env=env)
        assert answer.returncode in (0, 1, 3), answer.stderr
        told.append(answer.stdout + answer.stderr)
    held = b"".join(
        path.read_bytes() + os.fsencode(path)
        for folder in (home, scratch, out)
        for path in folder.rglob("*")
        if path.is_file()
    )
    text = "\n".join(told).encode() + held
    assert (home / ".local" / "state" / "auditor").is_dir()
    shown = [value for value in values if value.encode() in text or value[:10].encode() in text]
    assert shown == []


def test_a_named_policy_files_own_patterns_are_searched(inside: Any, clone: Path, git: Any, tmp_path: Path) -> None:
    (clone / "notes.md").write_text("code ARC:4711-0815\n")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "Notes")
    policy = tmp_path / "policies.yaml"
    policy.write_text(
        f"schema: 1\nid: site\nlocal: {{path: {clone}}}\n"
        "secrets: {patterns: [{id: archive-code, regex: 'ARC:(?P<value>[0-9]{4}-[0-9]{4})'}]}\n"
    )
    policy.chmod(0o600)
    answer = inside("secrets", "-c", policy, "--format", "json", cwd=clone)
    assert "archive-code" in " ".join(findings(answer)["secrets-none-at-tip"])
    assert "4711-0815" not in answer.stdout + answer.stderr
    assert "secrets-none-at-tip" not in findings(inside("secrets", "--format", "json", cwd=clone))


def test_why_knows_the_patterns_of_a_named_policy_file(inside: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("code ARC:4711-0815\ncode ARC:xxxx-xxxx\n")
    policy = tmp_path / "policies.yaml"
    pattern = "ARC:(?P<value>[0-9x]{4}-[0-9x]{4})"
    policy.write_text(f"schema: 1\nid: site\nsecrets: {{patterns: [{{id: archive-code, regex: '{pattern}'}}]}}\n")
    policy.chmod(0o600)
    assert inside("secrets", "-c", policy, "--why", "notes.md:1").stdout == "notes.md:1: archive-code: a secret\n"
    second = inside("secrets", "-c", policy, "--why", "notes.md:2").stdout
    assert second == "notes.md:2: archive-code: no secret: placeholder\n"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "notes.md").write_text("code ARC:4711-0815\n")
    assert "nothing here" in inside("secrets", "--why", "notes.md:1", cwd=tmp_path / "elsewhere").stdout


def test_a_search_loads_nothing_that_talks_or_looks_at_a_deployment(tmp_path: Path, clone: Path) -> None:
    unused = ("auditor.transports.http", "auditor.transports.mirror", "auditor.derive.deployment", "ssl", "httpx")
    script = (
        "import sys; from auditor.cli.main import run; code = run(['secrets', sys.argv[1]]);"
        f"print('LOADED', [name for name in {unused!r} if name in sys.modules]); sys.exit(code)"
    )
    places = {name: str(tmp_path / name) for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
    command = [sys.executable, "-c", script, str(clone / ".git")]
    # the first run reads and compiles the rules, which needs the types of all facts
    first, done = (
        subprocess.run(command, env=os.environ | places, capture_output=True, text=True, check=False) for _ in range(2)
    )
    assert (first.returncode, done.returncode) == (0, 0), done.stderr
    assert done.stdout.strip().endswith("LOADED []")
