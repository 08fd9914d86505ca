"""The task `film`: a sentence, or a script, becomes a film with sound, subtitles and all that an editor needs.

Notable: the film is a graph run through the same cache as everything else, so making it again costs seconds, and a
changed line costs that line. The value holds the finished file; `save` writes it with its subtitles and parts beside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

from soundstage.errors import InputError
from soundstage.film.reel import Reel
from soundstage.film.script import Script
from soundstage.film.soundtrack import Soundtrack
from soundstage.film.storyboard import Crew, house_crew, line_name, storyboard
from soundstage.film.timing import Cut
from soundstage.graph import Between, Graph, ModelRef, Says, Seed, task
from soundstage.media.paths import known_suffix, written
from soundstage.media.provenance import Provenance
from soundstage.media.sources import UNKNOWN, Source
from soundstage.media.speech import Speech
from soundstage.media.subtitles import Cue, write_subtitles
from soundstage.media.value import Value, restore_facts, store_facts
from soundstage.runtime.licences import permit

SMALLEST, LARGEST = 64, 2160


@dataclass(frozen=True, eq=False)
class Film(Value):
    """A finished film: the `master` file, and what it was made of. `save` writes it."""

    kind: ClassVar[str] = "film"
    script: Script
    master: Reel
    sound: Soundtrack
    lines: Mapping[str, Speech]
    cues: tuple[Cue, ...]
    cut: Cut
    draft: bool = False
    graph: Mapping[str, Any] = field(default_factory=dict)
    kept: str | None = None

    @property
    def seconds(self) -> float:
        """Its length."""
        return float(self.master.length / self.master.fps)

    def save(self, path: str | Path) -> None:
        """Write `film.mp4`, `film.srt` and `film.vtt`, and the parts into `film.parts/` (or where `keep` said).

        Raises InputError for another suffix.
        """
        path = Path(path)
        known_suffix(path, (".mp4",))
        with written(path) as part:
            part.write_bytes(self.master.data)
        for suffix in (".srt", ".vtt"):
            write_subtitles(self.cues, path.with_suffix(suffix))
        self.save_parts(Path(self.kept) if self.kept else path.with_suffix(".parts"), film=path)

    def save_parts(self, folder: str | Path, film: Path | None = None) -> None:
        """Write script, graph, timeline, subtitles, stems and lines into a folder; `film` is where the film lies."""
        from soundstage.film.timeline import save_timeline, timeline

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.script.save(folder / "script.json")
        with written(folder / "graph.json") as part:
            part.write_text(json.dumps(self.graph, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        made = self.record()
        for name, stem in self.sound.stems.items():
            stem.save(folder / "stems" / f"{name}.wav", made("sound"))
        self.sound.master.save(folder / "stems" / "mix.wav", made("sound"))
        for name, speech in self.lines.items():
            speech.audio.save(folder / "lines" / f"{name}.wav", made(name))
        for suffix in (".srt", ".vtt"):
            write_subtitles(self.cues, folder / f"subtitles{suffix}")
        place = _relative(film, folder) if film is not None else "film.mp4"
        seconds = [speech.audio.seconds for speech in self.lines.values()]
        made = timeline(self.script, self.cut, seconds, film=place, lines="lines", music="stems/music.wav")
        save_timeline(made, folder / "timeline.otio")

    def record(self) -> Callable[[str], Provenance | None]:
        """What each output of its graph is made with; nothing where the film has no graph."""
        if not self.graph:
            return lambda name: None
        from soundstage.graph.document import from_document
        from soundstage.runtime.record import recipe_of
        from soundstage.tasks import find

        graph = from_document(dict(self.graph), find)
        return lambda name: replace(recipe_of(graph, name), graph=None)  # the whole graph lies beside the parts

    def store(self, folder: Path) -> None:
        """Writes master/, sound/, lines/0/ … and film.json."""
        for name, part in {"master": self.master, "sound": self.sound}.items():
            (folder / name).mkdir(parents=True, exist_ok=True)
            part.store(folder / name)
        for index, speech in enumerate(self.lines.values()):
            (folder / "lines" / str(index)).mkdir(parents=True, exist_ok=True)
            speech.store(folder / "lines" / str(index))
        facts = {
            "script": self.script.model_dump(mode="json"),
            "lines": list(self.lines),
            "cues": [[cue.start, cue.end, cue.text, cue.speaker] for cue in self.cues],
            "cut": _adapter().dump_python(self.cut, mode="json"),
            "draft": self.draft,
            "graph": dict(self.graph),
        }
        store_facts(folder, "film", facts)

    @classmethod
    def restore(cls, folder: Path) -> Film:
        """Reads what `store` wrote. Raises InputError when the folder does not hold a film."""
        facts = restore_facts(folder, "film")
        names = facts["lines"]
        return cls(
            script=Script.check(facts["script"]),
            master=Reel.restore(folder / "master"),
            sound=Soundtrack.restore(folder / "sound"),
            lines={name: Speech.restore(folder / "lines" / str(index)) for index, name in enumerate(names)},
            cues=tuple(Cue(*cue) for cue in facts["cues"]),
            cut=_adapter().validate_python(facts["cut"]),
            draft=facts["draft"],
            graph=facts["graph"],
        )

    def __repr__(self) -> str:
        kind = "draft" if self.draft else "film"
        return f"Film({self.script.titles.title!r}, {kind}, {self.seconds:.2f} s, {len(self.script.shots)} shots)"

    def _repr_html_(self) -> str:
        import base64

        data = base64.b64encode(self.master.data).decode()
        return f'<video controls width="{self.master.width}" src="data:video/mp4;base64,{data}"></video>'


def writer_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The language model that writes the script, as a source whose licence nobody knows; none for our own writer."""
    if not isinstance(inputs.get("writer"), str):
        return {}
    return {
        "sources": [asdict(Source(name=inputs["writer"], licence=UNKNOWN, commercial=False, kind="language model"))]
    }


