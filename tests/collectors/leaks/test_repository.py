import gzip
import io
import json
import random
import string
import subprocess
import tarfile
import threading
import zipfile
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.collectors.leaks.history import begun_walk
from auditor.collectors.leaks.ledger import Ledger
from auditor.collectors.leaks.repository import search_repository
from auditor.collectors.leaks.source import read_source
from auditor.collectors.leaks.task import Task
from auditor.detector.search import search
from auditor.errors import SourceError
from auditor.interfaces import Deadline
from auditor.model.codec import encode
from auditor.model.facts.leaks import Leak, LeakPlace, LeakSearch
from auditor.model.missing import MISSING

from .conftest import KEY, Repo

Token = Callable[[], str]
TASK = Task(key=KEY)


def mark(value: str) -> str:
    """The HMAC under which a token is known."""
    (found,) = search(f"token = {value}\n", place="", key=KEY).secrets
    return found.hmac


def leak(found: LeakSearch, value: str) -> Leak:
    (one,) = [each for each in found.leaks if each.hmac == mark(value)]
    return one


def place(found: LeakSearch, value: str) -> LeakPlace:
    (one,) = leak(found, value).places
    return one


def test_a_file_that_was_removed_is_in_history_with_the_commits_that_brought_and_took_it(
    repo: Repo, token: Token
) -> None:
    secret = token()
    brought = repo.commit({"a/.env": f"x=1\nTOKEN={secret}\n".encode()})
    taken = repo.commit({"a/.env": None, "b": b"b"})
    found = search_repository(repo.path, TASK)
    one = place(found, secret)
    assert (one.where, one.path, one.line, one.first_commit, one.last_commit, one.tips, one.reachable) == (
        "file", "a/.env", 2, brought, taken, (), True
    )  # fmt: skip
    assert found.named_files is not MISSING
    assert [(file.path, file.is_env, file.first_commit, file.last_commit) for file in found.named_files] == [
        ("a/.env", True, brought, taken)
    ]
    assert found.unsearched == ()


def test_a_secret_that_a_tip_still_has_names_the_branch(repo: Repo, token: Token) -> None:
    secret = token()
    repo.commit({"f": f"TOKEN={secret}\n".encode()})
    repo.git("branch", "other")
    repo.commit({"f": b"gone\n"})
    one = place(search_repository(repo.path, TASK), secret)
    assert one.tips == ("refs/heads/other",)
    assert one.last_commit is None


def test_in_a_packed_chain_of_deltas_each_version_is_known_to_hold_what_it_took_over(repo: Repo, token: Token) -> None:
    early, late, always = token(), token(), token()
    dice = random.Random(3)
    lines = [f"line {number} {dice.random()}" for number in range(400)]
    lines[200] = f"first = {always}"
    for version in range(40):
        lines[dice.randrange(199)] = f"changed {version} {dice.random()}"
        lines[300] = f"key = {early}" if version < 20 else f"key = {late}" if version < 30 else "key = none"
        repo.commit({"f.txt": "\n".join(lines).encode()})
    repo.git("gc", "-q", "--aggressive")
    found = search_repository(repo.path, TASK)
    log = repo.git("log", "--reverse", "--format=%H").split()
    assert (place(found, early).first_commit, place(found, early).last_commit) == (log[0], log[20])
    assert (place(found, late).first_commit, place(found, late).last_commit) == (log[20], log[30])
    assert (place(found, always).first_commit, place(found, always).tips) == (log[0], ("refs/heads/main",))
    assert place(found, always).line == 201
    assert found.searched_bytes < 400_000, "deltas were searched whole"


def test_messages_authors_names_of_files_branches_and_tags_are_searched(repo: Repo, token: Token) -> None:
    message, tag, author, file, branch = (token() for _ in range(5))
    repo.commit({"f": b"1"}, f"use {message}")
    repo.git("tag", "-a", "v1", "-m", f"made with {tag}")
    repo.commit({f"dir/backup-{file}.txt": b"1"}, GIT_AUTHOR_EMAIL=f"{author}@example.net")
    repo.git("branch", f"try-{branch}")
    for packed in (False, True):
        if packed:
            repo.git("gc", "-q")
        found = search_repository(repo.path, TASK)
        wheres = [(place(found, one).where, place(found, one).path) for one in (message, tag, author, file, branch)]
        assert wheres == [
            ("commit", None), ("tag", None), ("commit", None), ("file-name", "backup-"), ("ref-name", "refs/heads/try-")
        ]  # fmt: skip
        text = json.dumps(encode(found))
        assert not any(one in text for one in (message, tag, author, file, branch)), "a value is shown"


