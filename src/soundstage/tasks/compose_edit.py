"""The tasks that change music: `inpaint` writes some bars anew, `extend` goes on, `restyle` plays it another way.

Notable: all of them change the score first, by the same writer that composed it, and only then the sound, which is
spliced in: notes and samples outside of an edit stay bit for bit what they were. Music comes with its score from
`compose` or from a `.music` file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import numpy as np

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Music, Score, Section, Track
from soundstage.score.formats.orchestra import VOICE
from soundstage.score.grid import sheet_of
from soundstage.score.language import brief_of
from soundstage.score.perform import RING, perform
from soundstage.score.progression import harmony, parse_progression
from soundstage.score.roster import roster
from soundstage.score.sheet import ROLES, Place, Sheet, form
from soundstage.score.song.band import cleared, sung_bars, voice_of, with_voice
from soundstage.score.styles import style_named
from soundstage.tasks.compose_plan import Player, asked_for, font_of, spoken_style
from soundstage.weights import card_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundstage.score.theory import Harmony

_BARS = re.compile(r"\s*(\d+)\s*(?:[-–:]\s*(\d+)\s*)?")


@task(version=1, besides=font_of)
def inpaint(
    music: Annotated[Music, Says("What to change; with its score, so of `compose` or a .music file.")],
    *,
    bars: Annotated[str, Says('The bars to write anew, counted from 1: "5-8".')],
    instruments: Annotated[list[str] | None, Says("Only what these play; by default all.")] = None,
    chords: Annotated[str | None, Says("Other chords for these bars; by default those that were.")] = None,
    player: Annotated[Player, Says("Who plays: the model itself, our synthesis, or a sound font.")] = "starter",
    model: ModelRef = "starter/music",
    seed: Seed = 0,
) -> Music:
    """The music with some bars written anew, in place: its length, tempo and key stay.

    Outside of these bars, 30 ms before and 300 ms behind them, mix and stems keep every sample, and so does always a
    stem that is not named. Raises InputError for music without a score, bars that it has not, unknown instruments.
    """
    score = score_of(music)
    first, stop = parse_bars(bars, score.bars)
    sheet = sheet_of(score)
    roles = _roles(sheet, instruments)
    from soundstage.tasks.compose_engines import ENGINES, Draft
    from soundstage.tasks.compose_players import check_player, played
    from soundstage.tasks.compose_sound import sounded, spliced

    check_player(player)
    given = [tuple(harmony for _, harmony in bar.chords) for bar in sheet.bars]
    if chords is not None:
        asked = tuple(tuple(harmony(name, sheet.key) for name in names) for names in parse_progression(chords))
        given[first:stop] = [asked[index % len(asked)] for index in range(stop - first)]
        sheet = replace(sheet, bars=_rechorded(sheet, given, first, stop))
    brief = replace(brief_of(sheet), chords=tuple(given))
    with runtime.use(model, ENGINES) as found:
        engine = played(found, player)
        draft = Draft(sheet=sheet, known=first, until=stop, roles=roles)
        written = engine.write(brief, runtime.generator(runtime.derive(seed, "inpaint")), draft).bars[first:stop]
        changed = replace(sheet, bars=(*sheet.bars[:first], *written, *sheet.bars[stop:]))
        if instruments is None:
            changed = cleared(changed, sung_bars(score))
        size = score.metre[0]
        tail = max(0.0, score.beat_at(music.seconds) - score.beats) if stop == score.bars else 0.0
        fresh = perform(changed, tail=tail, seed=runtime.derive(seed, "inpaint"))
        free = set(roles) if chords is None else set(ROLES)
        result = with_bars(score, fresh, first * size, stop * size, free)
        sound = sounded(engine, result, music.seconds, seed)
    return spliced(music, sound, score.seconds_at(first * size), score.seconds_at(stop * size))


@task(version=1, besides=font_of)
def extend(
    music: Annotated[Music, Says("What to go on from; with its score, so of `compose` or a .music file.")],
    *,
    seconds: Annotated[float, Says("How long the whole is to be; kept to the sample."), Between(2, 600)] = 60.0,
    chords: Annotated[str | None, Says("Chords of the new bars, a chord a bar or in bar lines.")] = None,
    prompt: Annotated[str, Says("How it goes on, in words; for a model without scores, such as a MusicGen.")] = "",
    player: Annotated[Player, Says("Who plays: the model itself, our synthesis, or a sound font.")] = "starter",
    model: ModelRef = "starter/music",
    seed: Seed = 0,
) -> Music:
    """The music made longer: it goes on where its ending was, and ends anew.

    Up to 30 ms before that bar, mix and stems keep every sample. A MusicGen (`model`) needs no score: it hears the last
    seconds and goes on from the very end, as a mix alone. Raises InputError for music without a score, a length
    that adds no whole bar.
    """
    if card_of(model).family == "musicgen":
        from soundstage.tasks.musicgen import extended

        return extended(music, prompt, seconds, model, seed, chords=chords, player=player)
    score = score_of(music)
    sheet = sheet_of(score)
    size, known = score.metre[0], score.bars - 1
    body = int(score.beat_at(seconds - RING) / size)
    if body <= known:
        least = score.seconds_at((known + 1) * size) + RING
        raise InputError("seconds", f"is {seconds:g} for music of {music.seconds:g} s", f"give {least:.1f} or more")
    from soundstage.tasks.compose_engines import ENGINES, Draft
    from soundstage.tasks.compose_players import check_player, played
    from soundstage.tasks.compose_sound import sounded, spliced

    check_player(player)
    new = form(body - known + 1, intro=False)
    places = (
        *(Place(bar.section, bar.phrase, body - index) for index, bar in enumerate(sheet.bars[:known])),
        *(Place(place.section, place.phrase, place.left) for place in new),
    )
    given = [tuple(harmony for _, harmony in bar.chords) for bar in sheet.bars[:known]]
    if chords is not None:
        asked = [tuple(harmony(name, sheet.key) for name in names) for names in parse_progression(chords)]
        given += [asked[index % len(asked)] for index in range(body - known)]
    brief = replace(brief_of(sheet), places=places, chords=tuple(given))
    with runtime.use(model, ENGINES) as found:
        engine = played(found, player)
        draft = Draft(sheet=sheet, known=known, until=body + 1, roles=frozenset(ROLES))
        written = engine.write(brief, runtime.generator(runtime.derive(seed, "extend")), draft)
        longer = replace(sheet, bars=(*sheet.bars[:known], *written.bars[known:]))
        ring = seconds - score.seconds_at(body * size)
        fresh = perform(longer, tail=ring * score.bpm_at(body * size) / 60 - size, seed=runtime.derive(seed, "extend"))
        grown = replace(score, bars=body + 1, sections=_sections(score, fresh, known))
        result = with_bars(grown, fresh, known * size, (body + 1) * size, set(ROLES))
        sound = sounded(engine, result, seconds, seed)
    return spliced(music, sound, score.seconds_at(known * size), seconds)


@task(version=1, besides=font_of)
def restyle(
    music: Annotated[Music, Says("What to play another way; with its score.")],
    style: Annotated[str, Says("A style, by its name or in words: jazz, a slow lullaby.")],
    *,
    instruments: Annotated[list[str] | None, Says("Exactly who plays; by default the style's own line-up.")] = None,
    player: Annotated[Player, Says("Who plays: the model itself, our synthesis, or a sound font.")] = "starter",
    model: ModelRef = "starter/music",
    seed: Seed = 0,
) -> Music:
    """The same melody, chords, form, tempo and length in another style with other players.

    Raises InputError for a style that is not known and music without a score.
    """
    score = score_of(music)
    manner = spoken_style(style) or style_named(style)
    sheet = sheet_of(score)
    from soundstage.tasks.compose_engines import ENGINES, Draft
    from soundstage.tasks.compose_players import check_player, played
    from soundstage.tasks.compose_sound import sounded

    check_player(player)
    rng = np.random.default_rng(runtime.derive(seed, "restyle"))
    named = asked_for(instruments) if instruments else ()
    players = roster(manner, named, exact=bool(named), generator=rng)
    tune = "lead" if "lead" in dict(sheet.roster) else "arp" if "arp" in dict(sheet.roster) else "comp"
    if tune not in dict(players):
        lead = dict(sheet.roster)[tune]
        players = tuple(sorted((*players, (tune, lead)), key=lambda pair: ROLES.index(pair[0])))
    brief = replace(
        brief_of(sheet), style=manner.name, roster=players,
        chords=tuple(tuple(harmony for _, harmony in bar.chords) for bar in sheet.bars),
    )  # fmt: skip
    kept = replace(
        sheet, roster=((tune, dict(sheet.roster)[tune]),),
        bars=tuple(replace(bar, parts={tune: bar.parts[tune]}) for bar in sheet.bars),
    )  # fmt: skip
    with runtime.use(model, ENGINES) as found:
        engine = played(found, player)
        roles = frozenset(ROLES) - {tune}
        draft = Draft(sheet=kept, known=0, until=len(sheet.bars), roles=roles)
        written = engine.write(brief, runtime.generator(runtime.derive(seed, "restyle")), draft)
        tail = max(0.0, score.beat_at(music.seconds) - score.beats)
        written = cleared(written, sung_bars(score))
        fresh = replace(perform(written, tail=tail, seed=seed), sections=score.sections, tempi=score.tempi)
        if music.song is not None and (voice := voice_of(score)) is not None:
            from soundstage.tasks.sing_sound import again, song_of

            sung = again(music.stems[voice.instrument])
            return song_of(engine, with_voice(fresh, voice), music.seconds, seed, sung, music.song)
        return sounded(engine, fresh, music.seconds, seed)


def score_of(music: Music) -> Score:
    """The score that music was played from. Raises InputError when there is none."""
    if music.score is None:
        raise InputError("music", "has no score", "give what compose made, or a .music file: a sound file has none")
    return music.score


def parse_bars(text: str, count: int) -> tuple[int, int]:
    """Bars "5-8" as first and stop, counted from 0. Raises InputError for bars that are not there."""
    match = _BARS.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= count:
        raise InputError("bars", f"{text!r} are none of its {count}", f'give bars from 1 to {count}, such as "5-8"')
    return first - 1, last


def with_bars(score: Score, other: Score, start: float, stop: float, roles: set[str]) -> Score:
    """`score` with what `roles` of `other` strike from beat `start` to `stop`; all its other notes stay themselves."""
    early = 0.03  # a player may be a little early
    tracks, theirs = [], {track.role: track for track in other.tracks}
    for track in (*score.tracks, *(t for t in other.tracks if t.role not in {s.role for s in score.tracks})):
        mine = track if track in score.tracks else Track(track.instrument, (), track.role)
        if mine.role in roles and mine.role in theirs:
            kept = [note for note in mine.notes if not start - early <= note.start < stop - early]
            new = [note for note in theirs[mine.role].notes if start - early <= note.start < stop - early]
            mine = replace(mine, notes=tuple(sorted((*kept, *new), key=lambda note: (note.start, note.pitch))))
        tracks.append(mine)
    chords = [chord for chord in score.chords if not start <= chord.start < stop]
    chords += [chord for chord in other.chords if start <= chord.start < stop]
    return replace(score, tracks=tuple(tracks), chords=tuple(sorted(chords, key=lambda chord: chord.start)))


def _roles(sheet: Sheet, instruments: list[str] | None) -> frozenset[str]:
    """The roles that may change. Raises InputError for instruments that do not play."""
    if instruments is None:
        return frozenset(role for role, _ in sheet.roster)
    if sung := [name for name in instruments if name.strip() == VOICE]:
        raise InputError("instruments", f"{sung[0]!r} is sung", "use resing for that")
    names = asked_for(instruments)
    playing = {name for _, name in sheet.roster}
    missing = [name for name in names if name not in playing]
    if missing or not names:
        what = f"{missing[0]!r} does not play in it" if missing else "are none"
        raise InputError("instruments", what, f"choose from {', '.join(sorted(playing))}")
    return frozenset(role for role, name in sheet.roster if name in names)


def _rechorded(sheet: Sheet, given: Sequence[tuple[Harmony, ...]], first: int, stop: int) -> tuple:  # type: ignore[type-arg]
    """The bars with other chords from `first` to `stop`; what is played on them follows, step by step."""
    bars = list(sheet.bars)
    for index in range(first, stop):
        chords = tuple((8 * place, chord) for place, chord in enumerate(given[index]))
        bars[index] = replace(bars[index], chords=chords)
    return tuple(bars)


def _sections(score: Score, other: Score, known: int) -> tuple[Section, ...]:
    """The sections up to bar `known`, then those of the other score."""
    mine = [replace(s, bars=min(s.bars, known - s.start_bar)) for s in score.sections if s.start_bar < known]
    theirs = [
        Section(s.name, max(s.start_bar, known), s.start_bar + s.bars - max(s.start_bar, known))
        for s in other.sections
        if s.start_bar + s.bars > known
    ]
    return (*mine, *theirs)
