"""Music as a value: the mix, its stems, the score it was played from, and where its beats fall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.score import Score
from soundstage.media.song import Song
from soundstage.media.value import Value, restore_facts, store_facts

if TYPE_CHECKING:
    from soundstage.media.provenance import Provenance
    from soundstage.media.subtitles import Cue


@dataclass(frozen=True)
class Beat:
    """A beat: `time` in seconds and its `number` in the bar, 1 for the downbeat."""

    time: float
    number: int

    def __post_init__(self) -> None:
        if not (isfinite(self.time) and self.time >= 0):
            raise InputError("time", f"is {self.time}", "give seconds from 0")
        if self.number < 1:
            raise InputError("number", f"is {self.number}", "count from 1, the downbeat")


@dataclass(frozen=True)
class Music(Value):
    """Music: the `mix`, `stems` by name (same rate and length as the mix), the `score` if there is one, the `beats`.

    `song` is what is sung in it, if anything. `remarks` are what its maker has to say of it, a line each: a tempo that
    was found, a gain that was given.
    """

    kind: ClassVar[str] = "music"
    mix: Audio
    stems: Mapping[str, Audio] = field(default_factory=dict, hash=False)
    score: Score | None = None
    beats: tuple[Beat, ...] = ()
    song: Song | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.mix, Audio):
            raise InputError("mix", f"is {type(self.mix).__name__}", "give an Audio")
        for name, stem in self.stems.items():
            if (stem.rate, stem.length) != (self.mix.rate, self.mix.length):
                raise InputError(
                    "stems", f"{name!r} is {stem!r} beside a mix of {self.mix!r}", "give stems as long as the mix"
                )
        object.__setattr__(self, "stems", MappingProxyType(dict(self.stems)))
        object.__setattr__(self, "beats", tuple(self.beats))
        object.__setattr__(self, "remarks", tuple(self.remarks))

    @property
    def seconds(self) -> float:
        """Duration of the mix."""
        return self.mix.seconds

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements of consent to the cloned voices that sing in it."""
        return self.song.consent if self.song is not None else ()

    @property
    def traits(self) -> dict[str, Any]:
        """What a file made of it shall say of the cloned voices that sing in it."""
        return self.song.traits if self.song is not None else {}

    def subtitles(self, path: str | Path | None = None) -> tuple[Cue, ...]:
        """The lines that are sung, with their times; written to a .srt, .vtt, .ass or .lrc file if given.

        Raises InputError for another suffix, and for music in which nobody sings.
        """
        from soundstage.media.subtitles import write_subtitles

        if self.song is None:
            raise InputError("subtitles", "cannot be had of music without words", "leave them out, or sing")
        if path is not None:
            write_subtitles(self.song.cues, path)
        return self.song.cues

    def save(self, path: str | Path, provenance: Provenance | None = None, *, bits: int = 16) -> None:
        """Writes the mix as `Audio.save` does, with the suffix `.music` all of it, with `.zip` mix and stems as wav."""
        from soundstage.media.project import SOUNDS, SUFFIX, save_project, save_sounds

        if Path(path).suffix.lower() == SUFFIX:
            save_project(self, Path(path), provenance)
        elif Path(path).suffix.lower() == SOUNDS:
            save_sounds(self, Path(path), provenance)
        else:
            self.mix.save(path, provenance, bits=bits)

    @classmethod
    def load(cls, path: str | Path) -> Music:
        """Reads a project, or a sound file as a mix without stems or score. Raises InputError and MissingError."""
        from soundstage.media.project import SUFFIX, load_project

        if Path(path).suffix.lower() == SUFFIX and Path(path).is_file():
            return load_project(Path(path))
        return cls(Audio.load(path))

    def save_stems(
        self, folder: str | Path, provenance: Provenance | None = None, *, suffix: str = ".wav", bits: int = 16
    ) -> list[Path]:
        """Writes each stem to `folder/NAME.wav` and returns the paths, in the order of the stems."""
        paths = [Path(folder) / f"{name.replace('/', '-')}{suffix}" for name in self.stems]
        for path, stem in zip(paths, self.stems.values(), strict=True):
            stem.save(path, provenance, bits=bits)
        return paths

    def store(self, folder: Path) -> None:
        """Writes mix/, stems/0/, stems/1/ …, score/ and music.json."""
        self.mix.store(folder / "mix")
        for index, stem in enumerate(self.stems.values()):
            stem.store(folder / "stems" / str(index))
        if self.score is not None:
            self.score.store(folder / "score")
        facts = {
            "stems": list(self.stems),
            "score": self.score is not None,
            "beats": [asdict(beat) for beat in self.beats],
        } | ({"song": self.song.facts()} if self.song is not None else {})
        store_facts(folder, "music", facts | ({"remarks": list(self.remarks)} if self.remarks else {}))

    @classmethod
    def restore(cls, folder: Path) -> Music:
        """Reads what `store` wrote."""
        facts = restore_facts(folder, "music")
        stems = {name: Audio.restore(folder / "stems" / str(index)) for index, name in enumerate(facts["stems"])}
        score = Score.restore(folder / "score") if facts["score"] else None
        song = Song.of_facts(facts["song"]) if "song" in facts else None
        beats = tuple(Beat(**beat) for beat in facts["beats"])
        return cls(Audio.restore(folder / "mix"), stems, score, beats, song, tuple(facts.get("remarks", ())))

    def __repr__(self) -> str:
        return f"Music({self.seconds:.3f} s, stems {', '.join(self.stems) or 'none'}, {len(self.beats)} beats)"

    def _repr_html_(self) -> str:
        from soundstage.media.notebook import music_html

        return music_html(self)
