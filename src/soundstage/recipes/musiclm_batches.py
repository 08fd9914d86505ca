"""What MusicLM learns from: pieces of our composer as sound, captions true of them, and their tokens.

Notable: a piece is kept as sound alone; its sheet is composed again from its number, and so its captions never end.

B batch · T samples · M bands · N frames · S tokens · K books · Q books of MuLan
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.data.composer_captions import described
from soundstage.data.composer_render import available
from soundstage.errors import MissingError
from soundstage.media.audio import Audio
from soundstage.models.musiclm import MusicLM
from soundstage.models.musiclm.spectrum import FLOOR, Spectrum
from soundstage.recipes.music_truth import pieces_at, sounded
from soundstage.score.sheet import Sheet

SEED = 41
REMEDY = "make it first: python -m soundstage.recipes.musiclm"


@dataclass(frozen=True)
class Piece:
    """A sheet and how it sounds: mono int16 at the model's rate."""

    sheet: Sheet
    wave: NDArray[np.int16]

    def audio(self, rate: int) -> Audio:
        """Its sound."""
        return Audio(np.asarray(self.wave[None] / 32767, np.float32), rate)


def make_pieces(folder: Path, split: str, count: int, rate: int) -> None:
    """The first `count` pieces, of which those that stand are kept: every other by the sound font, where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    font = available()
    for index, sheet in enumerate(pieces_at(SEED, split, count)):
        path = folder / f"{index:05d}.npy"
        if not path.exists():
            mix = sounded(sheet, "font" if font and index % 4 > 1 else "synth", index)[0].mono().resampled(rate)
            unfinished = path.with_suffix(".part")
            with unfinished.open("wb") as file:
                np.save(file, np.round(np.clip(mix.samples[0], -1, 1) * 32767).astype(np.int16))
            unfinished.replace(path)


def pieces(folder: Path, split: str) -> list[Piece]:
    """All that stand. Raises MissingError without any."""
    paths = sorted(folder.glob("*.npy"))
    if not paths:
        raise MissingError(f"no pieces in {folder}", f"{REMEDY} data")
    sheets = pieces_at(SEED, split, 1 + int(paths[-1].stem))
    return [Piece(sheets[int(path.stem)], np.load(path, mmap_mode="r")) for path in paths]


def rng_of(generator: torch.Generator) -> np.random.Generator:
    """A numpy generator drawn from torch's, for what composes captions."""
    return np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))


def stretches(found: Sequence[Piece], picks: Sequence[int], samples: int, generator: torch.Generator) -> Tensor:
    """[B, T] of a random place in each of the pieces, at a random level; one that is shorter goes on in silence."""
    out = torch.zeros(len(picks), samples)
    places, levels = torch.rand(2, len(picks), generator=generator).tolist()
    for row, (pick, at, level) in enumerate(zip(picks, places, levels, strict=True)):
        wave = found[pick].wave
        start = int(at * max(0, len(wave) - samples))
        part = torch.from_numpy(np.array(wave[start : start + samples], np.float32))
        out[row, : len(part)] = part / 32767 * 10 ** (-0.6 * level)
    return out


def drawn(found: Sequence[Piece], rows: int, samples: int, generator: torch.Generator) -> Tensor:
    """`stretches` of pieces drawn at random."""
    return stretches(found, torch.randint(len(found), (rows,), generator=generator).tolist(), samples, generator)


@torch.no_grad()
def spectra(found: Sequence[Piece], spectrum: Spectrum) -> list[Tensor]:
    """Every piece in log-mel frames [M, N], in float16: what is heard many times is measured once."""
    return [spectrum.mel(torch.from_numpy(np.array(p.wave, np.float32))[None] / 32767)[0].half() for p in found]


def mel_stretches(mels: Sequence[Tensor], picks: Sequence[int], frames: int, generator: torch.Generator) -> Tensor:
    """`stretches` of log-mel frames, [B, M, N]."""
    silence = math.log(FLOOR)
    out = torch.full((len(picks), len(mels[0]), frames), silence)
    places, levels = torch.rand(2, len(picks), generator=generator).tolist()
    for row, (pick, at, level) in enumerate(zip(picks, places, levels, strict=True)):
        start = int(at * max(0, mels[pick].shape[1] - frames))
        part = mels[pick][:, start : start + frames].float()
        out[row, :, : part.shape[1]] = (part - 0.6 * level * math.log(10)).clamp_min(silence)
    return out


def captioned(
    found: Sequence[Piece], mels: Sequence[Tensor], rows: int, frames: int, generator: torch.Generator
) -> tuple[Tensor, list[str]]:
    """Log-mel frames [B, M, N] of different pieces, and a caption of each."""
    picks = torch.randperm(len(found), generator=generator)[:rows].tolist()
    rng = rng_of(generator)
    return mel_stretches(mels, picks, frames, generator), [described(found[pick].sheet, rng) for pick in picks]


class Tokens(NamedTuple):
    """A piece in tokens, and what MuLan makes of each second of it."""

    semantic: Tensor  # [S]
    codes: Tensor  # [K, S]
    asked: Tensor  # [W, Q]


@torch.inference_mode()
def tokens_of(model: MusicLM, piece: Piece, on_asked: Callable[[Tensor], Tensor]) -> Tokens:
    """All tokens of a piece; `on_asked` makes MuLan's of embeddings."""
    config = model.config
    whole = len(piece.wave) // config.token * config.token
    samples = torch.from_numpy(np.array(piece.wave[:whole], np.float32))[None] / 32767
    mel = model.spectrum.mel(samples)
    standard = model.spectrum.standard(mel)
    assert model.semantic is not None
    semantic, codes = model.semantic(standard)[0], model.acoustic.encode(mel)[0]
    second = config.tokens(1.0) * config.stack
    size = min(config.tokens(config.mulan.seconds) * config.stack, standard.shape[-1])
    windows = torch.cat([standard[..., at : at + size] for at in range(0, standard.shape[-1] - size + 1, second)])
    return Tokens(semantic.short(), codes.short(), on_asked(model.mulan.audio(windows)).short())


class Batch(NamedTuple):
    """Stretches of the same length."""

    semantic: Tensor  # [B, S]
    codes: Tensor  # [B, K, S]
    asked: Tensor  # [B, Q], of a window at about the same time


def token_batch(found: Sequence[Tokens], rows: int, longest: int, a_second: int, generator: torch.Generator) -> Batch:
    """Random stretches of `longest` tokens, or as many as the first piece drawn has."""
    first = int(torch.randint(len(found), (), generator=generator))
    length = min(longest, len(found[first].semantic))
    able = [index for index, each in enumerate(found) if len(each.semantic) >= length]
    picks = torch.randint(len(able), (rows - 1,), generator=generator).tolist()
    places, besides = torch.rand(2, rows, generator=generator).tolist()
    semantic, codes, asked = [], [], []
    for piece, at, beside in zip([found[first], *(found[able[i]] for i in picks)], places, besides, strict=True):
        start = int(at * (len(piece.semantic) - length + 1))
        semantic.append(piece.semantic[start : start + length])
        codes.append(piece.codes[:, start : start + length])
        window = int((start + beside * max(0, length - a_second)) / a_second)
        asked.append(piece.asked[min(window, len(piece.asked) - 1)])
    return Batch(torch.stack(semantic).long(), torch.stack(codes).long(), torch.stack(asked).long())
