"""How good voice conversion is: like whom it sounds, and how many of the words are left, beside the source itself.

Notable: sources and targets are speakers that no network was trained on; the narrator speaks for both, so the ceiling
of likeness is another recording of the target, its floor the source as it was.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from soundstage import runtime
from soundstage.data import narrator
from soundstage.data.narrator_sound import RATE
from soundstage.data.narrator_text import HELD_OUT
from soundstage.evaluate import intelligibility, similarity
from soundstage.evaluate.clones import OURS
from soundstage.evaluate.intelligibility import NOTHING
from soundstage.evaluate.table import Measure, Table
from soundstage.media import Audio, Voice
from soundstage.tasks.revoice import revoice


def evaluate(ref: str = "starter/revoice", count: int = 20, seed: int = 0, folder: Path | None = None) -> Table:
    """Turns `count` sentences of held-out speakers into the voices of others.

    With a `folder` the first sounds are kept there. Raises MissingError without flite or the extra `evaluate`.
    """
    people = narrator.speakers(count + 7, held_out=True)
    texts = [text for text in HELD_OUT if 8 <= len(text.split()) <= 20]
    before, after = NOTHING, NOTHING
    made_like, same, other, left = [], [], [], []
    for index in runtime.progress(range(count), "revoicing"):
        source, target = people[index], people[(index + 7) % len(people)]
        text = texts[index % len(texts)]
        spoken = Audio(narrator.voice(source, text)[0][None], RATE)
        first, second = (
            Audio(narrator.voice(target, texts[(index + shift) % len(texts)])[0][None], RATE) for shift in (3, 5)
        )
        made = revoice(spoken, Voice.clone(first, consent=OURS), model=ref, seed=seed + index)
        before = before + intelligibility.measure(spoken, text)
        after = after + intelligibility.measure(made, text)
        sounds = [similarity.embed(sound) for sound in (spoken, first, second, made)]
        made_like.append(similarity.similarity(sounds[3], sounds[2]))
        same.append(similarity.similarity(sounds[1], sounds[2]))
        other.append(similarity.similarity(sounds[0], sounds[2]))
        left.append(similarity.similarity(sounds[3], sounds[0]))
        if folder is not None and index < 4:
            folder.mkdir(parents=True, exist_ok=True)
            for name, sound in (("source", spoken), ("target", first), ("made", made)):
                sound.save(folder / f"{index}-{name}.wav")
    return Table(
        title=f"{ref}: {count} sentences into the voices of held-out speakers",
        rows=[
            Measure(
                name="similarity to the target", value=float(np.mean(made_like)), ceiling=float(np.mean(same)),
                floor=float(np.mean(other)), count=count, spread=float(np.std(made_like)),
                note="cosine by resemblyzer; the floor is the source as it was",
            ),
            Measure(
                name="nearer to the target than to the source", count=count, unit="%",
                value=100 * float(np.mean(np.array(made_like) > np.array(left))),
            ),
            Measure(
                name="word errors", value=100 * after.wer, unit="%", ceiling=100 * before.wer, count=after.words,
                note="the ceiling is the source before",
            ),
        ],
    )  # fmt: skip
