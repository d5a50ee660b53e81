"""The README says what is so: its commands are taken, its policy file is valid, its exit codes are the program's."""

import re
from pathlib import Path

import pytest

from auditor.cli import exit_code
from auditor.cli.main import COMMANDS
from auditor.config.loader import load_config

from .cli.example import calls_in, named, taken

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL).replace(r"\|", "|")


@pytest.mark.parametrize("call", [call for kind, text in BLOCKS if kind != "yaml" for call in calls_in(text)])
def test_a_command_to_copy_is_taken(call: str) -> None:
    taken(call)


@pytest.mark.parametrize("call", sorted(set(calls_in(PROSE))))
def test_a_command_that_the_text_names_exists_with_its_options(call: str) -> None:
    command, words = named(call)
    known = {option for parameter in command.params for option in (*parameter.opts, "--help")}
    assert {word for word in words if word.startswith("-")} <= known


def test_every_command_is_in_the_table() -> None:
    rows = "".join(line for line in TEXT.splitlines() if line.startswith("| `auditor "))
    told = set(re.findall(r"`auditor (\w+)", rows))
    assert told == set(COMMANDS)


def test_the_policy_file_that_it_builds_up_is_valid(tmp_path: Path) -> None:
    whole = "".join(text for kind, text in BLOCKS if kind == "yaml")
    file = tmp_path / "policies.yaml"
    file.write_text(whole.replace("SHA256:…", f"SHA256:{'A' * 43}"))
    config = load_config(file).config
    assert config.gitea is not None and config.nas is not None and config.site is not None
    assert config.notify and config.publish


def test_the_table_of_exit_codes_is_the_programs() -> None:
    told = re.findall(r"^\| (\d+) \| ", TEXT, re.MULTILINE)
    assert told == re.findall(r"^ +(\d+)  ", exit_code.TABLE, re.MULTILINE)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:\s]+)[^)\s:]*\)", TEXT))))
def test_a_link_into_the_repository_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
