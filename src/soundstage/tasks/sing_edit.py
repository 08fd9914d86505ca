"""The task `resing`: other words for some lines of a song, another melody for them, or another voice.

Notable: the whole part is sung again, as it was, and only the lines that change are spliced in, from the breath before
them to the one behind; the band, all other lines and their times stay what they were, bit for bit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import numpy as np

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import ModelRef, Says, Seed, task
from soundstage.media import Audio, Music, Note, Score, Track, Voice, Word
from soundstage.media.song import Song
from soundstage.media.voice_shelf import holds
from soundstage.score.formats.syllables import words as sung_words
from soundstage.score.song.band import voice_of, with_voice
from soundstage.tasks.cast import voice_of as read_voice
from soundstage.tasks.voices import permitted
from soundstage.text.lexicon import Pronunciations

if TYPE_CHECKING:
    from soundstage.score.lyrics import Line
    from soundstage.score.song.form import Phrase
    from soundstage.score.song.melody import Range

BREATH = 0.42
"""Seconds before a line in which its breath is heard."""
_LINES = re.compile(r"\s*(\d+)\s*(?:[-–:]\s*(\d+)\s*)?")


@task(version=1)
def resing(
    music: Annotated[Music, Says("The song to change: of `sing`, or its .music file.")],
    *,
    lyrics: Annotated[str | None, Says("The new words, a line for each line that changes.")] = None,
    line: Annotated[
        str | None, Says('Which lines, counted from 1 as they are sung: "3" or "3-4"; by default all.')
    ] = None,
    melody: Annotated[bool, Says("Write another melody for these lines, too.")] = False,
    voice: Annotated[Voice | None, Says("Who sings them; by default who sang before.")] = None,
    singing: Annotated[str | None, Says("How they are sung: pop, ballad or plain; by default as before.")] = None,
    lexicon: Annotated[
        Pronunciations | dict[str, str] | None,
        Says("Your own pronunciations: a text file with a word and its phones (ARPAbet or /IPA/) a line."),
    ] = None,
    singer: Annotated[ModelRef | None, Says("Whose voice it is; by default the model that sang before.")] = None,
    watermark: Annotated[bool, Says("Mark a cloned voice inaudibly, so that it can be told later.")] = True,
    seed: Seed = 0,
) -> Music:
    """The song with some lines sung anew, in place: other words, another melody, another voice.

    All other lines, their times and every stem but the voice keep each sample, and so does the mix but for these lines,
    from the breath before them to 0.3 s behind. Raises InputError for music in which nobody sings, lines that it has
    not, words that do not fit, and for a cloned voice that is not given again.
    """
    song, score, track = _sung(music)
    first, stop = parse_lines(line, len(song.lines))
    who = read_voice(voice, "voice") if voice is not None else _same_voice(song)
    cloned = permitted([who])
    from soundstage.ops.loudness import amplitude, limit
    from soundstage.score.lyrics import front_end
    from soundstage.score.mix import loudness
    from soundstage.score.song.mix import CEILING
    from soundstage.score.song.stanzas import read_line
    from soundstage.tasks.compose_sound import blended, window
    from soundstage.tasks.sing_plan import reach
    from soundstage.tasks.sing_sound import Singer, stem_of
    from soundstage.tasks.sing_voice import styled
    from soundstage.tasks.speak import pronunciations

    words = pronunciations(lexicon)
    manner = singing or song.manner
    styled(manner)
    model = singer or song.model
    new: dict[int, Line] = {}
    if lyrics is not None:
        texts = [row.strip() for row in lyrics.splitlines() if re.search(r"[^\W_]", row) and not row.startswith("[")]
        if len(texts) != stop - first:
            raise InputError("lyrics", f"have {len(texts)} lines for {stop - first}", "give one for each line")
        new = {first + index: read_line(text, front_end(words)) for index, text in enumerate(texts)}
    elif melody:
        new = {index: read_line(song.lines[index], front_end(words)) for index in range(first, stop)}
    range_ = reach(model, who)
    tune = runtime.derive(seed, "melody") if melody else song.seed
    track = _rewritten(track, song, score, new, range_, tune)
    if voice is not None and line is None:
        track = _within(track, range_)
    singer_ = Singer(
        model=model, voice=who, manner=manner, words=words, watermark=watermark, seed=seed or song.seed
    )  # fmt: skip
    made = singer_.sing(track, score)
    stem = music.stems[track.instrument]
    rate, length = stem.rate, stem.length
    fresh = stem_of(made, rate, length)
    fresh = fresh * np.float32(amplitude(loudness(stem.samples, rate) - loudness(fresh, rate)))
    counts = [len(new[i].words) if i in new else count for i, count in enumerate(song.counts)]
    start, end, heard = _window(song, made.words, counts, first, stop)
    weight = window(length, rate, start, end if stop < len(song.lines) else np.inf)
    sound = blended(stem.samples, fresh, weight)
    stems = {name: Audio(sound, rate) if name == track.instrument else each for name, each in music.stems.items()}
    total = np.asarray(sum(each.samples for each in stems.values()), np.float32)
    mix = Audio(blended(music.mix.samples, limit(total, rate, ceiling=CEILING), weight), rate)
    told = replace(
        song, counts=tuple(counts), words=heard, seed=song.seed,
        lines=tuple(new[i].text if i in new else text for i, text in enumerate(song.lines)),
        consent=tuple(dict.fromkeys((*song.consent, *(who.statements if cloned and who is not None else ())))),
    )  # fmt: skip
    if line is None:
        fully = singer_.song(told.lines, counts, made)
        told = replace(told, voice=fully.voice, manner=manner, model=model, consent=fully.consent)
    return replace(music, mix=mix, stems=stems, score=with_voice(score, track), song=told)


def parse_lines(text: str | None, count: int) -> tuple[int, int]:
    """Lines "3-4" as first and stop, counted from 0. Raises InputError for lines that are not there."""
    if text is None:
        return 0, count
    match = _LINES.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= count:
        raise InputError("line", f"{text!r} is none of its {count}", f'give lines from 1 to {count}, such as "3-4"')
    return first - 1, last


def _sung(music: Music) -> tuple[Song, Score, Track]:
    track = voice_of(music.score) if music.score is not None else None
    if music.song is None or music.score is None or track is None or track.instrument not in music.stems:
        raise InputError("music", "has nobody who sings", "give what sing made, or its .music file")
    return music.song, music.score, track


def _same_voice(song: Song) -> Voice | None:
    """Who sang. Raises InputError for a clone that is not on the shelf."""
    if song.voice and holds(song.voice):
        return Voice.saved(song.voice)
    if song.consent:
        raise InputError("voice", "is a clone, which a project does not keep", "give the voice again")
    return Voice.named(song.voice) if song.voice else None


def _notes_of(track: Track, song: Song) -> list[list[Note]]:
    """The notes of every line."""
    words = sung_words(track)
    ordered = sorted(track.notes, key=lambda note: note.start)
    edges = [words[song.of_line(index).start].start for index in range(len(song.lines))] + [np.inf]
    return [[note for note in ordered if start - 1e-6 <= note.start < end - 1e-6] for start, end in pairwise(edges)]


def _phrases(lines: Sequence[Sequence[Note]], score: Score, new: dict[int, Line]) -> dict[int, Phrase]:
    """Where the lines that change stand."""
    from soundstage.score.song.form import Phrase
    from soundstage.score.song.stanzas import SYNONYMS

    bars = [score.bar_at(notes[0].start + 1e-6) for notes in lines]
    section = [next(s for s in reversed(score.sections) if s.start_bar <= bar) for bar in bars]
    found = {}
    for index, line in new.items():
        mine = [i for i, each in enumerate(section) if each is section[index]]
        end = bars[index + 1] if index + 1 in mine else section[index].start_bar + section[index].bars
        name = SYNONYMS.get(section[index].name, section[index].name)
        found[index] = Phrase(line, bars[index], end - bars[index], name, mine.index(index), len(mine))
    return found


def _rewritten(track: Track, song: Song, score: Score, new: dict[int, Line], reach: Range, seed: int) -> Track:
    """The track with other notes for the lines that change. Raises InputError for words that do not fit."""
    from soundstage.score.song.form import HURRIED
    from soundstage.score.song.melody import chords_of, line
    from soundstage.score.theory import parse_key

    lines = _notes_of(track, song)
    key, beats = parse_key(score.key), score.metre[0]
    for index, phrase in _phrases(lines, score, new).items():
        room = int((phrase.bars * beats * 60 / score.bpm - 0.5) / HURRIED)
        if len(phrase.line.syllables) > room:
            raise InputError(
                "lyrics", f"have {len(phrase.line.syllables)} syllables in {phrase.line.text[:40]!r}",
                f"give it at most {room}, which its {phrase.bars} bars have room for",
            )  # fmt: skip
        lines[index] = list(line(phrase, key, score.bpm, beats, chords_of(score, key), reach, seed))
    return replace(track, notes=tuple(note for notes in lines for note in notes))


def _within(track: Track, reach: Range) -> Track:
    """The track moved by octaves to where a voice sings with ease."""
    middle = float(np.median([note.pitch for note in track.notes]))
    shift = 12 * round(((reach.low + reach.high) / 2 - middle) / 12)
    return replace(track, notes=tuple(replace(note, pitch=note.pitch + shift) for note in track.notes))


def _window(
    song: Song, made: Sequence[Word], counts: Sequence[int], first: int, stop: int
) -> tuple[float, float, tuple[Word, ...]]:
    """Seconds from and to which the voice is new, and the words of the song then: old ones but for the new lines."""
    old = [song.words[song.of_line(index)] for index in range(len(song.lines))]
    at, new = 0, []
    for count in counts:
        new.append(tuple(made[at : at + count]))
        at += count
    start = min(old[first][0].start, new[first][0].start) - BREATH
    end = max(old[stop - 1][-1].end, new[stop - 1][-1].end) + 0.15
    if first:
        start = max(start, old[first - 1][-1].end + 0.04)
    if stop < len(old):
        end = max(min(end, old[stop][0].start - BREATH), max(old[stop - 1][-1].end, new[stop - 1][-1].end))
    heard = [new[index] if first <= index < stop else old[index] for index in range(len(old))]
    return max(start, 0.0), end, tuple(word for words in heard for word in words)
