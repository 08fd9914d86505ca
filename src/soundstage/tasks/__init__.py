"""The tasks: typed verbs, each in a module of its own, found by name without importing the others.

Notable: a dotted name (`film.mix`) is a step of the verb before the dot, and is registered by that verb's module.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from soundstage.errors import InputError
from soundstage.graph.literal import shorten
from soundstage.graph.node import REGISTRY, Task

TABLE = {
    "speak": "soundstage.tasks.speak:speak",
    "revoice": "soundstage.tasks.revoice:revoice",
    "compose": "soundstage.tasks.compose:compose",
    "inpaint": "soundstage.tasks.compose_edit:inpaint",
    "extend": "soundstage.tasks.compose_edit:extend",
    "restyle": "soundstage.tasks.compose_edit:restyle",
    "sing": "soundstage.tasks.sing:sing",
    "resing": "soundstage.tasks.sing_edit:resing",
    "loop": "soundstage.tasks.loop:loop",
    "hum": "soundstage.tasks.hum:hum",
    "stems": "soundstage.tasks.stems:stems",
    "master": "soundstage.tasks.master:master",
    "shoot": "soundstage.tasks.shoot:shoot",
    "storyboard": "soundstage.tasks.storyboard:storyboard",
    "paint": "soundstage.tasks.paint:paint",
    "extend_clip": "soundstage.tasks.extend_clip:extend_clip",
    "reshoot": "soundstage.tasks.reshoot:reshoot",
    "interpolate": "soundstage.tasks.interpolate:interpolate",
    "upscale": "soundstage.tasks.upscale:upscale",
    "film": "soundstage.film:film",
}

GROUPS = {"codec": "soundstage.tasks.codec"}
"""Verbs that are no task themselves, and what registers their steps (`codec.encode`)."""
IN_PARTS = {"speak": "soundstage.tasks.speak:speak_parts"}
"""What gives a task's result a sentence at a time, for texts too long to hold all of it."""
LIVE = {"speak": "soundstage.tasks.speak:speak_live"}
"""What gives it as it is made."""


def other(table: dict[str, str], name: str) -> Callable[..., Any] | None:
    """Another way to have a task's result, which takes the task's inputs; None where there is none."""
    if name not in table:
        return None
    module, _, function = table[name].partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def find(name: str) -> Task:
    """The task of that name; its module is imported when it is needed. Raises InputError for an unknown one."""
    verb = name.partition(".")[0]
    if name not in REGISTRY and (place := TABLE.get(verb) or GROUPS.get(verb)):
        importlib.import_module(place.partition(":")[0])
    if name not in REGISTRY:
        known = ", ".join(sorted({*TABLE, *REGISTRY}))
        raise InputError("task", f"{shorten(name)} is not a task", f"known: {known}")
    return REGISTRY[name]
