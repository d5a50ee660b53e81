"""Where the auditor's copy of a repository's objects lies in its state folder, and who may be told the token for it."""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from auditor.config import Gitea


def mirror_folder(state: Path, section: Gitea) -> Path:
    """The folder of the copy; one for each address of the objects."""
    name = hashlib.sha256(section.git_address.encode()).hexdigest()[:32]
    return state / "mirror" / name


def git_shares_token(section: Gitea) -> bool:
    """Whether the objects' address is a URL of the configured server, under one of its names."""
    place = urlsplit(section.git_address)
    known = {urlsplit(section.base).hostname, urlsplit(section.address).hostname, *section.hosts}
    return place.scheme in ("http", "https") and place.hostname in {host.lower() for host in known if host}
