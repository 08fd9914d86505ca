"""Small tasks for the command line, with every sort of port."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel

from soundstage import runtime
from soundstage.errors import InputError, MissingError, RunError
from soundstage.graph import Between, ModelRef, Says, Seed, task
from soundstage.media import Audio, Voice


class Plan(BaseModel):
    """A plan as a JSON file holds it."""

    loud: float
    words: list[str] = []


@dataclass(frozen=True)
class Stage:
    """A value of several fields that is no pydantic model."""

    width: int
    lights: tuple[str, ...] = ()


@task(version=1)
def shout(
    text: Annotated[str, Says("What to shout [loudly].")],
    voice: Annotated[Voice | None, Says("Who shouts.")] = None,
    *,
    model: ModelRef = "starter/none",
    speed: Annotated[float, Says("How fast."), Between(0.5, 2)] = 1.0,
    mood: Annotated[Literal["calm", "wild"] | None, Says("How it feels.")] = None,
    metre: tuple[int, int] = (4, 4),
    instruments: list[str] | None = None,
    plan: Plan | None = None,
    stage: Stage | None = None,
    draft: bool = False,
    fails: str = "",
    seed: Seed = 0,
) -> Audio:
    """Shouts a text as a tone.

    Longer texts take longer. Raised voices are louder.

    Raises InputError when told to.
    """
    if fails:
        raise {
            "input": InputError("text", "is rude", "be kind"),
            "missing": MissingError("no megaphone", "buy one"),
            "run": RunError("hoarse", "drink tea"),
            "bug": ZeroDivisionError("division by\nzero"),
            "stop": KeyboardInterrupt(),
        }[fails]
    list(runtime.progress(range(3), "shouting"))
    SEEN.append(
        {"voice": voice, "metre": metre, "instruments": instruments, "plan": plan, "draft": draft, "text": text}
        | {"stage": stage}
    )
    tone = np.sin(np.arange(len(text) * 800) * 0.05 * speed, dtype=np.float32) * 0.5
    return Audio(tone[None], 8000)


@task(version=1)
def words(text: str, keep: Path | None = None) -> list[str]:
    """The words of a text."""
    return text.split()


SEEN: list[dict[str, object]] = []
