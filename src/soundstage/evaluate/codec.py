"""How much of a sound a neural codec keeps, at several bit rates: speech and music that it was never trained on.

Notable: wideband PESQ and STOI at 16 kHz judge speech, scale-invariant SDR and a mel distance judge both, a recogniser
says what is still understood. EnCodec's figures stand beside as notes only: others measured them, on other recordings.
PESQ's reference code may be used for evaluation but not freely, so it is no part of our extras: without it its rows
are left out.

T samples
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage.codec.vq import perplexity
from soundstage.data import narrator
from soundstage.data.composer import sheets
from soundstage.data.composer_render import available, render_music
from soundstage.data.narrator_text import HELD_OUT
from soundstage.errors import InputError, MissingError
from soundstage.evaluate import intelligibility
from soundstage.evaluate.intelligibility import NOTHING
from soundstage.evaluate.table import Measure, Table
from soundstage.media import Audio
from soundstage.media.codes import Codes
from soundstage.ops.mel import log_mel
from soundstage.tasks.codec import decode, encode
from soundstage.weights import card_of

RATES, SPEECH_RATES = (1.5, 3.0, 6.0), (0.5, 1.0, 1.5, 2.0)
"""kbit/s; the second of a codec for speech alone."""
WIDE = 16_000
"""Hz, of PESQ and STOI."""
MUSIC_SECONDS = 6.0
Samples = NDArray[np.float32]

# EnCodec at 24 kHz as others measured it, by kbit/s. PESQ and STOI: the Codec-SUPERB board (github.com/voidful/
# Codec-SUPERB, web/src/results/data.js), speech of many corpora. SI-SDR: eight LibriSpeech utterances, a public
# comparison of baselines for SCIT-Speech (2026), where PESQ was 1.59, 2.15, 2.85 and STOI 0.84, 0.90, 0.94.
ENCODEC = {
    "PESQ": {1.5: 1.46, 3.0: 1.92, 6.0: 2.54},
    "STOI": {1.5: 0.773, 3.0: 0.841, 6.0: 0.893},
    "SI-SDR": {1.5: -0.98, 3.0: 2.64, 6.0: 5.89},
}
ELSEWHERE = {
    "PESQ": "EnCodec {:.2f} on the Codec-SUPERB board, other speech",
    "STOI": "EnCodec {:.3f} on the Codec-SUPERB board, other speech",
    "SI-SDR": "EnCodec {:.2f} on 8 LibriSpeech utterances, other speech",
}


@dataclass(frozen=True)
class Item:
    """A sound, and its words where it is speech."""

    sound: Audio
    text: str = ""


def evaluate(
    model_ref: str = "starter/codec",
    *,
    count: int = 20,
    seed: int = 0,
    folder: Path | None = None,
    rates: Sequence[float] | None = None,
) -> Table:
    """Code `count` held-out sentences, each by another held-out speaker, and half as many held-out pieces of music.

    A codec for speech alone hears no music. With a `folder` the first sounds are kept there. Raises MissingError
    without flite or the extra `evaluate`.
    """
    alone = card_of(model_ref).family == "speech_codec"
    rates = rates or (SPEECH_RATES if alone else RATES)
    speech, music = spoken(count), [] if alone else played(max(1, count // 2), seed)
    rows: list[Measure] = []
    spent = {"encode": 0.0, "decode": 0.0}
    for kbps in rates:
        for kind, items in (("speech", speech), ("music", music)):
            made = []
            for index, item in enumerate(items):
                codes, back = _there_and_back(item.sound, kbps, model_ref, spent)
                made.append(back)
                if folder is not None and index < 3:
                    _keep(folder, f"{kind}-{index}", item.sound, back, kbps)
            if items:
                rows += _rows(kind, kbps, codes, items, made)
    seconds = sum(item.sound.seconds for item in (*speech, *music)) * len(rates)
    rows += [
        Measure(
            name=f"real-time factor, {name}", value=took / seconds, count=len(rates) * (len(speech) + len(music)),
            note="processor seconds a second of sound",
        )
        for name, took in spent.items()
    ]  # fmt: skip
    rows += used_books(model_ref, [item.sound for item in (*speech, *music)])
    title = f"{model_ref}: {len(speech)} sentences by {len(speech)} unheard speakers, {len(music)} unheard pieces"
    return Table(title=title, rows=rows)


def spoken(count: int) -> list[Item]:
    """Held-out sentences, each by another held-out speaker."""
    people = narrator.speakers(count, held_out=True)
    texts = [HELD_OUT[index % len(HELD_OUT)] for index in range(count)]
    sounds = [narrator.voice(person, text)[0] for person, text in zip(people, texts, strict=True)]
    rate = narrator.RATE
    return [Item(Audio(samples[None], rate), text) for samples, text in zip(sounds, texts, strict=True)]


def played(count: int, seed: int) -> list[Item]:
    """The middle of pieces whose progressions and motifs were never trained on; none without FluidSynth."""
    if not available():
        return []
    pieces = (render_music(sheet, seed).mix.mono() for sheet in islice(sheets(seed + 91, "test"), count))
    return [Item(piece.cut(max(0.0, (piece.seconds - MUSIC_SECONDS) / 2)).cut(0, MUSIC_SECONDS)) for piece in pieces]


def _there_and_back(sound: Audio, kbps: float, model: str, spent: dict[str, float]) -> tuple[Codes, Audio]:
    begun = time.process_time()
    codes = encode(sound, kbps=kbps, model=model)
    middle = time.process_time()
    back = decode(codes, model=model)
    spent["encode"] += middle - begun
    spent["decode"] += time.process_time() - middle
    return codes, back


def _keep(folder: Path, name: str, sound: Audio, back: Audio, kbps: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sound.save(folder / f"{name}.wav")
    back.save(folder / f"{name}-{kbps:g}.wav")


def _rows(kind: str, kbps: float, codes: Codes, items: Sequence[Item], made: Sequence[Audio]) -> list[Measure]:
    """What was measured of one kind of sound at one bit rate."""
    pairs = [(item.sound.resampled(back.rate).mono().samples[0], back) for item, back in zip(items, made, strict=True)]
    meters: dict[str, tuple[str, Callable[[Samples, Audio], float]]] = {
        "SI-SDR": ("dB", lambda true, back: si_sdr(true, back.mono().samples[0])),
        "mel distance": ("", lambda true, back: mel_distance(true, back.mono().samples[0], back.rate)),
    }
    if kind == "speech":
        meters = {"PESQ": ("", _pesq_of), "STOI": ("", _stoi_of), **meters}
    rows = []
    for name, (unit, meter) in meters.items():
        if name == "PESQ" and not has_pesq():
            continue
        values = [meter(true, back) for true, back in pairs]
        known = ENCODEC.get(name, {}).get(kbps) if kind == "speech" else None
        note = f"{codes.kbps:.2f} kbit/s, {codes.codes.shape[0]} codebooks"
        note += f"; {ELSEWHERE[name].format(known)}" if known is not None else ""
        rows.append(
            Measure(
                name=f"{kind} at {kbps:g}: {name}", value=float(np.mean(values)), unit=unit, count=len(values),
                spread=float(np.std(values)), note=note,
            )
        )  # fmt: skip
    if kind == "speech":
        rows.append(_understood(kbps, items, made))
    return rows


def _understood(kbps: float, items: Sequence[Item], made: Sequence[Audio]) -> Measure:
    ours = sum((intelligibility.measure(b, item.text) for item, b in zip(items, made, strict=True)), NOTHING)
    real = sum((intelligibility.measure(item.sound, item.text) for item in items), NOTHING)
    return Measure(
        name=f"speech at {kbps:g}: word errors", value=100 * ours.wer, unit="%", ceiling=100 * real.wer,
        count=ours.words,
    )  # fmt: skip


def used_books(model: str, sounds: Sequence[Audio]) -> list[Measure]:
    """How evenly the codes of every book are used: exp of the entropy of their use."""
    codes = [encode(sound, model=model) for sound in sounds]
    size, books = codes[0].size, codes[0].codes.shape[0]
    joined = torch.from_numpy(np.concatenate([each.codes for each in codes], axis=1).astype(np.int64))
    return [
        Measure(
            name=f"book {book + 1}: perplexity", value=float(perplexity(joined[book], size)), count=joined.shape[1],
            note=f"of {size}; fewer than {joined.shape[1]} frames can show",
        )
        for book in range(books)
    ]  # fmt: skip


def si_sdr(true_T: Samples, made_T: Samples) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al., 2019). Raises InputError for silence."""
    true, made = (x.astype(np.float64) - x.mean(dtype=np.float64) for x in (true_T, made_T[: len(true_T)]))
    power = float(true @ true)
    if power <= 0:
        raise InputError("true", "is silent", "compare with a sound")
    aimed = (float(made @ true) / power) * true
    rest = float(((made - aimed) ** 2).sum())
    return float(10 * np.log10(max(float(aimed @ aimed), 1e-12) / max(rest, 1e-12)))


