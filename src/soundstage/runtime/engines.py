"""Resident engines: loaded on demand, kept under a memory budget, the least recently used evicted first.

Notable: an engine in use is never evicted, and two threads that ask for one model load it once. A pool is plain; the
ambient settings give device, dtype, budget and licence policy.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from soundstage.errors import InputError
from soundstage.runtime.licences import permit
from soundstage.runtime.settings import WIDE, set_threads, settings

if TYPE_CHECKING:
    from soundstage.weights import Loaded

logger = logging.getLogger(__name__)

E = TypeVar("E")
Key = tuple[str, str, str, object]


@dataclass
class Resident:
    """An engine in memory, how much it takes, and how many use it now."""

    engine: Any
    memory_mb: float
    users: int = 0


class Pool:
    """Engines by key, within a budget that is given at each use."""

    def __init__(self) -> None:
        self._engines: OrderedDict[Key, Resident] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[Key, threading.Lock] = {}
        self._promised: dict[Key, float] = {}  # megabytes of those that are being loaded

    @contextmanager
    def use(self, key: Key, memory_mb: float, budget_mb: float, make: Callable[[], E]) -> Iterator[E]:
        """The engine of `key`, made when it is not resident; others are evicted for it where the budget asks for that.

        Raises InputError when it alone is over the budget.
        """
        if memory_mb > budget_mb:
            raise InputError(
                "model",
                f"{key[0]} needs {memory_mb:.0f} MB, the budget is {budget_mb:.0f} MB",
                "raise the budget or take a smaller model",
            )
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            resident = self._take(key)
            if resident is None:
                resident = self._load(key, memory_mb, budget_mb, make)
        try:
            yield resident.engine
        finally:
            with self._lock:
                resident.users -= 1

    def _take(self, key: Key) -> Resident | None:
        with self._lock:
            resident = self._engines.get(key)
            if resident is not None:
                self._engines.move_to_end(key)
                resident.users += 1
            return resident

    def _load(self, key: Key, memory_mb: float, budget_mb: float, make: Callable[[], Any]) -> Resident:
        """Make an engine resident; its memory is promised to it first, so that no two threads share the same room."""
        with self._lock:
            self._promised[key] = memory_mb
            held_mb = self._evict(budget_mb)
        if held_mb > budget_mb:
            logger.warning("%s goes over the budget: %.0f of %.0f MB are in use", key[0], held_mb, budget_mb)
        try:
            resident = Resident(make(), memory_mb, users=1)
            with self._lock:
                self._engines[key] = resident
        finally:
            with self._lock:
                del self._promised[key]
        return resident

    def _evict(self, allowed_mb: float) -> float:
        """Evict the least recently used that nobody uses until the rest fits; returns the megabytes that are held."""

        def held() -> float:
            return sum(self._promised.values()) + sum(other.memory_mb for other in self._engines.values())

        for key, resident in list(self._engines.items()):
            if held() <= allowed_mb:
                break
            if not resident.users:
                logger.info("evicting %s", key[0])
                del self._engines[key]
        return held()

    def resident(self) -> list[str]:
        """The references of the models in memory, least recently used first."""
        with self._lock:
            return [key[0] for key in self._engines]

    def clear(self) -> None:
        """Forget every engine that nobody uses."""
        with self._lock:
            self._evict(0.0)


_pool = Pool()


@contextmanager
def use(model: str, engines: Mapping[str, Callable[[Loaded], E]]) -> Iterator[E]:
    """The engine of a model, ready on the ambient device: `with use(model, {"voice": NarratorEngine}) as speaker:`.

    `engines` maps a card's family to what makes the task's engine of it; its `dtypes`, if it has any, are those that it
    works in. Raises InputError for a family that the task
    cannot use, for a licence that the policy refuses, for a dtype that the engine does not work in, and for a model
    over the memory budget; MissingError for a model that is not there.
    """
    from soundstage.weights import card_of, load

    now = settings()
    card = card_of(model)
    permit([card.source])
    if card.family not in engines:
        usable = ", ".join(sorted(engines))
        raise InputError(
            "model", f"{model} is of the family '{card.family}' ({card.task})", f"this task takes: {usable}"
        )
    make_engine = engines[card.family]
    device, dtype = now.resolved_device, now.dtype
    dtypes = getattr(make_engine, "dtypes", WIDE)
    if dtype not in dtypes:
        raise InputError("dtype", f"{model} does not work in {dtype}", f"use {' or '.join(dtypes)}")

    memory_mb = card.memory_mb
    if "pipeline" in card.config:  # of parts: the card cannot know the dtype
        from soundstage.runtime.room import resident_mb

        memory_mb = resident_mb(card, dtype, device)

    def make() -> E:
        logger.info("loading %s (%.0f MB) on %s in %s", model, memory_mb, device, dtype)
        return make_engine(load(model, device, now.torch_dtype, now.narrow_dtype))

    # The hash is part of the key: a starter that was trained again is another model.
    key: Key = (model, f"{device} {dtype}", card.sha256, make_engine)
    set_threads(now.threads)  # torch counts threads anew in every thread
    with _pool.use(key, memory_mb, now.budget_mb, make) as engine:
        yield engine


def resident() -> list[str]:
    """The references of the models in memory, least recently used first."""
    return _pool.resident()


def release() -> None:
    """Forget every resident engine that nobody uses."""
    _pool.clear()
