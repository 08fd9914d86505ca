"""Where a file comes from: task, model, licence, sources, seed, prompt, version, and the graph that makes it again.

Notable: kept as one compact JSON text in the container's own metadata (`tags`): a file can be opened as its own recipe.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from soundstage.errors import InputError
from soundstage.media.sources import Source, strictest
from soundstage.media.value import Value, restore_facts, store_facts

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Provenance(Value):
    """How a file was made. `graph` is the graph's JSON document, `extra` holds any more facts that JSON can hold.

    `sources` are all that it was made with. `licence` is theirs that binds most unless it is given, and `commercial`
    whether they all allow commercial use: None where no source is known.
    """

    kind: ClassVar[str] = "provenance"
    task: str
    model: str = ""
    licence: str = ""
    seed: int | None = None
    prompt: str = ""
    version: str = ""
    sources: tuple[Source, ...] = ()
    graph: Mapping[str, Any] | None = field(default=None, hash=False)
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not self.task:
            raise InputError("task", "is empty", "name what made the file")
        object.__setattr__(self, "sources", tuple(self.sources))
        if self.sources and not self.licence:
            object.__setattr__(self, "licence", strictest(self.sources))

    @property
    def commercial(self) -> bool | None:
        """Whether everything that it was made with allows commercial use; None where no source is known."""
        return all(source.commercial for source in self.sources) if self.sources else None

    def to_json(self) -> str:
        """One line of compact JSON; empty fields are left out. Raises InputError for what JSON cannot hold."""
        facts = {name: value for name, value in asdict(self).items() if value not in (None, "", {}, ())}
        if self.commercial is not None:
            facts["commercial"] = self.commercial
        try:
            text = json.dumps(
                {"soundstage": FORMAT} | facts, ensure_ascii=False, separators=(",", ":"), allow_nan=False
            )
        except (TypeError, ValueError) as error:
            raise InputError(
                "provenance", f"is not JSON: {error}", "keep to texts, numbers, lists and objects"
            ) from error
        return text.encode("utf-8", "replace").decode()

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Reads `to_json`; fields of a later version go to `extra`. Raises InputError for anything else."""
        try:
            facts = json.loads(text)
        except ValueError as error:
            raise InputError("provenance", "is not JSON", "was the file made by soundstage?") from error
        if not isinstance(facts, dict) or "soundstage" not in facts or not _named(facts.get("task")):
            raise InputError("provenance", "has no task", "was the file made by soundstage?")
        known = {name: facts[name] for name in cls.__dataclass_fields__ if name in facts}
        if "sources" in known:
            listed = known["sources"] if isinstance(known["sources"], list) else [known["sources"]]
            known["sources"] = tuple(map(Source.read, listed))
        derived = {"soundstage", "commercial"}
        later = {name: value for name, value in facts.items() if name not in known and name not in derived}
        return cls(**known | {"extra": later | known.get("extra", {})})

    def store(self, folder: Path) -> None:
        """Writes provenance.json."""
        store_facts(folder, "provenance", json.loads(self.to_json()))

    @classmethod
    def restore(cls, folder: Path) -> Provenance:
        """Reads what `store` wrote."""
        return cls.from_json(json.dumps(restore_facts(folder, "provenance")))


def _named(task: object) -> bool:
    return isinstance(task, str) and task != ""


def read_provenance(path: str | Path) -> Provenance | None:
    """The provenance that a file carries, or None.

    Raises MissingError for a file that is not there and InputError for one that cannot be read.
    """
    from soundstage.media.project import SUFFIX, project_provenance
    from soundstage.media.tags import provenance_of, read_tag

    if Path(path).suffix.lower() == SUFFIX and Path(path).is_file():
        return project_provenance(Path(path))
    if Path(path).suffix.lower() == ".codes":
        from soundstage.media.codes import Codes

        return Codes.load(path).provenance
    return provenance_of(read_tag(Path(path)))
