"""Own values in repositories: found wherever git keeps a text, kept nowhere; only what is new is read again."""

import base64
import io
import random
import sqlite3
import string
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from auditor.collectors.leaks.own_search import search_own_values
from auditor.collectors.leaks.task import Task
from auditor.confidence import Told
from auditor.detector.own_value import own_marks
from auditor.errors import SourceError
from auditor.interfaces import Deadline
from auditor.model.facts.leaks import LeakPlace, LeakSearch

from .conftest import KEY, Repo

RUN_KEY = b"0123456789abcdef0123456789abcdef"
_DICE = random.Random(11)
REAL = ["".join(_DICE.choices(string.ascii_letters + string.digits, k=size)) for size in range(8, 48, 2)]
DULL = [
    f"{one}-{two}"
    for one in ("opal", "garnet", "rosebud", "sommer", "kaffee")
    for two in ("ruby", "pause", "dawn", "monday")
]


def told_of(*values: str, identity: str = "same") -> Told:
    marks, skipped = own_marks([(value, "DB_PASSWORD", value) for value in values], RUN_KEY)
    assert skipped == ()
    return Told(marks, (), identity)


def searched(repo: Repo, *values: str, ledger: Path | None = None, identity: str = "same") -> LeakSearch:
    task = Task(key=KEY, ledger=ledger)
    return search_own_values(repo.path, task, {"local": told_of(*values, identity=identity)}, RUN_KEY)


def place(search: LeakSearch) -> LeakPlace:
    (leak,) = search.leaks
    (found,) = leak.places
    return found


def in_file(repo: Repo, *values: str) -> None:
    repo.commit({f"deploy-{at}.sh": f"login --password {value}\n".encode() for at, value in enumerate(values)})


def in_history(repo: Repo, *values: str) -> None:
    repo.commit({"notes.md": "".join(f"the password is {value}, keep it\n" for value in values).encode()})
    repo.commit({"notes.md": None})


def in_message(repo: Repo, *values: str) -> None:
    repo.commit({}, "Set passwords\n\n" + "".join(f"- to {value}\n" for value in values))


def in_tag(repo: Repo, *values: str) -> None:
    repo.commit({})
    repo.git("tag", "-a", "v1", "-m", "\n".join(f"password={value}" for value in values))


