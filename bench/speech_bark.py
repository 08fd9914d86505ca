"""Bark at its small size against transformers: the same random weights, each stage and the whole, greedy.

Notable: both say one fixed number of tokens, for random weights never end. Each stage has two rows, in float32 and with
`nn.packed` (weights in float16 for steps, products in bfloat16 for windows); how far that moves the logits stands in
the note, measured on one sequence with the same past.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from bench.pairs import Row, compare, table
from soundstage.decode import greedy
from soundstage.models.bark import Bark, Spoken, coarse, fine, semantic, wave
from soundstage.nn.packed import pack
from soundstage.weights import bark as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

TOKENS, TEXT = 150, 24  # three seconds
EIGHT = 8
IDS = {
    "semantic_config": {"input_vocab_size": 129_600, "output_vocab_size": 10_048},
    "coarse_acoustics_config": {"input_vocab_size": 12_096, "output_vocab_size": 12_096},
    "fine_acoustics_config": {"input_vocab_size": 1056, "output_vocab_size": 1056},
}
"""Of the published checkpoint, where the classes' defaults are others; its widths and depths are the defaults."""


class Pair(NamedTuple):
    """The same weights: theirs, ours in float32, ours packed, and their generation's configs."""

    theirs: Any
    plain: Bark
    packed: Bark
    configs: dict[str, Any]


def pair() -> Pair:
    """400 M random parameters, whose logits spread as those of a trained model do."""
    import transformers
    from transformers.models.bark import generation_configuration_bark as generation

    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = transformers.BarkModel(transformers.BarkConfig(**IDS)).eval()
        with torch.no_grad():
            for stage in (theirs.semantic, theirs.coarse_acoustics):
                stage.lm_head.weight.mul_(4)
            for layer in theirs.codec_model.quantizer.layers:  # zeros, until they are trained
                layer.codebook.embed.normal_()
    parts = (
        generation.BarkSemanticGenerationConfig(max_new_tokens=TOKENS, pad_token_id=10_000),
        generation.BarkCoarseGenerationConfig(),
        generation.BarkFineGenerationConfig(),
    )
    whole = generation.BarkGenerationConfig.from_sub_model_configs(*parts).to_dict()
    theirs.generation_config = SimpleNamespace(**json.loads(json.dumps(whole)))
    shape = asdict(weights.from_config(theirs.config.to_dict(), json.loads(json.dumps(whole))))
    tensors = rename(theirs.state_dict(), weights.KEYS, weights.IGNORED)
    ours = cast(Bark, assemble(lambda: weights.build(shape), tensors, torch.float32))
    configs = dict(zip(("semantic", "coarse", "fine"), parts, strict=True))
    return Pair(theirs, ours, pack(copy.deepcopy(ours)), configs)


def closeness(made: Pair) -> dict[str, str]:
    """How far packing moves the logits of each stage: relative to their spread, and tokens that stay the same."""
    generator, notes = torch.Generator().manual_seed(1), {}
    with torch.inference_mode():
        for stage, ids, among in (("semantic", 10_000, slice(10_001)), ("coarse", 12_000, slice(10_000, 11_024))):
            told = torch.randint(0, ids, (1, 257), generator=generator)
            true, near = (_steps(getattr(model, stage), told, among) for model in (made.plain, made.packed))
            notes[stage] = _apart(true, near)
        codes = torch.randint(0, 1024, (1, 8, 1024), generator=generator)
        true, near = (model.fine(codes, 4, among=slice(1024))[0] for model in (made.plain, made.packed))
        notes["fine"] = _apart(true, near)
    return notes


def _steps(stage: Any, told: Tensor, among: slice, steps: int = 64) -> Tensor:
    """Logits [steps, V] of the last tokens, taken one at a time behind the rest."""
    cache, before = stage.room(1, told.shape[1]), told.shape[1] - steps
    stage(told[:, :before], cache=cache, since=-1)
    return torch.cat([stage(told[:, at : at + 1], cache=cache, among=among)[0] for at in range(before, told.shape[1])])


def _apart(true: Tensor, near: Tensor) -> str:
    off, spread = (near - true).abs(), float(true.std())
    same = float((near.argmax(-1) == true.argmax(-1)).float().mean())
    return f"logits off by {float(off.mean()) / spread:.4f} (most {float(off.max()) / spread:.3f}) of their spread, {same:.0%} of tokens the same"  # noqa: E501


