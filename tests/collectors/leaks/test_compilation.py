"""What was compiled once serves the next run, unless somebody else wrote it."""

import subprocess
import sys
from pathlib import Path

import pytest

from auditor.collectors.leaks.compilation import use_compiled
from auditor.detector.accelerator import Accelerator, accelerator_version
from auditor.detector.catalogue import KINDS
from auditor.detector.kind import Kind
from auditor.detector.own_kind import kinds_with
from auditor.detector.presence import Text

from .conftest import KEY, Repo

pytestmark = pytest.mark.skipif(accelerator_version() is None, reason="hyperscan is not installed: the extra `fast`")
FEW: tuple[Kind, ...] = KINDS[:3]


def kept(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_what_one_run_compiled_serves_the_next_and_lies_where_others_do_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    use_compiled(Accelerator(FEW), folder, KEY, compile_anew=True)
    assert (folder.stat().st_mode & 0o777, kept(folder).stat().st_mode & 0o777) == (0o700, 0o600)
    later = Accelerator(FEW)
    use_compiled(later, folder, KEY, compile_anew=False)
    assert later.is_ready
    text = Text(b"PuTTY-User-Key-File-2: x")
    assert later.places(text)


@pytest.mark.parametrize("damage", ["another key", "a byte", "the end", "all"])
def test_a_file_of_somebody_else_is_not_taken(tmp_path: Path, damage: str) -> None:
    use_compiled(Accelerator(FEW), tmp_path, b"other" if damage == "another key" else KEY, compile_anew=True)
    file = kept(tmp_path)
    data = bytearray(file.read_bytes())
    if damage == "a byte":
        data[200] ^= 1
    file.write_bytes({"the end": data[:-9], "all": b""}.get(damage, data))
    later = Accelerator(FEW)
    use_compiled(later, tmp_path, KEY, compile_anew=False)
    assert not later.is_ready


def test_of_several_versions_the_last_one_is_kept(tmp_path: Path) -> None:
    use_compiled(Accelerator(FEW), tmp_path, KEY, compile_anew=True)
    before = kept(tmp_path)
    use_compiled(Accelerator(KINDS[:2]), tmp_path, KEY, compile_anew=True)
    assert kept(tmp_path) != before


def test_a_folder_that_can_not_be_written_costs_the_memory_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = Accelerator(FEW)
    use_compiled(one, tmp_path / "file" / "below", KEY, compile_anew=True)
    assert one.is_ready


NIGHT = """
import sys
from pathlib import Path
from auditor.collectors.leaks.repository import search_repository
from auditor.collectors.leaks.task import Task
from auditor.detector.accelerator import accelerator_of
from auditor.detector.own_kind import kinds_with
search_repository(Path(sys.argv[1]), Task(key=b"k" * 32, ledger=Path(sys.argv[2])))
sys.exit(not accelerator_of(kinds_with(())).is_ready)
"""


def test_a_night_that_reads_no_pack_takes_what_an_earlier_one_compiled(tmp_path: Path, repo: Repo) -> None:
    repo.commit({"f": b"1"})
    ledger = tmp_path / "state" / "leaks.sqlite"
    night = [sys.executable, "-c", NIGHT, str(repo.path), str(ledger)]
    assert subprocess.run(night, check=False).returncode == 1
    use_compiled(Accelerator(kinds_with(())), ledger.parent, KEY, compile_anew=True)
    assert subprocess.run(night, check=False).returncode == 0
