"""A small F5 whose text comes with its times: phones laid over frames, a voice from a reference without words.

Notable: infilling is F5's, the network its own. What differs is what a small one can learn in an hour of one core:
each phone lies where it is to sound (its length comes from a predictor that hears the reference, or from whoever
knows it), so nothing is lost or doubled and all times are exact; a token is 40 ms in 80 numbers (`folding`); and what
the reference is like reaches every layer as a vector too, beside the frames that attention sees.

B batch · P phones · S tokens · R tokens of a reference · K components · H mel bands of a token · V voice width
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from soundstage.codec.folding import Folding
from soundstage.errors import InputError
from soundstage.flow import Velocity, batched, euler, flow_loss, pruned, swayed
from soundstage.flow.solve import OnStep, ignore
from soundstage.models.f5.hearing import HEARD
from soundstage.models.f5.model import F5, F5Config, Read
from soundstage.models.f5.phones import Ear, PhoneReader, whole_frames


@dataclass(frozen=True, kw_only=True)
class AlignedConfig:
    """Everything that rebuilds the model. `symbols`: how many ids a front end has, 0 for padding among them."""

    symbols: int
    stack: int = 4  # frames of 10 ms a token
    bands: int = 100  # of the vocoder's envelope
    components: int = 80
    width: int = 192
    depth: int = 6
    heads: int = 3
    hidden: int = 576
    text: int = 192
    text_depth: int = 3
    vector: int = 128
    voices: int = 10  # references that it brings along
    reference: int = 75  # tokens of each

    @classmethod
    def of(cls, config: Mapping[str, object]) -> AlignedConfig:
        """From a card's plain dictionary; unknown keys (names of voices, say) are the card's own."""
        given: dict[str, Any] = {key: config[key] for key in cls.__dataclass_fields__ if key in config}
        return cls(**given)

    def plain(self) -> dict[str, object]:
        """As a dictionary for a card."""
        return {"aligned": True, **asdict(self)}

    @property
    def network(self) -> F5Config:
        """The shape of the network inside."""
        return F5Config(
            width=self.width, depth=self.depth, heads=self.heads, hidden=self.hidden, vocabulary=0, text=self.text,
            bands=self.components, heard=self.stack * HEARD, condition=self.vector,
        )  # fmt: skip


def f5_starter(symbols: int) -> AlignedConfig:
    """The shipped size."""
    return AlignedConfig(symbols=symbols)


def f5_tiny(symbols: int) -> AlignedConfig:
    """A toy of the same shape for tests."""
    return AlignedConfig(
        symbols=symbols, components=12, width=32, depth=2, heads=2, hidden=32, text=24, text_depth=1, vector=16,
        voices=2, reference=20,
    )  # fmt: skip


class AlignedF5(nn.Module):
    """The network, its ear, its reader of phones, the folding of its frames, and the references of its named voices."""

    def __init__(self, config: AlignedConfig) -> None:
        super().__init__()
        self.config = config
        heard = config.stack * HEARD
        self.network = F5(config.network)
        self.ear = Ear(heard, config.vector)
        self.reader = PhoneReader(config.symbols, config.text, config.text_depth, config.vector, config.stack)
        self.folding = Folding(config.bands, config.stack, config.components)
        self.voices = nn.Parameter(torch.zeros(config.voices, config.reference, heard), requires_grad=False)

    def read(self, line: Aligned, *, keep_B: Tensor | None = None) -> tuple[Read, Tensor]:
        """What the network needs of a line, and log durations [B, P]. `keep_B` [B, 2]: 1 for rows that may have their
        reference, and that may have their text, 0 for others.
        """
        keep = line.heard.new_ones(len(line.heard), 2) if keep_B is None else keep_B
        known = line.known * (keep[:, :1] > 0)
        heard = line.heard * known[..., None]
        vector = self.ear(heard, known)
        features, logs = self.reader(line.phones, line.flags, vector)
        text = self.reader.laid(features, line.durations, heard.shape[1]) * keep[:, 1:, None]
        real = None if line.real is None else line.real[..., None].to(heard.dtype)
        return self.network.joined(heard, text, real, vector), logs

    def forward(self, x_BSK: Tensor, t_B: Tensor, read: Read) -> Tensor:
        """The velocity [B, S, K]: what it is for noise and tokens of unit spread that know nothing of each other, and
        the network's part of it, which is of unit spread at all times (after Karras et al., 2022).
        """
        t = t_B.float()[:, None, None]
        power = t.square() + (1 - t).square()
        made = self.network(x_BSK, t_B, read)
        return ((2 * t - 1) / power * x_BSK + made / power.sqrt()).to(x_BSK.dtype)  # type: ignore[no-any-return]

    def lasting(
        self,
        phones_P: Tensor,
        flags_P: Tensor,
        reference_RH: Tensor,
        *,
        speed: float = 1.0,
        stretch: Tensor | None = None,
    ) -> Tensor:
        """Frames of each phone [P] of a line said after a reference, whole tokens in all. `stretch` [P] are factors."""
        known = torch.ones(1, len(reference_RH), dtype=torch.bool, device=phones_P.device)
        vector = self.ear(reference_RH[None], known)
        unknown = torch.tensor([self.reader.unknown], device=phones_P.device)
        phones, flags = torch.cat((unknown, phones_P)), F.pad(flags_P, (1, 0))
        _, logs = self.reader(phones[None], flags[None], vector)
        lengths = logs[0, 1:].float().clamp(-1, 5).exp() / speed
        return whole_frames(lengths if stretch is None else lengths * stretch, self.config.stack)


class Aligned(NamedTuple):
    """A recording with a gap to be filled, or several: phones, flags and durations in frames [B, P] of all of it, mel
    `heard` [B, S, H] and where it is `known` [B, S]; `real` [B, S] where rows end before S, None where none does.
    """

    phones: Tensor
    flags: Tensor
    durations: Tensor
    heard: Tensor
    known: Tensor
    real: Tensor | None = None


def after(model: AlignedF5, reference_RH: Tensor, phones_P: Tensor, flags_P: Tensor, durations_P: Tensor) -> Aligned:
    """A line to be said after a reference whose words are not known."""
    stack, count = model.config.stack, len(reference_RH)
    device = reference_RH.device
    tokens = int(durations_P.sum()) // stack
    return Aligned(
        torch.cat((torch.tensor([model.reader.unknown], device=device), phones_P))[None],
        F.pad(flags_P, (1, 0))[None],
        torch.cat((torch.tensor([count * stack], device=device), durations_P))[None],
        F.pad(reference_RH, (0, 0, 0, tokens))[None],
        (torch.arange(count + tokens, device=device) < count)[None],
    )


def together(lines: Sequence[Aligned]) -> Aligned:
    """Lines as rows of one, filled up behind the shorter."""

    def rows(parts: list[Tensor]) -> Tensor:
        longest = max(part.shape[1] for part in parts)
        return torch.cat([F.pad(x, (0, 0) * (x.ndim - 2) + (0, longest - x.shape[1])) for x in parts])

    phones, flags, durations, heard, known = (
        rows([getattr(line, name) for line in lines]) for name in ("phones", "flags", "durations", "heard", "known")
    )
    real = rows([torch.ones_like(line.known) if line.real is None else line.real for line in lines])
    return Aligned(phones, flags, durations, heard, known, None if bool(real.all()) else real)


@torch.inference_mode()
def fill(
    model: AlignedF5,
    line: Aligned,
    *,
    generator: torch.Generator | Sequence[torch.Generator],
    steps: int = 8,
    guidance: float = 0.0,
    sway: float = -1.0,
    heat: float = 1.0,
    on_step: OnStep = ignore,
) -> Tensor:
    """Tokens [B, S, K] where they are not known, zeros elsewhere. `guidance` 0 runs without; `heat` scales the noise.

    `generator`: one for each row, which then comes out as it would alone, or one that draws row after row. Raises
    InputError when nothing is left to make.
    """
    hidden = ~line.known if line.real is None else ~line.known & line.real
    if not bool(hidden.any()):
        raise InputError("line", "is known from end to end", "leave a gap to fill")
    gap = hidden[..., None].to(line.heard.dtype)
    noise = _noise(line, model.config.components, generator).to(gap) * heat
    read, _ = model.read(line)
    velocity = _velocity(model, read, gap)
    if guidance:
        null, _ = model.read(line, keep_B=line.heard.new_zeros(len(line.heard), 2))
        both = _velocity(model, read.beside(null), torch.cat((gap, gap)))
        velocity = batched(both, 1 + guidance)
    return euler(velocity, noise * gap, swayed(pruned(steps), sway), on_step)


def _noise(line: Aligned, components: int, generator: torch.Generator | Sequence[torch.Generator]) -> Tensor:
    """[B, S, K], each row drawn for its own length, zeros behind it."""
    count, tokens = line.known.shape
    sizes = [tokens] * count if line.real is None else line.real.sum(1).tolist()
    each = [generator] * count if isinstance(generator, torch.Generator) else generator
    rows = [torch.randn(size, components, generator=g, device=g.device) for size, g in zip(sizes, each, strict=True)]
    return torch.stack([F.pad(row, (0, 0, 0, tokens - len(row))) for row in rows])


def _velocity(model: AlignedF5, read: Read, gap: Tensor) -> Velocity:
    def at(x: Tensor, t_B: Tensor) -> Tensor:
        return model(x, t_B[:1], read) * gap  # type: ignore[no-any-return]  # a solver's batch shares its time

    return at


def aligned_loss(
    model: AlignedF5,
    line: Aligned,
    tokens_BSK: Tensor,
    asked_BP: Tensor,
    generator: torch.Generator,
    *,
    drop_reference: float = 0.1,
    drop_both: float = 0.1,
    length: float = 0.15,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The flow loss in the gaps, each component weighted by the root of its spread, plus `length` times the error of
    the log durations of the phones that are `asked`. Rows lose reference, or reference and text, with these chances.
    """
    lost_B = torch.rand(len(tokens_BSK), generator=generator, device=generator.device).to(tokens_BSK)
    keep = torch.stack((lost_B >= drop_reference + drop_both, lost_B >= drop_both), -1).to(tokens_BSK)
    read, logs = model.read(line, keep_B=keep)
    gap = ~line.known if line.real is None else ~line.known & line.real
    weight = model.folding.spread.sqrt()
    gap_BSK = gap[..., None] * (weight / weight.mean())
    some = gap[..., None].to(tokens_BSK)
    flow = flow_loss(lambda x, t_B: model(x * some, t_B, read), tokens_BSK, generator, gap_BSK)
    late = (logs.float() - line.durations.clamp_min(1).log()) * asked_BP
    lasting = (late.abs() + late.square()).sum() / asked_BP.sum().clamp_min(1)
    return flow + length * lasting, {"flow": flow.detach(), "duration": lasting.detach()}
