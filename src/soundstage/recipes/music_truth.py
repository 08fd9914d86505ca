"""Pieces as sound with all that is true of them, for the meters of music to learn from and to be tested on.

Notable: pieces are as people ask for them: half keep their style's tempo, half have any, some are for instruments that
somebody listed, without drums. The sound font, our synthesis and the starter's own player play them, so that a meter
knows a beat by the music and not by who plays; the stems of the font alone teach the judge of instruments. All are by
the composer, never by a model that is to be judged. A set is made piece by piece, so that making it can be broken off.

T frames · S bands · H rows · N pieces
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.data.composer import sheets, write
from soundstage.data.composer_patterns import IDIOMS
from soundstage.data.composer_plan import harmonise, plan_piece
from soundstage.data.composer_render import RATE, placed_stems
from soundstage.evaluate.ear import HOP, SLOW_HOP, SLOW_RATE, TRIADS, pitch_map, spectrogram
from soundstage.evaluate.harmony import GENDER, triad_of
from soundstage.media.audio import Audio
from soundstage.media.score import Score
from soundstage.models.ensemble.listener import excerpts
from soundstage.score import synth
from soundstage.score.instruments import INSTRUMENTS, NAMES
from soundstage.score.mix import mastered, staged
from soundstage.score.perform import fit, perform
from soundstage.score.roster import roster
from soundstage.score.sheet import Sheet, form
from soundstage.score.theory import parse_key
from soundstage.tasks.compose_engines import ENGINES

Played = Literal["font", "synth", "player"]
SLOWEST, FASTEST = 58.0, 172.0
SHORTEST, LONGEST = 5.0, 30.0  # seconds of a commission
LISTED = 0.3  # of the commissions are for two instruments and a bass
SCALE = 127.0  # of the log spectra in a byte: 0 to 2


@dataclass(frozen=True)
class Counted:
    """One piece: its spectrogram as bytes [T, S], the frames of its beats and downbeats, and the triad of every slow
    frame (−1 where none is certain)."""

    spectrum: NDArray[np.uint8]
    beats: NDArray[np.float32]
    downbeats: NDArray[np.float32]
    chords: NDArray[np.int64]

    @property
    def bpm(self) -> float:
        """Beats a minute."""
        return 60 * RATE / HOP / float(np.diff(self.beats).mean())


@dataclass(frozen=True)
class Truth(Counted):
    """One piece that was played: its pitch map as bytes [T, H] too, its key (0 to 23), and what its stems sound like
    (log-mels, instruments)."""

    pitches: NDArray[np.uint8]
    key: int
    stems: NDArray[np.float16]
    names: NDArray[np.int64]


def pieces_at(seed: int, split: str, count: int) -> list[Sheet]:
    """Pieces of the composer, every second one at a tempo that any prompt might ask for."""
    rng = np.random.default_rng([seed, 31])
    out = []
    for index, sheet in enumerate(islice(sheets(seed, split), count)):
        bpm = float(np.exp(rng.uniform(np.log(SLOWEST), np.log(FASTEST))))
        out.append(replace(sheet, bpm=round(bpm, 1)) if index % 2 else sheet)
    return out


def commissions(seed: int, split: str, count: int) -> list[Sheet]:
    """Pieces of the composer as prompts ask for them: short ones too, every second at any tempo, some for a trio."""
    rng = np.random.default_rng([seed, 37])
    leads = [i.name for i in INSTRUMENTS if not i.drums and "bass" not in i.name and i.name != "timpani"]
    out = []
    for index in range(count):
        plan = plan_piece(rng, split)
        bpm = round(float(np.exp(rng.uniform(np.log(SLOWEST), np.log(FASTEST)))), 1) if index % 2 else plan.bpm
        if rng.random() < LISTED:
            listed = (*(str(name) for name in rng.choice(leads, size=2, replace=False)), "acoustic bass")
            plan = replace(plan, roster=roster(plan.style, listed, exact=True, generator=rng))
        fitted = fit(float(rng.uniform(SHORTEST, LONGEST)), int(plan.metre[0]), bpm=bpm, wish=bpm)
        places = form(fitted.bars, intro=plan.style.intro)
        harmonies = harmonise(IDIOMS[plan.style.name], plan.key.mode, plan.metre, places, split, rng)
        out.append(write(replace(plan, bpm=bpm, places=places, harmonies=harmonies), rng, split))
    return out


def sounded(sheet: Sheet, played: Played, seed: int) -> tuple[Audio, dict[str, Audio], Score]:
    """The mix, the stems and the score of a sheet."""
    score = perform(sheet, tail=1.0, seed=seed)
    samples = round((score.seconds + 1.5) * RATE)
    if played == "player":
        with runtime.use("starter/music", ENGINES) as engine:
            dry = engine.play(score, samples, seed)
    else:
        dry = synth.play(score, samples, RATE, seed) if played == "synth" else placed_stems(score, samples)
    roles = {name: role for role, name in reversed(sheet.roster)}
    mix, stems = mastered(staged(dry, roles, RATE), RATE, fade=1.0)
    return Audio(mix, RATE), {name: Audio(sound, RATE) for name, sound in stems.items()}, score


def truth_of(sheet: Sheet, played: Played, seed: int) -> Truth:
    """A piece played, and what is true of it."""
    mix, stems, score = sounded(sheet, played, seed)
    spectrum, pitches = spectrogram(mix), pitch_map(mix)
    beats = beats_of(score)
    mels, names = [], []
    for name, stem in stems.items() if played == "font" else ():
        heard = excerpts(stem, 6)
        mels.append(heard)
        names += [NAMES.index(name)] * len(heard)
    return Truth(
        spectrum=as_bytes(spectrum), pitches=as_bytes(pitches),
        beats=beats, downbeats=beats[:: score.metre[0]],
        chords=triads_of(score, len(pitches)), key=_key(score),
        stems=np.concatenate(mels).astype(np.float16) if mels else np.zeros((0, 1, 1), np.float16),
        names=np.array(names, np.int64),
    )  # fmt: skip


def beats_of(score: Score) -> NDArray[np.float32]:
    """The frames of the beats of a score that keeps its tempo and metre."""
    return (np.arange(score.bars * score.metre[0]) * (60 / score.bpm * RATE / HOP)).astype(np.float32)


def as_bytes(spectrum: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A log spectrum, a byte for each value."""
    return np.clip(np.round(spectrum * SCALE), 0, 255).astype(np.uint8)


