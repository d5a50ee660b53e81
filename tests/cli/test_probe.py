"""The command that prints the script of the NAS: the script alone, its hash, the recipe."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A policy file with a NAS."""
    nas = {
        "ssh": "auditor@nas.lan:22",
        "key": {"file": "key"},
        "host_key": "SHA256:" + "A" * 43,
        "root": "/volume2/docker/web",
        "slots": [{"name": "blue", "port": 8081, "container": "web_blue"}],
    }
    file = tmp_path / "policies.yaml"
    file.write_text(json.dumps({"schema": 1, "extends": "standard", "id": "site", "nas": nas}))
    return file


def test_the_probe_is_printed_with_the_sites_constants_and_nothing_else(auditor: Any, policy: Path) -> None:
    done = auditor("probe", "-c", policy)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("#!/bin/sh\n")
    assert "root=/volume2/docker/web\n" in done.stdout
    assert subprocess.run(["sh", "-n"], input=done.stdout, text=True, check=False).returncode == 0


def test_the_hash_is_that_of_what_is_printed(inside: Any, policy: Path) -> None:
    script = inside("probe", "-c", policy).stdout
    assert inside("probe", "--sha256", "-c", policy).stdout == hashlib.sha256(script.encode()).hexdigest() + "\n"


def test_the_recipe_names_the_hash_and_the_forced_command(inside: Any, policy: Path) -> None:
    recipe = inside("probe", "--install", "-c", policy).stdout
    assert inside("probe", "--sha256", "-c", policy).stdout.strip() in recipe
    assert 'restrict,command="/usr/local/sbin/nas-audit"' in recipe


def test_another_slot_is_another_hash(inside: Any, policy: Path) -> None:
    before = inside("probe", "--sha256", "-c", policy).stdout
    policy.write_text(policy.read_text().replace("8081", "8091"))
    assert inside("probe", "--sha256", "-c", policy).stdout != before


def test_a_policy_without_a_nas_has_no_probe(inside: Any, tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(json.dumps({"schema": 1, "extends": "standard", "id": "site", "local": {"path": "."}}))
    for option in ((), ("--sha256",), ("--install",)):
        done = inside("probe", *option, "-c", file)
        assert (done.returncode, done.stdout) == (2, "")
        assert "nas" in done.stderr


def test_hash_and_recipe_are_not_asked_for_at_once(inside: Any, policy: Path) -> None:
    assert inside("probe", "--sha256", "--install", "-c", policy).returncode == 2
