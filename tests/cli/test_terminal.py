"""What reaches a terminal, a pipe or a file: colour, width, encoding, progress, and nothing that a name smuggles in."""

import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.output import write_stdout

SLOW = """
import sys, time
import auditor.collectors.local as witness
real = witness.collect
def slow(context):
    context.progress("reading the \\x1b[31m index")
    time.sleep(0.8)
    return real(context)
witness.collect = slow
from auditor.cli.main import main
main(sys.argv[1:])
"""


def on_terminal(command: list[str], folder: Path, *, columns: int = 80, **variables: str) -> tuple[str, str, int]:
    """Standard output and standard error of a process that has a terminal for each, and its exit code."""
    pairs = [pty.openpty(), pty.openpty()]
    for _, slave in pairs:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS")}
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=pairs[0][1], stderr=pairs[1][1],
        env={**environment, "TERM": "xterm", **variables},
    )  # fmt: skip
    for _, slave in pairs:
        os.close(slave)
    texts = {master: b"" for master, _ in pairs}
    waiting = set(texts)
    end = time.monotonic() + 60
    while waiting and time.monotonic() < end:
        for master in select.select(list(waiting), [], [], 1)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:  # Linux's word for the end of a terminal
                data = b""
            texts[master] += data
            if not data:
                waiting.discard(master)
    code = process.wait(10)
    for master in texts:
        os.close(master)
    out, err = (text.decode().replace("\r\n", "\n") for text in texts.values())
    return out, err, code


AUDIT = [sys.executable, "-m", "auditor", "audit", "--no-store"]


def test_colour_is_for_terminals_alone_and_can_be_refused(clone: Path, home: Path, auditor: Any, git: Any) -> None:
    git(clone, "config", "http.sslVerify", "false")
    out, _, code = on_terminal(AUDIT, clone)
    assert code == 1
    assert "\x1b[31;1mnon-compliant\x1b[0m" in out
    assert max(map(len, re.sub("\x1b\\[[0-9;]*m", "", unmended(out)).splitlines())) <= 80
    for command, variables in (
        ([*AUDIT, "--no-color"], {}),
        (AUDIT, {"NO_COLOR": "1"}),
        (AUDIT, {"TERM": "dumb"}),
    ):
        assert "\x1b" not in on_terminal(command, clone, **variables)[0]
    piped = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    assert "\x1b" not in auditor("audit", "--no-store", cwd=clone, env=piped).stdout


def unmended(text: str) -> str:
    """The report without the commands, which are never broken."""
    return re.sub(r"^(?: *(?:\S*mend:|\S*next:).*\n)(?: {6,}(?:git|#).*\n)*", "", text, flags=re.MULTILINE)


def test_at_40_columns_nothing_but_commands_and_long_words_is_wider(clone: Path, home: Path, git: Any) -> None:
    git(clone, "config", "http.sslVerify", "false")
    git(clone, "commit", "-q", "--allow-empty", "-m", "Straight to main, with a subject that is longer than most")
    out, _, _ = on_terminal([*AUDIT, "--no-color", "-v"], clone, columns=40)
    wide = [line for line in unmended(out).splitlines() if len(line) > 40]
    assert [line for line in wide if len(line.split()) > 1 and "-clone" not in line] == []
    assert "source-of-truth: 2 fail" in out


def test_progress_is_drawn_on_a_terminal_and_taken_away_again(clone: Path, home: Path) -> None:
    command = [sys.executable, "-c", SLOW, "audit", "--no-store"]
    out, err, code = on_terminal(command, clone)
    assert code == 0, out + err
    assert re.search(r"local +\d\.\ds  reading the \\x1b\[31m index", err), repr(err)
    assert re.search(r"\x1b\[\dF\x1b\[J\Z", err), "the lines are left standing"
    assert "reading the" not in out
    assert on_terminal([*command, "-q"], clone)[1] == ""
    piped = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert piped.stderr == ""


HOSTILE = [
    b"esc-\x1b[2J\x1b]0;title\x07.md",
    b"new\nline: compliant.md",
    b"carriage\rreturn.md",
    "rtl-\u202egnp.md".encode(),
    "isolate-\u2066x.md".encode(),
    "invisible-\u200b.md".encode(),
    "separator-\u2028.md".encode(),
    b"c1-\xc2\x9b31m.md",
    b"latin-\xe9\xff.md",
    b"back\\slash.md",
    b"--version",
    b"<b>&amp;'\"`$(id)`.md",
]


@pytest.fixture
def hostile(clone: Path, git: Any) -> Path:
    """A clone whose branch, file, commit and remote names try to drive a terminal; all of it older than the limit."""
    raw = os.fsencode(clone)
    for name in HOSTILE:
        with open(os.path.join(raw, name), "wb") as file:
            file.write(b"x")
        os.utime(os.path.join(raw, name), (1_700_000_000, 1_700_000_000))
    old = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
    tree = git(clone, "rev-parse", "HEAD^{tree}")
    commit = git(clone, "commit-tree", tree, "-p", "HEAD", "-m", "subject \x1b[31m \u202e \x9b", **old)
    for name in (b"rtl-\xe2\x80\xae-x", b"latin-\xe9", "b\u2028c".encode()):
        path = os.path.join(raw, b".git/refs/heads", name)
        with open(path, "w") as file:
            file.write(commit + "\n")
    git(clone, "update-ref", "refs/heads/main", commit)
    return clone


@pytest.mark.parametrize("name", ["console", "json"])
def test_hostile_names_are_harmless_in_every_output(hostile: Path, inside: Any, name: str) -> None:
    done = inside("audit", "-vv", "--no-store", "--format", name, cwd=hostile)
    assert done.returncode == 1, done.stdout + done.stderr
    for char in done.stdout + done.stderr:
        assert char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp", "Cs"), hex(ord(char))
    assert not re.search(r"^\s*line: compliant", done.stdout, re.MULTILINE)
    assert "esc-\\" in done.stdout
    assert "latin-" in done.stdout


def test_output_that_knows_no_unicode_still_gets_the_whole_report(hostile: Path, auditor: Any) -> None:
    for variables in (
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ):
        done = auditor(
            "audit", "-v", "--no-store", cwd=hostile, env={**os.environ, **variables}, text=False, capture_output=True
        )
        assert done.returncode == 1, done.stderr
        assert done.stderr == b""
        assert b"local-work-published" in done.stdout
    assert "invariant" in done.stdout.decode("latin-1")


def test_the_signs_of_our_own_have_a_plain_form(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", plain)
    write_stdout("gitea 214f930 · blue ← proxy · ≠ every slot · a → b … é\n")
    assert plain.buffer.getvalue() == b"gitea 214f930 - blue <- proxy - != every slot - a -> b ... \\xe9\n"