def stages(made: Pair, tokens: int) -> dict[str, tuple[float, str, Callable[[Bark], object], Callable[[], object]]]:
    """Every stage: amount, unit, ours as a function of the model, theirs."""
    theirs, configs = made.theirs, made.configs
    generator = torch.Generator().manual_seed(2)
    text = torch.randint(0, 100_000, (1, TEXT), generator=generator)
    padded = torch.nn.functional.pad(text, (0, 256 - TEXT))
    mask = (torch.arange(256) < TEXT).long()[None]
    configs["semantic"].max_new_tokens = tokens
    asked = {"semantic_generation_config": configs["semantic"], "coarse_generation_config": configs["coarse"]}

    def their_semantic() -> Tensor:
        return theirs.semantic.generate(  # type: ignore[no-any-return]
            padded, attention_mask=mask, semantic_generation_config=configs["semantic"], min_eos_p=None
        )

    def our_semantic(model: Bark) -> Tensor:
        return semantic(model, text, greedy, min_eos_p=None, longest=tokens)

    said = torch.randint(0, 10_000, (1, tokens), generator=generator)  # the later stages are given the same
    made_coarse = coarse(made.packed, said, greedy)
    flat = (made_coarse + torch.tensor([10_000, 11_024])[:, None]).transpose(1, 2).reshape(1, -1)
    all_codes = torch.randint(0, 1024, (1, 8, made_coarse.shape[-1]), generator=generator)

    def their_coarse(tokens_BT: Tensor = said) -> Tensor:
        return theirs.coarse_acoustics.generate(tokens_BT.clone(), codebook_size=1024, **asked)  # type: ignore[no-any-return]

    def their_fine(codes: Tensor = flat) -> Tensor:
        return theirs.fine_acoustics.generate(  # type: ignore[no-any-return]
            codes, fine_generation_config=configs["fine"], codebook_size=1024, **asked
        )

    def our_whole(model: Bark) -> object:
        tokens_BT = our_semantic(model)
        codes = fine(model, coarse(model, tokens_BT, greedy))
        whole = torch.full((1,), codes.shape[-1])
        return wave(model, Spoken(tokens_BT, codes[:, :2], codes, whole, whole))

    def their_whole() -> object:
        return theirs.codec_decode(their_fine(their_coarse(their_semantic())))

    frames = made_coarse.shape[-1]
    seconds = frames / 75
    return {
        "semantic": (tokens, "tokens/s", our_semantic, their_semantic),
        "coarse": (2 * frames, "tokens/s", lambda model: coarse(model, said, greedy), their_coarse),
        "fine": (seconds, "s of sound/s", lambda model: fine(model, made_coarse), their_fine),
        "codec": (
            seconds,
            "s of sound/s",
            lambda model: model.codec and model.codec.decode(all_codes),
            lambda: theirs.codec_decode(all_codes),
        ),
        "whole": (seconds, "s of sound/s", our_whole, their_whole),
    }


def rows(pairs: int = 3, tokens: int = TOKENS, only: tuple[str, ...] = ()) -> list[Row]:
    """Two rows a stage, and one for a batch of eight."""
    made, found = pair(), []
    notes = closeness(made)
    with torch.inference_mode():
        for name, (amount, unit, ours, theirs) in stages(made, tokens).items():
            if only and name not in only:
                continue
            what = "end to end" if name == "whole" else name
            work = f"Bark small, {what}, {tokens} semantic tokens"
            for kind, model in (("float32", made.plain), ("packed", made.packed)):
                if name == "codec" and kind == "packed":
                    continue
                note = notes.get(name, "") if kind == "packed" else ""
                found.append(
                    compare(
                        f"{work}, {kind}",
                        "transformers",
                        unit,
                        amount,
                        lambda m=model, f=ours: f(m),
                        theirs,
                        pairs=pairs,
                        note=note,
                    )
                )
                print(table(found[-1:]).splitlines()[-1], flush=True)
        found += batches(made, pairs, tokens)
    return found


def batches(made: Pair, pairs: int, tokens: int) -> list[Row]:
    """Eight texts at once against one: ours against ours, both laid out as the engine has them."""
    text = torch.randint(0, 100_000, (EIGHT, TEXT), generator=torch.Generator().manual_seed(3))
    found = []
    for kind, model in (("float32", pack(copy.deepcopy(made.plain), half=False)), ("packed", made.packed)):

        def eight(model: Bark = model) -> Tensor:
            return semantic(model, text, greedy, min_eos_p=None, longest=tokens)

        def eight_times_one(model: Bark = model) -> list[Tensor]:
            return [semantic(model, row[None], greedy, min_eos_p=None, longest=tokens) for row in text]

        found.append(
            compare(
                f"Bark small, semantic, 8 texts at once, {kind}",
                "ours, one by one",
                "tokens/s",
                EIGHT * tokens,
                eight,
                eight_times_one,
                pairs=pairs,
            )
        )
    return found


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    main()
