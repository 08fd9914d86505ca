"""MusicGen in audiocraft's two pickles, written from random weights, becomes a folder that loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from soundstage.cli import run
from soundstage.codec.encodec import Encodec
from soundstage.errors import InputError
from soundstage.models.musicgen import Decoder, Musicgen
from soundstage.weights import load
from soundstage.weights.convert import convert, default_output
from soundstage.weights.encodec import from_config

WIDTH, HIDDEN, BOOKS, CODES = 16, 24, 4, 16
LM = """
sample_rate: 800
dataset: {segment_duration: 20, batch_size: 4}
codebooks_pattern: {modeling: delay, delay: {delays: [0, 1, 2, 3], flatten_first: 0, empty_initial: 0}}
transformer_lm: {dim: 16, num_heads: 2, num_layers: 2, hidden_scale: 1.5, n_q: 4, card: 16, norm_first: true,
  positional_embedding: sin, norm: layer_norm, activation: gelu, bias_attn: false, kv_repeat: 1, dropout: 0.1}
conditioners:
  description: {model: t5, t5: {name: t5-base, finetune: false}}
"""
TEXT = LM + "fuser: {cross: [description], prepend: [], sum: [], input_interpolate: []}\n"
MELODY = LM + (
    "  self_wav: {model: chroma_stem, chroma_stem: {sample_rate: '${sample_rate}', n_chroma: 12, radix2_exp: 14}}\n"
    "fuser: {cross: [], prepend: [self_wav, description], sum: [], input_interpolate: []}\n"
)
CODEC = """
sample_rate: 800
channels: 1
encodec: {autoencoder: seanet, causal: false, renormalize: false}
seanet: {dimension: 6, channels: '${channels}', causal: '${encodec.causal}', n_filters: 3, n_residual_layers: 1,
  ratios: [4, 2], activation: ELU, norm: weight_norm, kernel_size: 7, residual_kernel_size: 3, last_kernel_size: 7,
  dilation_base: 2, pad_mode: reflect, true_skip: true, compress: 2, lstm: 2}
rvq: {n_q: 4, bins: 16, q_dropout: false}
"""


class Random:
    """Tensors by shape, the same each time."""

    def __init__(self) -> None:
        self.generator = torch.Generator().manual_seed(0)

    def __call__(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.generator) * 0.4


def language_model(*, melody: bool) -> dict[str, Tensor]:
    made, heard = Random(), "condition_provider.conditioners."
    state = {f"emb.{book}.weight": made(CODES + 1, WIDTH) for book in range(BOOKS)}
    state |= {f"linears.{book}.weight": made(CODES, WIDTH) for book in range(BOOKS)}
    for layer in range(2):
        at = f"transformer.layers.{layer}."
        attentions = [("self_attn", "norm1")] + ([] if melody else [("cross_attention", "norm_cross")])
        for name, norm in (*attentions, (None, "norm2")):
            state |= {f"{at}{norm}.{part}": made(WIDTH) for part in ("weight", "bias")}
            if name:
                state[f"{at}{name}.in_proj_weight"] = made(3 * WIDTH, WIDTH)
                state[f"{at}{name}.out_proj.weight"] = made(WIDTH, WIDTH)
        state |= {f"{at}linear1.weight": made(HIDDEN, WIDTH), f"{at}linear2.weight": made(WIDTH, HIDDEN)}
    state |= {f"out_norm.{part}": made(WIDTH) for part in ("weight", "bias")}
    state |= {
        f"{heard}description.output_proj.weight": made(WIDTH, 768),
        f"{heard}description.output_proj.bias": made(WIDTH),
    }
    if melody:
        state |= {
            f"{heard}self_wav.output_proj.weight": made(WIDTH, 12),
            f"{heard}self_wav.output_proj.bias": made(WIDTH),
        }
        state[f"{heard}self_wav.chroma.spec.window"] = torch.hann_window(64)
    return state


def codec() -> dict[str, Tensor]:
    """Named as audiocraft names a SEANet's layers; shapes are those of our own of the same config."""
    from soundstage.weights.audiocraft import CONFIG, _plain, codec_config

    ours = Encodec(from_config(codec_config(_plain({CONFIG: CODEC}))))
    made, state = Random(), {}
    for name, tensor in ours.state_dict().items():
        half, _, rest = name.partition(".layers.")
        if half == "quantiser.books" or name.startswith("quantiser"):
            book = name.split(".")[2]
            kind = {"codebook": "embed", "uses": "cluster_size", "sums": "embed_avg", "ready": "inited"}[
                name.split(".")[-1]
            ]
            value = torch.ones(1) if kind == "inited" else made(*tensor.shape)
            state[f"quantizer.vq.layers.{book}._codebook.{kind}"] = value
            continue
        rest = rest.replace("rise.", "block.1.").replace("fall.", "block.3.")
        if ".lstm." in rest:
            state[f"{half}.model.{rest}"] = made(*tensor.shape)
            continue
        up = half == "decoder" and rest.split(".")[0] in ("3", "6")
        rest = rest.replace("conv.", "convtr.convtr." if up else "conv.conv.", 1)
        if rest.endswith("weight"):
            state[f"{half}.model.{rest}_v"] = made(*tensor.shape)
            state[f"{half}.model.{rest}_g"] = made(tensor.shape[0], 1, 1).abs()
        else:
            state[f"{half}.model.{rest}"] = made(*tensor.shape)
    return state


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pickled(tmp_path, TEXT, language_model(melody=False))
    torch.save({"best_state": codec(), "xp.cfg": CODEC, "exported": True}, tmp_path / "compression_state_dict.bin")
    return tmp_path


