"""Lyrics: a text to lines of syllables, the syllables of notes back to words, and when words and lines are sung.

Notable: a note carries its syllable as text alone (`hel-`, `lo`, `_`), so a score from anywhere can be sung: the words
are put together again and read by the front end that reads speech, in their order, so that a word's neighbours decide
what they decide in speech. Where a writer parted a word otherwise than its phones are, his parts hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from soundstage.errors import InputError
from soundstage.media.score import HELD, Note
from soundstage.media.speech import Word
from soundstage.media.subtitles import Cue
from soundstage.score.syllables import Syllable, made, of_word, parted, regrouped
from soundstage.text.lexicon import Lexicon, Pronunciations
from soundstage.text.normalise import Sentence, sentences
from soundstage.text.passage import Token
from soundstage.text.phonemes import Frontend, Phone
from soundstage.text.symbols import PAUSE

TAG = re.compile(r"\[([A-Za-z][\w -]{0,30})\]\s*$")
"""A line that names a section."""
TRAILING = re.compile(r"[^\w']+$")


@dataclass(frozen=True)
class Line:
    """A line as it is sung: its text, its words as they are shown, its syllables, and the section it stands in."""

    text: str
    words: tuple[str, ...]
    syllables: tuple[Syllable, ...]
    section: str = ""


@dataclass(frozen=True)
class Sung:
    """A syllable and the notes it is sung on, by their index in the track."""

    syllable: Syllable
    notes: tuple[int, ...]


@cache
def _shipped() -> Frontend:
    return Frontend()


def front_end(words: Pronunciations | Mapping[str, tuple[str, ...]] | None = None) -> Frontend:
    """The English front end, with a user's own words where given."""
    if not words:
        return _shipped()
    own = words.words if isinstance(words, Pronunciations) else words
    return Frontend(Lexicon(_shipped().lexicon.entries, own))


def read_lyrics(text: str, frontend: Frontend | None = None) -> tuple[Line, ...]:
    """Lines of a lyric. A line such as [chorus] names the section of those after it; empty ones part stanzas.

    Raises InputError when there is nothing to sing.
    """
    reader = frontend or _shipped()
    lines: list[Line] = []
    section = ""
    for written in text.splitlines():
        if found := TAG.match(written.strip()):
            section = found[1].strip().lower()
        elif written.strip():
            words = _spoken_words(written)
            if words:
                lines.append(_line(written.strip(), words, section, reader))
    if not lines:
        raise InputError("lyrics", "have no words to sing", "give some English words, a line for each phrase")
    return tuple(lines)


def _spoken_words(written: str) -> list[tuple[str, str]]:
    """Words as they are shown on a note, and as they are spoken; a figure is shown as its words."""
    words: list[tuple[str, str]] = []
    for sentence in sentences(written, _shipped().known):
        for token in sentence.tokens:
            plain = token.written.strip()
            if len(token.spoken) == 1 and plain.lower().replace("’", "'") == token.spoken[0]:
                end = TRAILING.search(token.shown or plain)
                words.append((plain + (end[0].strip() if end and end[0].strip() in MARKS else ""), token.spoken[0]))
            else:
                spoken = token.spoken or (plain.lower(),)  # a pronunciation given in the text is not sung
                words += [(word.replace(".", "").upper() if "." in word else word, word) for word in spoken]
    return words


MARKS = frozenset({",", ".", "!", "?", ";", ":"})


def _line(text: str, words: Sequence[tuple[str, str]], section: str, frontend: Frontend) -> Line:
    phones = _phones([spoken for _, spoken in words], frontend)
    syllables = [
        syllable for index, (shown, _) in enumerate(words) for syllable in of_word(shown, phones[index], index)
    ]
    return Line(text, tuple(shown for shown, _ in words), tuple(syllables), section)


