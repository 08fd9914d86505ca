"""What a run may use: device, dtype, threads, memory, and which licences.

Notable: settings are ambient (a context variable), so a task never passes them on, and two runs in one process may
differ. torch is imported only when a device must really be looked for.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from soundstage.errors import InputError, MissingError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")
WIDE = ("float32", "bfloat16", "float16")
NARROW = ("int8", "fp8")
"""Weights of a byte each, for the engines that say so; all else is in the dtype that `working` says."""
DTYPES = (*WIDE, *NARROW)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`device` auto, cpu, cuda, cuda:N or mps; `memory_mb` is the budget of resident models, None for half of what the
    device has.

    `licence` "commercial" refuses models whose licence or data do not allow commercial use. `threads` None means
    `$OMP_NUM_THREADS`, or all of this process's cores up to eight.
    """

    device: str = "auto"
    dtype: str = "float32"
    licence: Literal["any", "commercial"] = "any"
    memory_mb: float | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.device.partition(":")[0] not in DEVICES:
            raise InputError("device", f"'{self.device}' is not a device", f"choose {', '.join(DEVICES)}")
        if self.dtype not in DTYPES:
            raise InputError("dtype", f"'{self.dtype}' is not a dtype", f"choose {', '.join(DTYPES)}")
        if self.licence not in ("any", "commercial"):
            raise InputError("licence", f"'{self.licence}' is not a policy", "choose any or commercial")
        if self.memory_mb is not None and self.memory_mb <= 0:
            raise InputError("memory_mb", f"is {self.memory_mb}", "give megabytes above 0")
        if self.threads is not None and self.threads < 1:
            raise InputError("threads", f"is {self.threads}", "give 1 or more")

    @property
    def resolved_device(self) -> str:
        """The device that "auto" means here. Raises MissingError for one that this machine does not have."""
        return resolve_device(self.device)

    @property
    def torch_dtype(self) -> torch.dtype:
        """The dtype as torch's; of narrow ones that in which the numbers go through the layers."""
        import torch

        name = working(self.dtype, self.resolved_device)
        return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]

    @property
    def narrow_dtype(self) -> torch.dtype | None:
        """What a byte of the weights is, where they are narrow."""
        import torch

        return {"int8": torch.int8, "fp8": torch.float8_e4m3fn}.get(self.dtype)

    @property
    def budget_mb(self) -> float:
        """Megabytes that resident models may take together."""
        return self.memory_mb if self.memory_mb is not None else device_memory_mb(self.resolved_device) / 2


_DEFAULTS = Settings()
_settings: ContextVar[Settings] = ContextVar("soundstage_settings")


def settings() -> Settings:
    """The ambient settings."""
    return _settings.get(_DEFAULTS)


@contextmanager
def using(**changes: Any) -> Iterator[Settings]:
    """Other settings inside a `with`:

    `using(device="cuda", licence="commercial")`. Raises InputError for what cannot be.
    """
    token = _settings.set(replace(settings(), **changes))
    try:
        yield settings()
    finally:
        _settings.reset(token)


def resolve_device(device: str) -> str:
    """What "auto" means on this machine, or the device itself. Raises MissingError when it is not there."""
    version = torch_version()
    if device == "cpu" or (device == "auto" and (version.endswith("+cpu") or not accelerated())):
        return "cpu"
    import torch

    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if present[name])
    if not present[device.partition(":")[0]]:
        raise MissingError(f"this machine (or this build of torch, {version}) has no {device}", "use --device cpu")
    return device


def working(dtype: str, device: str) -> str:
    """The dtype of what is not narrow: bfloat16, but on a CPU, whose products in it may be slow, float32."""
    return dtype if dtype in WIDE else "float32" if device == "cpu" else "bfloat16"


def accelerated() -> bool:
    """Whether there may be anything but a CPU; known without importing torch on Linux, where a driver shows itself."""
    drivers = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
    return platform.system() != "Linux" or any(os.path.exists(path) for path in drivers)  # noqa: PTH110 - device files


def device_memory_mb(device: str) -> float:
    """Memory of a device; of the machine for cpu and mps."""
    if device.startswith("cuda"):
        import torch

        return torch.cuda.get_device_properties(torch.device(device)).total_memory / 2**20
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**20 if hasattr(os, "sysconf") else 4096.0


def cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def quiet_threads() -> None:
    """Ask OpenMP not to spin, for spinning threads on busy cores made a model twenty times slower.

    Works before torch is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")


def count_threads(threads: int | None = None) -> int:
    """How many cores torch is to use: `threads`, or `$OMP_NUM_THREADS`, or up to eight of this machine's."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return threads or (int(given) if given.isdigit() else 0) or min(8, cores())


def set_threads(threads: int | None = None) -> int:
    """Let torch use as many cores as `count_threads` says; returns how many."""
    import torch

    wanted = count_threads(threads)
    if torch.get_num_threads() != wanted:
        torch.set_num_threads(wanted)
    return wanted


def torch_version() -> str:
    """The version of torch, read without importing it; "none" where there is none."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return "none"


def environment() -> dict[str, str]:
    """What a result's last bits depend on besides its inputs: it enters every cache key."""
    now = settings()
    facts = {"torch": torch_version(), "device": now.resolved_device, "dtype": now.dtype, "machine": platform.machine()}
    return facts | {"threads": str(count_threads(now.threads))}  # sums are taken in another order
