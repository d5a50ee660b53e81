"""The recipes in docs/recipes are what their machines take: parsed, verified, and run where they can be."""

import os
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from auditor.cli.main import COMMANDS, cli

FOLDER = Path(__file__).parent.parent / "docs" / "recipes"
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


def calls_of(text: str) -> list[list[str]]:
    """Every call of the program in a text: the command with its options."""
    plain = re.sub(r"</string>\s*<string>", " ", text).replace("&amp;", "&")
    words = "|".join(COMMANDS)
    found = re.findall(rf"(?:auditor\"?|\"\$HOME/auditor/bin/auditor\") ((?:{words})\b[^\n&|<`]*)", plain)
    return [re.findall(r"[^\s\"']+", one) for one in found]


@pytest.mark.parametrize("name", FILES)
def test_a_recipe_calls_the_program_by_commands_and_options_that_exist(name: str) -> None:
    for command, *words in calls_of((FOLDER / name).read_text()):
        known = cli.get_command(None, command)  # type: ignore[arg-type]
        assert known is not None
        options = {option for parameter in known.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in words if word.startswith("-")} <= options, (command, words)


def test_every_recipe_is_told_of_and_calls_the_program() -> None:
    told = (FOLDER / "README.md").read_text()
    for name in FILES:
        assert name == "README.md" or f"({name})" in told, name
    silent = {name for name in FILES if not calls_of((FOLDER / name).read_text())}
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
