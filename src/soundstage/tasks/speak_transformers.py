"""Any speaking model of the library transformers as an engine of the task `speak`: `transformers:owner/model`.

Notable: sentences are said one at a time. Where a model clones, the first sentence of a text that names no voice is the
voice of the rest, so that it does not change its speaker. The library draws from torch's global generator: it is
seeded for one call and put back after it, and calls wait for each other. Words are aligned.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage import runtime
from soundstage.errors import InputError, RunError
from soundstage.media import Voice
from soundstage.tasks.align import align
from soundstage.tasks.said import Manner, Said, by_words
from soundstage.tasks.speak_voice import frontend
from soundstage.tasks.transformers_ways import Foreign, Line, rate_of, waveform, way_of
from soundstage.text.phonemes import Spoken
from soundstage.weights import Loaded
from soundstage.weights import transformers as checkpoints
from soundstage.weights.reference import Reference

SECONDS_A_WORD, MORE_SECONDS = 1.0, 2.0  # of what is made at most, where the library sets no end
SHORTEST_MEMORY = 0.5  # seconds of a first sentence that tell a voice
_ALONE = threading.Lock()


@dataclass
class Narrator:
    """Who speaks a text: a name, or a sound [T] with its words; it may be what the first sentence sounded like."""

    name: str | None = None
    sound: NDArray[np.float32] | None = None
    words: str = ""


class TransformersSpeaker:
    """Family `transformers`."""

    def __init__(self, loaded: Loaded) -> None:
        reference = Reference.parse(loaded.card.ref)
        kind = str(loaded.card.config["kind"])
        self.kind, self.way = kind, way_of(kind)
        first = next(loaded.module.parameters())
        self.device, self.dtype = first.device, first.dtype
        vocoder = None
        if self.way.vocoder:
            name = "SpeechT5HifiGan"
            vocoder = checkpoints.vocoder(reference, self.way.vocoder, self.device, name).to(self.dtype)
        folder = checkpoints.place(reference).folder
        self.foreign = Foreign(loaded.module, checkpoints.processor(reference, self.device), folder, vocoder)
        self.rate = rate_of(self.foreign, self.way)
        self.names = tuple(str(name) for name in self.way.names(self.foreign))

    def read(self, text: str) -> list[Spoken]:
        """Sentences whose written stretch keeps its tags."""
        return frontend().read(text)

    def check(self, manner: Manner) -> None:
        """Nothing can be set."""
        manner.refuse(**dict.fromkeys(("speed", "pitch", "style"), f"{self.kind} chooses its own"))

    def speaker(self, voice: Voice | None) -> Narrator:
        """A voice that the checkpoint names, or a recording where the model clones."""
        names = self.names
        known = f"use {_some(names)}" if names else "leave it out"
        if voice is None:
            if self.way.must_name and not names:
                raise InputError(
                    "voice", f"{self.kind} must be given one", "place speaker_embeddings/NAME.npy beside it"
                )
            return Narrator(names[0] if self.way.must_name else None)
        if voice.reference is None:
            name = str(voice.name).strip()
            if name not in names:
                raise InputError("voice", f"this model has no voice {name!r}", known)
            return Narrator(name)
        if not self.way.clones:
            raise InputError("voice", f"{self.kind} does not clone a recording", known)
        if self.way.clones == "words" and not voice.text.strip():
            raise InputError(
                "voice", f"{self.kind} must know what the recording says",
                "use Voice.clone(file, text=…), or a .txt beside it",
            )  # fmt: skip
        return Narrator(None, np.array(voice.reference.mono().resampled(self.rate).samples[0]), voice.text.strip())

    def pieces(
        self, sentence: Spoken, speaker: Narrator, manner: Manner, generator: torch.Generator
    ) -> Iterator[NDArray[np.float32]]:
        """See `SpeechEngine.pieces`: a sentence at a time."""
        return self.say(sentence, speaker, manner, generator).pieces(self.rate)

    def say(self, sentence: Spoken, speaker: Narrator, manner: Manner, generator: torch.Generator) -> Said:
        """See `SpeechEngine.say`."""
        text = re.sub(r"\s+", " ", sentence.sentence.readable).strip()
        line = Line(text, speaker.name, speaker.sound, speaker.words)
        samples = self._made(line, int(torch.randint(2**31, (), generator=generator)))
        unnamed = speaker.name is None and speaker.sound is None
        if unnamed and self.way.clones and len(samples) >= SHORTEST_MEMORY * self.rate and np.abs(samples).max() > 1e-4:
            speaker.sound, speaker.words = samples, text
        return by_words(sentence, samples, *align(samples, self.rate, sentence))

    def _made(self, line: Line, seed: int) -> NDArray[np.float32]:
        """Samples [T] of one line. Raises RunError for what the library does not get done."""
        runtime.check_cancelled()
        theirs = checkpoints.library()
        devices = [self.device] if self.device.type == "cuda" else []
        with _ALONE, checkpoints.quiet(theirs), torch.random.fork_rng(devices=devices), torch.inference_mode():
            torch.manual_seed(seed)
            try:
                inputs = {name: self._there(value) for name, value in self.way.prompt(self.foreign, line).items()}
                return waveform(self.way.sound(self.foreign, self._asked(inputs, line), inputs))
            except (ValueError, TypeError, KeyError, IndexError, RuntimeError, ImportError) as error:
                problem = str(error).strip().partition("\n")[0][:200] or type(error).__name__
                raise RunError(
                    f"{self.kind} could not say {line.text[:40]!r} ({problem})", "see its own page"
                ) from error

    def _asked(self, inputs: dict[str, Any], line: Line) -> Any:
        model, options = self.foreign.model, dict(self.way.options)
        if not model.can_generate():
            return model(**inputs, **options)
        if self.way.frames:
            words = len(line.text.split())
            frames = math.ceil(self.way.frames * (MORE_SECONDS + SECONDS_A_WORD * words))
            most = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
            given = inputs.get("decoder_input_ids", inputs.get("input_ids"))
            room = most - given.shape[1] if most and isinstance(given, torch.Tensor) else frames
            options["max_new_tokens"] = max(1, min(frames, room))
        return model.generate(**inputs, **options)

    def _there(self, value: Any) -> Any:
        """A model's input where the model is; floats in its dtype."""
        if isinstance(value, torch.Tensor):
            return value.to(self.device, self.dtype if value.is_floating_point() else None)
        if hasattr(value, "items"):
            return {name: self._there(part) for name, part in value.items()}
        return value


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:12]) + (f" … ({len(names)} in all)" if len(names) > 12 else "")
