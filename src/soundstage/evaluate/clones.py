"""How like a speaker a clone is: the one measurement of clones, for every model that clones.

Notable: speakers are drawn from a seed that no training uses. The narrator's own recordings of them give the ceiling
(the same speaker) and the floor (another), by the same encoder.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from soundstage.data import narrator
from soundstage.data.narrator_sound import RATE
from soundstage.data.narrator_text import HELD_OUT
from soundstage.evaluate import intelligibility, similarity
from soundstage.evaluate.intelligibility import NOTHING
from soundstage.evaluate.table import Measure
from soundstage.media import Audio, Voice
from soundstage.tasks.speak import speak

OURS = "This is a synthetic speaker of Soundstage's own narrator, nobody's voice."
"""The statement of consent of a speaker who does not exist."""


def measure_clones(model: str, count: int, seed: int, folder: Path | None) -> list[Measure]:
    """Similarity of clones to speakers never trained on, from one reference of about three seconds."""
    if count < 2:
        return []
    people = narrator.speakers(count, held_out=True)
    sentences = [text for text in HELD_OUT if 8 <= len(text.split()) <= 20]
    real, made, owners = [], [], []
    errors = NOTHING
    for index, person in enumerate(people):
        texts = [sentences[(5 * index + offset) % len(sentences)] for offset in range(4)]
        sounds = [Audio(narrator.voice(person, text)[0][None], RATE) for text in texts[:3]]
        real.append([similarity.embed(sound) for sound in sounds])
        reference = Voice.clone(sounds[0].cut(0, 3.0), consent=OURS)
        copy = speak(texts[3], reference, model=model, seed=seed)
        made.append(similarity.embed(copy.audio))
        owners.append(real[-1][1])
        errors = errors + intelligibility.measure(copy.audio, texts[3])
        if folder is not None and index < 4:
            folder.mkdir(parents=True, exist_ok=True)
            sounds[0].save(folder / f"clone-{index}-reference.wav")
            copy.save(folder / f"clone-{index}.wav")
    level = similarity.calibrate(real)
    alike = [
        np.mean([similarity.similarity(copy, other) for other in each]) for copy, each in zip(made, real, strict=True)
    ]
    return [
        Measure(
            name="clone similarity", value=float(np.mean(alike)), ceiling=level.same, floor=level.different,
            count=count, spread=float(np.std(alike)),
            note=f"cosine; the encoder's equal error rate on real pairs {level.equal_error:.1%}",
        ),
        Measure(
            name="clones identified", value=100 * similarity.identified(made, owners), unit="%",
            ceiling=100 * similarity.identified([each[0] for each in real], owners),
            floor=100 / count, count=count, note="nearest of all the speakers, by another recording",
        ),
        Measure(
            name="clones, way to the speaker", value=(float(np.mean(alike)) - level.different) / (level.same -
            level.different), ceiling=1.0, count=count, note="from different speakers' similarity, 0, to their own, 1",
        ),
        Measure(name="word errors of clones", value=100 * errors.wer, unit="%", count=errors.words),
    ]  # fmt: skip