def mel_distance(true_T: Samples, made_T: Samples, rate: int) -> float:
    """Mean absolute difference of natural log mels, 80 bands, a floor of 1e-3."""
    true, made = (
        log_mel(torch.tensor(x)[None], rate, 1024, 256, 80, floor=1e-3) for x in (true_T, made_T[: len(true_T)])
    )
    return float((true - made).abs().mean())


def has_pesq() -> bool:
    """Whether PESQ's wrapper is installed."""
    try:
        import pesq  # noqa: F401
    except ImportError:
        return False
    return True


def _wide(true: Samples, back: Audio) -> tuple[Samples, Samples]:
    pair = (Audio(x[None], back.rate).resampled(WIDE).samples[0] for x in (true, back.mono().samples[0][: len(true)]))
    first, second = pair
    return first, second


def _pesq_of(true: Samples, back: Audio) -> float:
    """Wideband PESQ (ITU-T P.862.2), 1 to 4.64."""
    from pesq import pesq

    return float(pesq(WIDE, *_wide(true, back), "wb"))


def _stoi_of(true: Samples, back: Audio) -> float:
    """Short-time objective intelligibility (Taal et al., 2011), 0 to 1. Raises MissingError without pystoi."""
    try:
        from pystoi import stoi
    except ImportError as error:
        raise MissingError("pystoi is not installed", "pip install 'soundstage[evaluate]'") from error
    return float(stoi(*_wide(true, back), WIDE))
