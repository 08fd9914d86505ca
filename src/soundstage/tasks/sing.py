"""The task `sing`: a whole song, with words that are sung, from a wish in words and, if there is one, a lyric.

Notable: everything stands in the score first (form, chords, band, and a melody with a syllable on every note), so every
line is sung once and in order, its times are known, and each can be changed alone. Choruses that return are the same
music; the band leaves the melody to the voice where that sings.
"""

from __future__ import annotations

from typing import Annotated

from soundstage import runtime
from soundstage.errors import InputError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Music, Voice
from soundstage.score.song.form import LONGEST, SHORTEST
from soundstage.score.structure import parse_structure
from soundstage.tasks.cast import voice_of
from soundstage.tasks.compose_plan import FASTEST, SLOWEST, Player, Wishes, font_of
from soundstage.tasks.voices import permitted
from soundstage.text.lexicon import Pronunciations
from soundstage.weights import card_of

MANNERS = {"piano ballad": "ballad", "lullaby": "ballad", "ambient": "ballad", "orchestral": "plain"}
"""How the songs of a style are sung, where it is not like pop."""


@task(version=1, besides=font_of)
def sing(
    prompt: Annotated[str, Says("What the song should be like and of: style, mood, subject, instruments, tempo, key.")],
    *,
    lyrics: Annotated[
        str | None,
        Says(
            "What is sung, a line for each phrase, with [verse], [chorus], [bridge], [intro], [solo] and [outro] on "
            "lines of their own; one without lines is for the instruments. By default they are written for the prompt."
        ),
    ] = None,
    seconds: Annotated[
        float | None, Says("Length, kept to the sample; by default what the lyrics need."), Between(SHORTEST, LONGEST)
    ] = None,
    voice: Annotated[Voice | None, Says("Who sings: the name of a voice, or a recording to sing like.")] = None,
    singing: Annotated[
        str | None, Says("How it is sung: pop, ballad or plain; by default what suits the style.")
    ] = None,
    bpm: Annotated[float | None, Says("Beats a minute; by default what suits."), Between(SLOWEST, FASTEST)] = None,
    key: Annotated[str | None, Says('As in "A minor"; also dorian and mixolydian.')] = None,
    metre: Annotated[str | None, Says("4/4 or 3/4.")] = None,
    chords: Annotated[str | None, Says('A chord a bar, or bars: "Am | F G | C"; anew in every section.')] = None,
    structure: Annotated[
        list[str] | None, Says('Its sections in order, with bars if wished: "intro 4", "verse", "chorus".')
    ] = None,
    style: Annotated[str | None, Says("One of the styles that the model knows, such as folk or rock.")] = None,
    instruments: Annotated[list[str] | None, Says("Exactly who plays; by default the style's own line-up.")] = None,
    lexicon: Annotated[
        Pronunciations | dict[str, str] | None,
        Says("Your own pronunciations: a text file with a word and its phones (ARPAbet or /IPA/) a line."),
    ] = None,
    player: Annotated[Player, Says("Who plays: the model itself, our synthesis, or a sound font.")] = "starter",
    model: ModelRef = "starter/music",
    singer: ModelRef = "starter/voice",
    watermark: Annotated[bool, Says("Mark a cloned voice inaudibly, so that it can be told later.")] = True,
    seed: Seed = 0,
) -> Music:
    """A song with its words: the mix, the stems (`voice` among them), the score, the beats, and when each line is sung.

    A lyric without tags is parted into verses and choruses. The stems sum to the mix before it is mastered, which is
    at −14 LUFS and under −1 dBTP. Raises InputError naming the field for what cannot be: an empty lyric or prompt, a
    tag that is not known, more lines than the seconds have room for, an unknown voice, style, chord, key or instrument.
    """
    wishes = Wishes(
        seconds=seconds or 60.0, bpm=bpm, key=key, metre=metre, chords=chords, style=style,
        instruments=None if instruments is None else tuple(instruments),
    )  # fmt: skip
    wishes.check(prompt)
    parts = None if structure is None else parse_structure(structure)
    if seconds is not None and not SHORTEST <= seconds <= LONGEST:
        raise InputError("seconds", f"is {seconds:g}", f"give {SHORTEST:g} to {LONGEST:g} seconds")
    if card_of(model).family == "musicgen":
        raise InputError("model", f"{model} writes no score, so nobody can sing to it", "use starter/music")
    voice = None if voice is None else voice_of(voice, "voice")
    permitted([voice])
    from soundstage.score.lyrics import front_end  # bring torch, or data, which a cached result does not need
    from soundstage.score.song.band import with_voice
    from soundstage.score.song.melody import chords_of, melody
    from soundstage.score.song.stanzas import parse_stanzas
    from soundstage.tasks.compose_engines import ENGINES
    from soundstage.tasks.compose_players import check_player, played
    from soundstage.tasks.sing_plan import planned, reach, scored
    from soundstage.tasks.sing_sound import Singer, song_of, stem_of
    from soundstage.tasks.sing_voice import styled
    from soundstage.tasks.speak import pronunciations

    check_player(player)
    if singing is not None:
        styled(singing)
    words = pronunciations(lexicon)
    stanzas = None if lyrics is None else parse_stanzas(lyrics, front_end(words))
    range_ = reach(singer, voice)
    with runtime.use(model, ENGINES) as found:
        engine = played(found, player)
        brief, form = planned(prompt, engine.read(prompt), wishes, stanzas, parts, seconds, seed)
        score = scored(engine, brief, form, seed)
        track = melody(form.phrases, brief.key, form.bpm, score.metre[0], chords_of(score, brief.key), range_, seed)
        score = with_voice(score, track)
        runtime.check_cancelled("sing")
        manner = singing or MANNERS.get(brief.style, "pop")
        who = Singer(model=singer, voice=voice, manner=manner, words=words, watermark=watermark, seed=seed)
        sung = who.sing(track, score)
        lines = [phrase.line for phrase in form.phrases]
        song = who.song([line.text for line in lines], [len(line.words) for line in lines], sung)
        stem = stem_of(sung, engine.rate, round(form.seconds * engine.rate))
        return song_of(engine, score, form.seconds, seed, stem, song)
