"""The runtime: where things run, what is resident, what is told, what is recorded."""

from soundstage.runtime.engines import release, resident, use
from soundstage.runtime.events import Meter, Progress, cancellable, check_cancelled, emit, on, progress
from soundstage.runtime.execute import cache_folder, execute, host, open_cache
from soundstage.runtime.licences import permit
from soundstage.runtime.memory import lean, trim
from soundstage.runtime.record import provenance
from soundstage.runtime.seeds import derive, generator
from soundstage.runtime.settings import Settings, environment, settings, using

__all__ = [
    "Meter",
    "Progress",
    "Settings",
    "cache_folder",
    "cancellable",
    "check_cancelled",
    "derive",
    "emit",
    "environment",
    "execute",
    "generator",
    "host",
    "lean",
    "on",
    "open_cache",
    "permit",
    "progress",
    "provenance",
    "release",
    "resident",
    "settings",
    "trim",
    "use",
    "using",
]
