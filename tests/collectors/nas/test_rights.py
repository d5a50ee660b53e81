"""The machine's own words: DSM's version, df, sudo, the chain of current."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.nas.current import parse_current
from auditor.collectors.nas.rights import docker_door, parse_clock, parse_disk, parse_sudo, parse_system
from auditor.errors import SourceError

DSM = b'majorversion="7"\nminorversion="2"\nproductversion="7.2.1"\nbuildnumber="69057"\nbuilddate="2023/11/06"\n'
SUDO = b"""Matching Defaults entries for auditor on nas:
    env_reset

User auditor may run the following commands on nas:
    (root) NOPASSWD: /usr/local/sbin/nas-audit-docker "", /usr/local/sbin/nas-audit-proxy ""
"""
ROOT = b"/volume2/site"


def test_dsm_tells_its_version() -> None:
    told = {"kernel": b"Linux 4.4.302+ x86_64\n", "dsm": DSM, "user": b"auditor\n", "tools": b"/usr/bin/curl\n"}
    system = parse_system(told)
    assert (system.kind, system.version, system.user) == ("dsm", "7.2.1-69057", "auditor")
    assert system.tools == ("/usr/bin/curl",)


def test_another_machine_is_a_linux() -> None:
    system = parse_system({"kernel": b"Linux 6", "dsm": b"cat: /etc.defaults/VERSION: No such file or directory\n"})
    assert (system.kind, system.version) == ("linux", None)


def test_a_long_device_name_breaks_no_line_of_df() -> None:
    said = b"Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/mapper/cachedev_0 100 40 60 40% /volume2\n"
    disk = parse_disk({"disk": said})
    assert (disk.total_bytes, disk.free_bytes) == (102400, 61440)


def test_sudo_lists_what_it_allows_and_a_password_is_no_right() -> None:
    assert parse_sudo({"sudo": SUDO}) == (
        'NOPASSWD: /usr/local/sbin/nas-audit-docker "", /usr/local/sbin/nas-audit-proxy ""',
    )
    assert parse_sudo({"sudo": b"sudo: a password is required\n"}) is None
    assert parse_sudo({}) is None


def test_what_the_machine_did_not_say_is_a_source_error() -> None:
    for parse in (parse_system, parse_clock, parse_disk):
        with pytest.raises(SourceError):
            parse({"clock": b"soon", "disk": b"df: no"})
    with pytest.raises(SourceError):
        docker_door(b"magic")


@pytest.mark.parametrize(
    ("end", "resolved", "release", "kind"),
    [
        (b"/volume2/site/releases/r1/app", "releases/r1/app", "r1", "link"),
        (b"/volume2/site/releases/r1", "releases/r1", "r1", "link"),
        (b"/volume2/site/releases", "releases", None, "link"),
        (b"/volume2/site-other/releases/r1", "/volume2/site-other/releases/r1", None, "link"),
        (b"", None, None, "link"),
    ],
)
def test_current_is_told_by_its_end(end: bytes, resolved: str | None, release: str | None, kind: str) -> None:
    found = parse_current(b"current\0x\0\0" + end + b"\0HEAD\0", ROOT, True)
    assert (found.resolved, found.release, found.kind) == (resolved, release, kind)


@pytest.mark.parametrize(("end", "kind"), [(b"/volume2/site/current", "folder"), (b"other", "other"), (b"", "absent")])
def test_current_may_be_no_link(end: bytes, kind: str) -> None:
    assert parse_current(b"\0" + end + b"\0\0", ROOT, True).kind == kind


@given(st.binary(max_size=80))
def test_any_bytes_are_a_chain_or_a_source_error(body: bytes) -> None:
    with contextlib.suppress(SourceError):
        parse_current(body, ROOT, True)
