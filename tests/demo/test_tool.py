"""The demo on a machine whose own commands are not those of a NAS: its NAS brings them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from loopback import Server

from auditor.demo.drift import DRIFTS
from auditor.demo.tool import install, lacking, translated
from auditor.demo.trial import Auditor, failing
from auditor.demo.world import World


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder's tools"
    install(folder, ("curl", "sha256sum", "stat"))
    return folder


def said(*command: str | Path, **options: object) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, **options).stdout  # type: ignore[call-overload,no-any-return]


def test_a_night_by_the_demos_own_commands_is_clean_and_its_drift_named(tmp_path: Path) -> None:
    with World(tmp_path / "world", lacks=("curl", "sha256sum", "stat")) as world:
        auditor = Auditor()
        before = auditor.audit(world)
        DRIFTS["hotfix"].apply(world)
        after = auditor.audit(world)
    assert (before.verdict, failing(before)) == ("compliant", set())
    assert set(DRIFTS["hotfix"].rules) <= failing(after)


@pytest.mark.parametrize("name", ["plain", "with space", "-c", "é\udcff"])
def test_the_commands_say_what_those_of_linux_say(tools: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"content\n")
    (tmp_path / "link").symlink_to(name)
    file = os.fsencode(f"./{name}")
    for words in (["stat", "-c", "%f %s %Y %n", file, b"./link"], ["sha256sum", file], ["stat", "-c", "%Y", "."]):
        program, *arguments = words
        own = said(tools / os.fsdecode(program), *arguments, cwd=tmp_path)
        assert own == said(program, *arguments, cwd=tmp_path)
    assert said(tools / "sha256sum", input=b"x") == said("sha256sum", input=b"x")


def test_an_answer_is_fetched_with_its_head(tools: Path, serve: Callable[..., Server]) -> None:
    server = serve(lambda handler: handler.send(b"<p>\xff", 404, Content_Type="text/html"))
    head, _, body = said(tools / "curl", "-q", "-i", f"http://127.0.0.1:{server.port}/a?b").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert b"\r\nContent-Type: text/html" in head
    assert body == b"<p>\xff"
    assert [asked.path for asked in server.asked] == ["/a?b"]


def test_only_what_a_machine_lacks_is_brought_along(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(lacking()) <= {"curl"}, "a Linux has the others"
    monkeypatch.setattr(os, "defpath", "/nonexistent")
    assert "curl" in lacking()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert set(lacking()) == {"curl", "sha256sum", "stat"}


def test_a_file_that_is_not_there_is_an_error(tools: Path, tmp_path: Path) -> None:
    for words in (["stat", "-c", "%f", "none"], ["sha256sum", "none"]):
        done = subprocess.run([tools / words[0], *words[1:]], cwd=tmp_path, capture_output=True, check=False)
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"none: No such file" in done.stderr


def test_the_script_finds_them_first_and_opens_nothing_below_proc(tools: Path) -> None:
    script = translated(b"#!/bin/sh\nPATH=/usr/bin:/bin\ncommand -v stat; tee -a /proc/self/fd/3\n", tools)
    assert b"/proc" not in script
    assert said("sh", "-c", script.splitlines()[1] + b"; command -v stat").decode().strip() == str(tools / "stat")
