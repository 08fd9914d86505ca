"""The one training loop: resumable at any moment, the same on CPU and GPU.

Notable: nothing random is carried from step to step. Each step gets a generator seeded from (seed, index), so a run
that was killed and resumed draws what an uninterrupted run would have drawn, and ends with the same bits.

    def step(model, index, generator):
        x = draw_batch(generator)                      # torch.randn(..., generator=generator, device=generator.device)
        loss = flow_loss(model, x, generator)
        return loss, {"flow": float(loss.detach())}

    fit("runs/background", model, step, steps=20_000, lr=1e-3, warmup=500)
    load_ema("runs/background", model)
"""

from __future__ import annotations

import json
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal, TypedDict, Unpack

import torch
from torch import Tensor, nn

from soundstage.errors import InputError, RunError
from soundstage.train import checkpoint
from soundstage.train.ema import Ema

Step = Callable[[Any, int, torch.Generator], tuple[Tensor, Mapping[str, "float | Tensor"]]]
CHECKPOINT = "checkpoint.safetensors"
LOG = "log.jsonl"


class Rule(TypedDict, total=False):
    """How `fit` optimises: AdamW, a warm-up, a decay to zero over the declared run, a moving average."""

    lr: float  # peak learning rate, 1e-3
    warmup: int  # steps of linear rise, 200
    decay: Literal["cosine", "linear", "constant"]  # after the warm-up, to zero at the last step; "cosine"
    betas: tuple[float, float]  # (0.9, 0.99)
    weight_decay: float  # of matrices and kernels only, not of biases and gains; 0.01
    clip: float  # largest gradient norm, 1.0; 0 never clips
    ema: float  # decay of the moving average, 0.999
    autocast: torch.dtype | None  # e.g. torch.bfloat16 for the forward pass; None: float32 throughout


