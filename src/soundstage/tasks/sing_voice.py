"""Singing with the starter's voice: notes with syllables to sound, phrase by phrase, and when all of it is sung.

Notable: the network that speaks draws the phrase's envelope at lengths it knows; vowels are then drawn out in their
steady middle (a diphthong in its first part), never at their edges, and pitch comes from the notes alone. So the words,
the times and the pitch are exact by construction, and any voice of the starter, cloned ones too, can sing.

T frames of 10 ms · M envelope bands
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.media import Audio, Note, Phoneme, Speech, Track, Voice, Word
from soundstage.media.watermark import Marker
from soundstage.models.voice import relieved
from soundstage.ops.mel import hz_to_mel, mel_to_hz
from soundstage.ops.source import band_interpolation, frames_of, pulse_train
from soundstage.ops.stft import overlap_add
from soundstage.score.articulation import Held, Placed, phrases, placed
from soundstage.score.intonation import STYLES, Style, loudness, melody, octaves, wandering
from soundstage.score.lyrics import front_end, read_notes
from soundstage.tasks.said import limited
from soundstage.tasks.sing_grid import FADED, FRAME, LEAD, Grid
from soundstage.tasks.speak_voice import StarterVoice
from soundstage.tasks.voices import permitted
from soundstage.text.lexicon import Pronunciations
from soundstage.text.phonemes import Spoken
from soundstage.text.symbols import IDS, PAUSE

SLOW, LONGER = 0.6, 1.8
"""Consonants grow with the time from vowel to vowel to this power, against speech, and to at most so many times."""
UNSTEADY = 0.5
"""dB by which a held voice wanders."""
CONSONANTS = 3.0
"""dB by which consonants are louder than they would be with the vowels around them: those are held, and cover them."""
STEADY = 0.5
"""How much of what a vowel's level does in speech is taken out while it is held."""
LOW, HIGH = -2.0, 13.0
"""Semitones around a voice's speaking pitch in which it sings with ease."""
BREATH, BREATH_AFTER = 0.38, 0.4
"""Seconds of a breath, and of the rest that has room for one."""


@dataclass(frozen=True)
class Sung:
    """A sung part. `audio` begins at beat 0; times are in seconds, as are the notes' own.

    `syllables` are as written on the notes; `f0` [T] is the pitch asked for at every 10 ms in Hz, 0 where nothing is
    voiced; `transposed` says by how many semitones the part was moved into the voice's range.
    """

    audio: Audio
    words: tuple[Word, ...]
    syllables: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...]
    f0: NDArray[np.float32]
    transposed: int
    style: str

    @property
    def speech(self) -> Speech:
        """As a speech: for subtitles, meters and whatever else takes one."""
        return Speech(self.audio, self.words, self.phonemes, " ".join(word.text for word in self.words))


@dataclass(frozen=True)
class Phrase:
    """Some of a sung part: `samples` from sample `start` of the piece, and what `Sung` says of it."""

    start: int
    samples: NDArray[np.float32]
    words: tuple[Word, ...]
    syllables: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...]
    f0: NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """What is to be sung, ready: phrases of tones moved into the voice's range, and by how much they were moved."""

    phrases: tuple[tuple[Held, ...], ...]
    transposed: int
    speaker: Tensor
    style: Style


