"""A piece from a plan to its sound: what `compose` and `hum` do once they know what is wanted.

Notable: a melody, where there is one, sets tempo, metre, key and, where no seconds are given, the length.
"""

from __future__ import annotations

from dataclasses import replace

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Music, Score
from soundstage.score.perform import RING, perform
from soundstage.score.progression import harmony, parse_progression
from soundstage.score.structure import returned, sections_of
from soundstage.score.theory import Harmony, Key
from soundstage.tasks.compose_engines import ENGINES
from soundstage.tasks.compose_melody import bound, fitting, lasting, led
from soundstage.tasks.compose_plan import FASTEST, SLOWEST, Wishes, plan
from soundstage.tasks.compose_players import check_player, played
from soundstage.tasks.compose_sound import sounded


def composed(
    prompt: str,
    wishes: Wishes,
    player: str,
    model: str,
    seed: int,
    *,
    melody: Score | None = None,
    told: tuple[str, ...] = (),
    seconds: float | None = None,
) -> Music:
    """Music of exactly `seconds`, or as long as the melody and its ring; `told` stands among its remarks."""
    check_player(player)
    if melody is not None:
        if not SLOWEST <= melody.bpm <= FASTEST:
            raise InputError("melody", f"is at {melody.bpm:g} bpm", f"give a bpm of {SLOWEST:g} to {FASTEST:g} with it")
        metre = f"{melody.metre[0]}/{melody.metre[1]}"
        wishes = replace(wishes, bpm=melody.bpm, metre=metre, key=melody.key)
        if seconds is None:
            seconds = lasting(melody) + RING
    length = wishes.seconds if seconds is None else seconds
    with runtime.use(model, ENGINES) as found:
        engine = played(found, player)
        made = plan(prompt, engine.read(prompt), wishes, seed, None if melody is None else fitting(melody, length))
        brief, draft = made.brief, None
        if melody is not None:
            given = _given(wishes, made.brief.key, len(brief.places) - 1)
            brief, draft = bound(brief, melody, given, exact=wishes.instruments is not None)
        written = engine.write(brief, runtime.generator(runtime.derive(seed, "score")), draft)
        sheet = returned(written, made.parts) if melody is None else written
        last_beat, pace = (len(sheet.bars) - 1) * int(brief.metre[0]), brief.bpm
        last_bar = last_beat * 60 / pace
        if melody is not None:
            last_bar, pace = melody.seconds_at(last_beat), melody.bpm_at(last_beat)
        ring = max(length - last_bar, 0.0)
        score = perform(sheet, tail=ring * pace / 60 - int(brief.metre[0]), seed=seed)
        if melody is not None:
            score = led(score, melody, brief.style, seed)
        if made.parts:
            score = replace(score, sections=sections_of(made.parts))
        music = sounded(engine, score, length, seed)
    return replace(music, remarks=told) if told else music


def _given(wishes: Wishes, key: Key, bars: int) -> tuple[tuple[Harmony, ...], ...]:
    """The chords asked for, repeated over all bars."""
    if wishes.chords is None:
        return ()
    asked = [tuple(harmony(name, key) for name in names) for names in parse_progression(wishes.chords)]
    return tuple(asked[index % len(asked)] for index in range(bars))