def pickled(folder: Path, config: str, state: dict[str, Tensor]) -> None:
    made = {"best_state": state, "xp.cfg": config, "version": "1.3.0", "exported": True}
    torch.save(made, folder / "state_dict.bin")


def attended(x: Tensor, context: Tensor, weight: Tensor, out: Tensor, *, causal: bool) -> Tensor:
    """Two heads of attention, as torch's own module does it with one matrix for q, k and v."""
    q, k, v = (
        (side @ part.T).view(*side.shape[:-1], 2, -1).transpose(1, 2)
        for side, part in zip((x, context, context), weight.chunk(3), strict=True)
    )
    heard = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    return heard.transpose(1, 2).flatten(2) @ out.T


def by_hand(state: dict[str, Tensor], codes: Tensor, text: Tensor, melody: Tensor | None) -> Tensor:
    """Audiocraft's language model, spelled out from its own names."""
    heard, norm = "condition_provider.conditioners.", torch.nn.functional.layer_norm
    said = text @ state[f"{heard}description.output_proj.weight"].T + state[f"{heard}description.output_proj.bias"]
    x = torch.stack([state[f"emb.{book}.weight"][codes[:, book]] for book in range(BOOKS)]).sum(0)
    if melody is not None:
        tune = melody @ state[f"{heard}self_wav.output_proj.weight"].T + state[f"{heard}self_wav.output_proj.bias"]
        x = torch.cat((tune, said, x), 1)
    steps, half = torch.arange(x.shape[1])[:, None], WIDTH // 2
    angle = steps / 10_000 ** (torch.arange(half) / (half - 1))
    x = x + torch.cat((angle.cos(), angle.sin()), -1)
    for layer in range(2):
        part = {name.removeprefix(f"transformer.layers.{layer}."): t for name, t in state.items()}
        y = norm(x, (WIDTH,), part["norm1.weight"], part["norm1.bias"])
        x = x + attended(y, y, part["self_attn.in_proj_weight"], part["self_attn.out_proj.weight"], causal=True)
        if melody is None:
            y = norm(x, (WIDTH,), part["norm_cross.weight"], part["norm_cross.bias"])
            weights = part["cross_attention.in_proj_weight"], part["cross_attention.out_proj.weight"]
            x = x + attended(y, said, *weights, causal=False)
        y = norm(x, (WIDTH,), part["norm2.weight"], part["norm2.bias"])
        x = x + torch.nn.functional.gelu(y @ part["linear1.weight"].T) @ part["linear2.weight"].T
    x = norm(x, (WIDTH,), state["out_norm.weight"], state["out_norm.bias"])[:, -codes.shape[-1] :]
    return torch.stack([x @ state[f"linears.{book}.weight"].T for book in range(BOOKS)], 1)


