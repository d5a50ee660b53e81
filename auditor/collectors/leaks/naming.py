"""File names that are noteworthy by themselves: env files, and those made to hold a key, a password or a dump."""

import re

from auditor.dotenv import is_env_name

# id_rsa and its kin without .pub; credential files of tools; dumps; editors' copies of env files
_KEY_FILE = re.compile(
    rb"id_(?:rsa|dsa|ecdsa|ed25519|ecdsa_sk|ed25519_sk)|[^/]*\.(?:pem|ppk|p12|pfx|jks|keystore|kdbx|key)"
    rb"|\.(?:npmrc|pypirc|netrc|pgpass|git-credentials|htpasswd)|_netrc"
    rb"|[^/]*dump[^/]*\.sql(?:\.(?:gz|bz2|xz|zst|zip))?|[^/]*\.sql\.(?:gz|bz2|xz|zst|zip)|[^/]*\.dump"
    rb"|env\.txt|env~|#\.env[^/]*#|\.#\.env[^/]*|\.\.env[^/]*\.sw[a-p]",
    re.IGNORECASE,
)
_DOCKER = re.compile(rb"(?:\A|/)\.docker/config\.json\Z")


def is_env(path: bytes) -> bool:
    """Whether a path is an env file's."""
    return is_env_name(path.rpartition(b"/")[2])


def is_noteworthy(path: bytes) -> bool:
    """Whether a path is an env file's or one of a file that is made to hold a secret."""
    name = path.rpartition(b"/")[2]
    return is_env_name(name) or _KEY_FILE.fullmatch(name) is not None or _DOCKER.search(path) is not None
