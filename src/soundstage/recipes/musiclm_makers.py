"""MusicLM's makers of tokens: the codec's books, the joint embedding, the semantic network, mender and vocoder; and the
tokens that they make of every piece. Parts of `recipes.musiclm`.

B batch · T samples · S tokens · D components
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from soundstage.codec.kmeans import averages, fit_books
from soundstage.codec.mender import Mender
from soundstage.codec.vocoder import Vocoder
from soundstage.errors import MissingError
from soundstage.models.musiclm import AcousticCodec, MaskedPredictor, MusicLM, MusicLMConfig, musiclm_starter
from soundstage.recipes.musiclm_batches import (
    REMEDY,
    Tokens,
    captioned,
    drawn,
    mel_stretches,
    pieces,
    spectra,
    tokens_of,
)
from soundstage.tasks.compose_musiclm import spelled
from soundstage.train import checkpoint
from soundstage.train.loop import CHECKPOINT, fit, load_ema
from soundstage.train.losses import mel_loss, spectral_loss

RUNS = Path("runs/musiclm")
BOOKS, TOKENS = "books.safetensors", "tokens.safetensors"
MAKERS = ("mulan", "semantic", "mender", "vocoder")
POINTS, ROUNDS = 120_000, 12  # of k-means
ROWS = 32  # pieces among which MuLan finds each caption's own
SECONDS = 1.0  # of what the vocoder hears at once


def make_books(folder: Path = RUNS, config: MusicLMConfig | None = None) -> None:
    """Statistics of spectra, directions and codebooks of the codec."""
    model = MusicLM(config or musiclm_starter())
    generator = torch.Generator().manual_seed(1)
    acoustic, seconds = model.acoustic, model.config.tokens(6.0) * model.config.token
    found, known = pieces(folder / "train", "train"), pieces(folder / "test", "test")
    with torch.no_grad():
        mels = [model.spectrum.mel(drawn(found, 1, seconds, generator)) for _ in range(min(600, 4 * len(found)))]
        frames_NM = torch.cat(mels, -1)[0].T
        model.spectrum.fit(frames_NM)
        acoustic.folding.fit(frames_NM)
        latents_ND = torch.cat([acoustic.latents(mel)[0].T for mel in mels])
        chosen = latents_ND[torch.randperm(len(latents_ND), generator=generator)[:POINTS]]
        learned = fit_books(acoustic.quantiser, chosen, rounds=ROUNDS, generator=generator)
        unheard = [model.spectrum.mel(drawn(known, 1, seconds, generator)) for _ in range(2 * len(known))]
        left = [lost(acoustic, unheard, books + 1) for books in range(len(learned))]
    for name, shares in (("what was learned", learned), ("held-out pieces", left)):
        print(f"left of {name} by each book:", " ".join(f"{share:.4f}" for share in shares), flush=True)
    checkpoint.save(folder / BOOKS, dict(model.state_dict()), {"points": len(chosen)})


def lost(acoustic: AcousticCodec, mels_BMN: Sequence[Tensor], books: int) -> float:
    """The share of the latents' power that the first books leave: far above what was learned, more data are wanted."""
    off = power = 0.0
    for mel in mels_BMN:
        true = acoustic.latents(mel)
        off += float((acoustic.quantiser.decode(acoustic.quantiser.encode(true, books)) - true).square().sum())
        power += float(true.square().sum())
    return off / power


def begun(folder: Path, config: MusicLMConfig | None, *, tokens: bool = False) -> MusicLM:
    """The model with its books, and what was trained of its makers of tokens. Raises MissingError before `books`."""
    model = MusicLM(config or musiclm_starter())
    path = folder / (TOKENS if tokens else BOOKS)
    checkpoint.assign(model, checkpoint.load(path)[0], path)
    return model.eval()