@pytest.mark.parametrize("melody", [False, True])
def test_the_language_model_says_the_same(folder: Path, melody: bool) -> None:
    state = language_model(melody=melody)
    pickled(folder, MELODY if melody else TEXT, state)
    convert(folder / "state_dict.bin", folder / "model.safetensors")
    loaded = load(str(folder))
    assert loaded.card.family == "musicgen"
    model = loaded.module
    assert isinstance(model, Musicgen)
    assert model.config.seconds == 20 and model.config.text_from == "google-t5/t5-base"
    made = Random()
    codes = torch.randint(0, CODES + 1, (1, BOOKS, 6), generator=made.generator)
    text = made(1, 5, 768)
    frames = model.config.decoder.chroma_frames
    assert frames == 1 + 20 * 800 // 4096
    tune = torch.nn.functional.one_hot(torch.arange(frames) % 12, 12)[None].float() if melody else None
    decoder: Decoder = model.decoder
    ours = decoder(codes, decoder.hear(text, melody_BNM=tune))
    assert torch.allclose(ours, by_hand(state, codes, text, tune), atol=1e-4)


def test_the_codec_beside_it_goes_into_the_same_file(folder: Path) -> None:
    convert(folder / "state_dict.bin", folder / "model.safetensors")
    model = load(str(folder)).module
    assert isinstance(model, Musicgen) and model.codec is not None
    assert not model.codec.config.seanet.causal and not model.codec.config.seanet.skip
    state = codec()
    g, v = (state[f"decoder.model.3.convtr.convtr.weight_{part}"] for part in "gv")
    assert torch.allclose(model.codec.decoder.layers[3].conv.weight, g * v / v.flatten(1).norm(dim=1)[:, None, None])
    assert torch.equal(model.codec.quantiser.books[2].codebook, state["quantizer.vq.layers.2._codebook.embed"])
    assert model.decode(torch.zeros(1, BOOKS, 3, dtype=torch.long)).shape == (1, 1, 24)


def test_without_its_codec_one_is_borrowed(folder: Path) -> None:
    torch.save({"pretrained": "facebook/encodec_32khz", "exported": True}, folder / "compression_state_dict.bin")
    convert(folder / "state_dict.bin", folder / "model.safetensors")
    model = load(str(folder)).module
    assert isinstance(model, Musicgen) and model.codec is None
    assert model.config.codec_from == "facebook/encodec_32khz"


def test_the_command_makes_a_folder_that_loads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["weights", "convert", str(folder / "state_dict.bin"), "--json"]) == 0
    assert "model.safetensors" in capsys.readouterr().out
    assert isinstance(load(str(folder)).module, Musicgen)
    alone = folder / "compression_state_dict.bin"
    assert run(["weights", "convert", str(alone), "--json"]) == 0
    assert load_file(default_output(alone)).keys() == codec().keys()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (("modeling: delay", "modeling: parallel"), r"codebooks_pattern\.modeling"),
        (("positional_embedding: sin", "positional_embedding: rope"), "positional_embedding"),
        (("model: t5", "model: clap"), r"description\.model"),
        (("name: t5-base", "name: t5-3b"), r"t5\.name"),
        (("sum: []", "sum: [bpm]"), r"fuser\.sum"),
    ],
)
def test_what_is_not_supported_is_named(folder: Path, wrong: tuple[str, str], named: str) -> None:
    pickled(folder, TEXT.replace(*wrong), language_model(melody=False))
    convert(folder / "state_dict.bin", folder / "model.safetensors")
    with pytest.raises(InputError, match=named):
        load(str(folder))


@pytest.mark.parametrize("config", ["transformer_lm: [", "- a list with transformer_lm"])
def test_a_broken_config_is_refused(folder: Path, config: str) -> None:
    pickled(folder, config, language_model(melody=False))
    with pytest.raises(InputError, match=r"xp\.cfg"):
        convert(folder / "state_dict.bin", folder / "model.safetensors")


def test_a_pickle_that_would_run_code_runs_none(folder: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return Path.mkdir, (folder / "boom",)  # type: ignore[return-value]

    torch.save({"best_state": {"a": torch.zeros(2)}, "xp.cfg": TEXT, "bomb": Bomb()}, folder / "state_dict.bin")
    with pytest.raises(InputError, match="not plain tensors"):
        convert(folder / "state_dict.bin", folder / "model.safetensors")
    assert not (folder / "boom").exists()