DEFAULTS: Rule = {
    "lr": 1e-3,
    "warmup": 200,
    "decay": "cosine",
    "betas": (0.9, 0.99),
    "weight_decay": 0.01,
    "clip": 1.0,
    "ema": 0.999,
    "autocast": None,
}


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a call of `fit` did."""

    step: int  # steps that stand in the checkpoint
    finished: bool  # False when a signal stopped the run early
    seconds: float  # training time over all calls
    loss: float  # mean over the last logged stretch


@dataclass
class _State:
    """Everything that a checkpoint must hold."""

    module: nn.Module
    ema: Ema
    optimizer: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0
    loss: float = math.nan

    def save(self, folder: Path, seed: int) -> None:
        tensors = {f"module.{name}": tensor for name, tensor in self.module.state_dict().items()}
        tensors |= {f"ema.{name}": tensor for name, tensor in self.ema.module.state_dict().items()}
        for name, parameter in self.module.named_parameters():
            for key, tensor in self.optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer.{key}.{name}"] = tensor
        scalars = {"step": self.step, "seconds": self.seconds, "loss": self.loss, "seed": seed}
        checkpoint.save(folder / CHECKPOINT, tensors, scalars)

    def restore(self, folder: Path, seed: int) -> None:
        path = folder / CHECKPOINT
        tensors, scalars = checkpoint.load(path)
        if scalars["seed"] != seed:
            raise InputError("seed", f"{path} was trained with seed {scalars['seed']}", "use that seed or a new folder")
        checkpoint.assign(self.module, checkpoint.under("module", tensors), path)
        checkpoint.assign(self.ema.module, checkpoint.under("ema", tensors), path)
        moments = checkpoint.under("optimizer", tensors)
        for name, parameter in self.module.named_parameters():
            for key in ("step", "exp_avg", "exp_avg_sq"):
                if (tensor := moments.get(f"{key}.{name}")) is not None:
                    # AdamW counts its steps on the CPU, wherever the weights are.
                    self.optimizer.state[parameter][key] = tensor if key == "step" else tensor.to(parameter.device)
        self.step, self.seconds, self.loss = scalars["step"], scalars["seconds"], scalars["loss"]


def fit(
    folder: Path | str,
    module: nn.Module,
    step: Step,
    *,
    steps: int,
    minutes: float | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    checkpoint_s: float = 120.0,
    sample_s: float | None = None,
    on_sample: Callable[[Any, int], object] | None = None,
    log_s: float = 10.0,
    log: Callable[[str], object] = print,
    **rule: Unpack[Rule],
) -> Report:
    """Train `module` in place for `steps` steps, going on from `folder` if a run stands there.

    `step(module, index, generator) -> (loss, {name: value})` draws its batch from `generator`, which lives on `device`.
    `minutes` bounds the training time too: the learning rate then falls to zero over whichever ends first (such a run
    cannot be repeated bit for bit). `on_sample(ema module, index)` is called every `sample_s` seconds and at the end,
    without gradients. `rule` is documented at `Rule`. At the end `module` holds the last raw weights; `load_ema` gives
    the average. SIGTERM and SIGINT write a checkpoint and return.

    Raises InputError when the folder's checkpoint belongs to another module or seed, RunError when the loss is not
    finite (the last checkpoint is kept).
    """
    if unknown := set(rule) - set(Rule.__annotations__):
        raise InputError(min(unknown), "fit has no such option", f"choose from {', '.join(Rule.__annotations__)}")
    if steps < 1:
        raise InputError("steps", f"{steps} steps train nothing", "give at least 1")
    how: Rule = {**DEFAULTS, **rule}
    folder = Path(folder)
    module.to(device).train()
    state = _State(module, Ema(module, how["ema"]), _optimizer(module, how))
    if (folder / CHECKPOINT).exists():
        state.restore(folder, seed)
        log(f"{folder.name}: going on from step {state.step}")
    folder.mkdir(parents=True, exist_ok=True)
    _forget_after(folder / LOG, state.step)
    generator = torch.Generator(device)
    book = _Book(folder, state, steps, minutes, log)
    now = time.monotonic()
    due = {"log": now + min(log_s, 2.0), "checkpoint": now + checkpoint_s, "sample": now + (sample_s or math.inf)}
    with _stop_signals() as stopped:
        while (progress := book.progress()) < 1 and not stopped.is_set():
            generator.manual_seed(_mix(seed, state.step))
            loss, values = _update(state, step, generator, how, _rate(how, progress, state.step), module)
            now = time.monotonic()
            book.note(loss, values, now)
            if now >= due["log"]:
                book.write(now)
                due["log"] = now + log_s
            if now >= due["checkpoint"]:
                book.check()
                state.save(folder, seed)
                due["checkpoint"] = time.monotonic() + checkpoint_s
            if now >= due["sample"] and sample_s is not None:
                _sample(on_sample, state)
                due["sample"] = time.monotonic() + sample_s
            book.mark = time.monotonic()  # saving and sampling are not training time
        if book.count:
            book.write(time.monotonic())
        book.check()
        state.save(folder, seed)
        finished = book.progress() >= 1
        if finished:
            _sample(on_sample, state)
    return Report(step=state.step, finished=finished, seconds=state.seconds, loss=state.loss)


def load_ema(folder: Path | str, module: nn.Module) -> nn.Module:
    """Put the averaged weights of the run in `folder` into `module` and return it in eval mode.

    Raises MissingError when no run stands there, InputError when it trained another module.
    """
    path = Path(folder) / CHECKPOINT
    tensors, _ = checkpoint.load(path)
    checkpoint.assign(module, checkpoint.under("ema", tensors), path)
    return module.eval()


def _optimizer(module: nn.Module, how: Rule) -> torch.optim.AdamW:
    wanted = [parameter for parameter in module.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in wanted if p.ndim >= 2], "weight_decay": how["weight_decay"]},
        {"params": [p for p in wanted if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=how["lr"], betas=how["betas"])


def _update(
    state: _State, step: Step, generator: torch.Generator, how: Rule, lr: float, module: nn.Module
) -> tuple[Tensor, Mapping[str, float | Tensor]]:
    for group in state.optimizer.param_groups:
        group["lr"] = lr
    narrow = how["autocast"]
    with nullcontext() if narrow is None else torch.autocast(generator.device.type, narrow):
        loss, values = step(module, state.step, generator)
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    if how["clip"] > 0:
        nn.utils.clip_grad_norm_(module.parameters(), how["clip"])
    state.optimizer.step()
    state.ema.update(module, state.step)
    state.step += 1
    return loss.detach(), values


def _rate(how: Rule, progress: float, index: int) -> float:
    """The learning rate at step `index`, `progress` of the run done."""
    rise = min(1.0, (index + 1) / max(how["warmup"], 1))
    if how["decay"] == "constant":
        return how["lr"] * rise
    fall = 1 - progress if how["decay"] == "linear" else 0.5 * (1 + math.cos(math.pi * progress))
    return how["lr"] * rise * fall


def _mix(seed: int, index: int) -> int:
    """One 64-bit seed from two numbers (splitmix64), so that neighbouring steps share nothing."""
    word = (seed * 0xD1342543DE82EF95 + index * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & (2**64 - 1)
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
    return (word ^ (word >> 31)) & (2**63 - 1)


def _sample(on_sample: Callable[[Any, int], object] | None, state: _State) -> None:
    if on_sample is not None:
        with torch.no_grad():
            on_sample(state.ema.module, state.step)


class _Book:
    """Counts time and loss between log lines. Sums stay on the device, so a GPU is only waited for at a log line."""

    def __init__(
        self, folder: Path, state: _State, steps: int, minutes: float | None, log: Callable[[str], object]
    ) -> None:
        self.folder, self.state, self.steps, self.log = folder, state, steps, log
        self.budget = math.inf if minutes is None else minutes * 60
        self.mark = time.monotonic()
        self.clear()

    def clear(self) -> None:
        self.count, self.spent = 0, 0.0
        self.sums: dict[str, Tensor | float] = {}

    def progress(self) -> float:
        return max(self.state.step / self.steps, self.state.seconds / self.budget)

    def note(self, loss: Tensor, values: Mapping[str, float | Tensor], now: float) -> None:
        self.spent += now - self.mark
        self.state.seconds += now - self.mark
        self.count += 1
        for name, value in {"loss": loss, **values}.items():
            add = value.detach().float() if isinstance(value, Tensor) else value
            self.sums[name] = self.sums[name] + add if name in self.sums else add

    def write(self, now: float) -> None:
        means = {name: float(total) / self.count for name, total in self.sums.items()}
        self.state.loss = means["loss"]
        rate = self.count / max(self.spent, 1e-9)
        left = (self.steps - self.state.step) / rate
        left = max(0.0, min(left, self.budget - self.state.seconds))
        row = {"step": self.state.step, **means, "rate": rate, "seconds": self.state.seconds, "time": time.time()}
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        shown = "  ".join(f"{name} {value:.4g}" for name, value in means.items())
        self.log(f"{self.folder.name} {self.state.step}/{self.steps}  {shown}  {rate:.3g} steps/s  {_clock(left)} left")
        self.clear()

    def check(self) -> None:
        """Raises RunError before weights that are lost would replace a good checkpoint."""
        total = self.sums.get("loss", self.state.loss)
        broken = not math.isfinite(float(total)) and self.state.step > 0
        if broken or not all(bool(torch.isfinite(p).all()) for p in self.state.module.parameters()):
            raise RunError(
                f"the loss is not finite at step {self.state.step}",
                f"lower the learning rate; the last good checkpoint is kept in {self.folder}",
            )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}h{minutes % 60:02d}m" if minutes >= 60 else f"{minutes}m{rest:02d}s"


def _forget_after(path: Path, step: int) -> None:
    """Drop the log lines of steps that a killed run made after its last checkpoint; they will be made again."""
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= step]
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
    unfinished.replace(path)


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; the handlers that stood before come back at the end."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
