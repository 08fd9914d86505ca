"""VITS at MMS's size against transformers and coqui-tts: the same random weights, the same lengths, no noise.

Notable: nearly all of it is HiFi-GAN's convolutions, 38 GFLOP for a second of sound at 16 kHz, and those run near what
the processor can do in float32; a decoder in bfloat16 is the step beyond, and its distance stands in the note.
"""

from __future__ import annotations

import copy
import math
from typing import Any, cast

import torch
from torch import Tensor

from bench.pairs import Row, compare, table
from bench.peers import absent, enter
from soundstage.models.vits import Vits, mms, speak
from soundstage.weights import vits as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

SYMBOLS, FRAMES, EIGHT = 81, 2, 8  # two frames a symbol: 2.6 seconds


def rows(pairs: int = 5) -> list[Row]:
    """In float32, with a bfloat16 decoder, against coqui-tts, and eight at once."""
    import transformers

    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = transformers.VitsModel(transformers.VitsConfig()).eval()
    theirs.noise_scale = theirs.noise_scale_duration = 0.0
    tensors = rename(theirs.state_dict(), weights.KEYS, weights.IGNORED)
    plain = cast(Vits, assemble(lambda: Vits(mms()), tensors, torch.float32))
    narrow = copy.deepcopy(plain)
    narrow.decoder.bfloat16()
    ids = torch.randint(1, 38, (EIGHT, SYMBOLS), generator=torch.Generator().manual_seed(1))
    theirs.speaking_rate = 0.4

    def say(model: Vits, ids_BS: Tensor) -> Tensor:
        return speak(model, ids_BS, noise=0.0, duration_noise=0.0, speed=0.4).samples

    with torch.inference_mode():
        truth, made, near = theirs(ids[:1]).waveform, say(plain, ids[:1]), say(narrow, ids[:1]).float()
        seconds = truth.shape[-1] / 16_000
        off = float((made - truth).abs().max())
        decibels = 10 * math.log10(float(truth.square().mean() / (near - truth).square().mean()))
        work, unit = "VITS, MMS size", "s of sound/s"
        found = [
            compare(f"{work}, float32", "transformers", unit, seconds, lambda: say(plain, ids[:1]),
                    lambda: theirs(ids[:1]), pairs=pairs, note=f"largest difference {off:.0e}"),
            compare(f"{work}, bfloat16 decoder", "transformers", unit, seconds, lambda: say(narrow, ids[:1]),
                    lambda: theirs(ids[:1]), pairs=pairs, note=f"{decibels:.0f} dB above the difference"),
        ]  # fmt: skip
        found.append(_coqui(f"{work}, float32", unit, pairs))
        rows_of = [ids[row : row + 1] for row in range(EIGHT)]
        found.append(
            compare(f"{work}, 8 at once, float32", "ours, one by one", unit, EIGHT * seconds, lambda: say(plain, ids),
                    lambda: [say(plain, row) for row in rows_of], pairs=pairs)
        )  # fmt: skip
    return found


def _coqui(work: str, unit: str, pairs: int) -> Row:
    """Coqui's VITS at its default size, whose decoder is the same, and ours with its weights."""
    generator = torch.Generator().manual_seed(1)
    if not enter("TTS"):
        model = Vits(mms()).eval().requires_grad_(False)
        few = torch.randint(1, 38, (1, SYMBOLS), generator=generator)
        amount = speak(model, few, noise=0.0, duration_noise=0.0).samples.shape[-1] / 16_000
        return absent(work, "coqui-tts", unit, amount, lambda: speak(model, few, noise=0.0, duration_noise=0.0))
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits as Theirs

    config = VitsConfig()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs: Any = Theirs(config).eval()
    theirs.inference_noise_scale = theirs.inference_noise_scale_dp = 0.0
    theirs.length_scale = 2.5
    shape = weights.from_config(config.to_dict())
    tensors = rename(theirs.state_dict(), weights.KEYS, weights.IGNORED)
    model = cast(Vits, assemble(lambda: Vits(shape), tensors, torch.float32))
    ids = torch.randint(1, shape.symbols, (1, SYMBOLS), generator=generator)

    def say() -> Tensor:
        return speak(model, ids, noise=0.0, duration_noise=0.0, speed=0.4).samples

    truth = theirs.inference(ids)["model_outputs"]
    off = float((say()[:, : truth.shape[-1]] - truth[:, 0]).abs().max())
    seconds = truth.shape[-1] / shape.rate
    note = f"largest difference {off:.0e}"
    return compare(work, "coqui-tts", unit, seconds, say, lambda: theirs.inference(ids), pairs=pairs, note=note)


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    main()
