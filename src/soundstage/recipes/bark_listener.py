"""Trains the judge of laughs, sighs and hums on the makers' sounds, and measures it on speakers it never heard.

    python -m soundstage.recipes.bark_listener          # 4 minutes of one core, after `recipes.bark data`

Notable: every mel is spoiled in some way (other colour, noise, blurred in time or frequency, bands or moments missing,
another floor), for what it will judge comes out of a codec.

B batch · M mel bands · T frames of 20 ms
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from soundstage.data import narrator, paralinguistics
from soundstage.data.narrator import Recording
from soundstage.data.narrator_text import HELD_OUT
from soundstage.data.paralinguistics import EVENT_IDS, KINDS
from soundstage.errors import MissingError
from soundstage.evaluate.paralinguistics import CLASSES, HOP, RATE, WEIGHTS, Listener, features, judge, load_listener
from soundstage.media import Audio
from soundstage.text.symbols import IDS, PAUSE
from soundstage.train.loop import fit, load_ema

RUNS = Path("runs/bark")
CROP, ROWS = 128, 24
FRAMES = HOP * 100 // RATE  # of 10 ms in one


def labels(recording: Recording) -> NDArray[np.int64]:
    """The class of every 20 ms."""
    names = dict.fromkeys(range(max(EVENT_IDS.values()) + 1), CLASSES.index("speech"))
    names |= {IDS[PAUSE]: CLASSES.index("quiet")} | {EVENT_IDS[kind]: CLASSES.index(kind) for kind in KINDS}
    table = np.array([names[index] for index in range(len(names))])
    return np.repeat(table[recording.phones], recording.durations)[::FRAMES]


def spoiled(mel_BMT: Tensor, generator: torch.Generator) -> Tensor:
    """Each row made worse in ways of its own."""
    rows = []
    for mel in mel_BMT:
        draw = torch.rand(8, generator=generator)
        bands = len(mel)
        tilt = torch.linspace(-1, 1, bands)[:, None] * (draw[0] - 0.5) * 1.2
        knots = functional.interpolate(torch.randn(1, 1, 6, generator=generator) * 0.25, bands, mode="linear")
        mel = mel + tilt + knots[0, 0][:, None]
        if draw[1] < 0.4:
            mel = functional.avg_pool1d(mel[None], 3, 1, 1, count_include_pad=False)[0]
        if draw[2] < 0.4:
            mel = functional.avg_pool1d(mel.T[None], 3, 1, 1, count_include_pad=False)[0].T
        mel = mel + 0.3 * draw[3] * torch.randn(mel.shape, generator=generator)
        if draw[4] < 0.5:  # another floor
            mel = mel.clamp_min(-4 + 2.2 * float(draw[5]))
        if draw[6] < 0.3:
            at = int(draw[7] * (bands - 6))
            mel = torch.cat((mel[:at], mel[at : at + 6].mean(0, keepdim=True).expand(6, -1), mel[at + 6 :]))
        rows.append(mel)
    return torch.stack(rows)


def train(minutes: float = 4.0, steps: int = 4000) -> None:
    """The judge, on the shards of `recipes.bark data`."""
    paths = sorted((RUNS / "data").glob("*.npz"))
    if not paths:
        raise MissingError("no sounds to learn from", "make them first: python -m soundstage.recipes.bark data")
    mels: list[Tensor] = []
    truth: list[Tensor] = []
    for path in paths[::2]:
        for recording in narrator.load(path)[1]:
            mel = features(torch.from_numpy(recording.samples)[None])[0]
            known = torch.from_numpy(labels(recording))
            frames = min(mel.shape[1], len(known))
            mels.append(mel[:, :frames].half())
            truth.append(known[:frames])
    eventful = [index for index, known in enumerate(truth) if int(known.max()) > 1]

    def step(module: Listener, index: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        batch, wanted = [], []
        for row in range(ROWS):
            among = eventful if row % 3 else range(len(mels))
            chosen = among[int(torch.randint(len(among), (), generator=generator))]
            start = int(torch.randint(max(1, mels[chosen].shape[1] - CROP), (), generator=generator))
            mel = mels[chosen][:, start : start + CROP].float()
            spare = CROP - mel.shape[1]
            batch.append(functional.pad(mel, (0, spare), value=-4.0))
            wanted.append(functional.pad(truth[chosen][start : start + CROP], (0, spare)))
        target = torch.stack(wanted)
        logits = module(spoiled(torch.stack(batch), generator)).float()
        loss = functional.cross_entropy(logits.flatten(0, 1), target.flatten(), label_smoothing=0.02)
        return loss, {"right": (logits.argmax(-1) == target).float().mean()}

    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = Listener()
    fit(RUNS / "listener", module, step, steps=steps, minutes=minutes, lr=3e-3, warmup=50, ema=0.99, seed=5)


def held_out(count: int = 10, each: int = 12) -> list[tuple[Audio, str | None]]:
    """Sounds of speakers that nothing was trained on, half with an event, of sentences that nothing was trained on."""
    rng = np.random.default_rng(99)
    texts = [text for text in HELD_OUT if len(text) < 80]
    out: list[tuple[Audio, str | None]] = []
    for index, speaker in enumerate(narrator.speakers(count, held_out=True)):
        timbre = paralinguistics.listen(speaker)
        for place in range(each):
            recording = narrator.record(speaker, texts[(index * each + place) % len(texts)])
            kind = KINDS[place // 2 % 3] if place % 2 else None
            if kind is not None:
                spots = paralinguistics.places(recording)
                event = paralinguistics.perform(timbre, kind, rng)
                recording = paralinguistics.tagged(recording, event, int(rng.choice(spots)), rng)
            out.append((Audio(recording.samples[None], RATE), kind))
    return out


def install(sounds: Sequence[tuple[Audio, str | None]]) -> None:
    """Write the judge and its card beside `evaluate.paralinguistics`; the figures are the written weights' own."""
    listener = load_ema(RUNS / "listener", Listener())
    partial = WEIGHTS.with_suffix(".part")
    save_file({name: tensor.half().contiguous() for name, tensor in listener.state_dict().items()}, partial)
    partial.chmod(0o644)
    partial.replace(WEIGHTS)
    load_listener.cache_clear()
    count = judge(sounds)
    card = {
        "what": "names laughs, sighs, hums, gasps and cleared throats in speech, every 20 ms",
        "licence": "Apache-2.0",
        "data": "sounds of soundstage.data.paralinguistics (own) in speech of the narrator",
        "recipe": "soundstage.recipes.bark_listener",
        "parameters": sum(parameter.numel() for parameter in listener.parameters()),
        "held_out": {
            "named rightly": f"{count.right} of {count.asked}",
            "false alarms": f"{count.alarms} of {count.plain}",
            **{kind: f"{right} of {asked}" for kind, (right, asked) in count.by_kind.items()},
        },
    }
    text = json.dumps(card, indent=2) + "\n"
    partial = WEIGHTS.with_suffix(".json.part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(WEIGHTS.with_suffix(".json"))
    print(text)


def main(minutes: str = "4") -> None:
    """Train, measure, install."""
    torch.set_num_threads(1)
    train(float(minutes))
    install(held_out())


if __name__ == "__main__":
    main(*sys.argv[1:])
