"""What a lab test needs of the machine; without it the test is skipped, or fails where AUDITOR_LAB=required."""

import os
import shutil
from typing import NoReturn

import pytest

_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"


def lack(reason: str) -> NoReturn:
    """Ends the test: what it needs is not here."""
    if os.environ.get("AUDITOR_LAB") == "required":
        pytest.fail(f"the lab is required: {reason}", pytrace=False)
    pytest.skip(reason)


def need(program: str, package: str) -> str:
    """The path of a program, from the Debian package that has it."""
    found = shutil.which(program, path=_PATH)
    if found is None:
        lack(f"{program} is not installed (Debian: {package})")
    return found


def need_root(purpose: str) -> None:
    """Ends the test unless it runs as root."""
    if os.geteuid() != 0:
        lack(f"{purpose} needs root")
