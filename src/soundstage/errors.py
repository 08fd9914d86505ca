"""The errors a user can meet, each with the exit code of the command line and the status of the server.

Notable: every message names what was wrong and what to do about it, on one line. This is the one file that anything
may import.
"""

from __future__ import annotations


class SoundstageError(Exception):
    """Base of all errors that Soundstage raises on purpose."""

    exit_code = 1
    status = 500


class InputError(SoundstageError):
    """Bad input: names the field, what is wrong with its value, and the remedy."""

    exit_code = 2
    status = 422

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        self.field, self.problem, self.remedy = field, problem, remedy
        super().__init__(f"{field}: {problem}; {remedy}")


class MissingError(SoundstageError):
    """Something that is not on this machine: a file, a program, an extra, a hub that cannot be reached."""

    exit_code = 3
    status = 424

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(f"{what}; {remedy}")


class RunError(SoundstageError):
    """A run that failed although its input was good."""

    exit_code = 1
    status = 500

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}; {remedy}")


class CancelledRun(SoundstageError):
    """The user cancelled the run; every finished part is kept."""

    exit_code = 130
    status = 499

    def __init__(self, where: str = "the run") -> None:
        self.where = where
        super().__init__(f"{where} was cancelled; what a graph had finished is kept in the cache")
