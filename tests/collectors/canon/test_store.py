"""What is remembered from night to night: quick, complete, and never believed when it is damaged."""

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.collectors.canon import collect
from auditor.collectors.canon.store import Store
from auditor.model.missing import MISSING
from tests.collectors.canon.conftest import World

FILES = 10_000


def store_of(world: World) -> Path:
    (path,) = (world.state / "canon").iterdir()
    return path


def filled(world: World) -> World:
    world.commit(
        {".gitattributes": b"*.txt text eol=crlf\n", "a.txt": b"1\n", "sub/b.bin": b"\0", "sub/.gitignore": b"x\n"}
    )
    world.commit({"a.txt": b"2\n"})
    world.release("1", {"a.txt": b"1\r\n"}, git=False)
    return world


def test_a_second_night_says_the_same(world: World) -> None:
    filled(world)
    first = world.collect()
    assert stat.S_IMODE(store_of(world).stat().st_mode) == 0o600
    assert collect(world.context()) == first


@pytest.mark.parametrize("place", [0.01, 0.2, 0.4, 0.6, 0.8, 0.99])
def test_a_damaged_file_changes_nothing_that_is_said(world: World, place: float) -> None:
    first = filled(world).collect()
    path = store_of(world)
    raw = bytearray(path.read_bytes())
    middle = int(len(raw) * place)
    for at in range(middle, min(len(raw), middle + 400)):
        raw[at] ^= 0xA5
    path.write_bytes(raw)
    assert collect(world.context()) == first
    assert collect(world.context()) == first


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_foreign_file_is_made_anew(world: World, content: bytes) -> None:
    first = filled(world).collect()
    store_of(world).write_bytes(content)
    assert collect(world.context()) == first
    assert store_of(world).stat().st_size > len(content)


def test_a_folder_that_refuses_costs_memory_alone(tmp_path: Path) -> None:
    (tmp_path / "canon").write_text("a file is in the way")
    with Store(tmp_path / "canon" / "x.sqlite") as store:
        store.put(b"k", b"v")
        store.save()
        assert store.get(b"k") == b"v"


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("precious")
    (tmp_path / "x.sqlite").symlink_to(tmp_path / "other")
    with Store(tmp_path / "x.sqlite") as store:
        store.put(b"k", b"v" * 1000)
    assert (tmp_path / "other").read_text() == "precious"
    with Store(tmp_path / "x.sqlite") as store:
        assert store.get(b"k") == b"v" * 1000


def _large(world: World) -> Iterator[bytes]:
    yield b"commit refs/heads/main\ncommitter c <c@example.net> 1760000000 +0000\ndata 1\nx\n"
    for number in range(FILES):
        body = b"%d %b\n" % (number, b"some words of a page " * (number % 900))
        yield b"M 100644 inline folder%d/sub%d/page%d.md\ndata %d\n%b\n" % (
            number % 40,
            number % 7,
            number,
            len(body),
            body,
        )
    for number in range(600):
        yield b"commit refs/heads/main\ncommitter c <c@example.net> %d +0000\ndata 1\nx\n" % (1_760_000_060 + number)
        yield b"M 100644 inline folder%d/news%d.md\ndata 4\nnew\n\n" % (number % 40, number)


@pytest.fixture
def large(world: World) -> World:
    world.git("fast-import", "--quiet", stdin=b"".join(_large(world)))
    world.git("symbolic-ref", "HEAD", "refs/heads/main")
    tip = world.git("rev-parse", "main")
    files = world.checked_out(tip) | {"folder1/news1.md": b"hot\n"}
    world.release("1", files, head=world.git("rev-parse", "main~3"))
    world.update()
    return world


def test_ten_thousand_files_cost_next_to_nothing_on_the_second_night(large: World) -> None:
    context = large.context()
    began = time.process_time()
    first = collect(context)
    first_seconds = time.process_time() - began
    took = []
    for _ in range(3):
        began = time.process_time()
        second = collect(context)
        took.append(time.process_time() - began)
    assert second == first
    assert first.trees is not MISSING
    assert len(first.trees[0].files) > FILES
    print(f"first night {first_seconds:.2f} s, second {min(took):.2f} s")
    assert min(took) < first_seconds / 2
