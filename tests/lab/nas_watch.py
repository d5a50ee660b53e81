"""Watching the probe at work: its system calls as strace tells them, and a digest of everything in a folder."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from lab_need import need

_WRITING = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)")
_OPEN = re.compile(
    r'(?:openat|open|creat|openat2)\((?:AT_FDCWD[^,]*, )?(?:\d+<[^>]*>, )?"((?:[^"\\]|\\.)*)", (\S[^=]*?)\)\s+= (.*)'
)
_EXEC = re.compile(r'execve(?:at)?\("((?:[^"\\]|\\.)*)", .*= 0$')
_CHANGE = re.compile(
    r"\b(unlink|unlinkat|rename|renameat2?|mkdir|mkdirat|rmdir|link|linkat|symlink|symlinkat|chmod|fchmod|fchmodat|chown|"
    r"fchown|fchownat|lchown|truncate|ftruncate|utime|utimes|utimensat|futimesat|mknod|mknodat|setxattr|removexattr|"
    r"mount|umount2|bind|listen)\("
)
_TRACED = (
    "open,openat,openat2,creat,execve,execveat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,"
    "symlink,symlinkat,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,truncate,ftruncate,utime,utimes,utimensat,"
    "futimesat,mknod,mknodat,setxattr,removexattr,mount,umount2,bind,listen,connect"
)


@dataclass(frozen=True)
class Watched:
    """What the probe and all its children did; `written` are the paths opened for writing, `changed` other calls."""

    executed: frozenset[str]
    written: frozenset[str]
    changed: tuple[str, ...]
    connected: frozenset[str]


def strace_command(log: Path, *command: str) -> str:
    """A command line that runs `command` under strace."""
    options = ("-f", "-qq", "-s", "256", "-o", str(log), "-e", f"trace={_TRACED}")
    return " ".join((need("strace", "strace"), *options, *command))


def read_strace(log: Path) -> Watched:
    """What a log tells; a call that was interrupted is put together again."""
    executed, written, changed, connected = set(), set(), [], set()
    for line in _whole_lines(log.read_text("utf-8", "replace")):
        if (opened := _OPEN.search(line)) and _WRITING.search(opened[2]) and not opened[3].startswith("-1"):
            written.add(opened[1])
        elif (run := _EXEC.search(line)) is not None:
            executed.add(run[1])
        elif "connect(" in line:
            connected.add(re.sub(r".*?\{(.*?)\}.*", r"\1", line))
        elif _CHANGE.search(line) and " = -1 " not in line and "AF_NETLINK" not in line:  # how libc lists interfaces
            changed.append(line)
    return Watched(frozenset(executed), frozenset(written), tuple(changed), frozenset(connected))


def _whole_lines(text: str) -> list[str]:
    begun: dict[str, str] = {}
    lines = []
    for line in text.splitlines():
        process, _, rest = line.partition(" ")
        rest = rest.strip()
        if rest.endswith("<unfinished ...>"):
            begun[process] = rest.removesuffix("<unfinished ...>")
        elif rest.startswith("<... "):
            lines.append(begun.pop(process, "") + rest.partition("resumed>")[2])
        else:
            lines.append(rest)
    return lines


def digest(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder but times of access: kind, mode, owner, size, mtime, ctime, links, content."""
    found: dict[str, tuple[object, ...]] = {}
    for place, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            path = Path(place, name)
            status = path.lstat()
            body = ""
            if path.is_symlink():
                body = str(path.readlink())
            elif path.is_file():
                body = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = (
                *(status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_ino, status.st_nlink),
                *(status.st_mtime_ns, status.st_ctime_ns, body),
            )
    return found
