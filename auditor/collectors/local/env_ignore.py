"""Whether the ignore files committed at HEAD would keep every usual env file out."""

from collections.abc import Mapping, Sequence

from auditor.collectors.local.object_store import SYMLINK, ObjectStore
from auditor.gitfile.env_probe import probe_env_names
from auditor.gitfile.ignore import Pattern, parse_patterns
from auditor.model.facts.dotenv import IgnoreProbe


def probe_env_ignore(store: ObjectStore, head: Mapping[bytes, tuple[int, bytes]]) -> tuple[IgnoreProbe, ...]:
    """The answer for each name; `head` is HEAD's tree, path to mode and id."""
    known: dict[bytes, Sequence[Pattern]] = {}

    def read(folder: bytes) -> Sequence[Pattern]:
        if folder not in known:
            path = folder + b".gitignore"
            mode, oid = head.get(path, (SYMLINK, b""))
            # git doesn't follow an ignore file that is a link
            known[folder] = [] if mode == SYMLINK else parse_patterns(store.blob(oid), path, folder)
        return known[folder]

    return probe_env_names(read)
