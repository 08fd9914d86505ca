"""How good `starter/valle` is: understood, on time, alike to its prompt, and fast.

Notable: beside every figure stands the narrator's own, and beside word errors also those of the narrator through the
codec's first books, for no model of these codes can be understood better than they are.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from soundstage import runtime
from soundstage.data import narrator
from soundstage.data.narrator_sound import RATE
from soundstage.data.narrator_text import HELD_OUT
from soundstage.evaluate import intelligibility
from soundstage.evaluate.clones import measure_clones
from soundstage.evaluate.intelligibility import NOTHING
from soundstage.evaluate.table import Measure, Table
from soundstage.media import Audio, Voice
from soundstage.tasks.codec_shared import CODECS
from soundstage.tasks.speak import speak
from soundstage.weights import card_of


def evaluate(
    model_ref: str = "starter/valle",
    count: int = 34,
    seed: int = 0,
    folder: Path | None = None,
    voices: Sequence[str] = ("ada", "ben", "finn"),
    clones: int = 10,
) -> Table:
    """Speak `count` held-out sentences in each of `voices`, clone `clones` speakers never heard from three seconds.

    With a `folder` some sounds are kept there. Raises MissingError without flite or the extra `evaluate`.
    """
    config = card_of(model_ref).config
    codec, books = str(config.get("codec", "starter/codec")), int(config["books"])
    speakers, texts = narrator.cast(), HELD_OUT[:count]
    speak("Ready.", model=model_ref)  # loading is not counted
    ours = real = coded = NOTHING
    lengths: list[float] = []
    spent = seconds = 0.0
    for name in voices:
        for index, text in enumerate(texts):
            begun = time.process_time()
            made = speak(text, Voice.named(name), model=model_ref, seed=seed + index)
            spent, seconds = spent + time.process_time() - begun, seconds + made.seconds
            true = narrator.record(speakers[name], text)
            sounds = made.audio, Audio(true.samples[None], RATE), through(codec, true.samples, books)
            ours, real, coded = (
                total + intelligibility.measure(sound, text)
                for total, sound in zip((ours, real, coded), sounds, strict=True)
            )
            if len(made.words) == len(true.words):
                pairs = zip(made.words, true.words, strict=True)
                lengths += [abs(word.end - word.start - (end - start)) for word, (_, start, end) in pairs]
            if folder is not None and index < 3:
                folder.mkdir(parents=True, exist_ok=True)
                for sound, kind in zip(sounds, ("", "-narrator", "-codec"), strict=True):
                    sound.save(folder / f"{name}-{index}{kind}.wav")
    rows = [
        Measure(
            name="word errors", value=100 * ours.wer, unit="%", ceiling=100 * real.wer, count=ours.words,
            note="at most 25 is asked for where the narrator has 5",
        ),
        Measure(name="word errors of the codec", value=100 * coded.wer, unit="%", ceiling=100 * real.wer,
                count=coded.words, note=f"the narrator through the first {books} books"),
        Measure(name="character errors", value=100 * ours.cer, unit="%", ceiling=100 * real.cer, count=ours.characters),
        Measure(
            name="word length error", value=1000 * float(np.mean(lengths)), unit="ms", count=len(lengths),
            note="mean absolute difference of every word's length from the narrator's",
        ),
        Measure(name="real-time factor", value=spent / seconds, count=len(voices) * len(texts),
                note="processor seconds / seconds of speech"),
        *measure_clones(model_ref, clones, seed, folder),
    ]  # fmt: skip
    return Table(title=f"{model_ref}: {len(texts)} held-out sentences × {len(voices)} voices", rows=rows)


def through(codec: str, samples: np.ndarray, books: int) -> Audio:
    """A sound at the narrator's rate through the first books of a codec."""
    with runtime.use(codec, CODECS) as engine:
        return Audio(engine.sound_of(engine.codes_of(samples, books))[None, : len(samples)], RATE)
