"""The exceptions that a user may meet; every message is one lower-case line that says the remedy.

AuditorError
├── UsageError          the command line asks for something that can't be            exit 2
├── ConfigError         the policy file, the schema, an expression is wrong          exit 2
├── SnapshotError       a stored snapshot can't be read or judged                    exit 2
├── HistoryError        the history is damaged, foreign, or can't be reached         exit 2
├── OutputError         a report or snapshot can't be written                        exit 2
├── LockError           another run holds the lock of this site                      exit 75
└── SourceError         a source can't be observed: its facts are unavailable, the run goes on
    └── TransportError  the connection to it failed
"""


class AuditorError(Exception):
    """Anything that this program says about itself; `exit_code` is what a command ends with."""

    exit_code = 2


class UsageError(AuditorError):
    """The command line asks for something that can't be."""


class ConfigError(AuditorError):
    """The policy file is wrong; `problems` holds every error, each `file:line:column: path: message`."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SnapshotError(AuditorError):
    """A stored snapshot can't be read or judged."""


class HistoryError(AuditorError):
    """The history is damaged, belongs to another program or version, or can't be reached."""


class OutputError(AuditorError):
    """A report or a snapshot can't be written."""


class LockError(AuditorError):
    """Another run holds the lock of this site."""

    exit_code = 75


class SourceError(AuditorError):
    """A source can't be observed; the others go on."""


class TransportError(SourceError):
    """The connection to a source failed."""
