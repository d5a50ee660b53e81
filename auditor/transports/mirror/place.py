"""Where the copy of a repository lies in the auditor's own state folder."""

import hashlib
from pathlib import Path


def mirror_folder(state: Path, address: str) -> Path:
    """The folder of the copy of what lies at `address`, a URL or a path: one for each."""
    return state / "mirror" / hashlib.sha256(address.encode()).hexdigest()[:32]
