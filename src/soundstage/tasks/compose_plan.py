"""What `compose` decides before a note is written: style, key, tempo, metre, chords, form, line-up.

Notable: fields win over what the text says outright (a tempo, a key, instruments, a style), and that wins over what the
model reads between the lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from soundstage import runtime
from soundstage.errors import InputError, SoundstageError
from soundstage.score.instruments import instrument, mentioned
from soundstage.score.language import Brief
from soundstage.score.perform import RING, RING_LEAST, Fit, fit
from soundstage.score.progression import harmony, key_of, parse_progression
from soundstage.score.roster import roster
from soundstage.score.sheet import METRES, form
from soundstage.score.structure import Part, counted, parse_structure, places_of, shared
from soundstage.score.styles import DOUBLE_MEANINGS, STYLE_ALIASES, Style, style_named
from soundstage.score.theory import Key, find_key, parse_key

if TYPE_CHECKING:
    from soundstage.tasks.compose_engines import Impression

Player = Literal["starter", "synth", "sampled"]
Fits = Callable[[tuple[Part, ...], int, float | None, float], Fit]
"""From the parts of a form, beats a bar, the tempo asked for (or None) and the one that suits: tempo and bars."""
SLOWEST, FASTEST = 40.0, 220.0
KINDEST_TONICS = (0, 2, 3, 5, 7, 9, 10)  # the keys that lie well for most instruments
_BPM = re.compile(r"(\d{2,3}(?:\.\d+)?)\s*-?\s*(?:bpm|beats (?:per|a) minute)", re.IGNORECASE)
_METRE = re.compile(r"\b([34]/4)\b")
_SOLO = re.compile(r"\b(solo|only|alone|unaccompanied)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """The fields of `compose`; None is the composer's to choose."""

    seconds: float = 15.0
    bpm: float | None = None
    key: str | None = None
    metre: str | None = None
    chords: str | None = None
    structure: tuple[str, ...] | None = None
    style: str | None = None
    instruments: tuple[str, ...] | None = None

    def check(self, prompt: str, *, like: bool = False) -> None:
        """Refuses what no piece can be, before a model is loaded; `like` where a reference speaks for an empty prompt.

        Raises InputError naming the field.
        """
        if not prompt.strip() and self.style is None and not like:
            raise InputError(
                "prompt", "is empty", 'say what it should be like, such as "calm lo-fi piano", or give a style'
            )
        if not np.isfinite(self.seconds) or not 1 <= self.seconds <= 600:
            raise InputError("seconds", f"is {self.seconds:g}", "give 1 to 600 seconds")
        if self.bpm is not None and not SLOWEST <= self.bpm <= FASTEST:
            raise InputError("bpm", f"is {self.bpm:g}", f"give {SLOWEST:g} to {FASTEST:g} beats a minute")
        if self.key is not None:
            parse_key(self.key)
        if self.metre is not None and self.metre not in METRES:
            raise InputError("metre", f"{self.metre!r} is not known", f"choose {' or '.join(METRES)}")
        if self.chords is not None:
            parse_progression(self.chords)
        if self.structure is not None:
            parse_structure(self.structure)
        if self.style is not None:
            style_named(self.style)
        if self.instruments is not None and not asked_for(self.instruments):
            raise InputError("instruments", "are none", "name at least one, or leave the field out")


def only_sound(wishes: Wishes, player: str, model: str) -> None:
    """Refuses what a model that writes no score cannot keep. Raises InputError naming the field."""
    for name in ("bpm", "key", "metre", "chords", "structure", "style", "instruments"):
        if getattr(wishes, name) is not None:
            raise InputError(name, f"cannot be kept by {model}", "say it in the prompt, or use starter/music")
    if player != "starter":
        raise InputError("player", f"{player!r} plays scores, and {model} writes none", "use starter/music")


@dataclass(frozen=True)
class Plan:
    """What is decided before a note is written: the writer's brief and, where a form was asked for, its parts."""

    brief: Brief
    parts: tuple[Part, ...] = ()


def asked_for(instruments: Sequence[str]) -> tuple[str, ...]:
    """The instruments of the field, each once; a comma in a name separates. Raises InputError listing the known
    ones."""
    names = [name for entry in instruments for name in entry.split(",") if name.strip()]
    return tuple(dict.fromkeys(instrument(name).name for name in names))