def in_archive(repo: Repo, *values: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for at, value in enumerate(values):
            archive.writestr(f"{at}.yaml", f"db:\n  password: {value}\n")
    repo.commit({"a.zip": file.getvalue()})


def in_base64(repo: Repo, *values: str) -> None:
    urls = [base64.b64encode(f"postgres://site:{value}@db.example:5432/site".encode()) for value in values]
    repo.commit({"secret.yaml": b"data:\n" + b"".join(b"  url: " + url + b"\n" for url in urls)})


def in_branch(repo: Repo, *values: str) -> None:
    head = repo.commit({})
    repo.git("update-ref", "--stdin", data="".join(f"create refs/heads/try/{one} {head}\n" for one in values).encode())


def in_file_name(repo: Repo, *values: str) -> None:
    repo.commit({f"backup-of/{value}.sql": b"select 1;\n" for value in values})


PLACES = (in_file, in_history, in_message, in_tag, in_archive, in_base64, in_branch, in_file_name)


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
@pytest.mark.parametrize("put", PLACES)
def test_twenty_real_looking_and_twenty_dull_values_are_found_in_every_kind_of_place(
    repo: Repo, put: Callable[..., None], packed: bool
) -> None:
    values = [*REAL, *DULL]
    repo.commit({"README.md": b"# nothing\n"})
    put(repo, *values)
    if packed:
        repo.git("gc", "-q", "--prune=now")
    found = searched(repo, *values)
    assert {leak.hmac for leak in found.leaks} == set(values)
    assert found.unsearched == ()
    assert searched(repo, "quite-another-one").leaks == ()


def test_a_value_that_stays_through_many_versions_is_one_place_with_its_commits(repo: Repo) -> None:
    text = [f"line {number}\n" for number in range(400)]
    commits = []
    for number in range(30):
        text[number] = f"changed {number}\n"
        text[200] = f"password = {DULL[0]}\n" if 5 <= number < 20 else "nothing\n"
        commits.append(repo.commit({"a.conf": "".join(text).encode()}))
    repo.git("gc", "-q", "--aggressive")
    found = place(searched(repo, DULL[0]))
    assert (found.path, found.line, found.tips) == ("a.conf", 201, ())
    assert (found.first_commit, found.last_commit) == (commits[5], commits[20])


def test_at_a_tip_and_reachable_are_told(repo: Repo) -> None:
    in_file(repo, DULL[1])
    assert place(searched(repo, DULL[1])).tips == ("refs/heads/main",)
    repo.commit({})
    repo.git("checkout", "-q", "--orphan", "other")
    repo.git("rm", "-q", "-r", "--cached", ".")
    (repo.path / "deploy-0.sh").unlink()
    repo.commit({"README.md": b"# another\n"})
    repo.git("branch", "-D", "main")
    assert not place(searched(repo, DULL[1])).reachable


def test_only_what_is_new_is_read_as_long_as_the_values_are_the_same(repo: Repo, tmp_path: Path) -> None:
    ledger = tmp_path / "own.sqlite"
    in_history(repo, REAL[3])
    first = searched(repo, REAL[3], ledger=ledger)
    assert first.read > 0
    again = searched(repo, REAL[3], ledger=ledger)
    assert (again.read, again.leaks) == (0, first.leaks)
    in_file(repo, REAL[3])
    new = searched(repo, REAL[3], ledger=ledger)
    assert 0 < new.read < first.read
    assert {one.path for leak in new.leaks for one in leak.places} == {"notes.md", "deploy-0.sh"}


def test_a_value_that_is_new_is_searched_for_in_everything(repo: Repo, tmp_path: Path) -> None:
    ledger = tmp_path / "own.sqlite"
    in_history(repo, REAL[4])
    assert searched(repo, REAL[3], ledger=ledger).leaks == ()
    # what tells the values apart is their identity, not their marks under this run's key
    assert searched(repo, REAL[4], ledger=ledger, identity="another").leaks != ()


def test_what_one_machine_changes_is_nothing_to_the_values_of_the_other(repo: Repo, tmp_path: Path) -> None:
    in_history(repo, REAL[3], REAL[4])
    repo.git("gc", "-q", "--prune=now")
    task = Task(key=KEY, ledger=tmp_path / "own.sqlite")

    def both(identity: str) -> LeakSearch:
        told = {"local": told_of(REAL[3]), "nas": told_of(REAL[4], identity=identity)}
        return search_own_values(repo.path, task, told, RUN_KEY)

    first = both("one")
    assert {leak.hmac for leak in first.leaks} == {REAL[3], REAL[4]}
    assert both("one").read == 0
    # the clone alone, while the NAS sleeps, and then both again
    assert searched(repo, REAL[3], ledger=task.ledger).read == 0
    assert both("one").read == 0
    assert (both("two").read, both("two").read) == (first.read, 0)


@pytest.mark.parametrize("put", PLACES)
def test_neither_a_value_nor_its_hmac_is_in_what_is_kept(repo: Repo, tmp_path: Path, put: Callable[..., None]) -> None:
    ledger = tmp_path / "own.sqlite"
    put(repo, REAL[8])
    marks, _ = own_marks([("local:env:.env#K", "DB_PASSWORD", REAL[8])], RUN_KEY)
    told = {"local": Told(marks, (), "same")}
    found = search_own_values(repo.path, Task(key=KEY, ledger=ledger), told, RUN_KEY)
    ledger = tmp_path / "own-own-local.sqlite"
    assert len(found.leaks) == 1
    with closing(sqlite3.connect(ledger)) as file:
        kept = "\n".join(file.iterdump())
    for text in (kept, repr(found), ledger.read_bytes().decode("latin-1")):
        assert REAL[8] not in text
        assert own_marks([("x", "DB_PASSWORD", REAL[8])], RUN_KEY)[0][0].hmac not in text


def test_the_time_that_is_over_is_an_error_and_nothing_is_half_remembered(repo: Repo, tmp_path: Path) -> None:
    in_file(repo, REAL[5])
    repo.git("gc", "-q")
    task = Task(key=KEY, ledger=tmp_path / "own.sqlite", deadline=Deadline.after(0))
    with pytest.raises(SourceError, match="time limit"):
        search_own_values(repo.path, task, {"local": told_of(REAL[5])}, RUN_KEY)
    found = searched(repo, REAL[5], ledger=task.ledger)
    assert len(found.leaks) == 1


def test_a_damaged_object_is_said(repo: Repo) -> None:
    in_file(repo, REAL[6])
    blob = repo.git("rev-parse", "HEAD:deploy-0.sh")
    file = repo.path / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o600)
    file.write_bytes(b"not zlib")
    assert [one.place for one in searched(repo, REAL[6]).unsearched] == [blob]