@task(version=1, besides=writer_of)
def film(
    brief: Annotated[str, Says("What happens, how long, in what mood; any English sentences.")] = "",
    *,
    script: Annotated[Script | None, Says("A script instead of a brief.")] = None,
    draft: Annotated[bool, Says("Draw the pictures with the storybook renderer: the same film in seconds.")] = False,
    seconds: Annotated[float | None, Says("Length; overrules what the brief says."), Between(8, 180)] = None,
    size: Annotated[int, Says("Pixels of a side, even."), Between(SMALLEST, LARGEST)] = 512,
    writer: Annotated[str | None, Says("An OpenAI-compatible endpoint for the script: URL#MODEL.")] = None,
    burn_subtitles: Annotated[bool, Says("Draw the subtitles into the picture, too.")] = False,
    keep: Annotated[str | None, Says("A folder for script, graph, timeline, stems and lines.")] = None,
    voice_model: ModelRef = "starter/voice",
    music_model: ModelRef = "starter/music",
    video_model: ModelRef = "starter/video",
    seed: Seed = 0,
) -> Film:
    """A film of one sentence: written, spoken, scored, shot, cut, mixed and subtitled.

    Raises InputError for an empty brief, a script that does not hold together, an odd size, a length that cannot be
    filled.
    """
    if size % 2:
        raise InputError("size", f"is {size}", "give an even number of pixels")
    if script is None:
        permit(map(Source.read, writer_of({"writer": writer}).get("sources", ())))
        script = write(brief, seconds=seconds, seed=seed, writer=writer)
    elif seconds is not None:
        raise InputError("seconds", "cannot be changed beside a script", "change the script, or leave one of them out")
    made = _cached_whole(
        {"script": script, "draft": draft, "size": size, "burn": burn_subtitles, "writer": writer or ""}
        | {"voice_model": voice_model, "music_model": music_model, "video_model": video_model}
    )
    if keep is None:
        return made
    made.save_parts(keep)
    return Film(**{**made.__dict__, "kept": keep})


