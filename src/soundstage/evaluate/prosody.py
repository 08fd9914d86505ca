"""Is the melody heard that the rules ask for? Pitch and rests, measured on the sound itself.

Notable: the same words are said with another mark, in another style or without emphasis, so that what differs is the
rule alone. Pitch is WORLD's, not the model's own. `text/prosody.py` states the rules.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from soundstage.data.narrator_sound import HOP, RATE, analyse
from soundstage.evaluate.table import Measure
from soundstage.media import Speech, Voice
from soundstage.tasks.speak import speak

VOICES = ("ada", "ben", "finn", "iris")
CLAIMS = (
    "You left the lantern by the harbour", "They are coming home on Sunday", "She has never seen the northern lights",
    "The train arrives in seven minutes", "He would like another cup of tea", "We are allowed to feed the horses",
)  # fmt: skip
PAIRS = (
    ("The rain had stopped, and the road was dry", "The rain had stopped and the road was dry"),
    ("He opened the door, but nobody was there", "He opened the door but nobody was there"),
    ("We sat by the river, where the water was slow", "We sat by the river where the water was slow"),
)
STRESSED = (
    ("I said *never* on a Sunday.", 2), ("The *silver* key is mine.", 1), ("She told *nobody* about it.", 2),
)  # fmt: skip


def measure_prosody(model: str, seed: int = 0, voices: Sequence[str] = VOICES) -> list[Measure]:
    """Rows for the table of a voice. Raises MissingError without pyworld."""

    def say(text: str, name: str, style: str = "neutral") -> Speech:
        return speak(text, Voice.named(name), model=model, style=style, seed=seed)

    asked = [ending(say(f"{text}?", name)) for text in CLAIMS for name in voices]
    told = [ending(say(f"{text}.", name)) for text in CLAIMS for name in voices]
    rests = [longest_rest(say(f"{a}.", name)) - longest_rest(say(f"{b}.", name)) for a, b in PAIRS for name in voices]
    lifts, draws = [], []
    for text, word in STRESSED:
        for name in voices:
            strong, plain = say(text, name), say(text.replace("*", ""), name)
            lifts.append(word_pitch(strong, word) - word_pitch(plain, word))
            draws.append(_length(strong, word) / _length(plain, word))
    widths = {
        style: [spread(say(f"{text}.", name, style)) for text in CLAIMS[:3] for name in voices]
        for style in ("calm", "neutral", "lively")
    }
    rows = [
        _row(
            "open questions end",
            asked,
            "semitones",
            "the last voiced tenth over the sentence's median",
        ),
        _row("statements end", told, "semitones", "the same words"),
        _row("rest at a comma", [1000 * rest for rest in rests], "ms", "more than without the comma"),
        _row("a stressed word is lifted", lifts, "semitones", "its highest pitch, beside the same word unstressed"),
        _row("a stressed word is drawn out", draws, "times", "its length, beside the same word unstressed"),
    ]
    for style in ("lively", "calm"):
        ratios = [a / b for a, b in zip(widths[style], widths["neutral"], strict=True)]
        rows.append(_row(f"pitch range, {style}", ratios, "times", "of the same sentences said neutrally"))
    return rows


def _row(name: str, values: Sequence[float], unit: str, note: str) -> Measure:
    return Measure(
        name=name, value=float(np.mean(values)), unit=unit, count=len(values), spread=float(np.std(values)), note=note
    )


def pitch(line: Speech) -> np.ndarray:
    """Semitones over 1 Hz of every frame of 10 ms, NaN without voice."""
    samples = line.audio.mono().resampled(RATE).samples[0]
    f0, _ = analyse(np.ascontiguousarray(samples[: len(samples) // HOP * HOP]))
    return np.where(f0 > 0, 12 * np.log2(np.maximum(f0, 1)), np.nan)


def ending(line: Speech) -> float:
    """Semitones of the last tenth of the voiced frames over the median of all."""
    heard = pitch(line)
    heard = heard[~np.isnan(heard)]
    return float(np.median(heard[-max(5, len(heard) // 10) :]) - np.median(heard))


def spread(line: Speech) -> float:
    """Semitones between the 10th and the 90th percentile."""
    low, high = np.nanpercentile(pitch(line), (10, 90))
    return float(high - low)


def longest_rest(line: Speech) -> float:
    """Seconds of the longest rest between two words."""
    return max(b.start - a.end for a, b in zip(line.words, line.words[1:], strict=False))


def word_pitch(line: Speech, word: int) -> float:
    """The 90th percentile of a word's pitch, in semitones over 1 Hz."""
    frame = HOP / RATE
    inside = pitch(line)[round(line.words[word].start / frame) : round(line.words[word].end / frame)]
    return float(np.nanpercentile(inside, 90))


def _length(line: Speech, word: int) -> float:
    return line.words[word].end - line.words[word].start
