"""What lies in the mirror's folder: its packs inspected, mended or removed, and the objects known to be complete."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from auditor.errors import SourceError
from auditor.interfaces import Deadline
from auditor.transports.mirror import shelf
from auditor.transports.mirror.fault import MirrorDamagedError
from auditor.transports.mirror.inbox import PACKS, index_pack
from auditor.transports.mirror.pack import SUSPECT
from auditor.transports.mirror.state import GIT_REFS, MirrorState, PackFile, load_state, remembered_tips, save_state
from auditor.transports.mirror.view import Mirror

_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[gc]\n\tauto = 0\n"
_PACKS = 50


@dataclass
class Stock:
    """What is held; `closed` are objects that are here with all they lead to, `trusted` says that none was doubted."""

    folder: Path
    deadline: Deadline
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    notes: list[str] = field(default_factory=list)
    packs: dict[str, PackFile] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    trusted: bool = True

    def inspect(self) -> MirrorState:
        """The earlier state; afterwards only whole packs are left."""
        shelf.sweep(self.folder)
        old = self._loaded()
        suspect = (self.folder / SUSPECT).exists()
        for file in old.packs:
            found = shelf.checked(self.folder, file, self.now, thoroughly=suspect) or self._mended(file.name)
            if found is None:
                self.trusted = False
                self.notes.append(f"pack {file.name} was damaged: the repository is fetched again")
            else:
                self.packs[found.name] = found
        for name in sorted(shelf.names_on_disk(self.folder) - self.packs.keys()):
            if (found := self._mended(name)) is not None:
                self.packs[name] = found
        if suspect:
            self.trusted = False
            self.notes.append("an object was missing or broken: the repository is fetched again")
        if self.trusted:
            self.closed = {ref.sha for ref in old.tips} | {tip.sha for tip in old.seen if tip.held}
        return old

    def _loaded(self) -> MirrorState:
        try:
            state = load_state(self.folder)
        except MirrorDamagedError:
            state = None
        if state is None and (self.folder / GIT_REFS).exists():
            self.trusted = False
            self.notes.append("the mirror's state file was lost or damaged: the repository is fetched again")
        return state or MirrorState(source="", fetched_at="", seen=remembered_tips(self.folder))

    def _mended(self, name: str) -> PackFile | None:
        """A pack that the state doesn't vouch for: kept if every byte is right (its index made anew), else removed."""
        stem = self.folder / PACKS / name
        try:
            stem.with_suffix(".idx").unlink(missing_ok=True)
            stem.with_suffix(".rev").unlink(missing_ok=True)
            if index_pack(self.folder, stem.with_suffix(".pack"), self.deadline) == name:
                return shelf.described(self.folder, name, self.now)
        except (SourceError, FileNotFoundError):
            pass  # removed below
        shelf.remove(self.folder, name)
        return None

    def add(self, name: str) -> None:
        """Counts a pack that was just put in its place."""
        self.packs[name] = shelf.described(self.folder, name, self.now)

    def mirror(self) -> Mirror:
        """The packs as they are now, to be read before a state names them."""
        return Mirror(self.folder, MirrorState(source="", fetched_at="", packs=tuple(self.packs.values())))

    def save(self, state: MirrorState) -> None:
        """Makes `state` the mirror's."""
        save_state(self.folder, state)

    def settle(self, state: MirrorState, git: str | None) -> MirrorState:
        """Saves the state of a finished update, drops the doubts, and makes one pack of many where git is there."""
        self.save(state)
        (self.folder / SUSPECT).unlink(missing_ok=True)
        if git is None or len(self.packs) <= _PACKS or not shelf.repack(self.folder, git, self.deadline):
            return state
        names = sorted(shelf.names_on_disk(self.folder))
        state = replace(state, packs=tuple(shelf.described(self.folder, name, self.now) for name in names))
        self.save(state)
        return state


def prepare_folder(folder: Path) -> None:
    """Makes the folder a bare repository that only its owner can enter, and its configuration ours again."""
    if folder.is_symlink():
        raise SourceError(f"the mirror's folder {str(folder)!r} is a link: name the folder itself")
    (folder / PACKS).mkdir(parents=True, exist_ok=True)
    (folder / "refs").mkdir(exist_ok=True)
    folder.chmod(0o700)
    for name, text in (("HEAD", "ref: refs/heads/main\n"), ("config", _CONFIG)):
        path = folder / name
        if not path.is_file() or path.read_text(errors="replace") != text:
            path.write_text(text)
    (folder / "objects" / "info" / "alternates").unlink(missing_ok=True)
