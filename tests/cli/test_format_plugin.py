"""Formats of other distributions: found by the installed command, imported when asked for, at fault by name."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

README = Path(__file__).parents[2] / "README.md"
COMMAND = Path(sys.executable).with_name("auditor")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def offers(tmp_path: Path) -> Path:
    """A folder that the program finds distributions in."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return folder


@pytest.fixture
def command(clone: Path, offers: Path) -> Run:
    """The installed command, in the clone."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(offers)}
        call = [COMMAND, *arguments]
        return subprocess.run(call, cwd=clone, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return run


def offer(folder: Path, distribution: str, name: str, code: str) -> None:
    """What installing a distribution with one format leaves behind."""
    module = distribution.replace("-", "_")
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[auditor.formats]\n{name} = {module}\n")


def written_in_readme(folder: Path) -> Path:
    """The distribution that the README tells to write."""
    chapter = README.read_text(encoding="utf-8").split("## A format of your own")[1].split("\n## ")[0]
    package = folder / "auditor-badge"
    package.mkdir()
    for kind, name in (("toml", "pyproject.toml"), ("python", "auditor_badge.py")):
        [text] = re.findall(rf"```{kind}\n(.*?)```", chapter, re.DOTALL)
        (package / name).write_text(text)
    return package


def test_the_format_of_the_readme_is_installed_named_and_written(command: Run, offers: Path, tmp_path: Path) -> None:
    # without the network: what it is built with is installed for the tests
    options = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(offers))
    call = [sys.executable, "-m", "pip", "install", *options, str(written_in_readme(tmp_path))]
    subprocess.run(call, check=True, timeout=120)
    assert "badge" in command("export", "--help").stdout
    assert "badge" in command("export", "--format", "nothing").stderr
    badge = tmp_path / "badge.svg"
    done = command("audit", "--no-store", "--format", f"badge:{badge}", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert ": compliant, 0 failed" in "".join(ElementTree.fromstring(badge.read_text()).itertext())


BROKEN = {
    "imports what is not there": ("import nothing_at_all", "can't be loaded: ModuleNotFoundError: No module named"),
    "does not parse": ("def render(", "can't be loaded: SyntaxError"),
    "ends the program": ("raise SystemExit(0)", "can't be loaded: SystemExit: 0"),
    "renders nothing": ("Render = 1", "has no function render"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_format_that_can_not_be_used_is_2_before_anything_is_judged(command: Run, offers: Path, fault: str) -> None:
    code, said = BROKEN[fault]
    offer(offers, "auditor-odd", "odd", code)
    done = command("audit", "--format", "odd")
    assert (done.returncode, done.stdout) == (2, "")
    assert "format 'odd' of auditor-odd 1.0" in done.stderr
    assert said in done.stderr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def render(report, style):\n    raise ValueError('\\x1b[2J')", "failed: ValueError: \\x1b[2J"),
        ("def render(report, style):\n    return b'x'", "gave no text but 'bytes'"),
    ],
)
def test_a_format_that_fails_is_2_in_its_own_name(command: Run, offers: Path, code: str, said: str) -> None:
    offer(offers, "auditor-odd", "odd", code)
    done = command("audit", "--no-store", "--format", "odd")
    assert (done.returncode, done.stdout) == (2, "")
    assert "format 'odd' of auditor-odd 1.0" in done.stderr
    assert said in done.stderr


def test_two_formats_of_one_name_are_2_and_our_own_are_not_replaced(command: Run, offers: Path) -> None:
    for distribution, name in (("one-a", "twin"), ("one-b", "twin"), ("one-c", "json"), ("one-d", "console")):
        offer(offers, distribution, name, "def render(report, style):\n    return 'taken over'")
    for name, owners in (("twin", ["one-a 1.0", "one-b 1.0"]), ("json", ["auditor", "one-c 1.0"])):
        done = command("audit", "--no-store", "--format", name)
        assert (done.returncode, done.stdout) == (2, "")
        assert all(owner in done.stderr for owner in owners)
    assert command("audit", "--no-store").stdout.startswith("compliant"), "nobody asked for another format"


def test_a_format_that_nobody_asks_for_is_not_imported(command: Run, offers: Path, tmp_path: Path) -> None:
    mark = tmp_path / "imported"
    offer(offers, "auditor-loud", "loud", f"open({str(mark)!r}, 'w').close()\ndef render(report, style): return 'x'")
    assert command("audit", "--no-store", "--format", "json").returncode == 0
    assert "loud" in command("audit", "--help").stdout
    assert not mark.exists()
    assert command("audit", "--no-store", "--format", "loud").stdout == "x"
    assert mark.exists()