def test_a_ref_s_own_file_stands_before_the_packed_line_of_its_name(repo: Repo, token: Token) -> None:
    value = token()
    commit = repo.commit({"f": f"TOKEN={value}\n".encode()})
    for name in ("old", "turned", "broken"):
        repo.git("branch", name)
    repo.git("pack-refs", "--all")
    refs = repo.path / ".git" / "refs" / "heads"
    (refs / "turned").write_text("ref: refs/heads/main\n")
    (refs / "broken").write_text("")
    assert read_source(repo.path).refs == {b"refs/heads/main": commit, b"refs/heads/old": commit}
    assert place(search_repository(repo.path, TASK), value).tips == ("refs/heads/main", "refs/heads/old")


def test_stash_notes_and_an_evil_merge_are_reachable_and_what_was_amended_away_is_not(repo: Repo, token: Token) -> None:
    older, newer, note, merge, amended, dangling = (token() for _ in range(6))
    repo.commit({"f": b"1"})
    for secret in (older, newer):
        (repo.path / "f").write_text(f"TOKEN={secret}")
        repo.git("stash", "-q")
    repo.git("notes", "add", "-m", f"see {note}")
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"g": b"2"})
    repo.git("checkout", "-q", "main")
    repo.commit({"h": b"3"})
    repo.git("merge", "-q", "--no-commit", "--no-ff", "side")
    repo.commit({"evil": f"TOKEN={merge}".encode()})
    repo.commit({"evil": b"", "i": f"TOKEN={amended}".encode()})
    (repo.path / "i").write_text("clean")
    repo.git("commit", "-q", "-a", "--amend", "-m", "clean")
    repo.git("hash-object", "-w", "--stdin", data=f"TOKEN={dangling}".encode())
    found = search_repository(repo.path, TASK)
    assert [place(found, one).reachable for one in (older, newer, note, merge, amended, dangling)] == [
        True, True, True, True, False, False
    ]  # fmt: skip
    assert place(found, merge).path == "evil"
    assert place(found, amended).path == "i"
    assert (place(found, dangling).path, place(found, dangling).object) == (
        None,
        repo.git("hash-object", "--stdin", data=f"TOKEN={dangling}".encode()),
    )


