"""The recipes in docs/recipes are what their machines take: parsed, verified, and run where they can be."""

import os
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from auditor.config.loader import load_config
from auditor.config.trust import state_folder
from tests.cli.example import calls_in, taken

FOLDER = Path(__file__).parent.parent.parent / "docs" / "recipes"
FILES = sorted(path.name for path in FOLDER.iterdir())
PLISTS = [name for name in FILES if name.endswith(".plist")]
WORKFLOWS = [name for name in FILES if name.endswith(".yaml")]
SCRIPTS = [name for name in FILES if name.endswith(".sh")]
COMMIT = "1" * 40
# stands for `auditor` and `ssh` alike: says what it was called with, and ends as it is told
STUB = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in *"$SHUT"*) exit "$CODE";; esac
"""


def calls_of(name: str) -> list[str]:
    """Every call of the program in a recipe: the command with its options."""
    text = re.sub(r"</string>\s*<string>", " ", (FOLDER / name).read_text())
    plain = text.replace("&amp;", "&").replace('/bin/auditor"', "/bin/auditor").replace("</string>", "\n")
    return list(calls_in(plain))


@pytest.mark.parametrize("name", [name for name in FILES if name != "deploy.sh"])
def test_a_recipe_calls_the_program_as_it_takes_it(name: str) -> None:
    for call in calls_of(name):
        taken(call)


def test_every_recipe_is_told_of_and_calls_the_program() -> None:
    told = (FOLDER / "README.md").read_text()
    for name in FILES:
        assert name == "README.md" or f"({name})" in told, name
    silent = {name for name in FILES if not calls_of(name)}
    assert silent == {"auditor.timer", "Dockerfile"}


@pytest.mark.parametrize("name", FILES)
def test_no_recipe_holds_a_secret_or_hands_one_over_as_an_argument(name: str) -> None:
    for line in (FOLDER / name).read_text().splitlines():
        assert not re.search(r"(token|password|secret)=[^$\s]", line, re.IGNORECASE), line
        assert "secrets." not in line or re.fullmatch(r"\s+AUDITOR_\w+: \$\{\{ secrets\.\w+ \}\}", line), line


@pytest.mark.parametrize("name", PLISTS)
def test_a_launchd_job_is_a_property_list_of_its_own_name(name: str) -> None:
    job = plistlib.loads((FOLDER / name).read_bytes())
    assert f"{job['Label']}.plist" == name
    assert all(isinstance(word, str) for word in job["ProgramArguments"])
    assert {"StartInterval", "StartCalendarInterval"} & set(job)


def test_the_laptops_hourly_job_is_a_command_that_a_shell_takes() -> None:
    job = plistlib.loads((FOLDER / "net.auditor.collect.plist").read_bytes())
    subprocess.run(["sh", "-n", "-c", job["ProgramArguments"][2]], check=True)
    assert job["StartInterval"] == 3600


def test_the_crontab_has_five_fields_and_a_command() -> None:
    lines = [line for line in (FOLDER / "crontab").read_text().splitlines() if line and not line.startswith("#")]
    jobs = [line for line in lines if "=" not in line.split()[0]]
    assert len(jobs) == 1
    assert re.fullmatch(r"\d+ \d+ \* \* \* /\S+/auditor audit .*", jobs[0])
    assert "%" not in jobs[0], "cron takes it for the end of the command"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_yaml_with_steps_and_keeps_secrets_to_the_steps_that_need_them(name: str) -> None:
    workflow = yaml.safe_load((FOLDER / name).read_text())
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"]
        assert "secrets" not in str(job.get("env"))
        for step in job["steps"]:
            assert {"run", "uses"} & set(step)
            assert "auditor" in step.get("run", "") or "secrets" not in str(step.get("env"))


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_clean(name: str) -> None:
    done = subprocess.run(["shellcheck", FOLDER / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert os.access(FOLDER / name, os.X_OK)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit_and_the_timer_and_finds_them_safe(tmp_path: Path) -> None:
    service = (FOLDER / "auditor.service").read_text().replace("/opt/auditor/bin/auditor", sys.executable)
    (tmp_path / "auditor.service").write_text(service)
    shutil.copy(FOLDER / "auditor.timer", tmp_path)
    verify = ["systemd-analyze", "verify", "--man=no", "auditor.service", "auditor.timer"]
    done = subprocess.run(verify, capture_output=True, text=True, check=False, cwd=tmp_path)
    said = [line for line in done.stderr.splitlines() if "auditor" in line]
    assert (done.returncode, said) == (0, []), done.stderr
    # 0 is safest, 100 is none at all: systemd itself calls up to 20 "ok"
    secure = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", "auditor.service"]
    done = subprocess.run(secure, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_the_container_has_no_root_and_writes_nowhere_but_its_state() -> None:
    lines = (FOLDER / "Dockerfile").read_text().splitlines()
    instructions = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    assert [rest for name, rest in instructions if name == "USER"] == ["65532:65532"]
    assert [rest for name, rest in instructions if name == "VOLUME"] == ["/state"]
    assert not {"ADD", "ARG"} & {name for name, _ in instructions}
    run = (FOLDER / "README.md").read_text()
    for option in ("--read-only", "--cap-drop ALL", "no-new-privileges", "/run/secrets:ro"):
        assert option in run


def test_the_state_that_the_workflow_keeps_is_the_programs_after_a_red_night_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    [job] = yaml.safe_load((FOLDER / "gitea-audit.yaml").read_text())["jobs"].values()
    cache = {step["uses"].split("/")[2].split("@")[0]: step for step in job["steps"] if "cache" in step.get("uses", "")}
    assert list(cache) == ["restore", "save"], "the cache in one step keeps nothing of a job that failed"
    assert cache["save"]["if"] == "always()"
    assert cache["save"]["with"]["key"] == cache["restore"]["with"]["key"]
    for step in cache.values():
        assert Path(step["with"]["path"]).expanduser() == state_folder()


def test_the_units_credentials_are_what_its_comments_have_the_policy_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = (FOLDER / "auditor.service").read_text()
    token, key, history = re.findall(r"(\w+: \{\w+: \$[A-Z_]+[^}]*\})", text)
    loaded = dict(re.findall(r"^LoadCredential=(.+):(.+)$", text, re.MULTILINE))
    for name in loaded:
        (tmp_path / name).write_text("value\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    file = tmp_path / "policies.yaml"
    file.write_text(
        f"schema: 1\nid: site\n{history}\n"
        f"gitea: {{base: 'https://git.example.net', owner: a, repo: b, {token}}}\n"
        f"nas: {{ssh: auditor@nas.lan, {key}, root: /site, slots: [{{name: a, port: 1}}], known_hosts: hosts}}\n"
    )
    config = load_config(file).config
    assert config.gitea and config.gitea.token and config.nas and config.nas.key and config.history
    assert config.gitea.token.resolve().reveal() == "value"
    assert {config.gitea.token.file, config.nas.key.file} == {tmp_path / name for name in loaded}
    assert state_folder(config) == tmp_path / "state"
    assert all(path.startswith("/etc/auditor/") for path in loaded.values())


@dataclass(frozen=True)
class Machine:
    """Where a recipe finds the program, the policy file of a clean clone, and a home; `run` gives what it prints."""

    folder: Path
    cache: Path

    def run(self, command: str, **variables: str) -> tuple[int, str]:
        """The recipe's own command, with its paths replaced and nothing in the environment but what is given."""
        for name, real in (
            ("/opt/auditor/bin/auditor", f"{sys.executable} -m auditor"),
            ('"$HOME/auditor/bin/auditor"', f"{sys.executable} -m auditor"),
            ("/etc/auditor/policies.yaml", f"{self.folder}/policies.yaml"),
            ('"$HOME/.config/auditor/policies.yaml"', f"{self.folder}/policies.yaml"),
            ("/Users/me/.config/auditor/policies.yaml", f"{self.folder}/policies.yaml"),
            ("/var/services/homes/auditor", str(self.folder)),
        ):
            command = command.replace(name, real)
        # the rules are compiled once for all of them
        given = {"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(self.cache), **variables}
        done = subprocess.run(["sh", "-c", command], env=given, cwd="/", capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def machine(clone: Path, cache: Path, tmp_path: Path) -> Machine:
    (tmp_path / "policies.yaml").write_text(f"schema: 1\nid: site\nlocal: {{path: {clone}}}\n")
    return Machine(tmp_path, cache)


def plist_command(name: str) -> str:
    return shlex.join(plistlib.loads((FOLDER / name).read_bytes())["ProgramArguments"])


NIGHTS: dict[str, Callable[[str], str]] = {
    "crontab": lambda text: text.splitlines()[-1].split(maxsplit=5)[5],
    "auditor.service": lambda text: re.findall("^ExecStart=(.*)$", text, re.MULTILINE)[0],
    "dsm-task.sh": lambda text: text,
    "net.auditor.audit.plist": lambda _text: plist_command("net.auditor.audit.plist"),
}


@pytest.mark.parametrize("name", NIGHTS)
def test_a_recipes_night_is_silent_where_all_is_well_and_loud_where_not(
    machine: Machine, clone: Path, git: Callable[..., str], name: str
) -> None:
    command = NIGHTS[name]((FOLDER / name).read_text())
    assert machine.run(command) == (0, "")
    git(clone, "commit", "-q", "--allow-empty", "-m", "straight to main")
    code, said = machine.run(command)
    assert code == 1
    assert "local-main-not-ahead" in said


def test_what_the_laptop_sends_every_hour_is_what_the_other_host_audits(machine: Machine, clone: Path) -> None:
    tools, sent = machine.folder / "bin", machine.folder / "sent"
    tools.mkdir()
    sent.mkdir()
    for name, does in (("scp", f'cp "$2" {sent}/'), ("ssh", f'[ "$2" = mv ] && mv {sent}/* {sent}/laptop.json')):
        (tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (tools / name).chmod(0o755)
    (machine.folder / "Library" / "Caches").mkdir(parents=True)
    command = plist_command("net.auditor.collect.plist")
    assert machine.run(command, PATH=f"{tools}:/usr/bin:/bin") == (0, "")
    shutil.rmtree(clone)
    [call] = [one for one in calls_of("README.md") if "--with" in one]
    there = call.replace("/var/lib/auditor/from", str(sent))
    assert machine.run(f"/opt/auditor/bin/auditor {there} -q -c /etc/auditor/policies.yaml") == (0, "")


@pytest.fixture
def deployed(tmp_path: Path) -> "Deployed":
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("auditor", "ssh"):
        (tools / name).write_text(STUB)
        (tools / name).chmod(0o755)
    return Deployed(tools, tmp_path / "calls")


class Deployed:
    """Runs deploy.sh with an auditor and an ssh that do as they are told."""

    def __init__(self, tools: Path, calls: Path) -> None:
        self.tools, self.calls = tools, calls

    def __call__(self, shut: str = "nothing", code: int = 1) -> tuple[int, list[str]]:
        environment = {"PATH": f"{self.tools}:/usr/bin:/bin", "CALLS": str(self.calls), "SHUT": shut, "CODE": str(code)}
        command = ["sh", str(FOLDER / "deploy.sh"), COMMIT, "green"]
        done = subprocess.run(command, env=environment, check=False, capture_output=True)
        return done.returncode, [_short(line) for line in self.calls.read_text().splitlines()]


def _short(call: str) -> str:
    words = shlex.split(call)
    if words[0] == "ssh":
        return words[2]
    taken(shlex.join(words[1:]))
    assert words[words.index("--commit") + 1] == COMMIT
    assert words[words.index("--slot") + 1] == "green"
    return words[words.index("--stage") + 1]


@pytest.mark.parametrize(
    ("shut", "code", "expected"),
    [
        ("nothing", 0, (0, ["deploy", "deploy-build", "switch", "deploy-switch", "after"])),
        ("--stage deploy", 3, (3, ["deploy"])),
        ("deploy-build", 5, (5, ["deploy", "deploy-build"])),
        ("--stage switch", 1, (1, ["deploy", "deploy-build", "switch"])),
        ("--stage after", 3, (3, ["deploy", "deploy-build", "switch", "deploy-switch", "after"])),
        ("--stage after", 1, (1, ["deploy", "deploy-build", "switch", "deploy-switch", "after", "deploy-back"])),
    ],
)
def test_a_deployment_goes_no_further_than_the_gate_lets_it(
    deployed: Deployed, shut: str, code: int, expected: tuple[int, list[str]]
) -> None:
    assert deployed(shut, code) == expected
