"""A tune that somebody brings along: sung, hummed or whistled in a recording, or written in a score.

Notable: one port takes both, by the file's suffix; what is heard becomes a score when it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.hummed import hummed
from soundstage.media.music import Music
from soundstage.media.project import SUFFIX
from soundstage.media.score import Note, Score, Track
from soundstage.media.value import Value
from soundstage.score.formats import READ, load
from soundstage.score.instruments import BY_NAME
from soundstage.score.sheet import METRES
from soundstage.score.theory import Key, parse_key
from soundstage.score.transcription import transcribed


@dataclass(frozen=True)
class Tune(Value):
    """A melody as a recording or as a score: one of them."""

    kind: ClassVar[str] = "tune"
    sound: Audio | None = None
    score: Score | None = None

    def __post_init__(self) -> None:
        if (self.sound is None) == (self.score is None):
            raise InputError("melody", "is neither a recording nor a score", "give one of them")

    @classmethod
    def of(cls, given: Tune | Audio | Score | Music) -> Tune:
        """Any of the values that hold a tune; music is its score, where it has one."""
        if isinstance(given, Tune):
            return given
        if isinstance(given, Music):
            return cls(score=given.score) if given.score is not None else cls(sound=given.mix)
        return cls(score=given) if isinstance(given, Score) else cls(sound=given)

    @classmethod
    def load(cls, path: str | Path) -> Tune:
        """A sound file, a score of a format that can be read, or a project. Raises InputError and MissingError."""
        suffix = Path(path).suffix.lower()
        if suffix in READ and suffix != ".txt":
            return cls(score=load(path))
        return cls.of(Music.load(path)) if suffix == SUFFIX else cls(sound=Audio.load(path))

    def store(self, folder: Path) -> None:
        """Writes sound/ or score/."""
        if self.sound is not None:
            self.sound.store(folder / "sound")
        if self.score is not None:
            self.score.store(folder / "score")

    @classmethod
    def restore(cls, folder: Path) -> Tune:
        """Reads what `store` wrote."""
        if (folder / "sound").is_dir():
            return cls(sound=Audio.restore(folder / "sound"))
        return cls(score=Score.restore(folder / "score"))

    def melody(
        self, *, bpm: float | None = None, key: Key | None = None, metre: str | None = None, field: str = "melody"
    ) -> tuple[Score, str]:
        """A score of one track, the lead, on a grid of sixteenths, and a line about how it was found.

        What is given is kept: the tempo of a recording is then not found, that of a score is changed. Raises InputError
        for what holds no melody, and for a score in a metre that `compose` does not write.
        """
        if self.sound is not None:
            heard = hummed(self.sound, field)
            score, _ = transcribed(heard.tones, bpm=bpm, key=key, metre=metre, field=field)
            told = f"{score.bpm:g} bpm{' as given' if bpm else ''}, {score.metre[0]}/4, {score.key}"
            return score, f"heard {len(heard.tones)} notes at {told}, {100 * heard.tuning:+.0f} cents off concert pitch"
        assert self.score is not None
        return _led(self.score, bpm, key, metre), f"{len(_lead(self.score).notes)} written notes kept"


def _lead(score: Score) -> Track:
    """The track that has the melody: what is sung, else the lead, else the highest that plays one note at a time."""
    tracks = [track for track in score.tracks if track.notes and not getattr(BY_NAME.get(track.instrument), "drums", 0)]
    if not tracks:
        raise InputError("melody", "is a score without notes", "give one that has some")
    named = next((track for track in tracks if track.role == "lead"), None)
    sung = next((track for track in tracks if track.sung), None)

    def worth(track: Track) -> float:
        alone = len({round(note.start, 3) for note in track.notes}) / len(track.notes)
        return float(np.mean([note.pitch for note in track.notes])) + 40 * alone - 24 * (track.role == "bass")

    return sung or named or max(tracks, key=worth)


def _led(score: Score, bpm: float | None, key: Key | None, metre: str | None) -> Score:
    """The melody of a score, its highest notes one at a time, on the grid; from bar 0, whatever rests before."""
    written = f"{score.metre[0]}/{score.metre[1]}"
    if metre not in (None, written) or written not in METRES or score.metres:
        change = " and changes it" if score.metres else ""
        raise InputError("melody", f"is in {written}{change}", f"give one in {metre or ' or '.join(METRES)} throughout")
    track = _lead(score)
    highest: dict[int, Note] = {}
    for note in track.notes:
        place = round(note.start * 4)
        if place not in highest or note.pitch > highest[place].pitch:
            highest[place] = note
    places = sorted(highest)
    notes = []
    for place, following in zip(places, [*places[1:], None], strict=True):
        note = highest[place]
        length = max(1, round(note.length * 4))
        length = length if following is None else min(length, following - place)
        notes.append(replace(note, start=place / 4, length=length / 4, syllable=""))
    stop = max(note.end for note in notes)
    size = score.metre[0]
    if stop - notes[0].start < size:
        raise InputError("melody", "is shorter than a bar", "give more of it")
    return Score(
        bpm=bpm or score.bpm,
        metre=score.metre,
        key=(key or parse_key(score.key)).name,
        bars=-(-round(stop * 4) // (size * 4)),
        sections=(),
        chords=score.chords,
        tracks=(Track(track.instrument, tuple(notes), "lead"),),
        tempi=score.tempi if bpm is None else (),
    )
