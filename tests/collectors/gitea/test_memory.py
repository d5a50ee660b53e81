"""What is remembered of a server: the sites of a fleet may share it."""

import threading
from pathlib import Path

from auditor.collectors.gitea.memory import MemoryFile

LONG = ("x" * 100_000,) * 5


def test_two_sites_that_remember_at_once_leave_a_whole_memory_at_any_time(tmp_path: Path) -> None:
    file = MemoryFile(tmp_path, "server")
    file.save(LONG)
    writers = [threading.Thread(target=lambda: [file.save(LONG) for _ in range(20)]) for _ in range(3)]
    for writer in writers:
        writer.start()
    found = []
    while any(writer.is_alive() for writer in writers):
        found.append(file.load(tuple[str, ...], ()) == LONG)
    assert all(found)
    assert [path.suffix for path in (tmp_path / "gitea").iterdir()] == [".json"]
