"""The task `compose`: a wish in words and fields to music of an exact length, with its score, stems and beats.

Notable: tempo, key, chords, form, line-up and length are kept by construction; the last bar comes home and rings out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from soundstage import runtime
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Music
from soundstage.score.perform import perform
from soundstage.score.structure import returned, sections_of
from soundstage.tasks.compose_plan import FASTEST, SLOWEST, Player, Wishes, font_of, plan
from soundstage.weights import card_of


@task(version=1, besides=font_of)
def compose(
    prompt: Annotated[str, Says("What it should be like: mood, style, scene, instruments, tempo, key.")],
    *,
    seconds: Annotated[float, Says("Length; kept to the sample."), Between(1, 600)] = 15.0,
    bpm: Annotated[float | None, Says("Beats a minute; by default what suits."), Between(SLOWEST, FASTEST)] = None,
    key: Annotated[str | None, Says('As in "A minor"; also dorian and mixolydian.')] = None,
    metre: Annotated[str | None, Says("4/4 or 3/4.")] = None,
    chords: Annotated[str | None, Says('A chord a bar, or bars: "Am | F G | C"; repeated to the end.')] = None,
    structure: Annotated[list[str] | None, Says('Its sections, with bars if wished: "intro 4", "verse 8".')] = None,
    style: Annotated[str | None, Says("One of the styles that the model knows, such as lo-fi or orchestral.")] = None,
    instruments: Annotated[list[str] | None, Says("Exactly who plays; by default the style's own line-up.")] = None,
    player: Annotated[Player, Says("Who plays: the model itself, our synthesis, or a sound font.")] = "starter",
    model: ModelRef = "starter/music",
    seed: Seed = 0,
) -> Music:
    """Music of exactly `seconds`, with stems by instrument, the score it was played from, and its beats.

    Given chords are played bar by bar, up to the ending, which comes home; sections of one name are the same music. The
    stems sum to the unmastered mix: the mix is their sum through a limiter. A MusicGen (`model`) makes a mix alone, and
    keeps only the length. Raises InputError naming the field for what
    cannot be: an unknown key, chord, section, style, metre or instrument, a tempo or length out of range, a form that
    does not fit the length, an empty prompt without a style.
    """
    wishes = Wishes(
        seconds=seconds, bpm=bpm, key=key, metre=metre, chords=chords, style=style,
        structure=None if structure is None else tuple(structure),
        instruments=None if instruments is None else tuple(instruments),
    )  # fmt: skip
    wishes.check(prompt)
    if card_of(model).family == "musicgen":
        from soundstage.tasks.compose_musicgen import generated

        return generated(prompt, wishes, player, model, seed)
    from soundstage.tasks.compose_engines import ENGINES  # bring torch, which a cached result does not need
    from soundstage.tasks.compose_players import check_player, played
    from soundstage.tasks.compose_sound import sounded

    check_player(player)
    with runtime.use(model, ENGINES) as found:
        engine = played(found, player)
        made = plan(prompt, engine.read(prompt), wishes, seed)
        brief = made.brief
        sheet = returned(engine.write(brief, runtime.generator(runtime.derive(seed, "score"))), made.parts)
        last_bar = (len(sheet.bars) - 1) * int(brief.metre[0]) * 60 / brief.bpm
        ring = max(seconds - last_bar, 0.0)
        score = perform(sheet, tail=ring * brief.bpm / 60 - int(brief.metre[0]), seed=seed)
        if made.parts:
            score = replace(score, sections=sections_of(made.parts))
        return sounded(engine, score, seconds, seed)
