"""Makes `data/valle*.safetensors` with the open implementation, in a virtual environment:

    pip install torch==2.13.0 numpy safetensors
    pip install --no-deps langs-vall==0.0.18
    python tests/parity/make_valle.py tests/parity/data

`langs-vall` carries Feiteng Li's VALL-E as Plachtaa's VALL-E X changed it. Its networks are entered by their modules,
because its packages import all that training needs. Two checkpoints of tiny networks with random weights, in theirs own
layout, and what theirs makes of them: "x" as VALL-E X (languages, a start token), "plain" without both, which is the
layout of Li's repository. A seed is taken with which greedy speech is not of one token.
"""

from __future__ import annotations

import sys
import types
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

SYMBOLS, CODES, BOOKS, SAID = 20, 12, 4, 3  # SAID: phones of the prompt
CASES = {"x": True, "plain": False}


def theirs() -> Any:
    """Their module `vall.models.vallex`, with small vocabularies."""
    root = Path(find_spec("vall").submodule_search_locations[0])  # type: ignore[union-attr, index]
    for name in ("vall.models", "vall.data", "vall.utils"):
        sys.modules[name] = package = types.ModuleType(name)
        package.__path__ = [str(root / name.split(".")[1])]
    sys.modules["vall.utils"].Transpose = nn.Identity  # type: ignore[attr-defined]
    for name, part in (("vall.data.input_strategies", "PromptedFeatures"), ("vall.models.visualizer", "visualize")):
        sys.modules[name] = module = types.ModuleType(name)
        setattr(module, part, object)
    from vall.models import vallex

    vallex.NUM_TEXT_TOKENS, vallex.NUM_AUDIO_TOKENS = SYMBOLS, CODES
    return vallex


def build(module: Any, begin: bool, seed: int) -> Any:
    """A tiny VALL-E with random weights that float16 holds, ready to speak."""
    model = module.VALLE(
        16, 2, 2, prefix_mode=1, num_quantizers=BOOKS, prepend_bos=begin, share_embedding=True
    ).eval()  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(dict(model.named_parameters()).items()):
            value = torch.randn(parameter.shape, generator=generator)
            if ("norm" in name and name.endswith("weight") and "project" not in name) or "alpha" in name:
                value = 1 + 0.3 * value
            elif "embedding" in name:
                value = 0.3 * value  # so that positions count, and speech is not one token for ever
            elif parameter.ndim > 1:
                value = value * 1.5 * parameter.shape[1] ** -0.5
            if name == "ar_predict_layer.weight":
                value[CODES] *= 1.5  # ends come sooner
            parameter.copy_(value.half().float())
        if not begin:
            for table in (model.ar_language_embedding, model.nar_language_embedding):
                table.word_embeddings.weight.zero_()
    return model


@torch.no_grad()
def run(module: Any, begin: bool) -> dict[str, torch.Tensor]:
    """Inputs and outputs: logits of both networks for known codes, and the codes of greedy speech."""
    for seed in range(20, 1000):
        model, generator = build(module, begin, seed), torch.Generator().manual_seed(1)
        phones = torch.randint(1, SYMBOLS, (1, 8), generator=generator)
        prompt = torch.randint(0, CODES, (1, 5, BOOKS), generator=generator)
        lengths = torch.tensor([phones.shape[1]])
        try:
            spoken = model.inference(
                phones, lengths, prompt, torch.tensor(SAID), top_k=1, prompt_language="ja", text_language="en"
            )
        except SyntaxError:  # theirs says so that speech ended before it began
            continue
        count = spoken.shape[1]  # at most 129, or 128 with a start token; "x" is to end by itself
        if 8 <= count < (128 if begin else 130) and len(spoken[0, :, 0].unique()) > (1 if begin else 2):
            break
    text = model.ar_text_embedding(phones)
    text[:, :SAID] += model.ar_language_embedding(torch.tensor([2]))
    text[:, SAID:] += model.ar_language_embedding(torch.tensor([0]))
    tokens = torch.cat((prompt, spoken), 1)[..., 0]
    if begin:
        tokens = nn.functional.pad(tokens, (1, 0), value=CODES + 1)
    frames, count = tokens.shape[1], phones.shape[1]
    mask = torch.ones(count + frames, count + frames, dtype=torch.bool).triu(1)
    mask[:count, :count] = False
    both = torch.cat((model.ar_text_position(text), model.ar_audio_position(model.ar_audio_embedding(tokens))), 1)
    first, _ = model.ar_decoder((both, None), mask=mask)
    kept = {
        "phones": phones, "prompt": prompt, "spoken": spoken, "tokens": tokens,
        "first": model.ar_predict_layer(first[:, count:]),
    }  # fmt: skip
    weights = model.state_dict()
    if not begin:
        weights = {name: tensor for name, tensor in weights.items() if "language" not in name}
    kept |= {f"weights.{name}": tensor.half() for name, tensor in weights.items()}
    return {name: tensor.clone().contiguous() for name, tensor in kept.items()}


def main(folder: Path) -> None:
    """Both files."""
    module = theirs()
    for case, begin in CASES.items():
        save_file(run(module, begin), folder / f"valle_{case}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
