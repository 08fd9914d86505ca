"""What the task `compose` needs of a model, and the engine of each family that can do it.

Notable: an engine reads, writes and plays; what the fields say, how long the piece is and how it is mixed are the
task's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.media import Note, Score
from soundstage.models.ensemble import Ensemble
from soundstage.models.ensemble.orchestra import Tone, play
from soundstage.models.ensemble.writer import write
from soundstage.score.instruments import BY_NAME, NAMES, voice_of
from soundstage.score.language import Brief
from soundstage.score.mix import note_pan, pan_gains
from soundstage.score.rewriting import Rewriter
from soundstage.score.sheet import METRES, Sheet
from soundstage.score.speller import Speller
from soundstage.score.styles import STYLE_NAMES
from soundstage.score.theory import MODES
from soundstage.text.ngrams import ngrams
from soundstage.weights import Loaded

TAILS = {
    36: 0.5,
    37: 0.35,
    38: 0.5,
    39: 0.5,
    41: 1.0,
    42: 0.35,
    46: 0.9,
    47: 1.0,
    49: 2.4,
    50: 1.0,
    51: 1.4,
    54: 0.5,
    70: 0.35,
}
RING = 1.1  # seconds that a pitched note may ring on after its release
TOKENS_A_BAR = 250  # far more than any bar takes
LENGTH_GRID = 0.02  # seconds: held lengths are rounded to it, so that notes recur


@dataclass(frozen=True, kw_only=True)
class Impression:
    """What a prompt sounds like it wants: chances of each choice, by name, and of each instrument's being named."""

    style: Mapping[str, float]
    mode: Mapping[str, float]
    energy: tuple[float, ...]
    pace: tuple[float, ...]
    metre: Mapping[str, float]
    instruments: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A sheet of which the first `known` bars stand, and of the bars up to `until` all parts but `roles`."""

    sheet: Sheet
    known: int
    until: int
    roles: frozenset[str]


class MusicEngine(Protocol):
    """One model that composes."""

    rate: int

    def read(self, prompt: str) -> Impression:
        """What the prompt seems to want."""

    def write(self, brief: Brief, generator: torch.Generator, since: Draft | None = None) -> Sheet:
        """A sheet that keeps to the brief; with a draft, one that goes on from it."""

    def play(self, score: Score, samples: int, seed: int) -> dict[str, NDArray[np.float32]]:
        """Dry stems [2, samples] by instrument."""


class StarterEnsemble:
    """Family `ensemble`."""

    dtypes = ("float32",)

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(Ensemble, loaded.module)
        self.rate = self.model.config.rate
        self.device = self.model.writer.out.weight.device

    @torch.inference_mode()
    def read(self, prompt: str) -> Impression:
        """See `MusicEngine.read`."""
        pieces = torch.from_numpy(ngrams(prompt, self.model.config.buckets)).to(self.device)[None]
        said = self.model.reader(pieces)
        chance = {name: logits[0].float().softmax(0).tolist() for name, logits in said.items() if name != "instruments"}
        named = said["instruments"][0].float().sigmoid().tolist()
        return Impression(
            style=dict(zip(STYLE_NAMES, chance["style"], strict=True)),
            mode=dict(zip(MODES, chance["mode"], strict=True)),
            energy=tuple(chance["energy"]),
            pace=tuple(chance["pace"]),
            metre=dict(zip(METRES, chance["metre"], strict=True)),
            instruments=dict(zip(NAMES, named, strict=True)),
        )

    def write(self, brief: Brief, generator: torch.Generator, since: Draft | None = None) -> Sheet:
        """See `MusicEngine.write`."""
        bars = len(brief.places) if since is None else since.until
        patience = min(max(bars // 3, 1), 4)
        grammar: Speller | Rewriter
        if since is None:
            grammar = speller = Speller(brief, patience=patience)
        else:
            grammar = Rewriter(brief, since.sheet, known=since.known, until=bars, roles=since.roles, patience=patience)
            speller = grammar.speller
        meter = runtime.Meter("writing", total=bars)
        write(
            self.model.writer,
            grammar,
            generator=generator,
            limit=400 + TOKENS_A_BAR * bars,
            on_token=lambda _: (
                meter.advance(len(speller.bars) - meter.done) if len(speller.bars) > meter.done else None
            ),
        )
        meter.finish()
        return speller.sheet()

    def play(self, score: Score, samples: int, seed: int) -> dict[str, NDArray[np.float32]]:
        """See `MusicEngine.play`."""
        notes = [(track.instrument, note) for track in score.tracks for note in track.notes]
        tones = [self._tone(name, note, score.lasting(note.start, note.length)) for name, note in notes]
        meter = runtime.Meter("playing", total=len(set(tones)))
        sounds = play(self.model.player, tones, seed=seed, on_batch=meter.advance)
        meter.finish()
        stems = {track.instrument: np.zeros((2, samples), np.float32) for track in score.tracks}
        for (name, note), tone in zip(notes, tones, strict=True):
            start = round(score.seconds_at(note.start) * self.rate)
            sound = sounds[tone].numpy()[: max(0, samples - start)]
            left, right = pan_gains(note_pan(name, note.pitch))
            stems[name][0, start : start + len(sound)] += np.float32(left) * sound
            stems[name][1, start : start + len(sound)] += np.float32(right) * sound
        return stems

    @staticmethod
    def _tone(name: str, note: Note, seconds: float) -> Tone:
        player = BY_NAME[name]
        if player.drums:
            return Tone(voice_of(name, note.pitch), note.pitch, note.velocity, 0.1, TAILS[note.pitch], 0.0)
        held = max(LENGTH_GRID, round(seconds / LENGTH_GRID) * LENGTH_GRID)
        return Tone(voice_of(name, note.pitch), note.pitch, note.velocity, round(held, 3), RING, player.vibrato)


ENGINES: dict[str, Callable[[Loaded], MusicEngine]] = {"ensemble": StarterEnsemble}