def _phones(words: Sequence[str], frontend: Frontend) -> list[tuple[Phone, ...]]:
    """The phones of each word in the company of the others; `token` is the word's index."""
    tokens = tuple(Token(written=word, spoken=tuple(word.split())) for word in words)
    spoken = frontend.speak(Sentence(tokens))
    found: list[list[Phone]] = [[] for _ in words]
    for phone in spoken.phones:
        if phone.symbol != PAUSE:
            found[phone.token].append(phone)
    return [tuple(phones) for phones in found]


def read_notes(notes: Sequence[Note], frontend: Frontend | None = None) -> tuple[Sung, ...]:
    """The syllables of a track's notes, with their phones. Notes without a syllable are not sung.

    Raises InputError where no note has a syllable, where nothing is held, or where a syllable is no word's.
    """
    reader = frontend or _shipped()
    words: list[list[tuple[str, list[int]]]] = []  # of syllables: text, notes
    open_word = False
    for index, note in enumerate(notes):
        if note.syllable == HELD:
            if not words:
                raise InputError(
                    "notes", f"hold a syllable at beat {note.start:g} before any is sung", "begin with one"
                )
            words[-1][-1][1].append(index)
        elif note.syllable:
            if not open_word:
                words.append([])
            words[-1].append((note.syllable, [index]))
            open_word = note.syllable.endswith("-")
    if not words:
        raise InputError("notes", "have no syllables", "set words to them first (soundstage.score.setting.set_words)")
    spellings = ["".join(text.rstrip("-") for text, _ in parts) for parts in words]
    asked = [_as_spoken(each, notes[parts[0][1][0]]) for each, parts in zip(spellings, words, strict=True)]
    found: list[Sung] = []
    for word, (parts, phones) in enumerate(zip(words, _phones(asked, reader), strict=True)):
        own = [each.phones for each in of_word(spellings[word], phones, word)]
        shared = own if len(own) == len(parts) else regrouped(parted(phones), len(parts))
        found += [Sung(made(text, part, word), tuple(where)) for (text, where), part in zip(parts, shared, strict=True)]
    return tuple(found)


def _as_spoken(written: str, note: Note) -> str:
    """How a word from the notes is spoken."""
    spoken = [word for each in sentences(written, _shipped().known) for token in each.tokens for word in token.spoken]
    if not spoken:
        raise InputError("notes", f"have {written!r} at beat {note.start:g}, which is no word", "give English words")
    return " ".join(spoken)


def word_times(notes: Sequence[Note], seconds_at: Callable[[float], float]) -> tuple[Word, ...]:
    """The words of notes, whole, each from its first note's start to its last one's end, in seconds."""
    words: list[Word] = []
    goes_on = False
    for note in notes:
        if not note.syllable or (note.syllable == HELD and not words):
            continue
        start, end = seconds_at(note.start), seconds_at(note.end)
        text = "" if note.syllable == HELD else note.syllable.rstrip("-")
        if words and (goes_on or note.syllable == HELD):
            words[-1] = replace(words[-1], text=words[-1].text + text, end=max(end, words[-1].end))
        else:
            words.append(Word(text, start, end))
        goes_on = note.syllable.endswith("-") or (note.syllable == HELD and goes_on)
    return tuple(replace(word, text=TRAILING.sub("", word.text) or word.text, shown=word.text) for word in words)


def line_times(lines: Sequence[Line], words: Sequence[Word]) -> tuple[Cue, ...]:
    """When each line is sung, from the times of all words, such as `word_times` has them; also for a .lrc file.

    Raises InputError when the words are not those of the lines.
    """
    if sum(len(line.words) for line in lines) != len(words):
        asked = sum(len(line.words) for line in lines)
        raise InputError("words", f"are {len(words)} for lines of {asked}", "give the times of every word of the lines")
    cues, at = [], 0
    for line in lines:
        part = words[at : at + len(line.words)]
        cues.append(Cue(part[0].start, max(part[-1].end, part[0].start + 0.01), line.text))
        at += len(line.words)
    return tuple(cues)
