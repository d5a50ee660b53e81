"""Secrets that the policy file names and never holds: read from a variable or a file when they are needed."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from auditor.errors import ConfigError
from auditor.frozen import frozen

_LARGEST_BYTES = 65_536


class Secret:
    """A value that neither repr, str, a format string nor a log shows; `reveal` alone gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is neither copied into a file nor sent to another process")


@frozen
class SecretRef:
    """Where a secret is: the environment variable `env` or the file `file`; exactly one is given.

    `name` is the key of the policy file that it stands under, for messages (`gitea.token`).
    """

    env: str | None = None
    file: Path | None = None
    name: str = "secret"

    def resolve(self, environ: Mapping[str, str] | None = None) -> Secret:
        """The secret, without the newline at its end; raises ConfigError where there is none."""
        if self.file is not None:
            return Secret(self._file_text(self.file))
        value = (os.environ if environ is None else environ).get(self.env or "", "").strip()
        if not value:
            raise ConfigError(f"{self.name}: the variable {self.env!r} is not set or empty: set it, or name another")
        return Secret(value)

    def warning(self) -> str | None:
        """What is wrong with the file's permissions: the text to show, or None."""
        if self.file is None:
            return None
        try:
            mode = stat.S_IMODE(self.file.stat().st_mode)
        except OSError:
            return None  # `resolve` says it
        if not mode & 0o077:
            return None
        return f"{self.name}: others can read {str(self.file)!r} (mode {mode:04o}): run chmod 600 on it"

    def _file_text(self, path: Path) -> str:
        try:
            # a FIFO would wait for a writer for ever
            if not path.is_file():
                reason = "is no file" if path.exists() else "does not exist"
                raise ConfigError(f"{self.name}: {str(path)!r} {reason}: create it, or name another")
            with path.open("rb") as stream:
                text = stream.read(_LARGEST_BYTES + 1)
        except OSError as error:
            reason = error.strerror or "can't be read"
            raise ConfigError(f"{self.name}: {str(path)!r} can't be read ({reason}): change its owner") from error
        return self._checked(path, text)

    def _checked(self, path: Path, raw: bytes) -> str:
        if len(raw) > _LARGEST_BYTES:
            raise ConfigError(
                f"{self.name}: {str(path)!r} is larger than {_LARGEST_BYTES} bytes: is it the right file?"
            )
        try:
            text = raw.decode("utf-8").strip()
        except UnicodeDecodeError:
            # the cause would quote bytes of the secret
            raise ConfigError(f"{self.name}: {str(path)!r} is not UTF-8 text: is it the right file?") from None
        if not text:
            raise ConfigError(f"{self.name}: {str(path)!r} is empty: write the value into it")
        return text
