"""The git side of the demo's world, made with dulwich alone: no git program is needed."""

import time
from collections.abc import Mapping
from pathlib import Path

from dulwich.index import build_index_from_tree, commit_tree
from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

Files = Mapping[str, bytes]

_PERSON = b"Ada <ada@demo.example>"
_FILE_MODE = 0o100644
_NOTHING = "0" * 40
_HEAD = Ref(b"HEAD")


class Repository:
    """A bare repository; commits are hex ids, refs are full names, moments are seconds since 1970."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._repo = Repo.init_bare(str(folder))
        self._repo.refs.set_symbolic_ref(_HEAD, _ref("refs/heads/main"))

    def close(self) -> None:
        """Let go of its files."""
        self._repo.close()

    def commit(self, ref: str, files: Files, message: str, *, parents: tuple[str, ...], at: float) -> str:
        """A commit of all `files` on top of `parents`, to which `ref` points from now on."""
        commit = Commit()
        blobs = [(path.encode(), self._blob(content), _FILE_MODE) for path, content in files.items()]
        commit.tree = commit_tree(self._repo.object_store, blobs)
        commit.parents = [_id(parent) for parent in parents]
        commit.author = commit.committer = _PERSON
        commit.author_time = commit.commit_time = int(at)
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = message.encode() + b"\n"
        self._repo.object_store.add_object(commit)
        self.point(ref, commit.id.decode())
        return commit.id.decode()

    def point(self, ref: str, commit: str) -> None:
        """Let `ref` point to a commit, whatever it pointed to."""
        self._repo.refs[_ref(ref)] = _id(commit)

    def tip(self, ref: str) -> str:
        """The commit that `ref` points to."""
        return self._repo.refs[_ref(ref)].decode()

    def files(self, commit: str) -> dict[str, bytes]:
        """The files of a commit."""
        entries = self._repo.object_store.iter_tree_contents(_tree(self._repo, commit))
        return {
            entry.path.decode(): self._repo[entry.sha].as_raw_string()
            for entry in entries
            if entry.path is not None and entry.sha is not None
        }

    def entries(self, name: str) -> dict[str, str]:
        """What lies in the top folder of a commit, or in the folder that is a tree: names with their ids."""
        found = self._repo[_id(name)]
        tree = self._repo[found.tree] if isinstance(found, Commit) else found
        return {entry.path.decode(): entry.sha.decode() for entry in tree.items()} if isinstance(tree, Tree) else {}

    def check_out(self, folder: Path, commit: str, origin: str) -> None:
        """A clone with its work tree at `commit`, on main, as `git clone` of `origin` leaves it."""
        folder.mkdir(parents=True)
        with Repo.init(str(folder)) as clone:
            self._repo.fetch(clone)
            clone.refs.set_symbolic_ref(_HEAD, _ref("refs/heads/main"))
            for name in ("refs/heads/main", "refs/remotes/origin/main"):
                clone.refs[_ref(name)] = _id(commit)
            clone.refs.set_symbolic_ref(_ref("refs/remotes/origin/HEAD"), _ref("refs/remotes/origin/main"))
            build_index_from_tree(str(folder), clone.index_path(), clone.object_store, _tree(clone, commit))
            config = clone.get_config()
            config.set((b"remote", b"origin"), b"url", origin.encode())
            config.set((b"remote", b"origin"), b"fetch", b"+refs/heads/*:refs/remotes/origin/*")
            config.set((b"branch", b"main"), b"remote", b"origin")
            config.set((b"branch", b"main"), b"merge", b"refs/heads/main")
            config.write_to_path()
        for name in ("HEAD", "refs/heads/main", "refs/remotes/origin/main"):
            note_move(folder / ".git" / "logs" / name, commit)

    def _blob(self, content: bytes) -> ObjectID:
        blob = Blob.from_string(content)
        self._repo.object_store.add_object(blob)
        return blob.id


def note_move(log: Path, commit: str) -> None:
    """Add a line to a reflog: now, `commit`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    old = log.read_text().split("\n")[-2].split(" ")[1] if log.exists() else _NOTHING
    with log.open("a") as stream:
        stream.write(f"{old} {commit} {_PERSON.decode()} {int(time.time())} +0000\tfetch\n")


def _ref(name: str) -> Ref:
    return Ref(name.encode())


def _id(commit: str) -> ObjectID:
    return ObjectID(commit.encode())


def _tree(repo: Repo, commit: str) -> ObjectID:
    found = repo[_id(commit)]
    if not isinstance(found, Commit):
        raise KeyError(commit)
    tree: ObjectID = found.tree
    return tree