def archive(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return stream.getvalue()


def tarball(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as file:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        file.addfile(member, io.BytesIO(content))
    return stream.getvalue()


PACKED: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("utf16le.txt", lambda text: b"\xff\xfe" + text.decode().encode("utf-16-le"), "utf16le.txt"),
    ("utf16be.txt", lambda text: b"\xfe\xff" + text.decode().encode("utf-16-be"), "utf16be.txt"),
    ("utf8bom.txt", lambda text: b"\xef\xbb\xbf" + text, "utf8bom.txt"),
    ("log.gz", gzip.compress, "log.gz"),
    ("a.zip", lambda text: archive("in/.env", text), "a.zip!in/.env"),
    ("a.docx", lambda text: archive("word/document.xml", text), "a.docx!word/document.xml"),
    ("a.tar.gz", lambda text: tarball("etc/app.ini", text), "a.tar.gz!etc/app.ini"),
    ("secret.yaml", lambda text: b"data:\n  env: " + b64encode(text) + b"\n", "secret.yaml"),
    ("image.bin", lambda text: bytes(range(256)) + text + bytes(range(256)), "image.bin"),
]


@pytest.mark.parametrize(("name", "pack", "path"), PACKED, ids=[name for name, _, _ in PACKED])
def test_what_is_packed_or_encoded_is_looked_into(
    repo: Repo, token: Token, name: str, pack: Callable[[bytes], bytes], path: str
) -> None:
    secret = token()
    repo.commit({name: pack(f"GITHUB_TOKEN={secret}\n".encode())})
    assert place(search_repository(repo.path, TASK), secret).path == path


def test_a_hash_that_names_an_object_of_the_repository_is_no_token(repo: Repo) -> None:
    first = repo.commit({"f": b"1"})
    other = "".join(random.Random(2).choices("0123456789abcdef", k=40))
    repo.commit({"g": f'GITEA_TOKEN="{first}"\n'.encode(), "h": f'GITEA_TOKEN="{other}"\n'.encode()})
    for packed in (False, True):
        if packed:
            repo.git("gc", "-q")
        found = search_repository(repo.path, TASK)
        assert [each.places[0].path for each in found.leaks] == ["h"]


def test_a_bomb_is_said_to_be_unsearched_and_takes_no_memory(repo: Repo) -> None:
    repo.commit({"bomb.gz": gzip.compress(bytes(100 << 20))})
    (one,) = search_repository(repo.path, TASK).unsearched
    assert (one.place, one.reason) == (repo.git("rev-parse", "HEAD:bomb.gz"), "it inflates to more than 64 MB")


def pem(dice: random.Random) -> list[str]:
    body = ["".join(dice.choices(string.ascii_letters + string.digits + "+/", k=64)) for _ in range(12)]
    return ["-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----"]


def test_a_private_key_whose_middle_changes_is_another_key_and_never_a_third_one(repo: Repo) -> None:
    dice = random.Random(5)
    lines = [f"line {dice.random()}" for _ in range(300)]
    lines[100:100] = pem(dice)
    repo.commit({"f": "\n".join(lines).encode()})
    lines[106] = "".join(dice.choices(string.ascii_letters, k=64))
    repo.commit({"f": "\n".join(lines).encode()})
    lines[3] = "another"
    repo.commit({"f": "\n".join(lines).encode()})
    repo.git("gc", "-q", "--aggressive")
    found = search_repository(repo.path, TASK)
    assert sorted((one.kind, len(one.places[0].tips)) for one in found.leaks) == [
        ("private-key", 0),
        ("private-key", 1),
    ]


def test_a_sha256_repository_is_searched_alike(tmp_path: Path, token: Token) -> None:
    repo = Repo(tmp_path / "sha256", object_format="sha256")
    secret, other = token(), token()
    first = repo.commit({"f": f"TOKEN={secret}\n".encode()})
    repo.commit({"f": b"gone\n"})
    repo.git("gc", "-q")
    repo.commit({"g": f"TOKEN={other}\n".encode()})
    found = search_repository(repo.path, TASK)
    assert (place(found, secret).path, place(found, secret).first_commit) == ("f", first)
    assert place(found, other).tips == ("refs/heads/main",)
    assert found.unsearched == ()


def test_borrowed_objects_are_searched_and_lost_ones_are_told(repo: Repo, token: Token, tmp_path: Path) -> None:
    secret = token()
    repo.commit({"f": f"TOKEN={secret}\n".encode()})
    borrower = tmp_path / "borrower"
    repo.git("clone", "-q", "--shared", str(repo.path), str(borrower))
    assert place(search_repository(borrower, TASK), secret).path == "f"
    repo.path.rename(tmp_path / "moved")
    found = search_repository(borrower, TASK)
    assert ("objects", "objects are borrowed from another repository, which is not there") in [
        (one.place, one.reason) for one in found.unsearched
    ]


def test_shallow_and_partial_clones_are_not_searched_whole(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"f": b"1"})
    repo.commit({"f": b"2"})
    repo.git("config", "uploadpack.allowFilter", "true")
    for name, option, said in (("s", "--depth=1", "shallow"), ("p", "--filter=blob:none", "partial")):
        repo.git("clone", "-q", option, f"file://{repo.path}", str(tmp_path / name))
        reasons = [one.reason for one in search_repository(tmp_path / name, TASK).unsearched]
        assert any(said in reason for reason in reasons), reasons


def test_a_damaged_object_is_told_with_all_that_lean_on_it_and_the_rest_is_searched(repo: Repo, token: Token) -> None:
    secret = token()
    repo.commit({"a": random.Random(1).randbytes(5000), "b": f"TOKEN={secret}\n".encode()})
    repo.git("gc", "-q")
    blob = repo.git("rev-parse", "HEAD:a")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    listing = repo.git("verify-pack", "-v", str(pack.with_suffix(".idx"))).splitlines()
    (offset,) = [int(line.split()[4]) for line in listing if line.startswith(blob)]
    pack.chmod(0o600)
    with pack.open("r+b") as file:
        file.seek(offset + 1000)
        file.write(b"\0" * 200)
    found = search_repository(repo.path, TASK)
    assert blob in [one.place for one in found.unsearched]
    assert place(found, secret).path == "b"