def plan(prompt: str, heard: Impression, wishes: Wishes, seed: int, fits: Fits | None = None) -> Plan:
    """Everything that is decided before a note is written. Raises InputError for a form that does not fit.

    `fits` says tempo and bars in another way than filling the wished seconds.
    """
    rng = np.random.default_rng(runtime.derive(seed, "plan"))
    manner = (
        style_named(wishes.style)
        if wishes.style
        else spoken_style(prompt) or style_named(_drawn(heard.style, rng, 0.6))
    )
    progression = parse_progression(wishes.chords) if wishes.chords is not None else ()
    chosen = _key(prompt, wishes.key, manner, heard, rng, progression)
    tempo = wishes.bpm if wishes.bpm is not None else spoken_bpm(prompt)
    written = _METRE.search(prompt)
    bar = wishes.metre or (written[1] if written else None)
    if bar is None:
        chances = {name: heard.metre[name] for name in manner.metres}
        bar = _drawn(chances, rng, 0.5)
    pace = (np.arange(5) * np.array(heard.pace)).sum() / 4
    low, high = manner.bpm
    parts = parse_structure(wishes.structure) if wishes.structure is not None else ()
    wish = low + (high - low) * float(pace)
    if fits is not None:
        fitted = fits(parts, int(bar[0]), tempo, wish)
    else:
        fitted = fit_form(parts, wishes.seconds, int(bar[0]), tempo) or fit(
            wishes.seconds, int(bar[0]), bpm=tempo, wish=wish
        )
    energy = int(np.argmax(np.array(heard.energy) + rng.uniform(0, 0.08, 3)))
    named = asked_for(wishes.instruments) if wishes.instruments else mentioned(_without_style(prompt, manner))
    if not named and not wishes.instruments:
        named = tuple(name for name, chance in heard.instruments.items() if chance > 0.8)[:2]
    exact = wishes.instruments is not None or (bool(named) and _SOLO.search(prompt) is not None)
    if parts:
        parts = shared(parts, fitted.bars - 1)
    body = tuple(tuple(harmony(name, chosen) for name in names) for names in progression)
    brief = Brief(
        style=manner.name,
        key=chosen,
        bpm=fitted.bpm,
        metre=bar,
        energy=energy,
        roster=roster(manner, named, exact=exact, generator=rng),
        places=places_of(parts) if parts else form(fitted.bars, intro=manner.intro),
        chords=tuple(body[index % len(body)] for index in range(fitted.bars - 1)) if body else (),
    )
    return Plan(brief, parts)


def fit_form(parts: Sequence[Part], seconds: float, beats: int, bpm: float | None) -> Fit | None:
    """The tempo at which a form whose bars are all said fills a length; None where the bars are free.

    Raises InputError when that is no tempo, or not the one asked for: the ending may ring for a bar and six seconds.
    """
    bars = counted(parts) if parts else None
    if bars is None:
        return None
    if bpm is not None:
        least = bars * beats * 60 / bpm + RING_LEAST
        if least <= seconds <= least + beats * 60 / bpm + 6:
            return Fit(bpm, bars + 1)
        raise InputError("structure", f"has {bars} bars, {least:.1f} s at {bpm:g} bpm", f"ask for {least + 1:.0f} s")
    room = max(seconds - RING, 0.5 * seconds)
    needed = bars * beats * 60 / room
    if not SLOWEST <= needed <= FASTEST:
        raise InputError(
            "structure", f"has {bars} bars, which need {needed:.0f} bpm in {seconds:g} s",
            f"ask for {bars * beats * 60 / FASTEST + RING:.0f} to {bars * beats * 60 / SLOWEST + RING:.0f} s",
        )  # fmt: skip
    return Fit(round(needed, 2), bars + 1)


def spoken_style(prompt: str) -> Style | None:
    """The style that a text names outright; the longest name wins. Words of two meanings are left to the model."""
    text = f" {' '.join(re.sub(r'[^a-z0-9&-]+', ' ', prompt.lower()).split())} "
    found = [alias for alias in STYLE_ALIASES if f" {alias} " in text and alias not in DOUBLE_MEANINGS]
    return style_named(max(found, key=len)) if found else None


def _without_style(prompt: str, style: Style) -> str:
    """The text without the style's own names, so that a "piano ballad" does not also ask for a second pianist."""
    for alias in sorted((style.name, *style.aliases), key=len, reverse=True):
        if mentioned(alias) and alias in prompt.lower():
            kept = " ".join(name for name in mentioned(alias) if name in style.name)
            prompt = re.sub(re.escape(alias), kept, prompt, flags=re.IGNORECASE)
    return prompt


def spoken_bpm(prompt: str) -> float | None:
    """The tempo that a text names. Raises InputError for an impossible one."""
    match = _BPM.search(prompt)
    if match is None:
        return None
    if not SLOWEST <= float(match[1]) <= FASTEST:
        raise InputError("prompt", f"asks for {match[1]} bpm", f"ask for {SLOWEST:g} to {FASTEST:g}")
    return float(match[1])


def _key(
    prompt: str,
    key: str | None,
    style: Style,
    heard: Impression,
    rng: np.random.Generator,
    progression: tuple[tuple[str, ...], ...],
) -> Key:
    if key is not None:
        return parse_key(key)
    named = find_key(prompt) or (key_of(progression) if progression else None)
    tonic = int(KINDEST_TONICS[rng.integers(len(KINDEST_TONICS))])
    mode = _drawn({m: heard.mode[m] * (0.05 + w) for m, w in style.modes.items()}, rng, 0.4)
    return named or Key(tonic, mode)


def _drawn(chances: dict[str, float] | object, rng: np.random.Generator, temperature: float) -> str:
    """One of the choices, the likeliest favoured more the lower the temperature."""
    assert hasattr(chances, "items")
    names, weights = zip(*chances.items(), strict=True)
    sharp = np.array(weights, np.float64) ** (1 / temperature) + 1e-12
    return str(names[rng.choice(len(names), p=sharp / sharp.sum())])


def font_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The sound font that a result depends on besides its inputs: which file, how long, how old, and under `sources`
    its licence; none by other players.

    A font that is not there is told of when it is to play.
    """
    if inputs.get("player") != "sampled":
        return {}
    from soundstage.score.sampled import find_font

    try:
        font = find_font()
    except SoundstageError:
        return {}
    facts = font.path.stat()
    return {"font": f"{font.path} {facts.st_size} {facts.st_mtime_ns}", "sources": [asdict(font.source)]}
