"""The machine itself: its system, clock, disk, and which doors are open to the auditor there."""

import re
from collections.abc import Mapping
from typing import Literal

from auditor.collectors.nas.record import line_text, whole_number
from auditor.errors import SourceError
from auditor.model.facts.nas import Disk, System
from auditor.text import printable, short

_VERSION = re.compile(
    rb'^(majorversion|minorversion|productversion|buildnumber)="?([0-9A-Za-z.-]{1,40})"?$', re.MULTILINE
)
_SUDO_COMMAND = re.compile(r"\s+\(.*\)\s*(.*)")
_DF = re.compile(rb"\s(\d{1,18})\s+(\d{1,18})\s+(\d{1,18})\s+-?\d+%")


def parse_system(machine: Mapping[str, bytes]) -> System:
    """System, user and tools; raises SourceError where the kernel didn't say its name."""
    kernel = machine.get("kernel", b"")
    if not kernel.strip():
        raise SourceError("uname said nothing")
    dsm = {match[1].decode(): match[2].decode() for match in _VERSION.finditer(machine.get("dsm", b""))}
    version = dsm.get("productversion")
    if version and "buildnumber" in dsm:
        version = f"{version}-{dsm['buildnumber']}"
    return System(
        kind="dsm" if version else "linux",
        version=version,
        kernel=line_text(kernel),
        user=line_text(machine.get("user", b"")),
        # a shell that has a tool built in names it without a path
        tools=tuple(sorted({_shown(line) for line in machine.get("tools", b"").split(b"\n") if line})),
    )


def parse_clock(machine: Mapping[str, bytes]) -> int:
    """The NAS's clock in seconds; raises SourceError."""
    return whole_number(machine.get("clock", b""))


def parse_disk(machine: Mapping[str, bytes]) -> Disk:
    """What `df -Pk` says of the root's file system; raises SourceError."""
    match = _DF.search(machine.get("disk", b"").partition(b"\n")[2])
    if not match:
        raise SourceError(f"df said {line_text(machine.get('disk', b''))!r}")
    return Disk(total_bytes=int(match[1]) * 1024, free_bytes=int(match[3]) * 1024)


def parse_sudo(machine: Mapping[str, bytes]) -> tuple[str, ...] | None:
    """The commands that sudo allows without a password, as it prints them; None where it allows none or isn't there."""
    lines = machine.get("sudo", b"").decode("utf-8", "replace").split("\n")
    entries = (match[1] for line in lines if (match := _SUDO_COMMAND.fullmatch(line)))
    found = tuple(short(printable(entry.strip()), 200) for entry in entries)
    return found or None


def docker_door(by: bytes) -> Literal["direct", "helper", "sudo", "none", "not-asked"]:
    """How Docker was asked; raises SourceError for another word."""
    match by.strip():
        case b"direct":
            return "direct"
        case b"helper":
            return "helper"
        case b"sudo":
            return "sudo"
        case b"none":
            return "none"
        case b"not-asked":
            return "not-asked"
    raise SourceError(f"{line_text(by)!r} is no way to ask Docker")


def _shown(line: bytes) -> str:
    return line_text(line, 100)
