"""Makes `data/f5*.safetensors` and `data/vocos*.safetensors` with the reference packages, in a virtual environment:

    pip install torch==2.13.0 numpy scipy einops safetensors pyyaml packaging huggingface_hub
    pip install torchdiffeq pypinyin rjieba frozendict
    pip install --no-deps torchaudio x-transformers einx loguru torch-einops-utils encodec==0.1.1
    pip install --no-deps f5-tts==1.1.22 vocos==0.1.0
    python tests/parity/make_f5.py

Checkpoints of tiny networks with random weights, in the references' own layout, and what the references make of them.
Weights are rounded to float16 first, and stored so. `f5_tts.model` is entered by its submodules, because the
package itself imports its trainer; the bank that only BigVGAN's mel needs (librosa) is left out. Where torchaudio
cannot load its compiled part (a CPU build of torch), delete `torchaudio/lib/*.so`: nothing here needs it.
"""

from __future__ import annotations

import sys
import types
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

DATA = Path(__file__).parent / "data"
F5_SHAPE = {
    "dim": 16, "depth": 2, "heads": 2, "dim_head": 8, "ff_mult": 2, "mel_dim": 10, "text_num_embeds": 20,
    "text_dim": 12, "conv_layers": 2,
}  # fmt: skip
F5_KINDS = {
    "v0": {"text_mask_padding": False, "pe_attn_head": 1},
    "v1": {"text_mask_padding": True, "pe_attn_head": None},
}
VOCOS_SHAPE = {"input_channels": 10, "dim": 16, "intermediate_dim": 24, "num_layers": 2}


def enter_f5() -> None:
    """Make `f5_tts.model.*` importable one by one."""
    folder = Path(find_spec("f5_tts").submodule_search_locations[0])  # type: ignore[index, union-attr]
    package = types.ModuleType("f5_tts.model")
    package.__path__ = [str(folder / "model")]
    filters = types.ModuleType("librosa.filters")
    filters.mel = None  # type: ignore[attr-defined]
    sys.modules |= {"f5_tts.model": package, "librosa": types.ModuleType("librosa"), "librosa.filters": filters}


def randomise(module: nn.Module, seed: int) -> None:
    """Matrices that keep the size of what goes through them, small biases, gains near one."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            draw = torch.randn(parameter.shape, generator=generator)
            if name.endswith(("text_embed.weight", "gamma")):
                value = draw
            elif parameter.ndim == 1 or name.endswith("beta"):
                value = 0.1 * draw + ("norm" in name and name.endswith("weight"))
            else:
                value = draw / parameter[0].numel() ** 0.5
            parameter.copy_(value.half().float())


def halves(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: (t.half() if t.is_floating_point() else t).contiguous() for name, t in state.items()}


def f5(kind: str, **more: object):  # type: ignore[no-untyped-def]
    from f5_tts.model.backbones.dit import DiT
    from f5_tts.model.cfm import CFM

    transformer = DiT(**F5_SHAPE, **F5_KINDS[kind], **more)
    model = CFM(transformer=transformer, mel_spec_kwargs={"n_mel_channels": 10}, num_channels=10)
    randomise(model, 1)
    return model.eval()


@torch.no_grad()
def make_f5() -> None:
    """One checkpoint for both kinds, for they differ in no weight; each kind's parts and samples."""
    generator = torch.Generator().manual_seed(2)
    text = torch.randint(0, 20, (2, 7), generator=generator)
    text[1, 5:] = -1
    reference = torch.randn(2, 6, 10, generator=generator)
    x = torch.randn(2, 15, 10, generator=generator)
    given = nn.functional.pad(reference, (0, 0, 0, 9))
    time = torch.tensor([0.3, 0.3])
    lengths, frames = torch.tensor([6, 4]), torch.tensor([15, 11])
    out = {"text": text, "reference": reference, "x": x, "time": time, "lengths": lengths, "frames": frames}
    for kind in F5_KINDS:
        model = f5(kind, attn_mask_enabled=False)
        net = model.transformer
        out[f"{kind}.time_embed"] = net.time_embed(time)
        out[f"{kind}.text_embed"] = net.text_embed(text, 15)
        out[f"{kind}.text_null"] = net.text_embed(text, 15, drop_text=True)
        out[f"{kind}.input_embed"] = net.get_input_embed(x, given, text, cache=False)
        out[f"{kind}.velocity"] = net(x, given, text, time)
        out[f"{kind}.null"] = net(x, given, text, time, drop_audio_cond=True, drop_text=True)
        for row in range(2):  # each row alone: a batch of the reference lets the padding in
            tokens = int((text[row] >= 0).sum())
            sampled = model.sample(
                reference[row : row + 1, : lengths[row]], text[row : row + 1, :tokens], int(frames[row]),
                steps=7, cfg_strength=2.0, sway_sampling_coef=-1.0, seed=5,
            )[0]  # fmt: skip
            out[f"{kind}.sample.{row}"] = sampled[0]
        out[f"{kind}.plain"] = model.sample(
            reference, text, 15, steps=4, cfg_strength=0.0, sway_sampling_coef=None, seed=6
        )[0]
        edit = torch.tensor([[True, True, False, False, True, True]]).expand(2, -1)
        out[f"{kind}.edit"] = model.sample(
            reference, text, 15, steps=5, cfg_strength=1.0, sway_sampling_coef=-0.5, seed=6, edit_mask=edit
        )[0]
    samples = 0.1 * torch.randn(1, 1500, generator=generator)
    from f5_tts.model.modules import MelSpec

    out |= {"samples": samples, "mel": MelSpec()(samples)}
    state = {f"ema_model.{name}": tensor for name, tensor in f5("v1", attn_mask_enabled=False).state_dict().items()}
    state |= {"initted": torch.tensor(True), "step": torch.tensor(9)}
    save_file(halves(state), DATA / "f5.safetensors")
    save_file({name: tensor.contiguous() for name, tensor in out.items()}, DATA / "f5_golden.safetensors")


