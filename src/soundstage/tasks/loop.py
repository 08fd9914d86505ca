"""The task `loop`: bars of music that go round without a seam, to the sample.

Notable: it is one period of a performance that never ends. The tails of the last notes, room and all, lie over the
first ones, nothing is faded, and the limiter goes round too. Stems loop as well, and sum to what was limited.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import numpy as np

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Audio, Music, Score
from soundstage.score.looping import Turn, body, fit_turn, taken, turn, wrapped
from soundstage.score.mix import brought, staged
from soundstage.score.perform import Fit, beats_of, perform
from soundstage.score.progression import parse_progression
from soundstage.score.sheet import form
from soundstage.score.song.band import band_of
from soundstage.score.structure import Part, counted, returned, sections_of
from soundstage.tasks.compose_edit import score_of
from soundstage.tasks.compose_plan import FASTEST, SLOWEST, Player, Wishes, font_of, plan
from soundstage.weights import card_of

if TYPE_CHECKING:
    from soundstage.tasks.compose_engines import MusicEngine

RINGING = 6.0
"""Seconds beyond the last note's end after which nothing is heard of it, the room's echo included."""


@task(version=1, besides=font_of)
def loop(
    prompt: Annotated[str, Says("What it should be like; or give `music`.")] = "",
    *,
    music: Annotated[
        Music | None, Says("What to make a loop of, with its score: of `compose`, or a .music file.")
    ] = None,
    bars: Annotated[int | None, Says("How many; by default 8, of music all but the ending."), Between(1, 256)] = None,
    first: Annotated[int, Says("The bar of the music with which it begins, from 1."), Between(1, 1000)] = 1,
    seconds: Annotated[float | None, Says("How long instead; it becomes whole bars."), Between(1, 600)] = None,
    bpm: Annotated[float | None, Says("Beats a minute; by default what suits."), Between(SLOWEST, FASTEST)] = None,
    key: Annotated[str | None, Says('As in "A minor"; also dorian and mixolydian.')] = None,
    metre: Annotated[str | None, Says("4/4 or 3/4.")] = None,
    chords: Annotated[str | None, Says('A chord a bar, or bars: "Am | F G | C"; repeated to the end.')] = None,
    structure: Annotated[list[str] | None, Says('Its sections, with bars if wished: "verse 8", "chorus 8".')] = None,
    style: Annotated[str | None, Says("One of the styles that the model knows, such as lo-fi or orchestral.")] = None,
    instruments: Annotated[list[str] | None, Says("Exactly who plays; by default the style's own line-up.")] = None,
    player: Annotated[Player, Says("Who plays: the model itself, our synthesis, or a sound font.")] = "starter",
    model: ModelRef = "starter/music",
    seed: Seed = 0,
) -> Music:
    """A loop at −14 LUFS without a seam: whole samples a bar, tails laid over the beginning, no fades.

    The tempo is moved so that a bar has a whole number of samples, by half a sample a bar at most; the result's remarks
    say by how much. Music is played anew from its score, at its own tempo unless `bpm` is given. Raises InputError for
    what `compose` refuses, for bars that the music does not have, and for both or neither of prompt and music.
    """  # fmt: skip
    if music is None:
        if first != 1:
            raise InputError("first", f"is {first}, and there is no music to begin in", "leave it out, or give music")
        if not prompt.strip() and style is None:
            raise InputError("prompt", "is empty", 'say what it should be like, such as "lo-fi", or give music')
    else:
        others = {"prompt": prompt or None, "seconds": seconds, "key": key, "metre": metre, "chords": chords,
                  "structure": structure, "style": style, "instruments": instruments}  # fmt: skip
        for name, value in others.items():
            if value is not None:
                raise InputError(name, "is for a loop of words", "leave it out, or change the music before")
    wishes = Wishes(
        bpm=bpm, key=key, metre=metre, chords=chords, style=style,
        structure=None if structure is None else tuple(structure),
        instruments=None if instruments is None else tuple(instruments),
    )  # fmt: skip
    wishes.check(prompt if music is None else "music")
    if card_of(model).family == "musicgen":
        raise InputError("model", f"{model} writes no score, so no bar of it is exact", "use starter/music")
    if music is not None:
        _check_bars(score_of(music), first, bars)
    from soundstage.tasks.compose_engines import ENGINES  # bring torch, which a cached result does not need
    from soundstage.tasks.compose_players import check_player, played

    check_player(player)
    with runtime.use(model, ENGINES) as found:
        engine = played(found, player)
        if music is None:
            score, found_turn, wanted = _written(engine, prompt, wishes, bars, seconds, seed)
        else:
            whole = score_of(music)
            count = bars or body(whole) - first + 1
            wanted = bpm or whole.bpm_at(whole.beat_of_bar(first - 1))
            found_turn = turn(whole.metre_at(first - 1)[0], engine.rate, count, wanted)
            score = taken(whole, first - 1, count, found_turn.bpm)
        return sounding(engine, score, found_turn, wanted, seed)


def _check_bars(score: Score, first: int, bars: int | None) -> None:
    if first > body(score) or first - 1 + (bars or 1) > score.bars:
        problem = f"{first}" if bars is None else f"{first} to {first - 1 + bars}"
        raise InputError("bars", f"{problem} are not all of its {score.bars}", "choose others by first and bars")


def _written(
    engine: MusicEngine, prompt: str, wishes: Wishes, bars: int | None, seconds: float | None, seed: int
) -> tuple[Score, Turn, float]:
    """The score of a loop of words, its turn, and the tempo that was wanted. It is a piece without its ending."""
    turns: list[tuple[Turn, float]] = []

    def fits(parts: tuple[Part, ...], beats: int, tempo: float | None, wish: float) -> Fit:
        known = counted(parts) if parts else None
        if known is not None and bars is not None and known != bars:
            raise InputError("bars", f"are {bars}, and the structure has {known}", "leave out one")
        unit = len(parse_progression(wishes.chords)) if wishes.chords is not None else 1
        found = fit_turn(
            beats, engine.rate, bars=bars or known, seconds=seconds, bpm=tempo, wish=wish,
            bounds=(SLOWEST, FASTEST), unit=unit,
        )  # fmt: skip
        turns.append((found, tempo or found.bpm))
        return Fit(found.bpm, found.bars + 1)

    made = plan(prompt, engine.read(prompt), wishes, seed, fits)
    found, wanted = turns[-1]
    brief = made.brief if made.parts else replace(made.brief, places=form(found.bars + 1, intro=False))
    sheet = returned(engine.write(brief, runtime.generator(runtime.derive(seed, "score"))), made.parts)
    score = perform(sheet, seed=seed)
    if made.parts:
        score = replace(score, sections=sections_of(made.parts))
    return taken(score, 0, found.bars, found.bpm), found, wanted


def sounding(engine: MusicEngine, score: Score, found: Turn, wanted: float, seed: int) -> Music:
    """A score of whole bars as music that goes round; nobody sings in it."""
    from soundstage.tasks.compose_sound import places_of

    score = band_of(score)
    if not any(track.notes for track in score.tracks):
        raise InputError("music", "has no notes to play in these bars", "choose others by first and bars")

    rate = engine.rate
    last = max(score.seconds_at(note.end) for track in score.tracks for note in track.notes)
    length = max(found.samples, round(last * rate)) + round(RINGING * rate)
    dry = engine.play(score, length, runtime.derive(seed, "sound"))
    runtime.check_cancelled("loop")
    stems = {name: wrapped(sound, found.samples) for name, sound in staged(dry, places_of(score), rate).items()}
    mix, gain = brought(np.asarray(sum(stems.values()), np.float32), rate, around=True)
    factor = np.float32(10 ** (gain / 20))
    beats = beats_of(score, found.samples / rate - 1e-6)
    off = found.bpm - wanted
    moved = f"tempo moved by {off:+.6f} to {found.bpm:.6f} bpm" if abs(off) > 1e-9 else f"tempo kept at {wanted:g} bpm"
    remark = f"{found.bars} bars of {found.bar} samples; {moved}"
    return Music(
        Audio(mix, rate),
        {name: Audio(stem * factor, rate) for name, stem in stems.items()},
        score,
        beats,
        remarks=(remark,),
    )
