"""What the NAS's own values are: HMACs that the probe made under the run's key; a value itself never came."""

import hashlib
from collections.abc import Sequence

from auditor.collectors.nas.env_file import MOST_ENV_FILES, OwnValue
from auditor.confidence import Mark, Told
from auditor.config import Config
from auditor.config.site_name import site_names
from auditor.detector.key_name import looks_secret
from auditor.detector.own_value import COMMON, SHORTEST, common_marks
from auditor.errors import SourceError
from auditor.model.facts.nas import Nas
from auditor.model.missing import MISSING


def told_of(values: Sequence[OwnValue], facts: Nas, config: Config, key: bytes) -> Told:
    """The values of the files that the policy file names, in whatever folder they lie.

    A value whose key is none of a secret's is skipped: whether it is plain can't be told from its HMAC. Raises
    SourceError where not all of them could be had.
    """
    files = [name.removeprefix("nas:") for name in config.secrets.own_values if name.startswith("nas:")]
    _check(facts, files)
    common = common_marks(key, site_names(config))
    marks, skipped, known = [], [], []
    for one in values:
        file = _own_file(one.path, files)
        if file is None:
            continue
        name = f"nas:env:{file}#{one.key}"
        known.append(f"{one.path} {one.stamp} {name}")
        reason = _skip_reason(one, common)
        if reason is None and one.hmac is not None:
            marks.append(Mark(name, one.hmac))
        elif reason is not None:
            skipped.append((name, reason))
    identity = hashlib.sha256("\n".join(sorted(known)).encode("utf-8", "surrogateescape")).hexdigest()
    searched = {mark.name for mark in marks}
    unmarked = dict(one for one in skipped if one[0] not in searched)
    return Told(tuple(dict.fromkeys(marks)), tuple(unmarked.items()), identity)


def _check(facts: Nas, files: Sequence[str]) -> None:
    if not files:
        return
    if facts.env_files is MISSING:
        raise SourceError("the NAS's env files were not observed")
    if len(facts.env_files) >= MOST_ENV_FILES:
        raise SourceError(f"the NAS has more than {MOST_ENV_FILES} env files: the rest was not read")
    for file in facts.env_files:
        if _own_file(file.path, files) is not None and file.keys is MISSING:
            raise SourceError(f"the values of {file.path} on the NAS could not be read")


def _own_file(path: str, files: Sequence[str]) -> str | None:
    """The name under which the policy file has an env file, as the probe matches it."""
    return max((name for name in files if f"/{path}".endswith(f"/{name}")), key=len, default=None)


def _skip_reason(one: OwnValue, common: frozenset[str]) -> str | None:
    if one.hmac is None:
        return f"its value is shorter than {SHORTEST} bytes"
    if one.hmac in common:
        return COMMON
    return None if looks_secret(one.key) else "its name is none of a secret's"
