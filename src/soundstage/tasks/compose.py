"""The task `compose`: a wish in words and fields to music of an exact length, with its score, stems and beats.

Notable: fields win over what the text says outright (a tempo, a key, instruments, a style), and that wins over what the
model reads between the lines. Tempo, key, line-up and length are kept by construction; the last bar comes home and
rings out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import numpy as np

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Audio, Music
from soundstage.score.instruments import BY_NAME, instrument, mentioned
from soundstage.score.language import Brief
from soundstage.score.mix import mastered, staged
from soundstage.score.perform import beats_of, fit, perform
from soundstage.score.roster import roster
from soundstage.score.sheet import METRES, form
from soundstage.score.styles import DOUBLE_MEANINGS, STYLE_ALIASES, Style, style_named
from soundstage.score.theory import Key, find_key, parse_key

if TYPE_CHECKING:
    from soundstage.tasks.compose_engines import Impression

SLOWEST, FASTEST = 40.0, 220.0
KINDEST_TONICS = (0, 2, 3, 5, 7, 9, 10)  # the keys that lie well for most instruments
_BPM = re.compile(r"(\d{2,3}(?:\.\d+)?)\s*-?\s*(?:bpm|beats (?:per|a) minute)", re.IGNORECASE)
_METRE = re.compile(r"\b([34]/4)\b")
_SOLO = re.compile(r"\b(solo|only|alone|unaccompanied)\b", re.IGNORECASE)


@task(version=1)
def compose(
    prompt: Annotated[str, Says("What it should be like: mood, style, scene, instruments, tempo, key.")],
    *,
    seconds: Annotated[float, Says("Length; kept to the sample."), Between(1, 600)] = 15.0,
    bpm: Annotated[float | None, Says("Beats a minute; by default what suits."), Between(SLOWEST, FASTEST)] = None,
    key: Annotated[str | None, Says('As in "A minor"; also dorian and mixolydian.')] = None,
    metre: Annotated[str | None, Says("4/4 or 3/4.")] = None,
    style: Annotated[str | None, Says("One of the styles that the model knows, such as lo-fi or orchestral.")] = None,
    instruments: Annotated[list[str] | None, Says("Exactly who plays; by default the style's own line-up.")] = None,
    model: ModelRef = "starter/music",
    seed: Seed = 0,
) -> Music:
    """Music of exactly `seconds`, with stems by instrument, the score it was played from, and its beats.

    The stems sum to the unmastered mix: the mix is their sum through a limiter. Raises InputError naming the field
    for what
    cannot be: an unknown key, style, metre or instrument, a tempo or length out of range, an empty prompt without a
    style.
    """
    check(prompt, seconds, bpm, key, metre, style, instruments)
    from soundstage.tasks.compose_engines import ENGINES  # brings torch, which a cached result does not need

    with runtime.use(model, ENGINES) as engine:
        brief = plan(prompt, engine.read(prompt), seconds, bpm, key, metre, style, instruments, seed)
        sheet = engine.write(brief, runtime.generator(runtime.derive(seed, "score")))
        last_bar = (len(sheet.bars) - 1) * int(brief.metre[0]) * 60 / brief.bpm
        ring = max(seconds - last_bar, 0.0)
        score = perform(sheet, tail=ring * brief.bpm / 60 - int(brief.metre[0]), seed=seed)
        samples = round(seconds * engine.rate)
        dry = engine.play(score, samples, runtime.derive(seed, "sound"))
        rate = engine.rate
    runtime.check_cancelled("compose")
    roles: dict[str, str] = {}
    for role, name in brief.roster:
        roles[name] = "lead" if role == "lead" else roles.get(name, role)
    mix, stems = mastered(staged(dry, roles, rate), rate, fade=min(max(0.5 * ring, 0.3), 2.0, 0.25 * seconds))
    return Music(
        Audio(mix, rate), {name: Audio(sound, rate) for name, sound in stems.items()}, score, beats_of(score, seconds)
    )


def check(
    prompt: str,
    seconds: float,
    bpm: float | None,
    key: str | None,
    metre: str | None,
    style: str | None,
    instruments: list[str] | None,
) -> None:
    """Refuses what no piece can be, before a model is loaded."""
    if not prompt.strip() and style is None:
        raise InputError(
            "prompt", "is empty", 'say what it should be like, such as "calm lo-fi piano", or give a style'
        )
    if not np.isfinite(seconds) or not 1 <= seconds <= 600:
        raise InputError("seconds", f"is {seconds:g}", "give 1 to 600 seconds")
    if bpm is not None and not SLOWEST <= bpm <= FASTEST:
        raise InputError("bpm", f"is {bpm:g}", f"give {SLOWEST:g} to {FASTEST:g} beats a minute")
    if key is not None:
        parse_key(key)
    if metre is not None and metre not in METRES:
        raise InputError("metre", f"{metre!r} is not known", f"choose {' or '.join(METRES)}")
    if style is not None:
        style_named(style)
    if instruments is not None and not asked_for(instruments):
        raise InputError("instruments", "are none", "name at least one, or leave the field out")


def asked_for(instruments: list[str]) -> tuple[str, ...]:
    """The instruments of the field, each once; a comma in a name separates. Raises InputError listing the known
    ones."""
    names = [name for entry in instruments for name in entry.split(",") if name.strip()]
    return tuple(dict.fromkeys(instrument(name).name for name in names))


def plan(
    prompt: str,
    heard: Impression,
    seconds: float,
    bpm: float | None,
    key: str | None,
    metre: str | None,
    style: str | None,
    instruments: list[str] | None,
    seed: int,
) -> Brief:
    """Everything that is decided before a note is written."""
    rng = np.random.default_rng(runtime.derive(seed, "plan"))
    manner = style_named(style) if style else spoken_style(prompt) or style_named(_drawn(heard.style, rng, 0.6))
    chosen = _key(prompt, key, manner, heard, rng)
    tempo = bpm if bpm is not None else _spoken_bpm(prompt)
    written = _METRE.search(prompt)
    bar = metre or (written[1] if written else None)
    if bar is None:
        chances = {name: heard.metre[name] for name in manner.metres}
        bar = _drawn(chances, rng, 0.5)
    pace = (np.arange(5) * np.array(heard.pace)).sum() / 4
    low, high = manner.bpm
    fitted = fit(seconds, int(bar[0]), bpm=tempo, wish=low + (high - low) * float(pace))
    energy = int(np.argmax(np.array(heard.energy) + rng.uniform(0, 0.08, 3)))
    named = asked_for(instruments) if instruments else mentioned(_without_style(prompt, manner))
    if not named and not instruments:
        named = tuple(name for name, chance in heard.instruments.items() if chance > 0.8)[:2]
    exact = instruments is not None or (bool(named) and _SOLO.search(prompt) is not None)
    return Brief(
        style=manner.name,
        key=chosen,
        bpm=fitted.bpm,
        metre=bar,
        energy=energy,
        roster=roster(manner, named, exact=exact, generator=rng),
        places=form(fitted.bars, intro=manner.intro),
    )


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


def _spoken_bpm(prompt: str) -> float | None:
    match = _BPM.search(prompt)
    if match is None:
        return None
    if not SLOWEST <= float(match[1]) <= FASTEST:
        raise InputError("prompt", f"asks for {match[1]} bpm", f"ask for {SLOWEST:g} to {FASTEST:g}")
    return float(match[1])


def _key(prompt: str, key: str | None, style: Style, heard: Impression, rng: np.random.Generator) -> Key:
    if key is not None:
        return parse_key(key)
    named = find_key(prompt)
    tonic = int(KINDEST_TONICS[rng.integers(len(KINDEST_TONICS))])
    mode = _drawn({m: heard.mode[m] * (0.05 + w) for m, w in style.modes.items()}, rng, 0.4)
    return named or Key(tonic, mode)


def _drawn(chances: dict[str, float] | object, rng: np.random.Generator, temperature: float) -> str:
    """One of the choices, the likeliest favoured more the lower the temperature."""
    assert hasattr(chances, "items")
    names, weights = zip(*chances.items(), strict=True)
    sharp = np.array(weights, np.float64) ** (1 / temperature) + 1e-12
    return str(names[rng.choice(len(names), p=sharp / sharp.sum())])


__all__ = ["BY_NAME", "asked_for", "compose", "plan", "spoken_style"]
