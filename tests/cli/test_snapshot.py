"""Snapshots from elsewhere: brought for a source that sleeps, or damaged, hostile, of another version."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.text import parse_time, time_text


@pytest.fixture
def stored(inside: Any, clone: Path, tmp_path: Path) -> Path:
    """A snapshot of the clean clone."""
    file = tmp_path / "s.json"
    assert inside("collect", "-o", file, cwd=clone).returncode == 0
    return file


def edited(file: Path, change: Any) -> Path:
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))
    return file


def refused(done: Any) -> str:
    """The one clear line of a refusal."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("auditor: 's.json' ") or "/s.json' " in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.isprintable() or done.stderr.rstrip("\n").isprintable()
    assert len(done.stderr) < 400
    line: str = done.stderr
    return line


BREAKAGES: dict[str, tuple[Any, str]] = {
    "a newer version": (lambda data: data.update(schema_version=2), "schema_version 2"),
    "no version": (lambda data: data.pop("schema_version"), "no snapshot"),
    "a version that is a text": (lambda data: data.update(schema_version="1"), "no snapshot"),
    "a version that is true": (lambda data: data.update(schema_version=True), "/schema_version"),
    "an unknown key": (lambda data: data["local"].update(moon=1), "/local/moon"),
    "a hostile unknown key": (lambda data: data["local"].update({"\x1b[2J\nok": 1}), "\\x1b[2J\\x0aok"),
    "a missing key": (lambda data: data.pop("site_id"), "/site_id"),
    "a text for a number": (lambda data: data["local"].update(tracked_count="many"), "/local/tracked_count"),
    "true for a number": (lambda data: data["local"].update(tracked_count=True), "/local/tracked_count"),
    "a number beyond 64 bits": (lambda data: data["local"].update(tracked_count=2**63), "/local/tracked_count"),
    "a number for a list": (lambda data: data["local"].update(branches=3), "/local/branches"),
    "null for a list": (lambda data: data["local"].update(branches=None), "/local/branches"),
    "an unknown word": (lambda data: data.update(mode="guess"), "/mode"),
    "a moment that is none": (lambda data: data["local"].update(observed_at="yesterday"), "/local/observed_at"),
    "a moment of no zone": (lambda data: data.update(finished_at="2026-02-01T03:00:00"), "/finished_at"),
    "a moment beyond the calendar": (
        lambda data: data.update(finished_at="0001-01-01T00:00:00+23:59"),
        "/finished_at",
    ),
    "half a surrogate pair": (lambda data: data["local"].update(path="\ud800"), "/local/path"),
    "a list": (lambda data: data.clear(), "no snapshot"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_an_edited_snapshot_is_2_and_its_place_is_named(inside: Any, stored: Path, name: str) -> None:
    change, told = BREAKAGES[name]
    assert told in refused(inside("evaluate", edited(stored, change)))


TEXTS: dict[str, tuple[Any, str]] = {
    "empty": (lambda text: "", "no JSON"),
    "truncated": (lambda text: text[: len(text) // 2], "cut short"),
    "two documents": (lambda text: text + text, "no JSON"),
    "an array": (lambda text: "[]", "no snapshot"),
    "not a number": (lambda text: text.replace('"took_seconds":', '"took_seconds":NaN,"x":'), "NaN"),
    "infinity": (lambda text: text.replace('"took_seconds":', '"took_seconds":1e999,"x":'), "took_seconds"),
    "a key twice": (
        lambda text: text.replace('{"', '{"site_id":"other","site_id":"x","', 1),
        "/site_id: stands there twice",
    ),
    "nested deep": (lambda text: "[" * 100_000 + "]" * 100_000, "no JSON"),
    "nested deep in an object": (lambda text: '{"a":' * 100_000 + "1" + "}" * 100_000, "no JSON"),
    "nested a little": (lambda text: '{"schema_version":1,"local":' + "[" * 70 + "]" * 70 + "}", "64 levels deep"),
    "a number without end": (lambda text: '{"schema_version":' + "9" * 100_000 + "}", "no JSON"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_damaged_snapshot_is_2_with_one_clear_line(inside: Any, stored: Path, name: str) -> None:
    change, told = TEXTS[name]
    stored.write_text(change(stored.read_text()))
    assert told in refused(inside("evaluate", stored))


def test_bytes_that_are_no_text_and_a_folder_are_2(inside: Any, stored: Path) -> None:
    stored.write_bytes(b"\xff\xfe\x00" + stored.read_bytes())
    assert "no JSON" in refused(inside("evaluate", stored))
    stored.unlink()
    stored.mkdir()
    assert "can't be read" in refused(inside("evaluate", stored))


def test_a_huge_file_is_refused_before_it_is_read(inside: Any, stored: Path) -> None:
    os.truncate(stored, 1 << 40)  # no memory holds it
    assert "256 MiB" in refused(inside("evaluate", stored))


def test_standard_input_is_read_too(auditor: Any, stored: Path) -> None:
    piped = auditor("evaluate", "-", "--format", "json", input=stored.read_text())
    assert piped.returncode == 0, piped.stderr
    assert piped.stdout == auditor("evaluate", stored, "--format", "json").stdout


@pytest.fixture
def site(clone: Path, tmp_path: Path) -> Path:
    """A policy file of a site whose clone is not there when the audit runs."""
    file = tmp_path / "policies.yaml"
    file.write_text(f"schema: 1\nid: site\nlocal: {{path: {clone}}}\n")
    return file


@pytest.fixture
def brought(inside: Any, clone: Path, site: Path, tmp_path: Path, git: Any) -> Path:
    """A snapshot of that clone while it was there, with a commit made on main itself."""
    git(clone, "commit", "-q", "--allow-empty", "-m", "Straight to main")
    file = tmp_path / "s.json"
    assert inside("collect", "-c", site, "-o", file).returncode == 0
    return file


def local_of(done: Any) -> dict[str, Any]:
    sources: list[dict[str, Any]] = json.loads(done.stdout)["sources"]
    return next(source for source in sources if source["name"] == "local")


def test_brought_facts_stand_in_for_a_clone_that_sleeps(inside: Any, clone: Path, brought: Path, site: Path) -> None:
    clone.rename(clone.with_name("asleep"))
    assert inside("audit", "-c", site, "--no-store").returncode == 3
    done = inside("audit", "-c", site, "--no-store", "--with", brought)
    assert done.returncode == 1
    assert "local is brought" in done.stdout
    report = inside("audit", "-c", site, "--no-store", "--with", brought, "--format", "json")
    assert local_of(report)["status"] == "brought"


def test_brought_facts_never_stand_over_what_was_collected_live(
    inside: Any, clone: Path, brought: Path, site: Path, git: Any
) -> None:
    git(clone, "reset", "-q", "--hard", "origin/main")
    done = inside("audit", "-c", site, "--no-store", "--with", brought, "--format", "json")
    assert done.returncode == 0, done.stdout
    assert local_of(done)["status"] == "ok"


def test_brought_facts_that_are_too_old_are_unknown(inside: Any, clone: Path, brought: Path, site: Path) -> None:
    clone.rename(clone.with_name("asleep"))

    def aged(data: dict[str, Any]) -> None:
        data["local"]["observed_at"] = time_text(parse_time(data["local"]["observed_at"]) - timedelta(hours=26))

    done = inside("audit", "-c", site, "--no-store", "--with", edited(brought, aged))
    assert done.returncode == 3
    assert "facts_max_age" in done.stdout


def test_brought_facts_from_the_future_are_unknown(inside: Any, clone: Path, brought: Path, site: Path) -> None:
    clone.rename(clone.with_name("asleep"))
    later = time_text(datetime.now(UTC) + timedelta(days=400))
    done = inside(
        "audit",
        "-c",
        site,
        "--no-store",
        "--with",
        edited(brought, lambda data: data["local"].update(observed_at=later)),
    )
    assert done.returncode == 3, done.stdout
    assert "future" in done.stdout


def test_the_youngest_of_several_brought_ones_counts(
    inside: Any, clone: Path, brought: Path, site: Path, tmp_path: Path, git: Any
) -> None:
    younger = tmp_path / "younger.json"
    git(clone, "reset", "-q", "--hard", "origin/main")
    time.sleep(1.1)  # moments are told to the second
    assert inside("collect", "-c", site, "-o", younger).returncode == 0
    clone.rename(clone.with_name("asleep"))
    for order in ((brought, younger), (younger, brought)):
        words = [word for file in order for word in ("--with", file)]
        answer = inside("audit", "-c", site, "--no-store", *words)
        assert answer.returncode == 0, answer.stdout


def test_facts_of_another_site_are_refused(inside: Any, clone: Path, brought: Path, site: Path) -> None:
    line = refused(
        inside("audit", "-c", site, "--with", edited(brought, lambda data: data.update(site_id="x\n\x1b[2Jy")))
    )
    assert "is of the site 'x\\x0a\\x1b[2Jy'" in line
