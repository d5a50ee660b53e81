"""What a git configuration says, on whichever machine it stands: remotes, credentials, switched-off TLS; never a
credential itself.
"""

from typing import Literal

from auditor.frozen import frozen

Level = Literal["system", "global", "local", "worktree", "command", "environment"]


@frozen
class Origin:
    """Where a configuration value stands; `file` is None for the environment, `line` None where there
    are no lines.
    """

    level: Level
    file: str | None
    line: int | None


@frozen
class RemoteUrl:
    """An address in parts, the user name, password, query and fragment left out; `text` is what
    remains.

    `owner` and `repository` are the last two segments of the path, `.git` taken off. `credential_kind`
    is None for a user name alone that doesn't look like a token.
    """

    form: Literal["https", "http", "ssh", "scp", "git", "file", "other"]
    text: str
    scheme: str | None
    host: str | None
    port: int | None
    path: str | None
    owner: str | None
    repository: str | None
    user_present: bool
    credential_kind: Literal["password", "token", "query"] | None


@frozen
class RemoteAddress:
    """One address that git uses for a remote, after insteadOf and pushInsteadOf; push entries only
    where they differ.

    `origin` is where the remote's own url or pushurl stands, `rewritten` whether an insteadOf changed
    it.
    """

    direction: Literal["fetch", "push"]
    url: RemoteUrl
    rewritten: bool
    origin: Origin


@frozen
class Remote:
    """A remote with all its addresses, fetch first."""

    name: str
    addresses: tuple[RemoteAddress, ...]


@frozen
class CredentialPlace:
    """A place in the configuration or in .gitmodules that holds a credential; `key` has the credential
    cut out.

    `name` is the remote, branch or submodule concerned, else the key. `url` is the address that carries
    it, in parts.
    """

    kind: Literal["remote", "instead-of", "submodule", "branch", "header", "proxy", "other"]
    name: str
    key: str
    credential_kind: Literal["password", "token", "query", "header"]
    url: RemoteUrl | None
    origin: Origin


@frozen
class TlsSwitch:
    """A setting that turns the verification of certificates off; `key` has credentials cut out.

    `overridden` is True where a later entry for the same addresses turns it on again. `remotes` are the
    remotes whose http(s) address is in effect not verified because of this entry.
    """

    key: str
    scope: str | None
    origin: Origin
    overridden: bool
    remotes: tuple[str, ...]
