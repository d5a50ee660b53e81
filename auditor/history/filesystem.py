"""Which network file system a folder lies on: SQLite's locks and shared memory can't be trusted there."""

import sys
from pathlib import Path

from auditor.text import name_text

_NETWORK = {
    *("9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "davfs2", "drvfs", "fhgfs", "gfs2"),
    *("glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "pvfs2", "smb2", "smb3"),
    *("smbfs", "vboxsf", "vmhgfs", "webdav"),
}
# FUSE names its program after the dot; the others (fuse.ext2, fuseblk) are local disks
_NETWORK_FUSE = {
    *("ceph", "curlftpfs", "davfs", "davfs2", "gcsfuse", "glusterfs", "goofys", "grpcfuse", "mfs", "mount-s3"),
    *("osxfs", "rclone", "s3fs", "smbnetfs", "sshfs", "vmhgfs-fuse"),
}
_MNT_LOCAL = 0x1000  # macOS, <sys/mount.h>


def network_file_system(folder: Path) -> str | None:
    """The name of the network file system that holds `folder`; None where it is local, or can't be told."""
    try:
        if sys.platform == "darwin":
            return _of_statfs(folder)
        return network_mount(Path("/proc/self/mountinfo").read_bytes(), folder.resolve())
    except (OSError, AttributeError):  # no /proc, no statfs: better a history on trust than none
        return None


def network_mount(mountinfo: bytes, folder: Path) -> str | None:
    """The network file system that `mountinfo` (proc(5)) names for the absolute path `folder`, or None."""
    found: tuple[int, str, str] | None = None
    for line in mountinfo.splitlines():
        fields, separator, rest = line.partition(b" - ")
        columns = fields.split(b" ")
        if not separator or len(columns) < 5:
            continue
        point = Path(_unescaped(columns[4]))
        # of two at the same point the later one covers the earlier
        if folder.is_relative_to(point) and (found is None or len(point.parts) >= found[0]):
            found = (len(point.parts), str(point), name_text(rest.split(b" ")[0]))
    if found is None or (found[1] == "/" and found[2] == "9p"):
        return None  # the root of a sandbox is 9p, and is nobody else's
    return found[2] if _is_network(found[2]) else None


def _is_network(kind: str) -> bool:
    return kind in _NETWORK or (kind.startswith("fuse.") and kind.removeprefix("fuse.") in _NETWORK_FUSE)


def _unescaped(raw: bytes) -> str:
    for code, char in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\")):
        raw = raw.replace(code, char)
    return raw.decode("utf-8", "surrogateescape")


def _of_statfs(folder: Path) -> str | None:
    import ctypes
    import os

    library = ctypes.CDLL(None)
    # on Intel the plain name is the old structure with 32-bit inodes
    statfs = getattr(library, "statfs$INODE64", None) or library.statfs
    buffer = ctypes.create_string_buffer(4096)
    if statfs(os.fsencode(folder), buffer) != 0:
        return None
    return parse_statfs(buffer.raw)


def parse_statfs(raw: bytes) -> str | None:
    """The file system's name where macOS's `struct statfs` says that it is not local."""
    flags = int.from_bytes(raw[64:68], "little")
    kind = name_text(raw[72:88].split(b"\0")[0])
    return None if flags & _MNT_LOCAL and kind not in _NETWORK else kind
