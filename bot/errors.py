"""Every error Signpost raises on purpose; `cli.py` turns each into one readable line and an exit code.

SignpostError
├── SettingsError     a setting from the environment cannot be used
├── KnowledgeError    the knowledge folder has faults; holds all of them
├── ConfirmError      a confirmation cannot be recorded; nothing was written
├── PublishError      a version cannot be published, found or returned to; what is live stays live
├── PackError         the printed pack cannot be made or written
├── QuestionFileError a labelled question file cannot be read
├── ChannelError      a channel cannot start or go on (a refused token, an unreachable server)
├── SchemaError       the schemas cannot be written
├── SkeletonError     the skeleton of a new entry cannot be written; nothing was changed
└── UsageError        the usage log cannot be read
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class SignpostError(Exception):
    """Base of all planned errors. Its text is one line that a person can act on."""


class SettingsError(SignpostError):
    """A setting is missing or cannot be used; the text names it, its value and what is expected."""


class ConfirmError(SignpostError):
    """A confirmation cannot be recorded. The text says why; nothing was written."""


class PublishError(SignpostError):
    """A version cannot be published, found or returned to. What was live before is live still."""


class PackError(SignpostError):
    """The printed pack cannot be made or written. The text names the group or the file."""


class QuestionFileError(SignpostError):
    """A labelled question file cannot be read; the text names the file and the line or column."""


class ChannelError(SignpostError):
    """A channel cannot start or go on; the text never holds a token."""


class SchemaError(SignpostError):
    """The schemas cannot be written; the text names the file."""


class SkeletonError(SignpostError):
    """The skeleton of a new entry cannot be written. The text says why; nothing was changed."""


class UsageError(SignpostError):
    """The usage log cannot be read; the text names the file and what to do."""


@dataclass(frozen=True)
class Problem:
    """One fault in the knowledge folder, in the form an editor reads: `file: entry: field: problem`."""

    file: str
    entry: str
    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.entry or '-'}: {self.field or '-'}: {self.problem}"


class KnowledgeError(SignpostError):
    """The knowledge folder cannot be used as it is. `problems` holds every fault found in one run."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(
            f"knowledge: {count} fault{'' if count == 1 else 's'}; first: {self.problems[0]} "
            "(run 'signpost check' to see all)"
        )
