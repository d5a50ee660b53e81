"""Network file systems are known by name, wherever they are mounted."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.history.filesystem import network_file_system, network_mount, parse_statfs


def mount(point, kind, number=30):
    return f"{number} 1 0:{number} / {point} rw,relatime shared:1 - {kind} source rw\n".encode()


ROOT = mount("/", "ext4", 20)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone", "ceph", "vboxsf"])
def test_a_folder_on_a_share_is_named_with_its_kind(kind):
    table = ROOT + mount("/home/ana", kind)
    assert network_mount(table, Path("/home/ana/.local/state/auditor")) == kind
    assert network_mount(table, Path("/home/anabel")) is None


@pytest.mark.parametrize("kind", ["ext4", "btrfs", "overlay", "tmpfs", "fuseblk", "fuse.ext2", "zfs", "virtiofs"])
def test_a_folder_on_a_disk_is_fine(kind):
    assert network_mount(ROOT + mount("/home", kind), Path("/home/ana")) is None


def test_the_innermost_mount_counts():
    table = mount("/home/ana/state", "ext4") + ROOT + mount("/home", "nfs4")
    assert network_mount(table, Path("/home/ana/state/auditor")) is None
    assert network_mount(table, Path("/home/ana")) == "nfs4"


def test_of_two_mounts_at_one_point_the_later_one_counts():
    assert network_mount(ROOT + mount("/mnt", "ext4") + mount("/mnt", "cifs"), Path("/mnt/x")) == "cifs"
    assert network_mount(ROOT + mount("/mnt", "cifs") + mount("/mnt", "ext4"), Path("/mnt/x")) is None


def test_a_mount_point_with_a_space_and_optional_fields_is_read():
    line = rb"36 35 98:0 /m /mnt/my\040share rw,noatime master:1 shared:2 - nfs nas.lan:/x rw" + b"\n"
    assert network_mount(ROOT + line, Path("/mnt/my share/x")) == "nfs"


def test_the_root_of_a_sandbox_is_its_own_disk_and_a_root_on_nfs_is_not():
    assert network_mount(mount("/", "9p"), Path("/home")) is None
    assert network_mount(mount("/", "nfs"), Path("/home")) == "nfs"


@given(st.binary(max_size=200))
def test_any_table_is_read_without_a_crash(table):
    network_mount(table, Path("/home/ana"))


def test_a_local_folder_of_this_machine_is_not_on_a_network(tmp_path):
    assert network_file_system(tmp_path) is None


def statfs(flags, kind):
    # macOS, <sys/mount.h>: f_flags at 64, f_fstypename at 72, 16 bytes
    return bytes(64) + flags.to_bytes(4, "little") + bytes(4) + kind.ljust(16, b"\0") + bytes(2048)


@pytest.mark.parametrize(
    ("flags", "kind", "found"),
    [(0x1000, b"apfs", None), (0x0, b"nfs", "nfs"), (0x0, b"macfuse", "macfuse"), (0x1000, b"smbfs", "smbfs")],
)
def test_macos_says_itself_what_is_not_local(flags, kind, found):
    assert parse_statfs(statfs(flags, kind)) == found
