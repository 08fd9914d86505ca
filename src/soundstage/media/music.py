"""Music as a value: the mix, its stems, the score it was played from, and where its beats fall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.score import Score
from soundstage.media.value import Value, restore_facts, store_facts

if TYPE_CHECKING:
    from soundstage.media.provenance import Provenance


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
    """Music: the `mix`, `stems` by name (same rate and length as the mix), the `score` if there is one, the `beats`."""

    kind: ClassVar[str] = "music"
    mix: Audio
    stems: Mapping[str, Audio] = field(default_factory=dict, hash=False)
    score: Score | None = None
    beats: tuple[Beat, ...] = ()

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

    @property
    def seconds(self) -> float:
        """Duration of the mix."""
        return self.mix.seconds

    def save(self, path: str | Path, provenance: Provenance | None = None, *, bits: int = 16) -> None:
        """Writes the mix, as `Audio.save` does, or with the suffix `.music` all of it (`media.project`)."""
        from soundstage.media.project import SUFFIX, save_project

        if Path(path).suffix.lower() == SUFFIX:
            save_project(self, Path(path), provenance)
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
        self, folder: str | Path, provenance: Provenance | None = None, *, suffix: str = ".wav"
    ) -> list[Path]:
        """Writes each stem to `folder/NAME.wav` and returns the paths, in the order of the stems."""
        paths = [Path(folder) / f"{name.replace('/', '-')}{suffix}" for name in self.stems]
        for path, stem in zip(paths, self.stems.values(), strict=True):
            stem.save(path, provenance)
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
        }
        store_facts(folder, "music", facts)

    @classmethod
    def restore(cls, folder: Path) -> Music:
        """Reads what `store` wrote."""
        facts = restore_facts(folder, "music")
        stems = {name: Audio.restore(folder / "stems" / str(index)) for index, name in enumerate(facts["stems"])}
        score = Score.restore(folder / "score") if facts["score"] else None
        return cls(Audio.restore(folder / "mix"), stems, score, tuple(Beat(**beat) for beat in facts["beats"]))

    def __repr__(self) -> str:
        return f"Music({self.seconds:.3f} s, stems {', '.join(self.stems) or 'none'}, {len(self.beats)} beats)"

    def _repr_html_(self) -> str:
        from soundstage.media.notebook import music_html

        return music_html(self)
