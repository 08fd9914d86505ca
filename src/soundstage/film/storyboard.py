"""A script as a graph: a node for every line, length and clip, and the music, mix, cues and master behind them.

Notable: speech comes first and gives every shot its length; a picture depends on its own scene and its own length and
on nothing else, so a changed line re-runs that line, what its timing moves, and no other picture. A draft is the same
graph with the storybook renderer's animatic where the video model would be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from soundstage.film.master import DRAFT_NOTE, master_film
from soundstage.film.script import NARRATOR, Line, Script, Shot
from soundstage.film.shots import prompt_of, scene_of, seed_of, takes_of
from soundstage.film.steps import animatic, cut_film, mix_sound, shot_length, subtitle_cues
from soundstage.film.timing import FPS, card_frames
from soundstage.film.writing.grammar import capitalised
from soundstage.graph import Graph, Link

Verb = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Crew:
    """Who makes what: the verbs (tasks) for speech, music and pictures, and the models that they use."""

    speak: Verb
    compose: Verb
    shoot: Verb
    voice: str
    music: str
    video: str


def house_crew(*, voice: str = "starter/voice", music: str = "starter/music", video: str = "starter/video") -> Crew:
    """The verbs of this package."""
    from soundstage.tasks.compose import compose
    from soundstage.tasks.shoot import shoot
    from soundstage.tasks.speak import speak

    return Crew(speak=speak, compose=compose, shoot=shoot, voice=voice, music=music, video=video)


def storyboard(
    script: Script,
    crew: Crew,
    *,
    draft: bool = False,
    size: int = 512,
    burn: bool = False,
    facts: dict[str, Any] | None = None,
) -> Graph:
    """The graph of a film. Its outputs: `film`, `sound`, `cues`, `cut`, `lines`.

    `facts` is what the file will say of itself.
    """
    graph = Graph()
    lines: list[Link] = []
    lengths: list[Link] = []
    clips: list[list[Link]] = []
    for shot in script.shots:
        spoken = [_speak(graph, script, crew, shot, number, line) for number, line in enumerate(shot.lines)]
        lines += spoken
        length = graph.add(
            f"{shot.id}_length",
            shot_length,
            lines=spoken,
            pauses=[line.pause for line in shot.lines],
            planned=round(shot.seconds * FPS),
            takes=takes_of(shot),
        )
        lengths.append(length)
        clips.append([_clip(graph, script, crew, shot, take, length, draft, size) for take in range(takes_of(shot))])
    title, end = card_frames(round(script.bible.seconds * FPS))
    cut = graph.add("cut", cut_film, title=title, shots=lengths, end=end if script.titles.end else 0)
    sound = graph.add("sound", mix_sound, lines=lines, music=_music(graph, script, crew, cut), cut=cut)
    texts = [(line.text, speaker_name(script, line)) for _, _, line in script.lines()]
    cues = graph.add(
        "cues",
        subtitle_cues,
        lines=lines,
        texts=[text for text, _ in texts],
        speakers=[who for _, who in texts],
        cut=cut,
    )
    cards = {"title": script.titles.title, "subtitle": script.titles.subtitle, "end": script.titles.end}
    film = graph.add(
        "film",
        master_film,
        clips=clips,
        sound=sound,
        cues=cues,
        cut=cut,
        cards=cards | ({"note": DRAFT_NOTE} if draft else {}),
        chapters=[f"{number}. {capitalised(shot.place)}" for number, shot in enumerate(script.shots, 1)],
        size=size,
        burn=burn,
        facts=facts or {},
    )
    for name, link in {"film": film, "sound": sound, "cues": cues, "cut": cut}.items():
        graph.output(name, link)
    for link in lines:
        graph.output(str(link), link)
    return graph


def line_name(shot: Shot, number: int) -> str:
    """The name of a line's node."""
    return f"{shot.id}_line{number + 1}"


def speaker_name(script: Script, line: Line) -> str:
    """Who is named before a line in the subtitles; the narrator is not."""
    if line.speaker == NARRATOR:
        return ""
    return capitalised(script.character(line.speaker).name.removeprefix("the "))


def _speak(graph: Graph, script: Script, crew: Crew, shot: Shot, number: int, line: Line) -> Link:
    if line.speaker == NARRATOR:
        voice, pitch, seed = script.bible.narrator, 0.0, script.bible.seed
    else:
        who = script.character(line.speaker)
        voice, pitch, seed = who.voice, who.pitch, who.seed
    name = line_name(shot, number)
    return graph.add(name, crew.speak, text=line.text, voice=voice, pitch=pitch, model=crew.voice, seed=seed)


def _clip(
    graph: Graph, script: Script, crew: Crew, shot: Shot, take: int, length: Link, draft: bool, size: int
) -> Link:
    scene = scene_of(script, shot, take)
    name = f"{shot.id}_clip{take + 1}"
    if draft:
        return graph.add(name, animatic, scene=asdict(scene), seconds=length.take, size=size)
    return graph.add(
        name,
        crew.shoot,
        prompt=prompt_of(scene),
        seconds=length.take,
        layout=asdict(scene),
        identity=script.bible.seed % 2**31,
        model=crew.video,
        seed=seed_of(script, shot, take),
    )


def _music(graph: Graph, script: Script, crew: Crew, cut: Link) -> Link:
    cue = script.music
    return graph.add(
        "music",
        crew.compose,
        prompt=cue.prompt,
        seconds=cut.seconds,
        bpm=cue.bpm,
        key=cue.key,
        style=cue.style or None,
        model=crew.music,
        seed=script.bible.seed,
    )
