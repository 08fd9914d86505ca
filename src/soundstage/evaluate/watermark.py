"""How surely the watermark is found, how seldom where there is none, and how little it is heard.

Notable: clips are sentences of speakers that no model was trained on. Every attack ends in another cut of the clip, so
that the search never begins where the mark did. Sound without a mark is speech of the narrator and of the starter, and
music of the starter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO

import numpy as np

from soundstage import runtime
from soundstage.data import narrator
from soundstage.data.narrator_sound import RATE
from soundstage.data.narrator_text import HELD_OUT
from soundstage.evaluate.table import Measure, Table
from soundstage.media import Audio, Voice
from soundstage.media.watermark import RARE, find, mark
from soundstage.tasks.compose import compose
from soundstage.tasks.speak import speak

LENGTHS = (1.0, 2.0, 3.0, 5.0)
"""Seconds of what is left of a clip."""
TUNES = ("calm lo-fi piano", "energetic rock with drums", "sad strings", "happy folk guitar")
Attack = Callable[[Audio, np.random.Generator], Audio]


def encoded(audio: Audio, kbits: int, codec: str = "libmp3lame", suffix: str = "mp3") -> Audio:
    """Through a lossy codec and back, at `kbits` kbit/s in all; its delay is left in."""
    import av

    file = BytesIO()
    with av.open(file, "w", format=suffix) as container:
        stream = container.add_stream(codec, rate=audio.rate)
        stream.bit_rate = 1000 * kbits
        stream.layout = "mono" if audio.channels == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio.samples), "fltp", stream.layout.name)
        frame.sample_rate = audio.rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    file.seek(0)
    with av.open(file) as container:
        parts = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return Audio(np.concatenate(parts, 1).astype(np.float32), audio.rate)


def _mixed(audio: Audio, other: np.ndarray, decibels: float) -> Audio:
    """With something beside it, so many dB below."""
    level = math.sqrt(float((audio.samples**2).mean()) / (float((other**2).mean()) + 1e-12))
    mixed = audio.samples + level * 10 ** (-decibels / 20) * other
    return Audio(mixed.astype(np.float32), audio.rate)


def _noisy(audio: Audio, generator: np.random.Generator) -> Audio:
    return _mixed(audio, generator.standard_normal(audio.samples.shape).astype(np.float32), 20)


def _everything(audio: Audio, generator: np.random.Generator) -> Audio:
    quiet = Audio(
        0.25 * _mixed(audio, generator.standard_normal(audio.samples.shape).astype(np.float32), 30).samples, RATE
    )
    return encoded(quiet.resampled(16000).resampled(44100), 128)


ATTACKS: dict[str, Attack] = {
    "only trimmed": lambda audio, _: audio,
    "MP3 128 kbit/s": lambda audio, _: encoded(audio, 128),
    "MP3 32 kbit/s": lambda audio, _: encoded(audio, 32),
    "24 → 16 → 44.1 kHz": lambda audio, _: audio.resampled(16000).resampled(44100),
    "8 kHz": lambda audio, _: audio.resampled(8000),
    "12 dB softer, 16 bit": lambda audio, _: Audio((np.round(audio.samples * 8192) / 32768).astype(np.float32), RATE),
    "noise at 20 dB": _noisy,
    "softer, noise at 30 dB, 16 kHz, 44.1 kHz, MP3 128": _everything,
    "1% faster": lambda audio, _: Audio(audio.resampled(round(RATE / 1.01)).samples, RATE),
}


def clips(count: int, seed: int = 0) -> Iterator[Audio]:
    """Speech of speakers never trained on, about seven seconds each. Raises MissingError without flite."""
    people = narrator.speakers(40, held_out=True)
    texts = [text for text in HELD_OUT if len(text.split()) >= 6]
    for index in range(count):
        person = people[(index + seed) % len(people)]
        parts = [narrator.voice(person, texts[(3 * index + seed + k) % len(texts)])[0] for k in range(3)]
        yield Audio(np.concatenate(parts)[None], RATE).cut(0, 8)


def excerpt(audio: Audio, seconds: float, generator: np.random.Generator) -> Audio:
    """A stretch of a sound, cut anywhere."""
    start = generator.uniform(0, max(0.0, audio.seconds - seconds))
    return audio.cut(start, start + seconds)


def unmarked(count: int, seed: int = 0) -> Iterator[tuple[str, Audio]]:
    """Stretches of three seconds that carry no mark: a third each of speech, of the starter's speech, and of music."""
    generator = np.random.default_rng((seed, 9))
    third = -(-count // 3)
    for audio in clips(-(-third // 2), seed + 7):
        yield from (("narrator", excerpt(audio, 3, generator)) for _ in range(2))
    names = tuple(narrator.cast())
    for index in range(-(-third // 2)):
        text = " ".join(HELD_OUT[(index + k) % len(HELD_OUT)] for k in range(2))
        audio = speak(text, Voice.named(names[index % len(names)]), seed=index).audio
        yield from (("starter/voice", excerpt(audio, 3, generator)) for _ in range(2))
    tunes = [compose(prompt, seconds=20, seed=seed + index).mix for index, prompt in enumerate(TUNES)]
    for index in range(third):
        yield "starter/music", excerpt(tunes[index % len(tunes)], 3, generator)


def evaluate(ref: str = "watermark", count: int = 100, seed: int = 0) -> Table:
    """Marks `count` clips, attacks and cuts them, and looks for the mark; and looks in 5 × `count` clips without one.

    Raises MissingError without flite.
    """
    generator = np.random.default_rng((seed, 4))
    rows: list[Measure] = []
    scores: dict[tuple[str, float], list[float]] = {}
    hits: dict[tuple[str, float], int] = {}
    heard: list[tuple[float, float, float]] = []
    for index, clip in enumerate(runtime.progress(clips(count, seed), "marking", count)):
        marked = mark(clip)
        heard.append((_ratio(clip, marked), _distance(clip, marked), _pesq(clip, marked) if index < 12 else math.nan))
        for name, attack in ATTACKS.items():
            spoilt = attack(marked, generator)
            for seconds in LENGTHS:
                found = find(excerpt(spoilt, seconds, generator))
                scores.setdefault((name, seconds), []).append(found.score)
                hits[name, seconds] = hits.get((name, seconds), 0) + found.marked
    for (name, seconds), values in scores.items():
        note = f"score {np.mean(values):.1f} on average, {min(values):.1f} at least"
        rows.append(
            Measure(
                name=f"{name}, {seconds:g} s", value=100 * hits[name, seconds] / count, unit="%", count=count, note=note
            )
        )
    rows += _false(runtime.progress(unmarked(5 * count, seed), "looking", 5 * count), scores["MP3 128 kbit/s", 2.0])
    ratio, distance, pesq = (np.array(values) for values in zip(*heard, strict=True))
    rows += [
        Measure(
            name="sound over difference", value=float(ratio.mean()), unit="dB", count=count, spread=float(ratio.std())
        ),
        Measure(name="log spectral distance", value=float(distance.mean()), unit="dB", count=count),
    ]
    if np.isfinite(pesq).any():
        rows.append(
            Measure(
                name="PESQ against the unmarked",
                value=float(np.nanmean(pesq)),
                ceiling=4.64,
                count=int(np.isfinite(pesq).sum()),
                spread=float(np.nanstd(pesq)),
                note=f"wide band, at least {np.nanmin(pesq):.2f}",
            )
        )
    return Table(title=f"watermark: {count} marked clips of held-out speakers", rows=rows)


def _false(clean: Iterator[tuple[str, Audio]], marked: Sequence[float]) -> list[Measure]:
    """False finds by source, and what thresholds other than ours would do."""
    chances: dict[str, list[float]] = {}
    scores: list[float] = []
    for source, audio in clean:
        found = find(audio)
        chances.setdefault(source, []).append(found.chance)
        scores.append(found.score)
    rows = [
        Measure(
            name=f"false finds, {source}", value=100 * float(np.mean([chance < RARE for chance in each])), unit="%",
            count=len(each), note=f"smallest chance {min(each):.2g}",
        )
        for source, each in chances.items()
    ]  # fmt: skip
    for rate in (0.1, 0.01, 1e-3):
        at = float(np.quantile(scores, 1 - rate, method="higher"))
        rows.append(
            Measure(
                name=f"found at {rate:.1%} false finds", value=100 * float(np.mean([x > at for x in marked])), unit="%",
                count=len(marked), note=f"2 s after MP3 128 kbit/s; score over {at:.2f}, {len(scores)} unmarked",
            )
        )  # fmt: skip
    every = [chance for each in chances.values() for chance in each]
    expected = float(np.mean([chance < 0.1 for chance in every]))
    rows.append(
        Measure(name="stated chance under 10%", value=100 * expected, unit="%", ceiling=10.0, count=len(every),
                note="of unmarked clips; above 10% would mean that chances are stated too small")
    )  # fmt: skip
    return rows


def _ratio(clean: Audio, marked: Audio) -> float:
    difference = marked.samples - clean.samples
    return 10 * math.log10(float((clean.samples**2).sum()) / (float((difference**2).sum()) + 1e-12))


def _distance(clean: Audio, marked: Audio) -> float:
    """Root mean square of the difference of log spectra, over frames within 40 dB of the loudest."""
    a, b = (_spectra(audio) for audio in (clean, marked))
    loud = a.max(1) > a.max() - 40
    return float(np.sqrt(((a - b)[loud] ** 2).mean(1)).mean())


def _spectra(audio: Audio) -> np.ndarray:
    frames = np.lib.stride_tricks.sliding_window_view(audio.samples[0], 512)[::256] * np.hanning(512)
    return 20 * np.log10(np.abs(np.fft.rfft(frames)) + 1e-5)


def _pesq(clean: Audio, marked: Audio) -> float:
    """Wide-band PESQ, or NaN where pesq is not installed."""
    try:
        from pesq import pesq
    except ImportError:
        return math.nan
    return float(pesq(16000, *(audio.resampled(16000).samples[0] for audio in (clean, marked)), "wb"))