class StarterSinger:
    """The engine: the starter's voice, singing."""

    def __init__(self, voice: StarterVoice) -> None:
        self.voice, self.model, self.rate, self.device = voice, voice.model, voice.rate, voice.device

    def part(
        self,
        notes: Sequence[Note],
        seconds_at: Callable[[float], float],
        voice: Voice | None,
        style: Style,
        transpose: int | None = None,
        words: Pronunciations | None = None,
    ) -> Part:
        """Notes in order, `seconds_at` their beats; moved by `transpose` semitones, by octaves into range where None.

        Raises InputError for notes that cannot be sung, and for an unknown voice.
        """
        speaker = self.voice.speaker(voice)
        sung = read_notes(notes, front_end(words))
        if transpose is None:
            spoken = self.height(speaker)
            tones = [tone for held in phrases(sung, notes, seconds_at) for each in held for tone in each.tones]
            transpose = octaves(tones, spoken + LOW, spoken + HIGH)
        return Part(tuple(phrases(sung, notes, seconds_at, transpose)), transpose, speaker, style)

    @torch.inference_mode()
    def height(self, speaker: Tensor) -> float:
        """The MIDI pitch around which a speaker speaks."""
        sample = _sample()
        phones, flags = (torch.tensor([row], device=self.device) for row in (sample.ids, sample.flags))
        text, logs = self.model.acoustic.encode(phones, flags, speaker[None])
        _, f0, voiced = self.model.render(text, logs.exp().round().clamp(min=1).long(), speaker[None])
        return 69 + 12 * math.log2(float(f0[voiced > 0.5].median()) / 440)

    def sing(self, part: Part, seed: int = 0) -> Iterator[Phrase]:
        """Phrase by phrase, in order and never one into another; between them is silence."""
        earliest = 0
        for index, phrase in enumerate(part.phrases):
            runtime.check_cancelled()
            made = self.phrase(phrase, part, earliest, seed=runtime.derive(seed, index))
            earliest = made.start + len(made.samples)
            yield made

    @torch.inference_mode()
    def phrase(self, phrase: Sequence[Held], part: Part, earliest: int = 0, seed: int = 0) -> Phrase:
        """One phrase, beginning at sample `earliest` of the piece or later."""
        rng, generator = np.random.default_rng(seed), runtime.generator(seed)
        hop = self.model.config.hop
        begun = earliest / self.rate
        laid, spoken, text = self._laid(phrase, part.speaker, begun)
        lead = min(LEAD, int((laid[0].start - begun) / FRAME))
        start = max(round((laid[0].start - lead * FRAME) * self.rate), earliest)
        begin = start / self.rate
        grid = Grid.of(laid, spoken, begin, lead)
        envelope, voiced = self._drawn(grid, text, part.speaker)
        tones = [tone for held in phrase for tone in held.tones]
        count = len(voiced)
        levelled = self._levelled(envelope, grid, part.style.spoken)
        level = loudness(tones, begin, count, part.style) + wandering(count, UNSTEADY, rng)
        gain = torch.from_numpy(level.astype(np.float32)).to(self.device)
        envelope = self._coloured(envelope + levelled[:, None] * (math.log(10) / 10), gain)
        room = (begin - begun) if begun else min(begin, 2.0)
        breath = self._breath(part.speaker, part.style.breath, room, envelope)
        f0 = 440 * 2 ** ((melody(tones, begin, count, part.style, rng) - 69) / 12)
        ahead = len(breath)
        envelope = torch.cat((breath, envelope))
        f0 = np.concatenate((np.full(ahead, f0[0]), f0)).astype(np.float32)
        voiced = functional.pad(voiced, (ahead, 0))
        noise = torch.randn(1, len(f0) * hop, generator=generator, device=generator.device).to(self.device)
        pitch = torch.from_numpy(f0).to(self.device)[None]
        pulses = pulse_train(pitch, hop, self.rate)
        pulses[:, : ahead * hop] = 0  # a breath has no voice at all
        features = self.model.features(envelope[None], pitch, voiced[None])
        sound = self.model.vocoder(features, envelope[None], pulses, noise)[0]
        sound[: ahead * hop] = breathed(breath, noise[0, : ahead * hop], hop, self.rate)
        return self._told(phrase, laid, start - ahead * hop, sound, np.where(voiced.cpu().numpy() > 0.5, f0, 0))

    def _laid(self, phrase: Sequence[Held], speaker: Tensor, begun: float) -> tuple[list[Placed], list[float], Tensor]:
        """The phrase's phones in their time, how long they are in speech, and as the network reads them [1, W, P]."""
        phones = [phone for held in phrase for phone in held.syllable.phones]
        ids = torch.tensor([IDS[PAUSE], *(IDS[phone.symbol] for phone in phones), IDS[PAUSE]], device=self.device)
        flags = torch.tensor([0, *(phone.flags for phone in phones), 0], device=self.device)
        text, logs = self.model.acoustic.encode(ids[None], flags[None], speaker[None])
        spoken = (logs[0].clamp(max=5).exp() * FRAME).tolist()[1:-1]
        lengths, at = [], 0
        for held in phrase:
            lengths.append(spoken[at : at + len(held.syllable.phones)])
            at += len(held.syllable.phones)
        slow = (phrase[-1].end - phrase[0].start) / max(sum(spoken), FRAME)
        factor = float(np.clip(slow**SLOW, 1.0, LONGER))
        stretched = [[factor * length for length in each] for each in lengths]  # vowels take what is left
        return placed(phrase, stretched, begun), spoken, text

    def _drawn(self, grid: Grid, text: Tensor, speaker: Tensor) -> tuple[Tensor, Tensor]:
        """Log envelope [T, M] and voicing [T] of a phrase, vowels drawn out."""
        source = torch.tensor(grid.source, device=self.device)
        envelope, _, voiced = self.model.render(text, source[None], speaker[None])
        envelope = relieved(envelope, self.model.config.relief, self.model.config.knots)[0]
        places, sure, faded = (torch.from_numpy(row.astype(np.float32)).to(self.device) for row in grid.rows())
        places = places.clamp(0, len(envelope) - 1)
        low = places.floor().long()
        high = (low + 1).clamp(max=len(envelope) - 1)
        share = (places - low)[:, None]
        drawn = envelope[low] * (1 - share) + envelope[high] * share - faded[:, None]
        heard = torch.maximum(sure, (voiced[0, places.round().long()] > 0.5).float()) * (faded < FADED)
        return drawn.clamp(min=float(self.model.config.knots[0][1]) - 2), heard

    def _levelled(self, envelope: Tensor, grid: Grid, kept: float) -> Tensor:
        """dB [T] that hold every vowel at one level, near to the louder ones of the phrase, and lift consonants."""
        level = (envelope.exp().sum(1).log() * (10 / math.log(10))).cpu().numpy()
        spans = [(start + (end - start) // 4, max(end - (end - start) // 4, start + 1)) for start, end in grid.vowels()]
        spans = [(a, max(a + 1, b)) for a, b in spans]
        vowels = [float(np.median(level[a:b])) for a, b in spans]
        typical = float(np.quantile(vowels, 0.67))
        places, wanted = [], []
        for (a, b), vowel in zip(spans, vowels, strict=True):
            near = np.clip((1 - kept) * (typical - vowel), -6, 9)
            places.append(np.arange(a, b))
            wanted.append(near + STEADY * np.clip(vowel - level[a:b], -4, 6))
        curve = np.interp(np.arange(len(level)), np.concatenate(places), np.concatenate(wanted))
        smooth = np.convolve(np.pad(curve, 4, mode="edge"), np.full(9, 1 / 9), "valid")
        aside = np.ones(len(level))
        for start, end in grid.vowels():
            aside[start:end] = 0
        smooth = smooth + CONSONANTS * np.convolve(aside, np.full(3, 1 / 3), "same")
        return torch.from_numpy(smooth.astype(np.float32)).to(self.device)

    def _coloured(self, envelope: Tensor, gain: Tensor) -> Tensor:
        """The envelope [T, M] so many dB [T] louder; what is louder is brighter too."""
        config = self.model.config
        bands = mel_to_hz(np.linspace(0, hz_to_mel(config.rate / 2, "htk"), config.bands + 2), "htk")[1:-1]
        tilt = np.clip(np.log2(np.maximum(bands, 1) / 700), 0, 2.5) * 0.22
        weight = torch.from_numpy((1 + tilt).astype(np.float32)).to(envelope.device)
        return envelope + gain[:, None] * weight * (math.log(10) / 10)

    def _breath(self, speaker: Tensor, level: float, room: float, envelope: Tensor) -> Tensor:
        """The envelope [frames, M] of a breath drawn before a phrase; none where there is no room or wish for one."""
        if level < -60 or room < BREATH_AFTER:
            return envelope[:0]
        frames = round(min(BREATH, 0.7 * room) / FRAME)
        ids = torch.tensor([[IDS[PAUSE], IDS["hh"], IDS["ah"], IDS[PAUSE]]], device=self.device)
        text, _ = self.model.acoustic.encode(ids, torch.zeros_like(ids), speaker[None])
        drawn, _, _ = self.model.render(text, torch.tensor([[8, 12, 12, 8]], device=self.device), speaker[None])
        shape = relieved(drawn, self.model.config.relief, self.model.config.knots)[0, 10:18].mean(0)
        loud = envelope.exp().sum(1).log().quantile(0.9)
        place = torch.linspace(0, 1, frames, device=self.device)
        swell = torch.minimum(place / 0.65, (1 - place) / 0.2).clamp(0.003, 1).log()
        return shape[None] - shape.exp().sum().log() + loud + level * (math.log(10) / 10) + 1.5 * swell[:, None]

    def _told(
        self, phrase: Sequence[Held], laid: Sequence[Placed], start: int, sound: Tensor, f0: NDArray[np.float32]
    ) -> Phrase:
        spans = [
            (min(p.start for p in group), max(p.end for p in group))
            for group in (list(each) for _, each in groupby(laid, key=lambda p: p.syllable))
        ]
        syllables = tuple(Word(held.syllable.text, *span) for held, span in zip(phrase, spans, strict=True))
        words: list[Word] = []
        for _, group in groupby(zip(phrase, syllables, strict=True), key=lambda pair: pair[0].syllable.word):
            parts = [word for _, word in group]
            shown = "".join(part.text.rstrip("-") for part in parts)
            words.append(Word(shown.rstrip(".,;:!?"), parts[0].start, parts[-1].end, shown=shown))
        phonemes = tuple(Phoneme(each.symbol, each.start, each.end) for each in laid)
        return Phrase(start, sound.float().cpu().numpy(), tuple(words), syllables, phonemes, f0.astype(np.float32))


def breathed(envelope_TM: Tensor, noise_N: Tensor, hop: int, rate: int) -> Tensor:
    """Noise [T · hop] in the colours of an envelope, smooth from band to band.

    The vocoder's filters are for phones of a few frames; held for a breath, their ripples whistle.
    """
    if not len(envelope_TM):
        return noise_N
    spectra = frames_of(noise_N[None], hop, 2 * hop)[0]
    gain = (envelope_TM @ band_interpolation(envelope_TM.shape[1], rate, spectra.shape[-1]).to(envelope_TM) / 2).exp()
    return overlap_add(torch.fft.irfft(spectra * gain).T[None], hop)[0, hop:]


@cache
def _sample() -> Spoken:
    return front_end().read("The river ran along the meadow, and the old mill was on the hill.")[0]


def sing_live(
    notes: Track | Sequence[Note],
    voice: Voice | None = None,
    *,
    seconds_at: Callable[[float], float],
    model: str = "starter/voice",
    style: str = "pop",
    transpose: int | None = None,
    words: Pronunciations | None = None,
    seed: int = 0,
) -> Iterator[Phrase]:
    """`sing_notes` for who listens while it is made: phrase by phrase, in order; between them is silence."""
    with singer(model) as engine:
        yield from engine.sing(engine.part(_notes(notes), seconds_at, voice, styled(style), transpose, words), seed)


def sing_notes(
    notes: Track | Sequence[Note],
    voice: Voice | None = None,
    *,
    seconds_at: Callable[[float], float],
    model: str = "starter/voice",
    style: str = "pop",
    transpose: int | None = None,
    words: Pronunciations | None = None,
    watermark: bool = True,
    seed: int = 0,
) -> Sung:
    """A track of notes with syllables as it is sung, from beat 0 to the end of its last note.

    `seconds_at` says when a beat is, such as `Score.seconds_at`. The part is moved by octaves into the voice's range,
    unless `transpose` gives semitones. A cloned voice is marked. A first note at beat 0 whose consonants have no room
    before it begins late by about their length. Raises InputError for notes without syllables or with two at once, for
    an unknown voice or style, and for a clone without its speaker's consent.
    """
    manner = styled(style)
    cloned = permitted([voice])
    with singer(model) as engine:
        part = engine.part(_notes(notes), seconds_at, voice, manner, transpose, words)
        made = list(engine.sing(part, seed))
        rate, hop = engine.rate, engine.model.config.hop
    samples = np.zeros(max(each.start + len(each.samples) for each in made), np.float32)
    f0 = np.zeros(-(-len(samples) // hop), np.float32)
    for each in made:
        samples[each.start : each.start + len(each.samples)] = each.samples
        first = round(each.start / hop)
        f0[first : first + len(each.f0)] = each.f0[: len(f0) - first]
    if cloned and watermark:
        marker = Marker(rate)
        samples = np.concatenate((marker.piece(samples), marker.end()))[: len(samples)]
    return Sung(
        Audio(limited(samples)[None], rate),
        tuple(word for each in made for word in each.words),
        tuple(syllable for each in made for syllable in each.syllables),
        tuple(phone for each in made for phone in each.phonemes),
        f0,
        part.transposed,
        style,
    )


@contextmanager
def singer(model: str) -> Iterator[StarterSinger]:
    """The engine of a model. Raises InputError for one whose family does not sing."""
    with runtime.using(dtype="float32"), runtime.use(model, {"voice": StarterVoice}) as voice:
        yield StarterSinger(voice)


def styled(style: str) -> Style:
    """A style by its name. Raises InputError that lists those there are."""
    if style not in STYLES:
        raise InputError("style", f"there is no style {style!r}", f"use {', '.join(STYLES)}")
    return STYLES[style]


def _notes(notes: Track | Sequence[Note]) -> tuple[Note, ...]:
    return tuple(sorted(notes.notes if isinstance(notes, Track) else notes, key=lambda note: note.start))
