"""What `sing` decides before a note is sung: form and tempo around the words, who plays, and the band's part.

Notable: the writer writes the whole piece with a lead as for any music; in the bars that somebody sings, what would
compete with the voice is left out, so that solos stay and nobody doubles the melody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from soundstage import runtime
from soundstage.media import Score, Voice
from soundstage.score.language import Brief
from soundstage.score.perform import Fit, perform
from soundstage.score.progression import harmony, parse_progression
from soundstage.score.song.band import cleared
from soundstage.score.song.form import Form, arranged
from soundstage.score.song.harmony import progressions
from soundstage.score.song.melody import Range
from soundstage.score.song.stanzas import Stanza, with_form
from soundstage.score.song.verses import lines_for, usual_form, written
from soundstage.score.structure import Part, places_of, returned, sections_of
from soundstage.tasks.compose_engines import Impression, MusicEngine
from soundstage.tasks.compose_plan import Wishes, plan
from soundstage.tasks.sing_voice import singer as singing

QUICKEST = 126.0
"""Beats a minute above which no song is made of its own accord: words want time."""
LOW, HIGH = -2.0, 10.0
"""Semitones around a voice's speaking pitch that melodies keep to."""


def planned(
    prompt: str,
    heard: Impression,
    wishes: Wishes,
    stanzas: Sequence[Stanza] | None,
    parts: Sequence[Part] | None,
    seconds: float | None,
    seed: int,
) -> tuple[Brief, Form]:
    """The writer's brief and the song's form; words are written where none are given.

    Raises InputError for lyrics that do not fit.
    """
    forms: list[Form] = []

    def fits(_: object, beats: int, tempo: float | None, wish: float) -> Fit:
        wish = min(wish, QUICKEST)
        asked = list(parts) if parts is not None else []
        words = stanzas
        if words is None:
            pace = tempo or wish
            names = lines_for(asked, beats) if asked else usual_form(seconds, beats, pace)
            words = written(prompt, names, np.random.default_rng(runtime.derive(seed, "words")))
        elif asked:
            words = with_form(words, asked)
        said = [part.bars for part in asked] if asked else None
        forms.append(arranged(words, beats, wish, bpm=tempo, seconds=seconds, said=said))
        return Fit(forms[-1].bpm, forms[-1].bars)

    brief = plan(prompt, heard, wishes, seed, fits).brief
    form = forms[-1]
    if wishes.chords is not None:
        body = [tuple(harmony(name, brief.key) for name in names) for names in parse_progression(wishes.chords)]
        chords = tuple(body[bar % len(body)] for part in form.parts for bar in range(part.bars))
    else:
        rng = np.random.default_rng(runtime.derive(seed, "chords"))
        chords = progressions(form.parts, brief.key.mode, brief.style, rng)
    return replace(brief, bpm=form.bpm, places=places_of(form.parts), chords=chords), form


def scored(engine: MusicEngine, brief: Brief, form: Form, seed: int) -> Score:
    """The band's score, with room for a voice where lines are sung."""
    sheet = returned(engine.write(brief, runtime.generator(runtime.derive(seed, "score"))), form.parts)
    sheet = cleared(sheet, {bar for phrase in form.phrases for bar in range(phrase.bar, phrase.bar + phrase.bars)})
    beats = int(brief.metre[0])
    ring = max(form.seconds - (len(sheet.bars) - 1) * beats * 60 / brief.bpm, 0.0)
    score = perform(sheet, tail=ring * brief.bpm / 60 - beats, seed=seed)
    return replace(score, sections=sections_of(form.parts))


def reach(model: str, voice: Voice | None) -> Range:
    """The MIDI pitches that a voice sings with ease. Raises InputError for a voice that the model does not know."""
    with singing(model) as engine:
        height = engine.height(engine.voice.speaker(voice))
    return Range(height + LOW, height + HIGH)
