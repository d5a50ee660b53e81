"""The second engine within a search: packs, loose objects, folders; what it could not search is told."""

import random
import string
from collections.abc import Iterable

import pytest

from auditor.collectors.leaks.attribution import merged
from auditor.collectors.leaks.folder import search_folder
from auditor.collectors.leaks.repository import rules_digest, search_repository
from auditor.collectors.leaks.scan import Scanner
from auditor.collectors.leaks.task import Task
from auditor.detector.engine import EngineError, Found, engine_versions
from auditor.model.facts.leaks import Leak, LeakPlace

from .conftest import KEY, Repo

TASK = Task(key=KEY)
NEON = "napi_" + "".join(random.Random(3).choices(string.ascii_letters + string.digits, k=64))


@pytest.mark.parametrize("packed", [False, True])
def test_a_vendors_token_in_prose_is_found_in_the_history_and_in_a_folder(repo: Repo, packed: bool) -> None:
    pytest.importorskip("kingfisher_sdk")
    repo.commit({"notes.md": f"the database is at {NEON}\n".encode()})
    repo.commit({"notes.md": b"gone\n"})
    if packed:
        repo.git("gc", "-q")
    (leak,) = search_repository(repo.path, TASK).leaks
    assert (leak.kind, leak.hint) == ("kingfisher/neon-api-key", "napi_")
    assert (leak.places[0].path, leak.places[0].line) == ("notes.md", 1)
    folder = repo.path.parent / "folder"
    folder.mkdir()
    (folder / "notes.md").write_text(f"\n{NEON}\n")
    (alike,) = search_folder(folder, TASK).leaks
    assert (alike.hmac, alike.kind) == (leak.hmac, leak.kind)


class Choosy:
    """An engine that gives up texts with a word."""

    def find(self, raw: bytes) -> Iterable[Found]:
        if b"poison" in raw:
            raise EngineError("the engine gave up")
        return ()


def test_what_an_engine_gives_up_is_told_of_its_text_alone_and_our_kinds_search_it_nevertheless() -> None:
    scanner = Scanner(KEY, engine=Choosy())
    token = "ghp_" + "".join(random.Random(1).choices(string.ascii_letters, k=36))
    scanner.add_whole(1, f"poison {token}".encode())
    scanner.add_whole(2, f"good {token}".encode())
    scanner.flush()
    assert scanner.unsearched == {1: "the engine gave up"}
    assert set(scanner.sightings) == {1, 2}


def test_another_engine_is_another_set_of_rules() -> None:
    digests = {
        rules_digest(KEY, (), engines)
        for engines in (engine_versions(), (("auditor", "1"),), (("auditor", "1"), ("kingfisher", "1.5.0")))
    }
    assert len(digests) == 3


def leak(kind: str, path: str, hint: str = "") -> Leak:
    return Leak(kind=kind, hint=hint, hmac="ab" * 32, places=(LeakPlace(origin="local", where="file", path=path),))


def test_a_value_that_is_found_as_two_kinds_is_one_secret_of_the_kind_that_says_most() -> None:
    found = [leak("named-value", "a"), leak("kingfisher/neon-api-key", "b", "napi_"), leak("kingfisher/x", "c")]
    (one,) = merged(found)
    assert (one.kind, one.hint) == ("kingfisher/neon-api-key", "napi_")
    assert [place.path for place in one.places] == ["a", "b", "c"]
    (one,) = merged([leak("named-value", "a"), leak("gitea-token", "b"), leak("kingfisher/x", "c")])
    assert one.kind == "gitea-token"
    (one,) = merged([leak("kingfisher/x", "c"), leak("named-value", "a")])
    assert one.kind == "named-value"
