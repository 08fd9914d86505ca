"""Literals: how values look in a document, on a command line and in a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from soundstage.errors import InputError


def from_literal(kind: type, literal: Any) -> Any:
    """A kind's value from a document or a command line: a text that it parses, the path of a file, or a name.

    Raises ValueError for a text that is none of these, and whatever the kind raises for a bad file.
    """
    if not isinstance(literal, str | Path):
        return literal
    from_text, named = getattr(kind, "parse", None), getattr(kind, "named", None)
    from_file = getattr(kind, "load", None) or getattr(kind, "clone", None)
    try:
        if from_text is not None:
            return from_text(str(literal))
        if named is not None and not Path(literal).is_file():
            return named(str(literal))
        return from_file(Path(literal)) if from_file is not None else literal
    except (OSError, ValueError) as error:  # a path too long, or with a NUL in it
        raise ValueError(f"is not a file ({getattr(error, 'strerror', None) or error})") from None


def to_literal(value: Any) -> Any:
    """A kind's value as a document holds it: its own `literal()`, or its name. Raises InputError without either."""
    if hasattr(value, "literal"):
        return value.literal()
    name = getattr(value, "name", None)
    if isinstance(name, str) and hasattr(type(value), "named") and getattr(value, "reference", None) is None:
        return name
    raise InputError(
        type(value).__name__.lower(),
        "a value in memory cannot be written in a document",
        "save it and give the file's path, or link the node that makes it",
    )


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8: half a surrogate pair cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def shorten(value: object, limit: int = 60) -> str:
    """A value in quotes for a message, cut where it is long."""
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = repr(value[: limit * 2] if isinstance(value, str) else value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
