"""MusicGen as an engine of music: words, and where a model hears one a melody, to sound, with no score in between.

Notable: one pass serves who waits and who listens. Sound comes while the codes are still being chosen, and joined it is
what decoding all of them at once gives. A melody is heard as it is recorded: give a stem of voices and leading
instruments where there is one, for drums and bass blur it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from soundstage import runtime
from soundstage.codec.centred import CentredStream
from soundstage.codec.encodec import Encodec
from soundstage.decode import rowwise
from soundstage.errors import InputError
from soundstage.media import Audio, Music
from soundstage.models.musicgen import Guidance, Heard, Musicgen, song
from soundstage.nn.packed import pack
from soundstage.nn.t5 import T5Encoder
from soundstage.ops.chroma import melody as leading
from soundstage.ops.levels import levelled
from soundstage.tasks.compose_musicgen_settings import MusicgenSettings
from soundstage.tasks.compose_plan import Wishes, only_sound
from soundstage.text.unigram import tokenizer
from soundstage.weights import Loaded, load

Samples = NDArray[np.float32]
LONGEST = 600.0  # seconds
BREATH = 0.5  # seconds of sound in a piece, when one listens


class MusicgenEngine:
    """Family `musicgen`. In float16, a CPU keeps the weights so and sums in float32.

    Parts that a checkpoint does not have are loaded from where its card says. Raises MissingError for one that is not
    there.
    """

    dtypes = ("float32", "float16")

    def __init__(self, loaded: Loaded) -> None:
        model, files = cast(Musicgen, loaded.module), loaded.files
        like = next(model.parameters())
        if model.text is None:
            borrowed = load(model.config.text_from or "google-t5/t5-base", like.device, like.dtype)
            model, files = model.with_parts(cast(T5Encoder, borrowed.module), None), borrowed.files
        if model.codec is None:
            borrowed = load(model.config.codec_from or "facebook/encodec_32khz", like.device, like.dtype)
            model = model.with_parts(None, cast(Encodec, borrowed.module))
        self.tokenizer = tokenizer(files)
        self.device = like.device
        self.packed = like.dtype == torch.float16 and self.device.type == "cpu"
        self.model = pack(model.float()) if self.packed else model
        codec = cast(Encodec, self.model.codec).config
        self.rate, self.hop, self.frame_rate = codec.rate, codec.seanet.hop, codec.frames_per_second
        self.channels, self.hears_melody = self.model.channels, self.model.decoder.read_melody is not None

    def generate(
        self,
        prompt: str,
        seconds: float,
        *,
        melody: Audio | None = None,
        continuation: Audio | None = None,
        settings: MusicgenSettings | None = None,
        generator: torch.Generator,
    ) -> Samples:
        """Music [channels, time] of exactly `seconds`, which counts those of the `continuation` it begins with.

        The music that goes on is the codec's rendering of it. An empty prompt is music of any kind, without guidance.
        Raises InputError for a melody where the model hears none, a length that is none, or one that the continuation
        is longer than.
        """
        pieces = self.stream(
            prompt, seconds, melody=melody, continuation=continuation, settings=settings, generator=generator
        )
        return np.concatenate(list(pieces), axis=1)

    def stream(
        self,
        prompt: str,
        seconds: float,
        *,
        melody: Audio | None = None,
        continuation: Audio | None = None,
        settings: MusicgenSettings | None = None,
        generator: torch.Generator,
    ) -> Iterator[Samples]:
        """The same in pieces of about half a second, each as soon as it can be heard."""
        settings = settings or MusicgenSettings()
        self._check(seconds, melody, continuation)
        samples = round(seconds * self.rate)
        frames = -(-samples // self.hop)
        past = self._past(continuation)
        text, mask = self._read(prompt)
        asked = bool(prompt.strip()) or melody is not None

        @torch.inference_mode()
        def hear(first: int) -> Heard:
            notes = None if melody is None else self._notes(melody, first, frames > self._frames(self.longest))
            heard = self.model.decoder.hear(text, mask_BS=mask, melody_BNM=notes)
            return heard if asked else heard.null

        walk = song(
            self.model.decoder,
            hear,
            frames,
            settings.choose(generator),
            longest=self._frames(self.longest),
            stride=self._frames(settings.extend_stride),
            guidance=Guidance(scale=settings.cfg_coef if asked else 1.0, apart=settings.two_step_cfg),
            prompt_BKT=past,
        )
        return self._sound(walk if past is None else chain([past], walk), frames, samples)

    def generate_many(
        self,
        prompts: Sequence[str],
        seconds: float,
        *,
        settings: MusicgenSettings | None = None,
        generators: Sequence[torch.Generator],
    ) -> list[Samples]:
        """Music of exactly `seconds` for each prompt, in one batch that is heard when all of it is made.

        On a CPU in float32 the decoder is there twice meanwhile, its second weights laid out for a batch. Raises
        InputError as `generate` does, and for other generators than prompts.
        """
        if len(generators) != len(prompts) or not prompts:
            raise InputError("generators", f"{len(generators)} for {len(prompts)} prompts", "give one a prompt")
        settings = settings or MusicgenSettings()
        self._check(seconds, None, None)
        samples = round(seconds * self.rate)
        states, masks = zip(*(self._read(prompt) for prompt in prompts), strict=True)
        text_BSC = pad_sequence([state[0] for state in states], batch_first=True)
        mask_BS = pad_sequence([mask[0] for mask in masks], batch_first=True)
        decoder = self.model.decoder
        if self.device.type == "cpu" and not self.packed:
            decoder = pack(copy.deepcopy(decoder), half=False)
        with torch.inference_mode():
            heard = decoder.hear(text_BSC, mask_BS=mask_BS)
        walk = song(
            decoder,
            lambda _: heard,
            -(-samples // self.hop),
            rowwise([settings.choose(generator) for generator in generators]),
            longest=self._frames(self.longest),
            stride=self._frames(settings.extend_stride),
            guidance=Guidance(scale=settings.cfg_coef, apart=settings.two_step_cfg),
        )
        codes_BKT = torch.cat(list(runtime.progress(walk, "composing")), -1)
        with torch.inference_mode():
            sounds = [self.model.decode(codes_BKT[row : row + 1])[0] for row in range(len(prompts))]
        return [sound.float().cpu().numpy()[:, :samples] for sound in sounds]

    @property
    def longest(self) -> float:
        """Seconds of a window."""
        return self.model.config.seconds

    def _frames(self, seconds: float) -> int:
        return int(seconds * self.frame_rate)

    def _check(self, seconds: float, melody: Audio | None, continuation: Audio | None) -> None:
        if not 1 / self.frame_rate <= seconds <= LONGEST:
            raise InputError("seconds", f"is {seconds:g}", f"give up to {LONGEST:g} seconds")
        if melody is not None and not self.hears_melody:
            raise InputError("melody", "this model hears none", "use one such as facebook/musicgen-melody")
        for name, sound in (("melody", melody), ("continuation", continuation)):
            if sound is not None and not sound.length:
                raise InputError(name, "is empty", "give a recording, or none")
        if continuation is not None and continuation.seconds >= seconds:
            raise InputError(
                "seconds", f"{seconds:g} are not longer than the continuation, {continuation.seconds:g}", "ask for more"
            )

    def _read(self, prompt: str) -> tuple[Tensor, Tensor]:
        """The states of a prompt, and which of them count: none, where it is empty."""
        ids = torch.tensor([self.tokenizer.encode(prompt.strip()).ids], device=self.device)
        with torch.inference_mode():
            return self.model.read(ids), torch.full_like(ids, bool(prompt.strip()), dtype=torch.bool)

    def _notes(self, melody: Audio, first: int, extended: bool) -> Tensor:
        """The leading pitch classes from a frame on: in music longer than a window the melody comes round and round."""
        sound = melody.mono().resampled(self.rate).samples[0]
        count = round(self.longest * self.rate)
        if extended:
            sound = np.take(sound, np.arange(first * self.hop, first * self.hop + count), mode="wrap")
        wave = torch.from_numpy(np.array(sound[:count])).to(self.device)
        return leading(wave, self.rate)[None]

    def _past(self, continuation: Audio | None) -> Tensor | None:
        """The codes that the music goes on from: of whole frames, for a frame that silence fills up would be heard."""
        if continuation is None:
            return None
        side = (continuation.stereo() if self.channels == 2 else continuation.mono()).resampled(self.rate)
        whole = side.samples[:, : side.length // self.hop * self.hop]
        if not whole.size:
            raise InputError(
                "continuation", f"of {continuation.seconds:g} seconds", "give at least a frame of the codec"
            )
        wave = torch.from_numpy(np.array(whole)).to(self.device)
        return self.model.encode(wave[None].to(next(cast(Encodec, self.model.codec).parameters()).dtype))

    def _sound(self, walk: Iterator[Tensor], frames: int, samples: int) -> Iterator[Samples]:
        """Codes to sound, piece by piece, cut to length."""
        codec = cast(Encodec, self.model.codec)
        streams = [CentredStream(codec) for _ in range(self.channels)]
        meter = runtime.Meter("composing", total=frames)
        waiting: list[Tensor] = []
        told = sounded = 0
        for codes_BKT in walk:
            waiting.append(codes_BKT)
            told += codes_BKT.shape[-1]
            meter.advance(codes_BKT.shape[-1])
            if sum(part.shape[-1] for part in waiting) >= BREATH * self.frame_rate or told == frames:
                sides = self.model.sides(torch.cat(waiting, -1))
                pieces = [stream.push(side, last=told == frames) for stream, side in zip(streams, sides, strict=True)]
                piece = torch.cat(pieces, 1)[0].float().cpu().numpy()[:, : samples - sounded]
                sounded += piece.shape[1]
                waiting.clear()
                if piece.size:
                    yield piece
        meter.finish()


def generated(prompt: str, wishes: Wishes, player: str, model: str, seed: int, melody: Audio | None = None) -> Music:
    """The task `compose` by a MusicGen: a mix alone, at -14 LUFS, with the `melody` where the model hears one.

    Raises InputError for fields that only a written score can keep.
    """
    only_sound(wishes, player, model)
    with runtime.use(model, {"musicgen": MusicgenEngine}) as engine:
        sound = engine.generate(
            prompt,
            wishes.seconds,
            melody=melody,
            generator=runtime.generator(runtime.derive(seed, "sound"), engine.device),
        )
        return Music(Audio(levelled(sound, engine.rate), engine.rate))
