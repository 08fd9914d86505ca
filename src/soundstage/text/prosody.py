"""How a sentence is said: pitch, length and loudness asked of each phone, and the rests between, by rules.

Notable: the starter's narrator is flat, so what rises, falls and waits is ruled here, and the model's own melody is
kept and widened or narrowed around it. The rules:

- A question that wants yes or no rises from its last stressed syllable on to 5 semitones above its mean, whatever the
  model would have done there; other questions do not.
- Before a comma the voice rises by 1.5 semitones on the last stressed syllable and holds it there: more is to come.
- A statement falls by 2 semitones over its last syllable and draws it out by a tenth; an exclamation from 2 above.
- A word between asterisks, or in capitals among small letters, is lifted by 3 semitones on its stressed vowel, a fifth
  longer and 2 dB louder.
- What markup asks for (a rate, a pitch, a volume) comes on top, word by word.
- Lively speech has one and a half times the range, is a semitone higher and a twelfth faster, with short rests; calm
  speech has seven tenths of the range, is a semitone lower and a tenth slower, with long rests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from soundstage.text.phonemes import Phone, Spoken
from soundstage.text.symbols import PAUSE, STRESSED, VOWELS

QUESTION, MORE, FALL, CALL, LIFT = 5.0, 1.5, -2.0, 2.0, 3.0  # semitones
KEPT = 0.2  # of the model's own movement where a question rises
DRAWN, STRONG, LOUDER = 1.1, 1.2, 2.0  # factors of length, and dB


@dataclass(frozen=True, kw_only=True)
class Style:
    """`span` times the pitch range, `lift` semitones, `speed` times as fast, `rest` seconds after a sentence."""

    span: float
    lift: float
    speed: float
    rest: float


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "neutral": Style(span=1.0, lift=0.0, speed=1.0, rest=0.22),
        "lively": Style(span=1.5, lift=1.0, speed=1.08, rest=0.14),
        "calm": Style(span=0.7, lift=-1.0, speed=0.9, rest=0.4),
    }
)


@dataclass(frozen=True)
class Prosody:
    """For each phone: semitones to add, share of the model's own movement to keep, factor of its length, dB to add."""

    bend: tuple[float, ...]
    keep: tuple[float, ...]
    stretch: tuple[float, ...]
    gain: tuple[float, ...]


def prosody(sentence: Spoken) -> Prosody:
    """What the rules ask of every phone of a sentence."""
    phones, tokens = sentence.phones, sentence.sentence.tokens
    bend, keep, stretch, gain = ([value] * len(phones) for value in (0.0, 1.0, 1.0, 0.0))
    for start, end in _phrases(phones):
        nucleus = _last_stress(phones, start, end)
        mark = tokens[phones[end - 1].token].mark
        last = end == 1 + max(i for i, phone in enumerate(phones) if phone.symbol != PAUSE)
        if last and sentence.sentence.rising:
            _climb(bend, phones, nucleus, end)
            keep[nucleus:] = [KEPT] * (len(phones) - nucleus)
        elif last and mark != "?":
            _ramp(bend, nucleus, end, CALL if mark == "!" else 0.0, FALL)
        elif not last:
            _ramp(bend, nucleus, end, 0.5 * MORE, MORE)
        if last:
            for index in range(nucleus, end):
                stretch[index] *= DRAWN
    for index, phone in enumerate(phones):
        if phone.token >= 0 and tokens[phone.token].strong:
            stretch[index] *= STRONG
            gain[index] += LOUDER
            if phone.flags & STRESSED:
                bend[index] += LIFT
    _deliver(sentence, bend, stretch, gain)
    return Prosody(tuple(bend), tuple(keep), tuple(stretch), tuple(gain))


def _deliver(sentence: Spoken, bend: list[float], stretch: list[float], gain: list[float]) -> None:
    """What markup asks for, word by word; a pause is as fast as the word before it."""
    rate = sentence.sentence.tokens[0].delivery.rate
    for index, phone in enumerate(sentence.phones):
        if phone.token >= 0:
            asked = sentence.sentence.tokens[phone.token].delivery
            bend[index] += asked.pitch
            gain[index] += asked.volume
            rate = asked.rate
        stretch[index] /= rate


def _phrases(phones: tuple[Phone, ...]) -> list[tuple[int, int]]:
    """Stretches of phones without a pause, as (first, behind the last)."""
    found: list[tuple[int, int]] = []
    start = None
    for index, phone in enumerate((*phones, Phone(PAUSE, 0, -1))):
        if phone.symbol == PAUSE and start is not None:
            found.append((start, index))
            start = None
        elif phone.symbol != PAUSE and start is None:
            start = index
    return found


def _last_stress(phones: tuple[Phone, ...], start: int, end: int) -> int:
    return max((i for i in range(start, end) if phones[i].flags & STRESSED), default=start)


def _climb(values: list[float], phones: tuple[Phone, ...], nucleus: int, end: int) -> None:
    """A question's rise: from the nucleus to the last vowel, which carries it whole, and stays there."""
    vowel = max((index for index in range(nucleus, end) if phones[index].symbol in VOWELS), default=nucleus)
    for index in range(nucleus, len(values)):
        share = 1.0 if index >= vowel else 0.3 + 0.7 * (index - nucleus) / (vowel - nucleus)
        values[index] += share * QUESTION


def _ramp(values: list[float], start: int, end: int, first: float, last: float) -> None:
    """Add a straight line from `first` at `start` to `last` at the phone before `end`."""
    steps = max(1, end - start - 1)
    for index in range(start, end):
        values[index] += first + (last - first) * (index - start) / steps
