"""What a song promises, measured on the one that was made: its form, its words and their times, its sound and levels.

Notable: sections are told twice. From the score a chorus that returns must be the same notes, and verses must differ;
from the sound the same is asked of chroma and melody, where the best that two passages can be is themselves. Words are
heard by the recogniser on the voice's stem, line by line in the times of the LRC file, beside the same lines spoken.
What a project (`.music`) says of itself is not believed: stems are summed, levels and peaks are measured.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError, MissingError
from soundstage.evaluate import intelligibility
from soundstage.evaluate.intelligibility import NOTHING
from soundstage.evaluate.likeness import alike, row
from soundstage.evaluate.table import Measure, Table
from soundstage.film.levels import loudness, true_peak
from soundstage.media import Audio, Music, Score, Section, Speech, Voice
from soundstage.media.project import SUFFIX
from soundstage.media.song import Song
from soundstage.ops.loudness import limit
from soundstage.score.formats.syllables import bare
from soundstage.score.formats.syllables import words as sung_words
from soundstage.score.song.band import sung_spans, voice_of
from soundstage.score.song.mix import CEILING as LIMIT
from soundstage.tasks.voices import own_names

PROMPTS = (
    "a gentle folk song about a lighthouse keeper",
    "upbeat funk about dancing in the city lights",
    "a slow piano ballad about a last goodbye",
    "synth pop about an open road at night",
)
LENGTH = 60.0
TARGET, NEAR, CEILING = -14.0, 0.5, -1.0
"""LUFS, LU and dBTP that a song promises."""
SUM, DRIFT, PACE = -90.0, 6.0, 0.5
"""dB of what stems leave of the mix, LU between a song's sections, processor seconds a second of song: at most."""
BENT = 0.3
"""Seconds by which a line may begin otherwise than its note: its consonants are sung before."""


def evaluate(
    ref: str = "starter/music", count: int = 1, seed: int = 0, folder: Path | None = None, player: str = "synth"
) -> Table:
    """The song in a project, or `count` songs that a model makes for prompts of this file, each of a minute.

    Raises InputError for a project in which nobody sings.
    """
    if Path(ref).suffix.lower() == SUFFIX:
        return Table(title=ref, rows=measured(Music.load(ref)))
    from soundstage.tasks.sing import sing

    model = "starter/music" if ref == "song" else ref
    found: dict[str, list[Measure]] = defaultdict(list)
    for index in range(count):
        began = time.process_time()
        made = sing(PROMPTS[index % len(PROMPTS)], seconds=LENGTH, model=model, player=player, seed=seed + index)  # type: ignore[arg-type]
        spent = time.process_time() - began
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            made.save(folder / f"song-{index}{SUFFIX}")
        for figure in measured(made, spent):
            found[figure.name].append(figure)
    return Table(title=f"{model} sings {count} songs of {LENGTH:g} s", rows=[_worst(rows) for rows in found.values()])


def measured(music: Music, spent: float | None = None) -> list[Measure]:
    """Every promise of one song. Raises InputError for music in which nobody sings."""
    score, song = music.score, music.song
    track = voice_of(score) if score is not None else None
    if score is None or song is None or track is None:
        raise InputError("music", "has nobody who sings", "give what sing made, or its .music file")
    rows = [*_form(score, song), *alike(music, score), *_words(music, score, song), *_levels(music, score)]
    if spent is not None:
        rows.append(row("processor time", spent / music.seconds, "s/s", PACE, "processor seconds a second of song"))
    return rows


def _worst(rows: Sequence[Measure]) -> Measure:
    """Of one figure of many songs the mean, and the worst in its note."""
    values = [row.value for row in rows]
    note = f"{rows[0].note}; {min(values):.3g} to {max(values):.3g}" if len(rows) > 1 else rows[0].note
    return row(rows[0].name, float(np.mean(values)), rows[0].unit, rows[0].ceiling, note, rows[0].count)


def _form(score: Score, song: Song) -> list[Measure]:
    """Whether all bars belong to one section, and every line lies in one that is meant to be sung."""
    covered = [section for bar in range(score.bars) for section in score.sections
               if section.start_bar <= bar < section.start_bar + section.bars]  # fmt: skip
    in_order = [s.start_bar for s in score.sections] == sorted(s.start_bar for s in score.sections)
    whole = in_order and len(covered) == score.bars
    homes = [_section_of(score, cue.start + BENT) for cue in song.cues]
    ends = [_section_of(score, cue.end - BENT) for cue in song.cues]
    inside = [a is b and a is not None and a.name != "end" for a, b in zip(homes, ends, strict=True)]
    return [
        row("bars in one section", 100.0 * whole, "%", 100.0, "sections follow one another and fill the song"),
        row("lines inside their section", 100 * float(np.mean(inside)), "%", 100.0, "none reaches over", len(inside)),
    ]


def _section_of(score: Score, seconds: float) -> Section | None:
    bar = score.bar_at(score.beat_at(seconds))
    return next((s for s in score.sections if s.start_bar <= bar < s.start_bar + s.bars), None)


