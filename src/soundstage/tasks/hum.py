"""The task `hum`: a recording of a hummed, sung or whistled melody to a piece of music that is led by it.

Notable: what is heard becomes notes first (their heights, onsets, tempo and key), and music only then, so a wrong note
can be seen in the score and mended there. The length follows from the melody.
"""

from __future__ import annotations

from typing import Annotated

from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Audio, Music
from soundstage.score.theory import parse_key
from soundstage.score.tune import Tune
from soundstage.tasks.compose_plan import FASTEST, SLOWEST, Player, Wishes, font_of


@task(version=1, besides=font_of)
def hum(
    audio: Annotated[Audio, Says("The recording: one voice that hums, sings or whistles a bar or more.")],
    *,
    prompt: Annotated[str, Says("What the music should be like: mood, style, instruments.")] = "",
    style: Annotated[str | None, Says("One of the styles that the model knows, such as lo-fi or orchestral.")] = None,
    bpm: Annotated[float | None, Says("Beats a minute; by default as hummed."), Between(SLOWEST, FASTEST)] = None,
    key: Annotated[str | None, Says('As in "A minor"; by default that of the melody.')] = None,
    metre: Annotated[str | None, Says("4/4 or 3/4; by default what fits the melody.")] = None,
    chords: Annotated[str | None, Says("A chord a bar, or bars with lines; by default found for the melody.")] = None,
    instruments: Annotated[list[str] | None, Says("Exactly who plays; by default the style's own line-up.")] = None,
    player: Annotated[Player, Says("Who plays: the model itself, our synthesis, or a sound font.")] = "starter",
    model: ModelRef = "starter/music",
    seed: Seed = 0,
) -> Music:
    """The hummed melody as the lead of an arrangement, with stems, score and beats.

    Notes are placed on sixteenths of a tempo that is found, or given where the singer kept to one; tuning is taken out.
    The remarks say what was heard. Raises InputError for silence, noise, less than two notes or less than a bar, and
    for fields that `compose` refuses.
    """
    wishes = Wishes(
        bpm=bpm, key=key, metre=metre, chords=chords, style=style or (None if prompt.strip() else "folk"),
        instruments=None if instruments is None else tuple(instruments),
    )  # fmt: skip
    wishes.check(prompt)
    tonal = None if key is None else parse_key(key)
    melody, told = Tune(sound=audio).melody(bpm=bpm, key=tonal, metre=metre, field="audio")
    from soundstage.tasks.compose_piece import composed  # brings torch

    return composed(prompt, wishes, player, model, seed, melody=melody, told=(told,))
