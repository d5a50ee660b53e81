import json
import os
import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.dotenv import is_env_name, parse_dotenv
from auditor.model.codec import encode


def parsed(text: str | bytes) -> list[tuple[str, str]]:
    data = text.encode() if isinstance(text, str) else text
    return [(one.name, one.value) for one in parse_dotenv(data)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1\nB = 2 \n", [("A", "1"), ("B", "2")]),
        ("export A=1\n  export\tB='x y'", [("A", "1"), ("B", "x y")]),
        ("# A=1\nB=2 # comment\nC=a#b\nD='#'\nE= # nothing", [("B", "2"), ("C", "a#b"), ("D", "#"), ("E", "")]),
        ("A=\nB=''\nC=\"\"\nD", [("A", ""), ("B", ""), ("C", "")]),
        ("A=1\r\nB=2\r\n", [("A", "1"), ("B", "2")]),
        (b"\xef\xbb\xbfA=1\n", [("A", "1")]),
        ("A=1\n".encode("utf-16"), [("A", "1")]),
        ('KEY="-----BEGIN\nINNER=no\n-----END"\nB=2', [("KEY", "-----BEGIN\nINNER=no\n-----END"), ("B", "2")]),
        ('A="say \\"B=1\\""\nC=3', [("A", 'say \\"B=1\\"'), ("C", "3")]),
        ("A='open\nB=2", [("A", "'open"), ("B", "2")]),
        ("A.b-c=1\nyaml: 2\n1X=3\n=4\n[section]", [("A.b-c", "1"), ("yaml", "2")]),
        ("A=b=c", [("A", "b=c")]),
        (b"A=\xff\n", [("A", "\ufffd")]),
    ],
)
def test_the_usual_writings_are_understood(text: str | bytes, found: list[tuple[str, str]]) -> None:
    assert parsed(text) == found


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for one in parse_dotenv(data):
        assert one.name
        assert one.value not in repr(one) or one.value in f"Assignment(name={one.name!r})"


def test_the_names_of_env_files() -> None:
    names = [b".env", b".env.local", b".env.production.local", b".envrc", b".ENV", b".env~", b".env.bak"]
    assert all(is_env_name(name) for name in names)
    others = [b".env.example", b".env.sample", b".env.template", b".env.dist", b".env.local.example", b"env", b"a.env"]
    assert not any(is_env_name(name) for name in others)


def test_env_files_are_found_everywhere_with_their_rights(world: Any) -> None:
    world.write(".gitignore", b"node_modules/\n.env.local\n")
    for name in (".env", "a/.env.local", "node_modules/deep/.env", "b/.env.test", "b/.env.example"):
        world.write(name, b"A_TOKEN=x\nPUBLIC_GITEA_BASE=https://git.example\nEMPTY=\n")
        os.chmod(world.clone / name, 0o600)
    world.git("add", "-f", ".gitignore", ".env")
    world.git("commit", "-qm", "oops")
    (world.clone / "a/.env.local").chmod(0o640)
    (world.clone / "b/.env.test").chmod(0o604)
    facts = world.observe()
    assert [
        (one.path, one.tracking, one.in_head, one.kind, one.mode, one.readable_by_group, one.readable_by_others)
        for one in facts.env_files
    ] == [
        (".env", "tracked", True, "file", "0600", False, False),
        ("a/.env.local", "ignored", False, "file", "0640", True, False),
        ("b/.env.test", "untracked", False, "file", "0604", False, True),
        ("node_modules/deep/.env", "ignored", False, "file", "0600", False, False),
    ]
    assert [(one.name, one.has_value, one.looks_secret, one.value) for one in facts.env_files[0].keys] == [
        ("A_TOKEN", True, True, None),
        ("PUBLIC_GITEA_BASE", True, False, "https://git.example"),
        ("EMPTY", False, False, None),
    ]
    (world.clone / ".env").unlink()
    gone = world.observe().env_files[0]
    assert (gone.path, gone.kind, gone.in_head, gone.mode, gone.keys) == (".env", "absent", True, None, ())


def test_a_link_within_the_clone_shows_the_rights_of_its_target(world: Any) -> None:
    world.write("config/real.env", b"A=1\n")
    (world.clone / "config/real.env").chmod(0o644)
    (world.clone / ".env").symlink_to("config/real.env")
    (world.clone / ".env.broken").symlink_to("nowhere")
    first, second = world.observe().env_files
    assert (first.kind, first.mode, [one.name for one in first.keys]) == ("symlink", "0644", ["A"])
    assert (second.path, second.kind) == (".env.broken", "symlink")


def test_a_value_in_the_place_of_a_name_is_not_shown(world: Any) -> None:
    line = "a" + secrets.token_hex(24)
    pem = f"-----BEGIN {'PRIVATE'} KEY-----"
    text = f"KEY={pem}\n{line}=\n-----END X-----\nA=1\n{line}=\nx_{line}: y\nPUBLIC_A={line}\nPUBLIC_B=ghp_{line}\n"
    world.write(".env", text.encode())
    facts = world.observe()
    assert line not in json.dumps(encode(facts))
    assert [(one.name, one.looks_secret) for one in facts.env_files[0].keys] == [
        *[("KEY", True), ("A", False), ("…", True), ("…", True), ("PUBLIC_A", False), ("PUBLIC_B", False)]
    ]


def test_tracked_env_files_are_found_at_the_tip_of_every_branch(world: Any) -> None:
    world.write("a")
    world.commit()
    world.git("checkout", "-qb", "feat/x")
    world.write("deep/er/.env.local", b"A=1\n")
    world.write(".env.example", b"A=\n")
    world.commit()
    blob = world.git("rev-parse", "HEAD:deep/er/.env.local").decode().strip()
    world.git("checkout", "-q", "main")
    found = world.observe().tracked_env_files
    assert [(one.branch, one.path, one.blob) for one in found] == [("feat/x", "deep/er/.env.local", blob)]


PATTERNS = st.lists(
    st.sampled_from(
        [
            *[".env", ".env*", "/.env", ".env.*", "!.env.local", "!.env", "*.local", "sub/", "!sub/", "/sub/.env*"],
            *["**/.env", ".env/", "*", "!*", "!sub/.env", "# no", ".env.backup ", ".env.test\\ ", ".[e]nv"],
        ]
    ),
    max_size=5,
).map("\n".join)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(root=PATTERNS, nested=PATTERNS)
def test_the_probe_answers_as_git_would_with_the_committed_rules_alone(new_world: Any, root: str, nested: str) -> None:
    world = new_world()
    world.write(".gitignore", root.encode())
    world.write("sub/.gitignore", nested.encode())
    world.git("add", "-A", "-f")
    world.git("commit", "-qm", "rules")
    names = [one.path for one in world.observe().env_ignore]
    said = world.git(
        *["check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"], text="\0".join(names).encode(), check=False
    ).split(b"\0")
    world.write(".gitignore", b".env*\n!changed\n")
    world.write(".git/info/exclude", b"*\n")
    probes = world.observe().env_ignore
    assert len(probes) == 16
    for number, probe in enumerate(probes):
        file, line, pattern, path = (part.decode() for part in said[4 * number : 4 * number + 4])
        wanted = (path, bool(file) and not pattern.startswith("!"), file or None, int(line) if line else None)
        assert (probe.path, probe.ignored, probe.file, probe.line) == wanted