def _words(music: Music, score: Score, song: Song) -> list[Measure]:
    """Whether the score sings the lines once and in order, when, and what the recogniser hears of them."""
    track = voice_of(score)
    assert track is not None
    sung = [bare(word.text) for word in sung_words(track)]
    told = [bare(word.shown or word.text) for word in song.words]
    asked = [bare(word) for line in song.lines for word in line.replace("-", " ").split() if bare(word)]
    starts = [score.seconds_at(word.start) for word in sung_words(track)]
    firsts = [song.of_line(index).start for index in range(len(song.lines))]
    late = [1000 * abs(song.words[i].start - starts[i]) for i in firsts] if len(starts) == len(song.words) else [1e3]
    rows = [
        row("words in the score", 100.0 * (sung == told), "%", 100.0, "the lines' own, once and in order", len(sung)),
        row("words as written", 100 * _share(asked, told), "%", 100.0, "figures are said out", len(asked)),
        row("line times", float(np.max(late)), "ms", None, "worst, from a line's time to its first note; the "
             "consonants before it are sung early", len(late)),
    ]  # fmt: skip
    return [*rows, *_heard(music, song, track.instrument)]


def _share(asked: Sequence[str], told: Sequence[str]) -> float:
    return 1 - intelligibility.edits(asked, told) / max(1, len(asked))


def _heard(music: Music, song: Song, stem: str) -> list[Measure]:
    """Word errors of the voice's stem, of the mix, and of the same lines spoken; nothing without the recogniser."""
    from soundstage.evaluate.held import recognised, recognised_cut, with_phones
    from soundstage.tasks.speak import speak

    voice = Voice.named(song.voice) if song.voice in own_names() else None
    lines = {cue.text: (index, cue) for index, cue in reversed(list(enumerate(song.cues)))}  # each text once
    alone = cut = mixed = spoken = said_cut = NOTHING
    try:
        for text, (index, cue) in lines.items():
            span = (max(0.0, cue.start - 0.1), cue.end + 0.1)
            said = speak(text, voice, model=song.model)
            sung = Speech(music.stems[stem], song.words[song.of_line(index)], (), text)
            spoken += intelligibility.measure(said.audio, text)
            alone += intelligibility.compare(text, recognised(sung))
            cut += intelligibility.compare(text, recognised_cut(with_phones(sung)))
            said_cut += intelligibility.compare(text, recognised_cut(said))
            mixed += intelligibility.measure(music.mix.cut(*span), text)
    except MissingError:
        return []
    beside = 100 * spoken.wer
    return [
        row("word errors, voice", 100 * alone.wer, "%", beside, "beside the lines spoken", alone.words),
        row("word errors, voice without what is held", 100 * cut.wer, "%", 100 * said_cut.wer,
            "vowels at the length of speech, beside the lines spoken", cut.words),
        row("word errors, mix", 100 * mixed.wer, "%", beside, "with the band", mixed.words),
    ]  # fmt: skip


def _levels(music: Music, score: Score) -> list[Measure]:
    """Loudness and peak, the stems' sum, sections against each other, and the voice over the band."""
    stems = [stem.samples for stem in music.stems.values()]
    total = np.asarray(sum(stems), np.float64)
    parts = []
    for section in score.sections:
        start = score.seconds_at(score.beat_of_bar(section.start_bar))
        stop = score.seconds_at(score.beat_of_bar(section.start_bar + section.bars))
        if section.name != "end" and stop - start > 2:
            parts.append((section.name, loudness(music.mix.cut(start, stop))))
    levels = [level for _, level in parts]
    told = ", ".join(f"{name} {level:.1f}" for name, level in parts)
    return [
        row("loudness", loudness(music.mix), "LUFS", TARGET, f"within {NEAR:g}"),
        row("true peak", true_peak(music.mix), "dBTP", CEILING, "at most"),
        row("stems' sum", _rest(music, total), "dB", SUM, "what the mix has besides; at most"),
        row("loudness of sections", max(levels) - min(levels), "LU", DRIFT, f"loudest to softest; at most; {told}"),
        row("voice over band", _over(music, score), "LU", None, "while somebody sings"),
    ]  # fmt: skip


def _rest(music: Music, total: NDArray[np.float64]) -> float:
    """dB below the mix of what it has beside its stems, when they have gone through the limiter."""
    mix = music.mix.samples.astype(np.float64)
    left = limit(total.astype(np.float32), music.mix.rate, ceiling=LIMIT) - mix
    return float(10 * np.log10((left**2).mean() / (mix**2).mean() + 1e-20))


def _over(music: Music, score: Score) -> float:
    """LU by which the voice is over all others, over the moments that are sung."""
    track = voice_of(score)
    assert track is not None
    voice = music.stems[track.instrument]
    band = sum(stem.samples for name, stem in music.stems.items() if name != track.instrument)
    if not isinstance(band, np.ndarray):
        return 0.0
    spans = [slice(round(a * voice.rate), round(b * voice.rate)) for a, b in sung_spans(score)]
    one, two = (Audio(np.concatenate([x[:, s] for s in spans], 1), voice.rate) for x in (voice.samples, band))
    return loudness(one) - loudness(two) if band.any() else 0.0