def _key(score: Score) -> int:
    key = parse_key(score.key)
    return key.tonic + 12 * (GENDER[key.mode] == "minor")


def triads_of(score: Score, frames: int) -> NDArray[np.int64]:
    """The triad of every slow frame, as a number of the ear's; −1 for chords without a third, and at their edges."""
    out = np.full(frames, -1, np.int64)
    a_second = SLOW_RATE / SLOW_HOP
    for chord in score.chords:
        triad = triad_of(chord.name)
        first, stop = (beat * 60 / score.bpm * a_second for beat in (chord.start, chord.start + chord.length))
        if triad is not None:
            root, kind = triad
            out[int(np.ceil(first + 0.5)) : int(np.floor(stop + 0.5))] = 12 * TRIADS.index(kind) + root
    return out


def truths(folder: Path, split: str, count: int, played: Played, seed: int) -> list[Truth]:
    """`count` commissions with what is true of them, kept in `folder` and made where they are missing."""
    place = folder / f"truth-{split}-{played}-{seed}"
    place.mkdir(parents=True, exist_ok=True)
    out = []
    for index, sheet in enumerate(commissions(seed, split, count)):
        path = place / f"{index:04d}.npz"
        if not path.exists():
            made = truth_of(sheet, played, seed=index)
            unfinished = path.with_suffix(".part.npz")
            np.savez(unfinished, **vars(made))
            unfinished.replace(path)
        with np.load(path) as kept:
            out.append(Truth(**{name: kept[name] for name in kept.files if name != "key"}, key=int(kept["key"])))
    return out
