"""Why a value that stands where a secret would is none: a placeholder, a reference, a word, too little to be random."""

import math
import re
import string
from collections import Counter
from itertools import pairwise

# with digits or marks around them, no more than these words
_COMMON = (
    "password passwd passphrase pass pwd secret secrets token tokens key apikey api auth user username admin root"
    " login test testing tests example sample demo dummy fake mock foo bar baz qux changeme change changeit replace"
    " replaceme insert placeholder redacted removed hidden masked todo fixme tbd none null nil undefined true false"
    " yes no on off empty default value string str text bytes int integer bool boolean optional required unset"
    " unknown na your my mypassword mysecret mytoken yourpassword yoursecret yourtoken here set me"
)
_WORDS = frozenset(_COMMON.encode().split())
_CONTAINED = re.compile(
    r"(?i)change[-_ ]?me|replace[-_ ]?(?:me|this|with)|place[-_ ]?holder|example|your[-_ ]|[-_ ]here$|^<|^\[.*\]$"
    r"|redacted|dummy|insert[-_ ]|x{4}|\*{3}|\.{3}|\xe2\x80\xa6|fill[-_ ]?(?:me|in)|to[-_ ]?do[-_ ]"
    r"|not[-_ ]?(?:a[-_ ])?(?:real|secret|set)|[#$]\{[A-Za-z_@]|\$\([A-Za-z_]"
)
_REFERENCE = re.compile(
    r"\$[A-Za-z_({]|\$\{|\{\{|\{[A-Za-z_][A-Za-z0-9_.]{0,60}\}|%[A-Za-z_(][A-Za-z0-9_)]{0,60}[%s]?$|<[^>]{0,80}>|@@|__[A-Z_]{2,60}__"
    r"|(?:process\.env|os\.environ|env\.|secrets\.|vars\.|var\.|getenv|import\.meta|file://|vault:|op://|!(?:ref|sub)\b)"
)
# what no text holds: the value runs on into something else
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_PASSWORD_HASH = re.compile(r"\$(?:2[abxy]?|argon2(?:id|i|d)|1|5|6|7|y|gy|apr1|sha1|scrypt|pbkdf2[a-z0-9-]{0,12})\$")
_CODE = re.compile(r"[(){}\[\]<>]|=>|::|^[&*!|>]|^[A-Za-z_]\w{0,60}(?:\.[A-Za-z_]\w{0,60})+$", re.ASCII)
_NUMBER = re.compile(r"(?:[-+]|[=~^<>!]{1,3} ?)?[0-9][0-9_.,:]*(?:ms|s|m|h|d|kb|mb|gb|k|px|%)?", re.IGNORECASE)
_ADDRESS = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{0,30}://|(?:~|\.{1,2})?/[A-Za-z0-9_.@-]{0,40}(?:/[A-Za-z0-9_.@-]{0,40}){0,12}$|[A-Za-z]:\\"
)
_MAIL = re.compile(r"[A-Za-z0-9._+-]*@[A-Za-z0-9-]{1,60}(?:\.[A-Za-z0-9-]{1,60}){0,6}\.[A-Za-z]{2,24}")
# a place in a structure, a type: `settings/[0]/flags`, `Iterable[Key]`
_SUBSCRIPT = re.compile(r"[A-Za-z_][\w./-]{0,80}(?:\[[\w., ]{0,80}\][\w./-]{0,80}){1,8}", re.ASCII)
_OPTION = re.compile(r"--[a-z][a-z-]{1,60}(?:[= ]|$)")
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_ORDERS = ("0123456789abcdefghijklmnopqrstuvwxyz", "01234567890", "9876543210", "qwertyuiopasdfghjklzxcvbnm")
_FOLLOWING = frozenset(pair for order in _ORDERS for pair in pairwise(order.encode()))
_DIGITS = string.digits.encode()
_SIGNS = bytes(set(range(256)) - set(string.ascii_letters.encode() + _DIGITS))
# the beginning of a long value says enough
_ENOUGH = 64
_VOWELS = frozenset("aeiouyAEIOUY")


def placeholder_reason(value: str) -> str | None:
    """Why a value of any kind is no secret by its own looks; None where it may be one."""
    if _PASSWORD_HASH.match(value):
        return None
    value = value[:_ENOUGH]
    if not value.strip():
        return "empty"
    if _CONTROL.search(value):
        return "binary"
    if _REFERENCE.match(value):
        return "reference"
    bare = bare_letters(value)
    if _CONTAINED.search(value) or bare.translate(None, _DIGITS) in _WORDS:
        return "placeholder"
    if is_repetition(value):
        return "repetition"
    return "sequence" if _is_sequence(bare) else None


def plain_reason(value: str, *, quoted: bool, strong: bool) -> str | None:
    """Why the value of a variable is no secret; `strong` says that the variable's name leaves little doubt."""
    if _PASSWORD_HASH.match(value):
        return None
    if _SUBSCRIPT.fullmatch(value) or (not quoted and _CODE.search(value)):
        return "code"
    if _NUMBER.fullmatch(value) and (len(value) < 12 or not strong):
        return "number"
    if _ADDRESS.match(value) or _OPTION.match(value) or (not strong and _MAIL.fullmatch(value)):
        return "address"
    if _is_wordy(value):
        return "words"
    if len(value) < (6 if strong else 16) or entropy(value) * len(value) < (15 if strong else 52):
        return "entropy"
    if not strong and (" " in value or value.isalpha()):
        return "words"
    return None


def entropy(value: str) -> float:
    """Shannon's entropy in bits a character, by how often each occurs in the value itself."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values()) if size else 0.0


def is_repetition(value: str) -> bool:
    """Whether one character makes almost the whole: `xxxxxxxx`, `0000`, `--------1`."""
    value = value[:_ENOUGH]
    return len(value) >= 4 and max(map(value.count, set(value))) >= 0.75 * len(value)


def bare_letters(value: str) -> bytes:
    """The letters and digits of ASCII in it, in lower case."""
    return value.encode("latin-1", "ignore").translate(None, _SIGNS).lower()


def _is_sequence(bare: bytes) -> bool:
    """Whether it runs along the alphabet, the digits or the keyboard, once or again."""
    return len(bare) >= 8 and sum(map(_FOLLOWING.__contains__, pairwise(bare))) >= 0.85 * (len(bare) - 1)


def _is_wordy(value: str) -> bool:
    """Whether words make it, as people and programs write them: `my-app-token`, `databasePassword`, `us-east-1`."""
    pieces = _PIECE.findall(value)
    letters = [piece for piece in pieces if not piece.isdigit()]
    digits = [piece for piece in pieces if piece.isdigit()]
    count = sum(map(len, letters))
    if not letters or count / len(letters) < 3 or any(len(piece) > 2 for piece in digits):
        return False
    if any(char not in "-_. /:," and not char.isalnum() for char in value):
        return False
    separated = any(char in "-_. /:" for char in value)
    vowels = sum(char in _VOWELS for piece in letters for char in piece) / count
    longest = max(map(len, letters))
    return (not digits or separated) and 0.2 <= vowels <= 0.7 and longest <= 24
