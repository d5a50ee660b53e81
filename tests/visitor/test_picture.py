"""Pictures are kept under the hash of their bytes, for the user alone, and not without end."""

import hashlib
import os
from pathlib import Path

from auditor.visitor.picture import keep_picture


def test_a_picture_lies_under_its_hash_and_only_the_user_reads_it(tmp_path: Path) -> None:
    name = keep_picture(tmp_path, b"png")
    assert name == f"screenshots/{hashlib.sha256(b'png').hexdigest()}.png"
    assert (tmp_path / name).read_bytes() == b"png"
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert keep_picture(tmp_path, b"png") == name


def test_where_nothing_was_drawn_or_nothing_can_be_written_there_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert keep_picture(tmp_path, None) is None
    assert keep_picture(tmp_path / "file", b"png") is None


def test_the_oldest_pictures_make_room(tmp_path: Path) -> None:
    first = keep_picture(tmp_path, b"first")
    assert first is not None
    os.utime(tmp_path / first, (1, 1))
    for number in range(200):
        keep_picture(tmp_path, b"%d" % number)
    assert not (tmp_path / first).exists()
    assert len([*(tmp_path / "screenshots").iterdir()]) == 200
