"""Judges that look around a candidate: what stands before a hash, what a key is called, what a token says of itself."""

import base64
import binascii
import re
from functools import lru_cache

from auditor.detector.key_name import looks_secret
from auditor.detector.kind import Candidate
from auditor.detector.placeholder import bare_letters, entropy, is_repetition, placeholder_reason, plain_reason

# as far as a word says something of a hash (gitea.md §8)
_NEAR = 40
_SECRET_WORDS = ("token", "authorization", "bearer", "secret", "passw", "credential", "api_key", "apikey", "api-key")
_SERVERS = ("gitea", "forgejo")
_TELLING = (*_SECRET_WORDS, *_SERVERS)
_ANY_TELLING = f"(?i:{'|'.join(_TELLING)})"
_HASH = "[0-9a-f]{40}"
# what is near a hash that may be a token
TOKEN_SIGNS = (
    f"(?s:{_ANY_TELLING}.{{0,{_NEAR}}}{_HASH})",
    f"{_HASH}[^\\n]{{0,{_NEAR}}}{_ANY_TELLING}",
    f"{_HASH}@",
)
_KEY = re.compile(r"([a-z0-9_.-]{1,60})\\?[\"']?[ \t]{0,4}(?:=>|:=|[:=])[ \t]{0,4}\\?[\"']?$")
_COMMIT_KEY = re.compile(
    r"(?:sha[0-9]{0,3}|sum|commit|rev|revision|ref|hash|digest|integrity|etag|tree|parent|oid|head|version)s?$"
)
_COMMIT_WORD = re.compile(
    r"(?:commit|tree|blob|raw|src|compare|sha1?|rev|revision|ref|parent|object|merge|pick|revert|checkout|head|index)"
    r"[s:/=# \t\"']{0,3}$|[/#@]$|\.\.$"
)
_STRONG_KEY = re.compile(
    r"(?i)token|secret|passw|passphrase|pwd|credential|api.?key|access.?key|private.?key|webhook|dsn|salt|pepper|hmac|jwt|bearer"
)
_DIGEST_KEY = re.compile(
    r"(?i)cache|hash|digest|checksum|integrity|etag|commit|sha[0-9]*|rev|fingerprint|thumbprint|public|sort"
)
_BREAKS = bytes(code for code in range(256) if chr(code).isspace()) + b"\"',\\"
_KEY_BODY = re.compile(r"[A-Za-z0-9+/=]{16}")
# what is shorter is none anyway
_SHORT = 6
_END = "-----END"
_BODY = 8192
# within these many characters the lines about a key are over, and its body has begun
_HEADERS = 512
# as much of a value as a judgement needs
_FIRST = 1000
_DOC_SUBJECT = b'"sub":"1234567890"'


def gitea_token(candidate: Candidate) -> str | None:
    """A hash without a word of tokens or of the server near it is a commit's; so is one that is called so."""
    text, start, end = candidate.text, candidate.start, candidate.end
    before, after = text[max(0, start - _NEAR) : start].lower(), text[end : end + _NEAR].lower()
    if after.startswith("@") and "://" in before:
        return placeholder_reason(candidate.value)
    key = _KEY.search(before)
    near = any(word in before for word in _TELLING)
    if not near and not key:
        line = after.partition("\n")[0]
        near = any(word in line for word in _TELLING)
    if not near:
        return "no-context"
    if _COMMIT_KEY.search(key[1]) if key else _COMMIT_WORD.search(before):
        return "commit"
    return placeholder_reason(candidate.value)


def app_secret(candidate: Candidate) -> str | None:
    """A long value that is random."""
    reason = placeholder_reason(candidate.value)
    return reason or ("entropy" if entropy(candidate.value) < 3 else None)


def key_file(candidate: Candidate) -> str | None:
    """A header with nothing below it is a text about keys."""
    return None if _KEY_BODY.search(key_body(candidate, _HEADERS)) else "no-body"


def key_body(candidate: Candidate, limit: int = _BODY) -> str:
    """What follows a key's header, however it is broken into lines."""
    body = candidate.text[candidate.end : candidate.end + limit].partition(_END)[0]
    plain = body.replace("\\n", "").replace("\\r", "").encode("latin-1")
    return plain.translate(None, _BREAKS).decode("latin-1")


def url_part(candidate: Candidate) -> str | None:
    """A password; a user name alone only if it has the looks of a token."""
    value = candidate.value
    reason = placeholder_reason(value)
    if reason or candidate.match["user"] is None:
        return reason
    has_both = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    hexadecimal = len(value) >= 32 and not value.strip("0123456789abcdefABCDEF")
    random = len(value) >= 30 and has_both and not re.search(r"[^A-Za-z0-9_-]", value) and entropy(value) >= 3.3
    return None if hexadecimal or random else "user-name"


def header(candidate: Candidate) -> str | None:
    """What is sent to prove who one is."""
    value = candidate.value
    return placeholder_reason(value) or plain_reason(value, quoted=True, strong=True)


def json_web_token(candidate: Candidate) -> str | None:
    """A token that is not the one of the specification's own documents."""
    if is_repetition(candidate.value.rpartition(".")[2]):
        return "repetition"
    body = candidate.value.split(".")[1]
    try:
        claims = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (ValueError, binascii.Error):
        return None
    return "documentation" if _DOC_SUBJECT in claims.replace(b" ", b"") else None


def named_value(candidate: Candidate) -> str | None:
    """A value whose name says that it is a secret, unless it is plainly none."""
    quoted = candidate.text[candidate.start - 1] in "\"'`"
    return _named_reason(candidate.match["key"], candidate.value[:_FIRST], quoted)


@lru_cache(maxsize=1 << 15)
def _named_reason(key: str, value: str, quoted: bool) -> str | None:
    """The same lines stand in every version of a file: they are judged once."""
    strong = _STRONG_KEY.search(key) is not None
    if _is_name(key, value):
        return "reference"
    reason = placeholder_reason(value) or plain_reason(value, quoted=quoted, strong=strong)
    if reason is None and not strong and _DIGEST_KEY.search(key):
        return "digest"
    return reason


def _is_name(key: str, value: str) -> bool:
    """Whether a value is the name itself: `api_key=api_key`, `--api-key API_KEY`."""
    letters = bare_letters(value)
    return len(letters) >= _SHORT and bare_letters(key).endswith(letters)


def given_value(candidate: Candidate) -> str | None:
    """As a named value, where the form alone doesn't say that the name is a secret's."""
    return named_value(candidate) if looks_secret(candidate.match["key"]) else "no-context"


def vendor_value(candidate: Candidate) -> str | None:
    """What stands beside a vendor's name: random, and no commit."""
    value = candidate.value[:_FIRST]
    key = _KEY.search(candidate.text[max(0, candidate.start - _NEAR) : candidate.start].lower())
    if key and _COMMIT_KEY.search(key[1]):
        return "commit"
    return placeholder_reason(value) or plain_reason(value, quoted=True, strong=True)


def argument(candidate: Candidate) -> str | None:
    """What a command is given as a password."""
    value = candidate.value
    if value.startswith("-"):
        return "no-context"
    if _is_name(candidate.match[0][: candidate.start - candidate.match.start()], value):
        return "reference"
    return placeholder_reason(value) or plain_reason(value, quoted=False, strong=True)
