"""The tasks: typed verbs, each in a module of its own, found by name without importing the others.

Notable: a dotted name (`film.mix`) is a step of the verb before the dot, and is registered by that verb's module.
"""

from __future__ import annotations

import importlib

from soundstage.errors import InputError
from soundstage.graph.literal import shorten
from soundstage.graph.node import REGISTRY, Task

TABLE = {
    "speak": "soundstage.tasks.speak:speak",
    "compose": "soundstage.tasks.compose:compose",
    "shoot": "soundstage.tasks.shoot:shoot",
    "paint": "soundstage.tasks.paint:paint",
    "film": "soundstage.film:film",
}


def find(name: str) -> Task:
    """The task of that name; its module is imported when it is needed. Raises InputError for an unknown one."""
    verb = name.partition(".")[0]
    if name not in REGISTRY and verb in TABLE:
        importlib.import_module(TABLE[verb].partition(":")[0])
    if name not in REGISTRY:
        known = ", ".join(sorted({*TABLE, *REGISTRY}))
        raise InputError("task", f"{shorten(name)} is not a task", f"known: {known}")
    return REGISTRY[name]
