"""How long F5-TTS lets texts be: the published rule and ours, against what speakers take."""

from __future__ import annotations

import ctypes.util
from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.f5 import Heard, Line, byte_frames, evenly, paced_frames, spoken
from soundstage.text.phonemes import Frontend
from soundstage.text.symbols import PAUSE

SECOND = 24_000 / 256  # frames


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


REFERENCES = (
    "The birch canoe slid on the smooth planks, and the crew rowed on towards the harbour before the evening came.",
    "Some call me nature, others call me mother nature. I have been here for a very long time.",
    "It is easy to tell the depth of a well. These days a chicken leg is a rare dish.",
)
TEXTS = {
    "a word": ("Yes.", "No.", "Hello.", "Stop!", "Really?", "Tomorrow.", "Impossible.", "Thanks.", "Wait.", "1984."),
    "two words": ("Good morning.", "Thank you.", "Come here.", "Not yet.", "Who's there?", "Absolutely not."),
    "a sentence": (
        "The keeper of the lighthouse found a small boat yesterday.",
        "When the rain stopped, the children ran into the garden.",
        "He counted the coins twice, and put them in his pocket.",
    ),
}


@cache
def line(text: str) -> Line:
    phones = [phone.symbol for spoken in Frontend().read(text) for phone in spoken.phones]
    groups = "".join("." if symbol == PAUSE else "x" for symbol in phones).strip(".").split(".")
    return Line(phones=sum(map(len, groups)), pauses=sum(map(bool, groups)) - 1)


@cache
def takes(voice: str, text: str, stretch: float) -> tuple[np.ndarray, float]:
    """What a synthesiser says, at 16 kHz, and the seconds from its first sound to its last."""
    from soundstage.data import narrator_flite

    said = narrator_flite.say(text, voice, stretch=stretch)
    starts = [0.0, *(segment.end for segment in said.segments)]
    spans = [(start, part.end) for start, part in zip(starts, said.segments, strict=False) if part.word >= 0]
    return said.samples, spans[-1][1] - spans[0][0]


@pytest.mark.skipif(ctypes.util.find_library("flite_cmu_us_slt") is None, reason="flite is not installed")
def test_speakers_take_as_long_as_our_rule_gives() -> None:
    """Given over taken, the published rule and ours, for three voices, each at its own speed, with three references."""
    given: dict[str, list[tuple[float, float]]] = {}
    for voice, stretch in (("slt", 1.0), ("awb", 0.9), ("rms", 1.15)):
        for reference in REFERENCES:
            samples, seconds = takes(voice, reference, stretch)
            heard, frames = spoken(torch.from_numpy(samples), 16_000), int((seconds + 0.05) * SECOND)
            for kind, texts in TEXTS.items():
                for text in texts:
                    taken = takes(voice, text, stretch)[1]
                    published = byte_frames(frames, len(reference) + 1, len(text)) - frames
                    ours = paced_frames(frames, heard, line(reference), line(text)) - frames
                    ratios = (published / SECOND / taken, (ours / SECOND - 0.25) / taken)
                    given.setdefault(kind, []).append(ratios)
    for kind, ratios in given.items():
        table = np.quantile(np.array(ratios), (0.05, 0.5, 0.95), axis=0)
        print(f"{kind}: published {table[:, 0].round(2)}, ours {table[:, 1].round(2)}")
        low, middle, high = table[:, 1]
        assert middle == pytest.approx(1, abs=0.1) and low > 0.65 and high < 1.5
    words = np.array(given["a word"])
    assert np.abs(np.log(words)).mean(0)[1] < 0.4 * np.abs(np.log(words)).mean(0)[0]


# What of a synthetic speaker (narrator "held000") takes how many seconds: bytes, phones, seconds.
TAKES = {
    "Yes.": (4, 3, 0.40), "Hello.": (6, 4, 0.55), "Tomorrow.": (9, 6, 0.60), "Thank you.": (10, 6, 0.65),
    "Good morning.": (13, 9, 0.65), "Absolutely not.": (15, 12, 0.99), "1984.": (5, 12, 1.06),
}  # fmt: skip
REFERENCE = {"frames": 509, "bytes": 110, "heard": Heard(speech=5.35, pauses=0.0), "line": Line(phones=69, pauses=1)}


def test_a_word_or_two_get_what_they_take() -> None:
    for text, (length, phones, seconds) in TAKES.items():
        published = byte_frames(509, REFERENCE["bytes"], length) - 509
        ours = paced_frames(509, REFERENCE["heard"], REFERENCE["line"], Line(phones=phones)) - 509
        assert (ours / 93.75 - 0.25) / seconds == pytest.approx(1, abs=0.3), text
        if text in ("Yes.", "Hello.", "Tomorrow."):
            assert published / 93.75 / seconds > 1.4, text
        if text in ("Thank you.", "Absolutely not.", "1984."):
            assert published / 93.75 / seconds < 0.9, text


def test_the_published_rule_is_linear_in_bytes_and_slow_below_ten() -> None:
    assert byte_frames(500, 100, 40) == 700
    assert byte_frames(500, 100, 40, speed=2.0) == 600
    assert byte_frames(500, 100, 9, speed=2.0) == 500 + int(5 * 9 / 0.3)
    with pytest.raises(InputError, match="no pace"):
        byte_frames(500, 0, 10)


def test_our_rule_follows_the_speaker_and_the_speed() -> None:
    text = Line(phones=40, pauses=1)
    slow, fast = (
        paced_frames(0, Heard(speech=speech, pauses=0.3), Line(phones=60, pauses=1), text) for speech in (8.0, 4.0)
    )
    assert slow > 1.6 * fast
    edges = round(0.25 * 93.75)
    plain, doubled = (
        paced_frames(0, Heard(speech=5.0, pauses=0.0), Line(phones=60), text, speed=speed) - edges for speed in (1, 2)
    )
    assert plain == pytest.approx(2 * doubled, abs=2)
    with pytest.raises(InputError, match="take no time"):
        paced_frames(0, Heard(speech=5.0, pauses=0.0), Line(phones=60), Line(phones=0))


def test_silence_in_the_reference_does_not_slow_what_is_said() -> None:
    """Tones of a second with a stop's closure in them; then the same with a second of silence between."""
    tone = 0.2 * torch.sin(2 * torch.pi * 220 * torch.arange(24_000) / 24_000)
    tone[10_000:12_000] = 0.0
    hush = 1e-4 * draw(24_000)
    without, heard = (spoken(torch.cat(parts)) for parts in ((hush, tone, hush), (hush, tone, hush, tone, hush)))
    assert without.speech == pytest.approx(1.0, abs=0.05) and without.pauses == 0
    assert heard.speech == pytest.approx(2.0, abs=0.1) and heard.pauses == pytest.approx(1.0, abs=0.05)
    assert spoken(hush[:100]) == spoken(torch.zeros(24_000)) == Heard(speech=0.0, pauses=0.0)


def test_sentences_share_rows_evenly_and_no_word_is_left_alone() -> None:
    assert evenly([5.0, 5.0, 5.0, 1.0], 15.0) == [range(2), range(2, 4)]  # filled up, they would be 15 and 1
    assert evenly([6.0, 5.0, 4.0, 5.0, 4.0, 1.0], 15.0) == [range(2), range(2, 6)]
    assert evenly([4.0, 9.0, 2.0], 15.0) == [range(3)]
    assert evenly([40.0, 2.0], 15.0) == [range(1), range(1, 2)]
    assert evenly([], 15.0) == []