def make_vocos_codes(generator: torch.Generator) -> dict[str, Tensor]:
    """The kind for codes, around a table of codes of its own in the place of EnCodec's."""
    from vocos.feature_extractors import EncodecFeatures
    from vocos.heads import ISTFTHead
    from vocos.models import VocosBackbone
    from vocos.pretrained import Vocos

    class Table(EncodecFeatures):
        def __init__(self) -> None:
            nn.Module.__init__(self)
            self.codebook_weights = nn.Parameter(torch.zeros(4 * 8, 6))
            self.encodec = types.SimpleNamespace(quantizer=types.SimpleNamespace(bins=8))

    backbone = VocosBackbone(6, 16, 24, 2, adanorm_num_embeddings=2)
    model = Vocos(Table(), backbone, ISTFTHead(16, 64, 16, padding="same")).eval()
    randomise(model, 5)
    out = {}
    for at, count in enumerate((2, 4)):
        codes = torch.randint(0, 8, (count, 3, 9), generator=generator)
        out[f"codes.{count}"] = codes
        out[f"decoded.{count}"] = model.decode(model.codes_to_features(codes), bandwidth_id=torch.tensor([at]))
    save_file(halves(model.state_dict()), DATA / "vocos_codes.safetensors")
    return out


@torch.no_grad()
def make_vocos() -> None:
    """One checkpoint, decoded with centred frames and with others."""
    from vocos.feature_extractors import MelSpectrogramFeatures
    from vocos.heads import ISTFTHead
    from vocos.models import VocosBackbone
    from vocos.pretrained import Vocos

    generator = torch.Generator().manual_seed(3)
    mel, samples = torch.randn(2, 10, 12, generator=generator), 0.1 * torch.randn(1, 600, generator=generator)
    out = {"mel_in": mel, "samples": samples}
    for padding in ("center", "same"):
        model = Vocos(
            MelSpectrogramFeatures(sample_rate=24000, n_fft=64, hop_length=16, n_mels=10, padding=padding),
            VocosBackbone(**VOCOS_SHAPE),
            ISTFTHead(16, 64, 16, padding=padding),
        ).eval()
        randomise(model, 4)
        out[f"{padding}.backbone"] = model.backbone(mel)
        out[f"{padding}.decoded"] = model.decode(mel)
        out[f"{padding}.mel"] = model.feature_extractor(samples)
    save_file(halves(model.state_dict()), DATA / "vocos.safetensors")
    out |= make_vocos_codes(generator)
    save_file({name: tensor.contiguous().clone() for name, tensor in out.items()}, DATA / "vocos_golden.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    DATA.mkdir(exist_ok=True)
    enter_f5()
    make_f5()
    make_vocos()
