"""The commands of a NAS that this machine lacks or has otherwise, for the demo: `stat -c`, `sha256sum` and `curl`.

macOS has other ones, a bare Debian no curl. It runs as a program of its own, without the rest of the package.
"""

import hashlib
import os
import re
import shlex
import shutil
import socket
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit


def lacking() -> tuple[str, ...]:
    """The names of the commands that the demo's NAS must bring along on this machine."""
    own = () if sys.platform == "linux" else ("sha256sum", "stat")
    fetches = any(shutil.which(name, path=os.defpath) for name in ("curl", "wget"))
    return own if fetches else ("curl", *own)


def install(folder: Path, names: Iterable[str]) -> None:
    """Write the commands into a new folder, to stand first in a PATH."""
    folder.mkdir()
    for name in names:
        call = shlex.join([sys.executable, "-IS", str(Path(__file__).resolve()), name])
        (folder / name).write_text(f'#!/bin/sh\nexec {call} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o700)


def translated(script: bytes, folder: Path) -> bytes:
    """The probe's script with these commands first in its PATH, and with the names that macOS has for open files."""
    path = b"\nPATH=" + os.fsencode(shlex.quote(str(folder))) + b":"
    return script.replace(b"\nPATH=", path, 1).replace(b"/proc/self/fd/", b"/dev/fd/")


def stat(arguments: Sequence[str]) -> None:
    """`stat -c FORMAT FILE…`."""
    _, form, *names = arguments
    for name in names:
        status = os.lstat(name)
        values = {"%f": f"{status.st_mode:x}", "%s": str(status.st_size), "%Y": str(int(status.st_mtime)), "%n": name}
        sys.stdout.write("".join(values.get(part, part) for part in re.split("(%.)", form)) + "\n")


def sha256sum(arguments: Sequence[str]) -> None:
    """`sha256sum [FILE…]`."""
    for name in arguments or ("-",):
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        sys.stdout.write(f"{hashlib.sha256(content).hexdigest()}  {name}\n")


def curl(arguments: Sequence[str]) -> None:
    """`curl -i … URL`, from a server that ends its answer by closing the connection; no other option counts."""
    place = urlsplit(arguments[-1])
    target = f"{place.path or '/'}{f'?{place.query}' if place.query else ''}"
    with socket.create_connection((place.hostname, place.port or 80), 20) as connection:
        connection.sendall(f"GET {target} HTTP/1.0\r\nHost: {place.netloc}\r\n\r\n".encode())
        while piece := connection.recv(65_536):
            sys.stdout.buffer.write(piece)


_TOOLS = {"curl": curl, "sha256sum": sha256sum, "stat": stat}

if __name__ == "__main__":
    sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    try:
        _TOOLS[sys.argv[1]](sys.argv[2:])
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error.filename}: {error.strerror}")
