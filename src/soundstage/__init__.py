"""Soundstage: generated speech, music, video and 3D, and films composed of all four.

Notable: names are found when they are first asked for, so importing the package is quick and imports neither torch
nor a model. `__init__.pyi` tells editors and type checkers the same names.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

_NAMES = {
    "soundstage.tasks.speak": "speak speak_live",
    "soundstage.tasks.revoice": "revoice",
    "soundstage.tasks.compose": "compose",
    "soundstage.tasks.compose_edit": "inpaint extend restyle",
    "soundstage.tasks.sing": "sing",
    "soundstage.tasks.sing_edit": "resing",
    "soundstage.tasks.loop": "loop",
    "soundstage.tasks.hum": "hum",
    "soundstage.tasks.stems": "stems",
    "soundstage.tasks.master": "master",
    "soundstage.tasks.shoot": "shoot shoot_many",
    "soundstage.tasks.storyboard": "storyboard",
    "soundstage.tasks.paint": "paint",
    "soundstage.tasks.extend_clip": "extend_clip",
    "soundstage.tasks.reshoot": "reshoot",
    "soundstage.tasks.interpolate": "interpolate",
    "soundstage.tasks.upscale": "upscale",
    "soundstage.tasks.codec": "encode decode",
    "soundstage.media.codes": "Codes",
    "soundstage.media": """Audio Beat Chord Image Metre Music Note Phoneme Provenance Score Section Speech Tempo
        Track Video Voice Word read_provenance""",
    "soundstage.graph": "Cache Graph task",
    "soundstage.runtime": "execute on release settings using",
    "soundstage.errors": "CancelledRun InputError MissingError RunError SoundstageError",
}
_PLACES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name == "film":
        return importlib.import_module("soundstage.film")
    if name == "__version__":
        from importlib.metadata import version

        return version("soundstage")
    if name not in _PLACES:
        raise AttributeError(f"soundstage has no '{name}'")
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*_PLACES, "film", "__version__"])


class _Film(ModuleType):
    """The package `film` and the task of that name in one: `ss.film("…")` and `soundstage.film.script` both work."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self.film(*arguments, **options)


class _Decode(ModuleType):
    """The package `decode` and the task of that name in one."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        from soundstage.tasks.codec import decode

        return decode(*arguments, **options)


class _Soundstage(ModuleType):
    """This package; it makes subpackages that bear a task's name callable when the import system puts them here."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("film", "decode") and isinstance(value, ModuleType):
            value.__class__ = _Film if name == "film" else _Decode
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Soundstage
