"""Where a remote's branch is kept in the clone, by the fetch refspecs of the configuration."""

from auditor.gitfile.config import GitConfig


def tracking_ref(config: GitConfig, remote: bytes, ref: bytes) -> bytes | None:
    """The remote-tracking ref of a remote's `ref`; the ref itself for the remote `.`, None without a refspec for it."""
    if remote == b".":
        return ref
    specs = [entry.value or b"" for entry in config.all("remote", "fetch", remote)]
    if any(_matched(spec[1:], ref) is not None for spec in specs if spec.startswith(b"^")):
        return None
    for spec in specs:
        source, colon, target = spec.removeprefix(b"+").partition(b":")
        middle = _matched(source, ref) if colon and target and not spec.startswith(b"^") else None
        if middle is not None:
            return target.replace(b"*", middle, 1)
    return None


def _matched(pattern: bytes, ref: bytes) -> bytes | None:
    """What the one star of a pattern stands for in `ref`, empty without a star; None if it doesn't fit."""
    start, star, end = pattern.partition(b"*")
    if not star:
        return b"" if ref == pattern else None
    if len(ref) < len(start) + len(end) or not (ref.startswith(start) and ref.endswith(end)):
        return None
    return ref[len(start) : len(ref) - len(end)]
