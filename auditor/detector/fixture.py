"""Whether a path is that of a test or of its data, where keys and passwords are made up; a service's own token is not.

A caller that searches texts whose paths it learns later asks `is_made_up` for each path of what it found.
"""

import re

from auditor.detector.catalogue import KINDS
from auditor.detector.engine import KINGFISHER

_FOLDERS = (
    "test|tests|testing|testdata|test[-_](?:data|fixtures|resources|support)|fixture|fixtures|__fixtures__|__tests__"
    "|__mocks__|mocks?|spec|specs|e2e|demos?|golden|cassettes"
)
_FIXTURE = re.compile(
    rf"(?:^|/)(?:{_FOLDERS})/|(?:^|/)(?:test_[^/]{{1,200}}|conftest)\.py$|_test\.(?:go|py|rb|exs)$|_spec\.rb$"
    r"|\.(?:test|spec)\.[cm]?[jt]sx?$|(?:Test|Tests|IT)\.(?:java|kt|cs)$|(?:^|/)test_[^/]{1,200}\.key$",
)
_INVENTED = frozenset(kind.id for kind in KINDS if kind.invented)


def is_fixture(path: str) -> bool:
    """Whether the path is one of a test, a fixture or a demonstration."""
    return _FIXTURE.search(path) is not None


def is_made_up(kind: str, hint: str, path: str) -> bool:
    """Whether a secret of this kind, by its id and public prefix, is none in a file of this path (`!`: an archive)."""
    return is_invented(kind, hint) and is_fixture(path.replace("!", "/"))


def is_invented(kind: str, hint: str) -> bool:
    """Whether tests and their data are full of such secrets, which are nobody's."""
    return kind in _INVENTED or (kind.startswith(KINGFISHER) and not hint)