def train_mulan(
    minutes: float = 20.0, steps: int = 6000, folder: Path = RUNS, config: MusicLMConfig | None = None
) -> None:
    """The joint embedding."""
    model, found = begun(folder, config), pieces(folder / "train", "train")
    rows, frames = min(ROWS, len(found)), model.config.tokens(model.config.mulan.seconds) * model.config.stack
    mels = spectra(found, model.spectrum)

    def step(mulan: nn.Module, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        mel, captions = captioned(found, mels, rows, frames, generator)
        heard, said = (
            model.mulan.audio(model.spectrum.standard(mel)),
            model.mulan.text(spelled(captions, model.config.mulan.buckets)),
        )
        right = ((heard @ said.T).argmax(1) == torch.arange(len(said))).float().mean()
        return model.mulan.contrast(heard, said), {"right": right}

    fit(folder / "mulan", model.mulan, step, steps=steps, minutes=minutes, lr=1e-3, warmup=100, ema=0.99, seed=2)


def predictor_of(model: MusicLM) -> MaskedPredictor:
    """The semantic network as it is trained."""
    assert model.semantic is not None
    return MaskedPredictor(model.semantic, model.config.bands)


def train_semantic(
    minutes: float = 15.0, steps: int = 6000, folder: Path = RUNS, config: MusicLMConfig | None = None
) -> None:
    """The network whose thoughts become semantic tokens."""
    model = begun(folder, config)
    mels = spectra(pieces(folder / "train", "train"), model.spectrum)
    frames = model.config.tokens(8.0) * model.config.stack

    def step(predictor: MaskedPredictor, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        picks = torch.randint(len(mels), (12,), generator=generator).tolist()
        guess = predictor(model.spectrum.standard(mel_stretches(mels, picks, frames, generator)), generator)
        return guess.loss, {"right": guess.right}

    network = predictor_of(model)
    fit(folder / "semantic", network, step, steps=steps, minutes=minutes, lr=1e-3, warmup=100, ema=0.99, seed=3)


def train_mender(
    minutes: float = 8.0, steps: int = 4000, folder: Path = RUNS, config: MusicLMConfig | None = None
) -> None:
    """What the frames around a rounded one tell of it."""
    model, found = begun(folder, config), pieces(folder / "train", "train")
    acoustic, books = model.acoustic, model.config.acoustic.books
    samples, spread = model.config.tokens(2.5) * model.config.token, acoustic.folding.spread

    def step(mender: Mender, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        kept = 2 + int(torch.randint(books - 1, (), generator=generator))
        with torch.no_grad():
            true_BDS = acoustic.latents(model.spectrum.mel(drawn(found, 16, samples, generator)))
            rounded = acoustic.quantiser.decode(acoustic.quantiser.encode(true_BDS, kept))
        off = mender(rounded / spread[:, None]) * spread[:, None] - true_BDS
        before = (rounded - true_BDS).square().mean().clamp_min(1e-8)
        return off.square().mean() + 0.5 * off.abs().mean(), {"left": (off.square().mean() / before).detach()}

    fit(folder / "mender", acoustic.mender, step, steps=steps, minutes=minutes, lr=2e-3, warmup=100, ema=0.99, seed=4)


def train_vocoder(
    minutes: float = 40.0, steps: int = 20_000, folder: Path = RUNS, config: MusicLMConfig | None = None
) -> None:
    """Samples of spectra, half of them true, half as the books leave them."""
    model, found = begun(folder, config), pieces(folder / "train", "train")
    acoustic, rate, samples = model.acoustic, model.config.rate, model.config.tokens(SECONDS) * model.config.token
    _average(folder / "mender", acoustic.mender)

    def step(vocoder: Vocoder, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        wave = drawn(found, 8, samples, generator)
        with torch.no_grad():
            mel = model.spectrum.mel(wave)
            if float(torch.rand((), generator=generator)) < 0.5:
                mel = acoustic.mel(acoustic.encode(mel))
        made = vocoder(acoustic.seen(mel))
        mels, spectra = mel_loss(made, wave, rate), spectral_loss(made, wave)
        return mels + spectra, {"mel": mels.detach()}

    fit(
        folder / "vocoder", acoustic.vocoder, step, steps=steps, minutes=minutes, lr=1e-3, warmup=100, ema=0.995,
        seed=5,
    )  # fmt: skip


def _average(folder: Path, module: nn.Module) -> None:
    """The averaged weights of a run, where it stands."""
    if (folder / CHECKPOINT).is_file():
        load_ema(folder, module)


def make_tokens(folder: Path = RUNS, config: MusicLMConfig | None = None) -> None:
    """MuLan's books, the semantic averages, and every piece in tokens. Raises MissingError before those are trained."""
    model, found = begun(folder, config), pieces(folder / "train", "train")
    for name, module in zip(
        MAKERS, (model.mulan, predictor_of(model), model.acoustic.mender, model.acoustic.vocoder), strict=True
    ):
        load_ema(folder / name, module)
    generator, frames = torch.Generator().manual_seed(6), model.config.tokens(10.0) * model.config.stack
    mels = spectra(found, model.spectrum)
    mulan, buckets = model.mulan, model.config.mulan.buckets
    assert model.semantic is not None
    heard, said, thought = [], [], []
    with torch.inference_mode():
        for _ in range(max(2, min(250, 3 * len(found) // 8))):
            mel, captions = captioned(found, mels, 8, frames, generator)
            mel = model.spectrum.standard(mel)
            heard.append(mulan.audio(mel))
            said.append(mulan.text(spelled(captions, buckets)))
            thought.append(model.semantic.hidden(mel).flatten(0, 1))
        sounds, words, thoughts = torch.cat(heard), torch.cat(said), torch.cat(thought)
        mulan.heard.copy_(sounds.mean(0))
        mulan.said.copy_(words.mean(0))
        fit_books(mulan.quantiser, sounds - mulan.heard, rounds=ROUNDS, generator=generator)
        chosen = thoughts[torch.randperm(len(thoughts), generator=generator)[:POINTS]]
        model.semantic.averages.copy_(averages(chosen, model.config.semantic.codes, ROUNDS, generator))
    checkpoint.save(folder / TOKENS, dict(model.state_dict()), {})
    for index, piece in enumerate(found):
        made = tokens_of(model, piece, mulan.audio_tokens)
        checkpoint.save(folder / "tokens" / f"{index:05d}.safetensors", made._asdict(), {})


def corpus(folder: Path) -> list[Tokens]:
    """Every piece in tokens. Raises MissingError before they are made."""
    paths = sorted((folder / "tokens").glob("*.safetensors"))
    if not paths:
        raise MissingError(f"no tokens in {folder}", f"{REMEDY} tokens")
    return [Tokens(**load_file(path)) for path in paths]
