"""Listings of files: what was written comes back, what is damaged is refused."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.nas.record import fields, groups, records
from auditor.collectors.nas.tree import MOST_FILES, parse_tree
from auditor.errors import SourceError
from auditor.model.missing import MISSING
from auditor.text import name_bytes

NAMES = st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name and name != b".git")
FILES = st.dictionaries(NAMES, st.binary(max_size=20), max_size=20)
EMPTY = b"\0"


def is_odd(name: bytes) -> bool:
    return any(char in name for char in (b"\n", b"\r", b"\\"))


def listing(files: dict[bytes, bytes]) -> tuple[bytes, bytes, bytes]:
    """The three sections as the tools print them."""
    hashes = stats = odd = b""
    for name, content in files.items():
        digest = hashlib.sha256(content).hexdigest().encode()
        stat = b"81a4 %d 1700000000" % len(content)
        if is_odd(name):
            odd += b"./%s\0%s\0%s  -\n\0" % (name, stat, digest)
        else:
            hashes += b"%s  ./%s\n" % (digest, name)
            stats += b"%s ./%s\n" % (stat, name)
    return hashes + EMPTY, stats + EMPTY, odd + EMPTY


@given(FILES)
def test_every_name_and_content_comes_back(files: dict[bytes, bytes]) -> None:
    found = parse_tree(*listing(files))
    assert found.faults == ()
    assert {name_bytes(file.path): file.sha256 for file in found.files} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }


@given(FILES, st.integers(0, 2), st.integers(0, 2000))
def test_a_list_cut_short_is_refused_or_names_no_wrong_hash(files: dict[bytes, bytes], which: int, end: int) -> None:
    sections = list(listing(files))
    sections[which] = sections[which][: min(end, len(sections[which]) - 1)]
    try:
        found = parse_tree(*sections)
    except SourceError:
        return
    right = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    for file in found.files:
        assert file.sha256 is MISSING or right[name_bytes(file.path)] == file.sha256


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_a_listing_or_a_source_error(hashes: bytes, stats: bytes, odd: bytes) -> None:
    try:
        parse_tree(hashes, stats, odd)
        records(stats)
        groups(odd, 3)
        fields(hashes)
    except SourceError:
        pass


def test_an_escaped_line_of_gnu_sha256sum_is_refused_rather_than_misread() -> None:
    with pytest.raises(SourceError, match="sha256sum"):
        parse_tree(b"\\" + b"0" * 64 + b"  ./a\\nb\n\0", EMPTY, EMPTY)


def test_a_file_without_a_hash_is_there_all_the_same() -> None:
    found = parse_tree(b"\0sha256sum: ./a: Permission denied", b"81a4 1 0 ./a\n\0", EMPTY)
    assert [(file.path, file.sha256) for file in found.files] == [("a", MISSING)]
    assert found.faults == ("not everything could be read: sha256sum: ./a: Permission denied",)


def test_a_list_at_the_cap_says_so() -> None:
    line = b"81a4 1 0 ./a\n"
    found = parse_tree(EMPTY, line * MOST_FILES + b"\0", EMPTY)
    assert any("more than" in fault for fault in found.faults)


def test_the_file_that_stands_for_a_git_directory_is_no_file_of_the_site() -> None:
    assert parse_tree(EMPTY, b"81a4 1 0 ./.git\n81a4 1 0 ./sub/.git\n\0", EMPTY).files[0].path == "sub/.git"


@pytest.mark.parametrize(
    ("mode", "kind", "executable"),
    [(b"81ed", "file", True), (b"81a4", "file", False), (b"11a4", "other", False), (b"a1ff", "symlink", False)],
)
def test_kinds_come_from_the_mode(mode: bytes, kind: str, executable: bool) -> None:
    file = parse_tree(EMPTY, mode + b" 1 0 ./a\n\0", EMPTY).files[0]
    assert (file.kind, file.executable) == (kind, executable)
