"""File names that are noteworthy by themselves: env files, and those made to hold a key, a password or a dump."""

import re

from auditor.dotenv import is_env_name

# what editors and people append to the name of a copy
_COPY = rb"(?:~|\.(?:bak|old|orig|save|sw[a-p]))?"
# ssh keys without .pub; credential files of tools; dumps and databases; copies of env files
_KEY_FILE = re.compile(
    rb"(?:id_[a-z0-9_-]{2,60}(?:\.key)?|[^/]*\.(?:pem|ppk|p12|pfx|jks|keystore|kdbx|key)"
    rb"|\.?(?:npmrc|pypirc|netrc|pgpass|git-credentials|htpasswd|dockercfg|my\.cnf)|_netrc"
    rb"|[^/]*(?:dump|backup)[^/]*\.sql(?:\.(?:gz|bz2|xz|zst|zip))?|[^/]*\.sql\.(?:gz|bz2|xz|zst|zip)|[^/]*\.dump"
    rb"|[^/]*\.sqlite3?)" + _COPY + rb"|env\.(?:txt|bak|old|orig|save)|env~|#\.env[^/]*#|\.#\.env[^/]*"
    rb"|\.\.env[^/]*\.sw[a-p]|\.[^/]*(?:rc|pass|credentials|passwd)\.sw[a-p]",
    re.IGNORECASE,
)
_DOCKER = re.compile(rb"(?:\A|/)\.docker/config\.json" + _COPY + rb"\Z", re.IGNORECASE)


def is_env(path: bytes) -> bool:
    """Whether a path is an env file's."""
    return is_env_name(path.rpartition(b"/")[2])


def is_noteworthy(path: bytes) -> bool:
    """Whether a path is an env file's or one of a file that is made to hold a secret."""
    name = path.rpartition(b"/")[2]
    return is_env_name(name) or _KEY_FILE.fullmatch(name) is not None or _DOCKER.search(path) is not None
