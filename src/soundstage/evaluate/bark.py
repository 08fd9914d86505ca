"""How good `starter/bark` is: tags are heard, and nothing where there is none; understood; whose voice it is; how fast.

Notable: tagged and untagged sentences are the same kind of sentence in the same voices, and the same meters judge the
makers' own sounds, so every figure has its ceiling. Words are counted on the untagged ones.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from soundstage.data import narrator, paralinguistics
from soundstage.data.narrator_sound import RATE
from soundstage.data.narrator_text import HELD_OUT
from soundstage.evaluate import intelligibility
from soundstage.evaluate.clones import measure_clones
from soundstage.evaluate.intelligibility import NOTHING
from soundstage.evaluate.paralinguistics import Count, judge, sentences
from soundstage.evaluate.table import Measure, Table
from soundstage.media import Audio
from soundstage.tasks.speak import speak

TEXTS = tuple(text for text in HELD_OUT if 20 < len(text) < 80)
"""Sentences that nothing was trained on."""
PLAIN = "[laughs]", "[sighs]", "[hums]"


def evaluate(
    model_ref: str = "starter/bark",
    count: int = 50,
    seed: int = 0,
    folder: Path | None = None,
    voices: Sequence[str] = ("ada", "ben", "finn"),
    clones: int = 8,
) -> Table:
    """Speak `count` sentences with a tag and `count` without, in turns by `voices`; clone `clones` speakers.

    With a `folder` some of the sounds are kept there. Raises MissingError without flite or the extra `evaluate`.
    """
    speakers = narrator.cast()
    throats = {name: paralinguistics.listen(speakers[name]) for name in voices}
    rng = np.random.default_rng((seed, 7))
    speak("Ready.", voices[0], model=model_ref)  # loading is not counted
    made: list[tuple[Audio, str | None]] = []
    real: list[tuple[Audio, str | None]] = []
    words, truth = NOTHING, NOTHING
    spent = seconds = 0.0
    for index, (text, kind) in enumerate(sentences(TEXTS, count, seed)):
        name = voices[index % len(voices)]
        begun = time.process_time()
        line = speak(text, name, model=model_ref, seed=seed + index)
        spent, seconds = spent + time.process_time() - begun, seconds + line.seconds
        made.append((line.audio, kind))
        told = narrator.record(speakers[name], plain(text))
        if kind is None:
            words += intelligibility.measure(line.audio, text)
            truth += intelligibility.measure(Audio(told.samples[None], RATE), text)
        else:
            spots = paralinguistics.places(told)
            event = paralinguistics.perform(throats[name], kind, rng)
            told = paralinguistics.tagged(told, event, int(rng.choice(spots)), rng)
        real.append((Audio(told.samples[None], RATE), kind))
        if folder is not None and index % max(1, count // 6) == 0:
            folder.mkdir(parents=True, exist_ok=True)
            line.save(folder / f"{index:03d}-{kind or 'plain'}.wav")
    found, best = judge(made), judge(real)
    spread = 196 * math.sqrt(max(words.wer * (1 - words.wer), 0) / max(words.words, 1))
    rows = [
        *_tags(found, best),
        Measure(
            name="word errors", value=100 * words.wer, unit="%", ceiling=100 * truth.wer, count=words.words,
            spread=spread, note="of the untagged sentences; ceiling: the narrator's",
        ),
        *measure_clones(model_ref, clones, seed, None),
        Measure(
            name="real-time factor", value=spent / seconds, count=len(made),
            note="processor seconds / seconds of speech",
        ),
    ]  # fmt: skip
    return Table(title=model_ref, rows=rows)


def plain(text: str) -> str:
    """A sentence without its tag."""
    for tag in PLAIN:
        text = text.replace(f", {tag}", ",").replace(tag, "")
    return text.strip()


def _tags(found: Count, best: Count) -> list[Measure]:
    rows = [
        Measure(
            name="tags heard", value=100 * found.hits, unit="%", ceiling=100 * best.hits, count=found.asked,
            note="named rightly by the judge; ceiling: the makers' own sounds",
        ),
        Measure(
            name="false alarms", value=100 * found.false, unit="%", ceiling=100 * best.false, count=found.plain,
            note="of sentences without a tag",
        ),
    ]  # fmt: skip
    for kind, (right, asked) in found.by_kind.items():
        ceiling, of = best.by_kind[kind]
        rows.append(
            Measure(name=f"{kind} heard", value=100 * right / asked, unit="%", ceiling=100 * ceiling / of, count=asked)
        )
    return rows