def test_a_damaged_index_leaves_its_pack_unsearched(repo: Repo) -> None:
    repo.commit({"f": b"1"})
    repo.git("gc", "-q")
    (index,) = (repo.path / ".git/objects/pack").glob("*.idx")
    index.chmod(0o600)
    for content in (b"", index.read_bytes()[:700], b"\0" * 2000):
        index.write_bytes(content)
        assert any(one.place.endswith(".pack") for one in search_repository(repo.path, TASK).unsearched)


def test_a_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        search_repository(tmp_path, TASK)


def test_without_git_what_is_found_stands_and_its_paths_are_unknown(
    repo: Repo, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = token()
    repo.commit({"f": f"TOKEN={secret}\n".encode()})
    monkeypatch.setenv("PATH", "")
    found = search_repository(repo.path, TASK)
    assert (place(found, secret).path, place(found, secret).reachable) == (None, True)
    assert found.named_files is MISSING
    assert [one.place for one in found.unsearched] == ["history"]


def test_a_git_that_can_not_be_started_is_told(
    repo: Repo, token: Token, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"f": f"TOKEN={token()}\n".encode()})
    (tmp_path / "git").write_text("#!/no/such/program\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (gap,) = search_repository(repo.path, TASK).unsearched
    assert (gap.place, gap.reason) == ("history", "git can't be started: No such file or directory")


def test_two_processes_find_what_one_finds(repo: Repo, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.collectors.leaks.team._SMALL_BYTES", 0)
    secrets = [token() for _ in range(30)]
    for number, secret in enumerate(secrets):
        repo.commit({f"f{number % 7}": f"{'x' * number}\nTOKEN={secret}\n".encode()})
    repo.git("gc", "-q")
    one, two = (search_repository(repo.path, replace(TASK, workers=workers)) for workers in (1, 2))
    assert one.leaks == two.leaks
    assert {each.hmac for each in two.leaks} == {mark(secret) for secret in secrets}
    assert (one.objects, one.read) == (two.objects, two.read)


def test_without_the_compiled_loop_the_same_is_found(repo: Repo, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        repo.commit({"f": b"".join(b"%d: %d\n" % (line, number * (line == number)) for line in range(900))})
        repo.commit({"g": f"{'x' * number}\nTOKEN={token()}\n".encode() * 30})
    repo.git("gc", "-q")
    found = search_repository(repo.path, TASK)
    monkeypatch.setattr("auditor.collectors.leaks.delta.compiled", None)
    assert search_repository(repo.path, TASK) == found
    assert len(found.leaks) == 20


def test_a_search_that_breaks_off_leaves_no_git_running(repo: Repo) -> None:
    repo.commit({"f": b"1"})
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    before, during = children.read_text(), ""
    task = replace(TASK, deadline=Deadline.after(0))
    source = read_source(repo.path)
    with closing(Ledger(None, "rules")) as ledger, pytest.raises(SourceError), begun_walk(source, ledger, task):
        during = children.read_text()
        task.check()
    assert children.read_text() == before != during


def test_nothing_is_written_into_the_repository_and_no_program_of_it_is_run(repo: Repo, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    repo.commit({"f": b"1"})
    repo.git("config", "core.fsmonitor", f"touch {trap}")
    repo.git("config", "core.sshCommand", f"touch {trap}")
    before = subprocess.run(["find", str(repo.path), "-printf", "%p %T@ %s\n"], capture_output=True).stdout
    search_repository(repo.path, TASK)
    after = subprocess.run(["find", str(repo.path), "-printf", "%p %T@ %s\n"], capture_output=True).stdout
    assert (before, trap.exists()) == (after, False)


def test_a_search_process_that_dies_leaves_nothing_remembered(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.collectors.leaks.team._SMALL_BYTES", 0)
    repo.commit({"f": b"1"})
    repo.git("gc", "-q")
    task = replace(TASK, ledger=tmp_path / "ledger.sqlite")
    with monkeypatch.context() as patch:
        patch.setattr("sys.executable", "/bin/false")
        with pytest.raises(SourceError, match="run the audit again"):
            search_repository(repo.path, task)
    assert search_repository(repo.path, task).read == 3