@task(version=1, name="film.whole")
def whole(
    script: Script,
    draft: bool,
    size: int,
    burn: bool,
    voice_model: ModelRef,
    music_model: ModelRef,
    video_model: ModelRef,
    writer: Annotated[str, Says("The language model that wrote the script; empty for none.")],
    code: Annotated[str, Says("A digest of the program: another program, another film.")],
) -> Film:
    """A whole film as one node, so that one made before is found without loading what makes films."""
    del code
    crew = house_crew(voice=voice_model, music=music_model, video=video_model)
    return make(script, crew, draft=draft, size=size, burn=burn, writer=writer)


def _cached_whole(inputs: dict[str, Any]) -> Film:
    from soundstage.runtime.execute import execute

    graph = Graph()
    graph.output("film", graph.add("whole", whole, **inputs, code=code_digest()))
    made: Film = execute(graph, label="film")["film"]
    return made


@cache
def code_digest() -> str:
    """SHA-256 over every source file of this package."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def write(brief: str, *, seconds: float | None = None, seed: int = 0, writer: str | None = None) -> Script:
    """The script of a brief, by the built-in writer or by a language model's endpoint."""
    if writer is None:
        from soundstage.film.writing.writer import write_script

        return write_script(brief, seconds=seconds, seed=seed)
    from soundstage.film.writing import llm

    return llm.write_script(brief, llm.Endpoint.at(writer), seconds=seconds, seed=seed)


def make(
    script: Script, crew: Crew, *, draft: bool = False, size: int = 512, burn: bool = False, writer: str = ""
) -> Film:
    """The film of a script, through the cache; `writer` is the language model that wrote it, if one did."""
    from soundstage.graph.document import to_document
    from soundstage.runtime.execute import execute

    facts = recipe(script, crew, draft=draft, size=size, burn=burn)
    facts |= {name: found for name, found in writer_of({"writer": writer or None}).items() if found}
    graph = storyboard(script, crew, draft=draft, size=size, burn=burn, facts=facts)
    made = execute(graph, label="draft" if draft else "film")
    names = [line_name(shot, number) for shot, number, _ in script.lines()]
    return Film(
        script=script,
        master=made["film"],
        sound=made["sound"],
        lines={name: made[name] for name in names},
        cues=tuple(made["cues"]),
        cut=made["cut"],
        draft=draft,
        graph=to_document(graph),
    )


def recipe(script: Script, crew: Crew, *, draft: bool, size: int, burn: bool) -> dict[str, Any]:
    """What the file says of itself: prompt, seed, models, and the one-node graph that makes it again."""
    models = {"voice_model": crew.voice, "music_model": crew.music, "video_model": crew.video}
    inputs = {"script": script.model_dump(mode="json"), "draft": draft, "size": size, "burn_subtitles": burn, **models}
    version = film.task.version
    graph = {
        "soundstage": 1,
        "nodes": {"film": {"task": "film", "version": version, "inputs": inputs}},
        "outputs": {"film": {"from": "film"}},
    }
    # as text: a link inside plain data would be taken for one of this graph's own
    facts: dict[str, Any] = {"graph": json.dumps(graph, ensure_ascii=False)}
    facts |= {"prompt": script.brief or script.bible.logline, "seed": script.bible.seed}
    used = (crew.voice, crew.music, *(() if draft else (crew.video,)))
    facts["model"] = ", ".join(dict.fromkeys(filter(None, used)))  # their licences are read from their cards
    pictures = "storybook renderer (animatic)" if draft else crew.video
    return facts | {"draft": draft, "pictures": pictures, "voice": crew.voice, "music": crew.music}


def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Cut)


def _relative(film_path: Path, folder: Path) -> str:
    """The film as seen from the folder of its parts."""
    import os

    return Path(os.path.relpath(film_path.absolute(), folder.absolute())).as_posix()
