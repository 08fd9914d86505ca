"""The built-in writer: any brief becomes a script of three to eight shots, without a language model, by seed.

Notable: the planned shots sum exactly to the stated length, in frames. Words are budgeted at what a narrator speaks,
with air left; each beat gets its core first, then more sentences go round the shots while they fit, so a longer film
says more and never drags. Texts stand in `prose`, understanding in `brief`, people in `casting`, pictures in `staging`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from soundstage.errors import InputError
from soundstage.film.script import LONGEST, NARRATOR, SHORTEST, Bible, Line, MusicCue, Script, Shot, Titles
from soundstage.film.timing import FPS, card_frames, split_frames
from soundstage.film.writing.beats import Beat
from soundstage.film.writing.brief import Idea, read_brief
from soundstage.film.writing.casting import Role, cast_idea, fields_of
from soundstage.film.writing.grammar import finish, title_case, word_count
from soundstage.film.writing.moods import Mood, mood_of
from soundstage.film.writing.plots import plot_of, title_words
from soundstage.film.writing.prose import PLOTS, TEXTURES
from soundstage.film.writing.staging import Setup, set_up
from soundstage.film.writing.verbs import PLOT_OF
from soundstage.render.scene import actions_at, times_at

DEFAULT_SECONDS = 30.0
WORDS_A_SECOND, LETTERS_A_SECOND = 2.7, 15.0
"""What the slowest narrator speaks; the larger of the two estimates counts."""
LINE_AIR = 0.4
"""Seconds of silence that each line brings with it."""
SHOT_AIR = 0.6
"""Seconds of a shot that nothing is said in."""

_TOLD_BY_DEFAULT = {
    "journey": "set out to see the world",
    "moment": "sat quite still, and listened",
    "search": "went looking for something",
}


def write_script(brief: str, *, seconds: float | None = None, seed: int = 0) -> Script:
    """A script for any brief. `seconds` overrules the length that the brief states.

    Raises InputError for an empty brief, and for a length outside of what a film of three to eight shots can fill.
    """
    if not brief.strip():
        raise InputError(
            "brief", "is empty", 'say what happens, such as "A cat finds a stranded whale. Thirty seconds, gentle."'
        )
    if len(brief) > 4000:
        raise InputError("brief", f"has {len(brief)} characters", "say it in 4,000 at most")
    idea = read_brief(brief)
    length = seconds if seconds is not None else idea.length.seconds if idea.length is not None else DEFAULT_SECONDS
    if not SHORTEST <= length <= LONGEST:
        remedy = f"ask for {SHORTEST:g} to {LONGEST:g} seconds; longer films are made of several"
        raise InputError("seconds", f"{length:g} is not a length that can be filled well", remedy)
    digest = hashlib.sha256(" ".join(brief.split()).encode()).digest()
    rng = np.random.default_rng([seed % 2**63, int.from_bytes(digest[:8], "big")])
    return _Writer(brief.strip(), idea, mood_of(idea.moods), length, seed, rng).write()


def shot_count(seconds: float) -> int:
    """How many shots a film of this length has."""
    return next((count for limit, count in ((13, 3), (22, 4), (42, 5), (62, 6), (90, 7)) if seconds < limit), 8)


@dataclass
class _Told:
    """A beat with its words: the lines that are in, and those that may still follow."""

    beat: Beat
    lines: list[Line]
    more: list[Line] = field(default_factory=list)
    away: bool = False  # it leads to the story's other place, whatever its stage says

    def cost(self) -> float:
        return sum(line_seconds(line) for line in self.lines)


def line_seconds(line: Line) -> float:
    """How long a line is expected to take, its air included."""
    return max(word_count(line.text) / WORDS_A_SECOND, len(line.text) / LETTERS_A_SECOND) + LINE_AIR


@dataclass
class _Writer:
    """Writes one script; every choice is drawn from `rng`."""

    brief: str
    idea: Idea
    mood: Mood
    seconds: float
    seed: int
    rng: np.random.Generator

    def write(self) -> Script:
        self.plot = plot_of(self.idea, self.mood, self.rng)
        self.cast = cast_idea(self.idea, self.rng, plot=self.plot)
        self.fields = fields_of(self.cast) | self._story_fields()
        frames = round(self.seconds * FPS)
        count = min(shot_count(self.seconds), len(PLOTS[self.plot]))
        told = self._tell(count, (frames - sum(card_frames(frames))) / FPS)
        lengths = split_frames(
            frames - sum(card_frames(frames)), [SHOT_AIR + t.cost() for t in told], shortest=round(1.5 * FPS)
        )
        shots = [
            self._shot(index, t, length, len(told)) for index, (t, length) in enumerate(zip(told, lengths, strict=True))
        ]
        title = self._title()
        seen = {a.character for s in shots for a in s.actors} | {line.speaker for s in shots for line in s.lines}
        return Script(
            brief=self.brief,
            bible=Bible(
                title=title,
                logline=_logline(self.brief),
                palette=self.mood.palette,
                mood=self.mood.name,
                seconds=self.seconds,
                seed=self.seed,
                narrator=self._narrator(),
                characters=tuple(c for c in self.cast.characters if c.id in seen),
            ),
            shots=tuple(shots),
            music=self._music(),
            titles=Titles(title=title, end="The End" if card_frames(frames)[1] else ""),
        )

    def _story_fields(self) -> dict[str, str]:
        clauses = sorted(self.idea.clauses, key=lambda c: (c.aside, c.verb == "be"))
        plural = self.cast.hero is not None and self.cast.hero.pronouns.he == "they"
        alive = self.idea.hero is not None and self.idea.hero.alive
        default = _TOLD_BY_DEFAULT.get(self.plot, "stopped, and looked up") if alive else "waited, and wondered"
        told = _agree(clauses[0].told, plural) if clauses else default
        time = self._time()
        if (
            self.plot == "rescue"
            and clauses
            and PLOT_OF.get(clauses[0].verb) == "rescue"
            and self.cast.other is not None
        ):
            told = f"came upon {self.cast.other.first}"
        if self.plot == "friends" and not clauses and self.cast.other is not None:
            told = f"met {self.cast.other.first}"
        second = next((c for c in clauses[1:] if c.joined), None)
        wish = next((c.wish for c in clauses if c.wish), None)
        return {
            "when": _when(time, self.idea.weather, self.rng),
            "day": {"night": "night", "sunset": "evening", "dawn": "morning"}.get(time, "day"),
            "today": {"night": "this night", "sunset": "this evening"}.get(time, "this day"),
            "told": told,
            "told2": _agree(second.told, plural) if second else "",
            "wish": _his_own(wish or "see the world", self.cast.hero),
            "fear": self.idea.fear or "the dark",
            "topic": self.idea.topic or "",
            "question": self.idea.question or "",
        }

    def _time(self) -> str:
        wanted = self.idea.time or self.mood.time
        return wanted if wanted in times_at(self.cast.home) else times_at(self.cast.home)[0]

    def _tags(self) -> set[str]:
        """What is true of this story, for the variants that ask for it."""
        sea = {self.cast.home, self.cast.there} & {"beach", "lighthouse", "sea"}
        other = self.cast.other
        owned = self.idea.hero is not None and self.idea.hero.owner is not None
        story = {c.verb for c in self.idea.clauses}
        return (
            {self.mood.name}
            | ({"morning"} if self._time() in ("day", "dawn") else set())
            | ({"outdoors"} if self.cast.home not in ("room", "space", "underwater") else set())
            | ({"joint"} if self.idea.joint else set())
            | ({"sea"} if sea else set())
            | ({"helper"} if owned or any(e.alive for e in self.idea.extras) else set())
            | ({"alive", "drawn"} if other is not None and other.speaks else {"drawn"} if other is not None else set())
            | ({"whale"} if other is not None and other.character.subject == "whale" else set())
            | ({"strangers"} if not self.idea.clauses else set())
            | ({"told"} if story & {"want", "dream", "wish", "hope"} and not self.cast_is_plural() else set())
            | ({"told2"} if self.fields["told2"] else set())
            | ({"habit"} if re.search(r"\b(?:every|always|never|often)\b", self.fields["told"]) else set())
            | (
                {"ashore"}
                if self.cast.hero is not None and "sit" in actions_at(self.cast.hero.character.subject, "beach")
                else set()
            )
            | ({"question"} if self.idea.question else {"topic"})
        )

    def cast_is_plural(self) -> bool:
        """Whether the hero is more than one."""
        return self.cast.hero is not None and self.cast.hero.pronouns.he == "they"

    def _tell(self, count: int, seconds: float) -> list[_Told]:
        """The beats that fit, each with its words."""
        beats = sorted(sorted(PLOTS[self.plot], key=lambda beat: beat.rank)[:count], key=PLOTS[self.plot].index)
        tags = self._tags()
        budget = seconds - SHOT_AIR * len(beats)
        told = [self._choose(beat, tags, budget / len(beats)) for beat in beats]
        told = self._second_clause(told)
        spent = sum(t.cost() for t in told)
        textures, used = self._textures(), set[str]()
        for only_spoken in (True, False, False, False, False, False, False):
            order = (
                sorted(enumerate(told), key=lambda it: it[1].beat.name != "help")
                if only_spoken
                else list(enumerate(told))
            )
            for index, t in order:
                if not t.more and not only_spoken and spent < 0.9 * budget and len(t.lines) < 6:
                    place = self._setup(index, t, len(told)).place
                    fresh = [text for text in textures[place] if text not in used]
                    t.more = [Line(text=fresh[0])] if fresh else []
                    used |= set(fresh[:1])
                if not t.more or (only_spoken and t.more[0].speaker == NARRATOR):
                    continue
                if spent + line_seconds(t.more[0]) <= budget:
                    line = t.more.pop(0)
                    t.lines.append(line)
                    spent += line_seconds(line)
        return told

    def _choose(self, beat: Beat, tags: set[str], budget: float) -> _Told:
        """
        One of the beat's variants that fit: the most specific ones first, chance among equals, the shorter when
        time is scarce."""
        fitting = []
        for variant in beat.variants:
            needs = {tag.lstrip("@") for tag in variant[0].split()} if variant[0].startswith("@") else set()
            body = variant[1:] if needs else variant
            if {need.removeprefix("if:") for need in needs} <= tags and self._fillable(body):
                fitting.append((sum(not need.startswith("if:") for need in needs), body))
        cost = {body: line_seconds(self._line(body[0])) for _, body in fitting}
        special = max(score for score, _ in fitting)
        if special == 1 and self.rng.random() < 0.35:  # a mood has few openings; let the plain ones in as well
            special = 0
        # what fits this story alone may take a little more time; in short films all else leaves room for a voice or two
        thrift = 0.8 if self.seconds < 45 and beat.name != "opening" else 1.0
        self.rng.shuffle(fitting)
        fitting.sort(key=lambda entry: -min(entry[0], special))
        allowed = ((body, budget * (1.35 if score > 1 else thrift)) for score, body in fitting)
        chosen = next((body for body, limit in allowed if cost[body] <= limit), min(cost, key=lambda body: cost[body]))
        lines = [self._line(text) for text in chosen]
        first = 2 if lines[0].speaker == NARRATOR and chosen[0].startswith("hero:") else 1
        return _Told(beat, lines[:first], lines[first:], away="{told2}" in chosen[0] and bool(self.idea.places))

    def _fillable(self, body: Sequence[str]) -> bool:
        names = {name for text in body for name in re.findall(r"{(\w+)}", text)}
        speakers = {text.split(":")[0] for text in body if re.match(r"(hero|other|helper):", text)}
        roles = {"hero": self.cast.hero, "other": self.cast.other, "helper": self.cast.helper}
        mute = any((role := roles[name]) is None or not role.speaks for name in speakers)
        return all(self.fields.get(name) for name in names) and not mute

    def _line(self, template: str) -> Line:
        speaker, _, words = (
            template.partition(":") if re.match(r"(hero|other|helper):", template) else (NARRATOR, "", template)
        )
        role = {"hero": self.cast.hero, "other": self.cast.other, "helper": self.cast.helper}.get(speaker)
        text = finish(words.format_map(self.fields))
        return Line(speaker=role.character.id if role is not None else NARRATOR, text=text)

    def _second_clause(self, told: list[_Told]) -> list[_Told]:
        """A brief that goes on (`and sail to the moon`) is told to its end, in the turn of the story."""
        if not self.fields["told2"] or self.plot in ("question", "landscape", "make"):
            return told
        turn = next(
            (
                t
                for t in reversed(told[:-1])
                if t.beat.name in ("arrival", "turn", "help", "reveal", "detail", "meeting")
            ),
            None,
        )
        if turn is not None:
            turn.away = bool(self.idea.places)
            turn.lines, turn.more = (
                [self._line("And then, {hero} {told2}.")],
                [line for line in turn.more if line.speaker != NARRATOR][:1],
            )
        return told

    def _textures(self) -> dict[str, list[str]]:
        return {
            place: [str(s) for s in self.rng.permutation(np.array(sentences))] for place, sentences in TEXTURES.items()
        }

    def _setup(self, index: int, told: _Told, count: int) -> Setup:
        return set_up(
            told.beat.stage,
            self.cast,
            time=self._time(),
            weather=self.idea.weather or "clear",
            camera=self.mood.camera[index % len(self.mood.camera)],
            last=index == count - 1 and self.idea.time is None,
            forward=index % 4 != 2,
            place=self.cast.there if told.away else None,
        )

    def _shot(self, index: int, told: _Told, frames: int, count: int) -> Shot:
        setup = self._setup(index, told, count)
        return Shot(
            id=f"s{index + 1}",
            place=setup.place,
            time=setup.time,
            weather=setup.weather,
            actors=setup.actors,
            camera=setup.camera,
            lines=tuple(told.lines),
            seconds=frames / FPS,
        )

    def _narrator(self) -> str:
        taken = {c.voice for c in self.cast.characters}
        wanted = ("iris", "ben") if self.mood.name in ("romantic", "dreamy", "sad") else ("ben", "iris")
        return next((voice for voice in wanted if voice not in taken), "ben")

    def _music(self) -> MusicCue:
        words, style = self.mood.words, str(self.rng.choice(self.mood.styles))
        return MusicCue(prompt=f"{words[0]} and {words[1]} {style}, {words[2]}", style=style, moods=words)

    def _title(self) -> str:
        return title_case(title_words(self.plot, self.idea, self.cast, self.fields))


def _logline(brief: str) -> str:
    first = re.split(r"(?<=[.!?])\s", brief.strip())[0].strip()
    return first[:300] or brief[:300]


def _agree(told: str, plural: bool) -> str:
    return re.sub(r"^was\b", "were", told) if plural else told


def _his_own(wish: str, hero: Role | None) -> str:
    return wish if hero is None else re.sub(r"\btheir\b", hero.pronouns.his, wish)


def _when(time: str, weather: str | None, rng: np.random.Generator) -> str:
    """`One rainy evening`: when a story begins."""
    part = {"day": ("day", "afternoon", "morning"), "sunset": ("evening",), "night": ("night",), "dawn": ("morning",)}[
        time
    ]
    kind = {"rain": ("rainy",), "snow": ("snowy", "winter"), "fog": ("foggy", "misty")}.get(weather or "", ())
    calm = {
        "day": ("bright", "fine"),
        "sunset": ("golden", "quiet"),
        "night": ("quiet", "clear"),
        "dawn": ("early", "pale"),
    }[time]
    return f"One {rng.choice(kind or calm)} {rng.choice(part)}"


__all__ = ["DEFAULT_SECONDS", "line_seconds", "shot_count", "write_script"]
