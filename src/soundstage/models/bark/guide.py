"""Where in its text a small Bark is: what stands beside each token, while it is made (`Pointer`) and afterwards.

B batch · S symbols of text · T semantic tokens · N flattened coarse tokens · J kinds of ids beside a token · V ids
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.errors import InputError
from soundstage.models.bark.model import BarkConfig, Guide


class Pointer:
    """The symbol that is being said, row by row, moved by the tokens that are made."""

    def __init__(self, config: BarkConfig, text_BS: Tensor, mask_BS: Tensor | None = None) -> None:
        self.config, self.guide = config, guide_of(config)
        self.text_BS = padded(config, text_BS, mask_BS)
        self.last_B = (self.text_BS != config.text_ids).sum(1) - 1
        self.place_B = torch.full_like(self.last_B, -1)
        self.wait_B = torch.zeros_like(self.last_B)

    def take(self, tokens_B: Tensor) -> None:
        """Move on by one token."""
        begun_B = begun(self.config, tokens_B)
        self.place_B = self.place_B + begun_B
        self.wait_B = torch.where(begun_B > 0, 0, self.wait_B + 1)

    def ids(self) -> Tensor:
        """What stands beside the token taken last, [B, 1, J]."""
        return _beside(self.config, self.text_BS, self.place_B[:, None], self.wait_B[:, None])

    def allowed(self, logits_B1V: Tensor) -> Tensor:
        """The logits of tokens that keep to the text: no symbol is left out, the end comes behind the last.

        A symbol that has lasted `patience` tokens must give way; the last one ends.
        """
        guide, end = self.guide, self.config.semantic_codes
        left_B1 = (self.last_B - self.place_B)[:, None]
        due_B1 = (self.wait_B >= guide.patience)[:, None] | (self.place_B < 0)[:, None]
        ids_V = torch.arange(logits_B1V.shape[-1], device=logits_B1V.device)
        begun_V = torch.where(ids_V < end, ids_V // guide.units, 0)
        shut_BV = (begun_V > left_B1) | (due_B1 & (begun_V == 0) & (ids_V != end)) | ((ids_V == end) & (left_B1 > 0))
        return logits_B1V.masked_fill(shut_BV[:, None], -math.inf)


def guide_of(config: BarkConfig) -> Guide:
    """The guide of a config. Raises InputError for a Bark that has none."""
    if config.guide is None:
        raise InputError("guide", "this Bark finds its own way through the text", "use a config with a guide")
    return config.guide


def padded(config: BarkConfig, text_BS: Tensor, mask_BS: Tensor | None = None) -> Tensor:
    """Text ids with the padding's own id where the mask is False."""
    return text_BS if mask_BS is None else text_BS.masked_fill(~mask_BS, config.text_ids)


def begun(config: BarkConfig, tokens: Tensor) -> Tensor:
    """How many symbols begin with each token; none with the end."""
    return torch.where(tokens < config.semantic_codes, tokens // guide_of(config).units, 0)


def symbol_starts(config: BarkConfig, tokens_T: Tensor) -> list[float]:
    """When each symbol begins, in tokens; of two that begin with one token the second has its second half."""
    starts: list[float] = []
    for index, count in enumerate(begun(config, tokens_T).tolist()):
        starts += [index + place / count for place in range(count)]
    return starts


def semantic_guides(config: BarkConfig, text_BS: Tensor, tokens_BT: Tensor) -> Tensor:
    """What stands beside the start and beside each token, [B, 1 + T, J]: the twin of `Pointer`, all at once."""
    begun_BT = F.pad(begun(config, tokens_BT), (1, 0))
    place_BT = begun_BT.cumsum(1) - 1
    index_T = torch.arange(begun_BT.shape[1], device=tokens_BT.device)
    since_BT = torch.where(begun_BT > 0, index_T, 0).cummax(1).values
    return _beside(config, text_BS, place_BT, index_T - since_BT)


def coarse_guides(config: BarkConfig, semantic_BT: Tensor, count: int, symbols_BTJ: Tensor | None = None) -> Tensor:
    """What stands beside the token before each of `count` coarse ones, [B, N, J]: the units around the time of that.

    Where the guide has them told, also the symbols around it (`symbols_at`); None: they are not known.
    """
    guide, ratio = guide_of(config), round(config.ratio)
    units_BT = torch.where(semantic_BT < config.semantic_codes, semantic_BT % guide.units, guide.units)
    around = guide.around
    spare = max(0, -(-count // ratio) - units_BT.shape[1])
    units_BT = F.pad(units_BT, (around, around + spare), value=guide.units)
    index_N = torch.arange(count, device=semantic_BT.device)
    near = [units_BT[:, index_N // ratio + shift] for shift in range(2 * around + 1)]
    beside = torch.stack([*near, (index_N % ratio).expand(len(semantic_BT), -1)], -1)
    if not guide.told:
        return beside
    if symbols_BTJ is None:
        symbols_BTJ = semantic_BT.new_full((*semantic_BT.shape, 1 + 2 * around), config.text_ids)
    symbols_BTJ = F.pad(symbols_BTJ, (0, 0, 0, spare), value=config.text_ids)
    return torch.cat((beside, symbols_BTJ[:, index_N // ratio]), -1)


def symbols_at(config: BarkConfig, semantic_BT: Tensor, text_BS: Tensor, behind: int = 0) -> Tensor:
    """The symbol of a text that each semantic token says, between those around it, [B, T, J].

    The first `behind` tokens are a voice's, whose symbols are not known.
    """
    around = guide_of(config).around
    text_BS = F.pad(text_BS, (around + 1, around + 1), value=config.text_ids)
    tokens_BT = semantic_BT.masked_fill(semantic_BT >= config.semantic_codes, config.semantic_codes)
    begun_BT = begun(config, tokens_BT)
    begun_BT[:, :behind] = 0
    place_BT = begun_BT.cumsum(1) + around  # of the symbol said, in the padded text
    near = [
        text_BS.gather(1, (place_BT + shift).clamp(0, text_BS.shape[1] - 1)) for shift in range(-around, around + 1)
    ]
    symbols_BTJ = torch.stack(near, -1)
    symbols_BTJ[:, :behind] = config.text_ids
    return symbols_BTJ


def _beside(config: BarkConfig, text_BS: Tensor, place_BT: Tensor, wait_BT: Tensor) -> Tensor:
    guide = guide_of(config)
    ahead = guide.ahead
    text_BS = F.pad(text_BS, (1, 1 + ahead), value=config.text_ids)  # nothing before the first, nothing after the last
    shown = [text_BS.gather(1, (place_BT + 1 + shift).clamp(max=text_BS.shape[1] - 1)) for shift in range(1 + ahead)]
    return torch.stack([*shown, wait_BT.clamp(max=guide.waits - 1)], -1)
