"""Voices to keep: cloned with consent, mixed, listed; and what speaking with a clone entails.

Notable: a name that is not a saved voice's is the model's. So that neither hides the other, the starter's names cannot
be saved under.
"""

from __future__ import annotations

import datetime
import getpass
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from soundstage.errors import InputError, MissingError
from soundstage.media import Voice
from soundstage.media.voice import stated
from soundstage.media.voice_shelf import NAME, facts, holds, names, write
from soundstage.weights import card_of

STARTER = "starter/voice"


def own_names() -> tuple[str, ...]:
    """The names of the starter's voices."""
    return tuple(str(name) for name in card_of(STARTER).config["names"])


def check_name(name: str, *, over: bool = False) -> None:
    """Raises InputError for a name that no voice can be saved under, or that is taken."""
    if not NAME.fullmatch(name):
        raise InputError("name", f"{name[:60]!r} cannot be a voice's", "use up to 40 of a-z, 0-9, - and _")
    if name in own_names():
        raise InputError("name", f"{name!r} is a voice of {STARTER}", "choose another name")
    if holds(name) and not over:
        raise InputError(
            "name", f"a voice {name!r} is saved already", f"choose another, or: soundstage voice delete {name}"
        )


def keep(voice: Voice, name: str, *, by: str = "", about: str = "", over: bool = False) -> Voice:
    """Saves a voice under a name and returns it as it was saved.

    `by` is who gave the statement of consent; this computer's user where nobody is named. Raises InputError for a name
    that is taken, the starter's voices' among them, and for a clone without a statement.
    """
    check_name(name, over=over)
    if not all(voice.statements):
        stated("", "a recording")
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    told: dict[str, Any] = {"created": now, "about": about}
    if voice.reference is not None:
        told["agreed"] = {"by": by or _user(), "at": now}
    write(voice, name, told, over=over)
    return Voice.saved(name)


def clone(path: Path | str, name: str, consent: str, *, text: str = "", by: str = "", about: str = "") -> Voice:
    """Clones a recording's voice and saves it. Raises what `Voice.clone` and `keep` raise."""
    check_name(name)  # before any work
    return keep(Voice.clone(path, text, consent=consent), name, by=by, about=about)


def mix(parts: Sequence[str], weights: Sequence[float] | None = None) -> Voice:
    """A mixture of voices, each a file, a saved voice or one of the starter's; equal shares unless weighted.

    Raises InputError for an unknown voice, and for weights that are not one for each.
    """
    if weights is not None and len(weights) != len(parts):
        raise InputError("weights", f"are {len(weights)} for {len(parts)} voices", "give one for each, such as 0.3,0.7")
    voices = [Voice.parse(part) for part in parts]
    for voice in voices:
        if voice.name is not None and voice.name not in own_names():
            known = ", ".join((*names(), *own_names()))
            raise MissingError(f"there is no voice {voice.name[:60]!r}", f"mix of these: {known}, or recordings")
    return Voice.mixed(list(zip(voices, weights or [1.0] * len(voices), strict=True)))


def described(name: str) -> dict[str, Any]:
    """A saved voice in a few plain facts."""
    found = facts(name)
    voice = Voice.saved(name)
    told: dict[str, Any] = {"name": name}
    if voice.reference is not None:
        told |= {"kind": "clone", "recording": f"{voice.reference.seconds:.1f} s, {voice.reference.rate} Hz"}
    else:
        parts = (f"{share:.2f} {part.label or part.name or 'a clone'}" for part, share in voice.blend)
        told |= {"kind": "blend", "of": " + ".join(parts)}
    told |= {"consent": "; ".join(dict.fromkeys(voice.statements))}
    agreed = found.get("agreed", {})
    told |= {"agreed": f"{agreed['by']}, {agreed['at']}"} if agreed else {}
    notes = "; ".join(voice.notes)
    more = {"text": voice.text, "notes": notes, "about": found.get("about"), "created": found.get("created")}
    more |= {"source": voice.source}
    return {key: value for key, value in (told | more).items() if value}


def permitted(voices: Iterable[Voice | None]) -> bool:
    """Whether anybody's voice is cloned in these. Raises InputError for a clone without a statement of consent."""
    clones = [voice for voice in voices if voice is not None and voice.cloned]
    if not all(statement for voice in clones for statement in voice.statements):
        stated("", "a recording")
    return bool(clones)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
