"""The task `compose`: a wish in words and fields to music of an exact length, with its score, stems and beats.

Notable: tempo, key, chords, form, line-up and length are kept by construction; the last bar comes home and rings out.
A melody that is given is kept to the note; a reference only says what was not said.
"""

from __future__ import annotations

from typing import Annotated

from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Audio, Music, Score
from soundstage.score.theory import parse_key
from soundstage.score.tune import Tune
from soundstage.tasks.compose_plan import FASTEST, SLOWEST, Player, Wishes, font_of
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
    melody: Annotated[
        Tune | Audio | Score | Music | None,
        Says("A tune to keep as the lead: a recording of one voice, MIDI, MusicXML, ABC or .music."),
    ] = None,
    reference: Annotated[
        Audio | None, Says("Music to be like: its tempo and key, and its style where there is no prompt.")
    ] = None,
    player: Annotated[Player, Says("Who plays: the model itself, our synthesis, or a sound font.")] = "starter",
    model: ModelRef = "starter/music",
    seed: Seed = 0,
) -> Music:
    """Music of exactly `seconds`, with stems by instrument, the score it was played from, and its beats.

    Given chords are played bar by bar, up to the ending, which comes home; sections of one name are the same music. The
    stems sum to the unmastered mix: the mix is their sum through a limiter. A `melody` brings its tempo, key and metre
    where they are not given, and chords are found for it; where it is over, the music goes on. What is heard in a
    `reference` or a recorded melody is said in the remarks. A MusicGen or MusicLM (`model`) makes a mix alone, and
    keeps only the length; some MusicGens hear a recorded melody, a MusicLM takes a reference in the place of words.
    Raises InputError naming the field for what cannot be: an unknown key, chord, section, style, metre or instrument, a
    tempo or length out of range, a form that does not fit the length, a melody longer than it or with a form of its
    own, an empty prompt without a style.
    """  # fmt: skip
    wishes = Wishes(
        seconds=seconds, bpm=bpm, key=key, metre=metre, chords=chords, style=style,
        structure=None if structure is None else tuple(structure),
        instruments=None if instruments is None else tuple(instruments),
    )  # fmt: skip
    wishes.check(prompt, like=reference is not None)
    tune = None if melody is None else Tune.of(melody)
    if tune is not None and structure is not None:
        raise InputError("structure", "is given beside a melody, which has its own", "leave out one of them")
    family = card_of(model).family
    if family == "musiclm":
        from soundstage.tasks import compose_musiclm

        if tune is not None:
            raise InputError("melody", f"is not heard by {model}", "leave it out, or use starter/music")
        return compose_musiclm.generated(prompt, wishes, player, model, seed, reference)
    if family == "musicgen":
        from soundstage.tasks.compose_musicgen import generated

        if reference is not None:
            raise InputError("reference", f"cannot be kept by {model}", "say it in the prompt, or use starter/music")
        if tune is not None and tune.sound is None:
            raise InputError("melody", f"is a score, and {model} hears sound", "give a recording, or use starter/music")
        return generated(prompt, wishes, player, model, seed, None if tune is None else tune.sound)
    from soundstage.tasks.compose_piece import composed  # brings torch, which a cached result does not need

    told = []
    if reference is not None:
        from soundstage.tasks.compose_reference import like

        wishes, heard = like(reference, prompt, wishes, model)
        told.append(heard)
    written = None
    if tune is not None:
        tonal = None if wishes.key is None else parse_key(wishes.key)
        written, found = tune.melody(bpm=wishes.bpm, key=tonal, metre=wishes.metre)
        told.append(found)
    return composed(prompt, wishes, player, model, seed, melody=written, told=tuple(told), seconds=seconds)
