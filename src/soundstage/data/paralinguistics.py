"""Laughs, sighs, hums, gasps and cleared throats in the voice of any narrator speaker, put between words.

Notable: each is a source through that speaker's own vowels. The vowels' envelopes are measured on words that the
speaker says (WORLD's CheapTrick), the source is written down frame by frame: pitch, how much of it is breath, how loud.
A laugh is a row of bursts, four to six a second, each a breath and then a vowel, falling in pitch and level; a sigh is
one breath that fades and darkens; a hum is a steady nasal. A `Performance` draws all of it anew.

T steps of 5 ms · F frequency bins · N samples at 24 kHz
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundstage.data import narrator
from soundstage.data.narrator import Recording, Speaker
from soundstage.data.narrator_sound import FFT, HOP, RATE, analyse
from soundstage.errors import InputError, MissingError
from soundstage.text.symbols import IDS, PAUSE, SYMBOLS

KINDS = ("laughs", "sighs", "hums", "gasps", "clears throat")
"""What is written between brackets."""
SHARES = (0.28, 0.28, 0.28, 0.1, 0.06)
"""How often each is drawn: the last two are extras."""
EVENT_IDS: Mapping[str, int] = MappingProxyType({kind: len(SYMBOLS) + index for index, kind in enumerate(KINDS)})
"""What stands for each among the phones of a recording."""
STEP = 5.0  # ms
STEPS = HOP * 1000 // RATE // 5  # of a frame of 10 ms
CARRIER = "Father, honey, hope, hem, hum, mama, hurry, heaven."
VOWELS = ("aa", "ah", "eh", "ow")
LEVEL = 0.07
"""Root mean square of the narrator's sentences."""

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Timbre:
    """What a speaker's throat and mouth do: power envelopes [F] of some phones, and the median pitch in Hz."""

    envelopes: Mapping[str, Curve]
    pitch: float


@dataclass(frozen=True)
class Event:
    """One sound that is no word: samples [N], whole frames of 10 ms, and its pitch a frame in Hz (0: no voice)."""

    kind: str
    samples: NDArray[np.float32]
    f0: NDArray[np.float32]


@dataclass(frozen=True)
class Score:
    """The source of an event, and which envelope it goes through.

    `f0` Hz, `breath` 0…1 the share of noise, `gain` a factor on amplitude, `bright` dB at 4 kHz against 500 Hz, each
    [T]; `mouth` [T, K] weights of the `phones`.
    """

    phones: tuple[str, ...]
    f0: Curve
    breath: Curve
    gain: Curve
    bright: Curve
    mouth: Curve


def listen(speaker: Speaker) -> Timbre:
    """Measure a speaker on a few words. Raises MissingError without flite or pyworld."""
    world = _world()
    samples, utterance = narrator.voice(speaker, CARRIER)
    wide = samples.astype(np.float64) + 1e-5 * np.random.default_rng(0).standard_normal(len(samples))
    f0, times = world.dio(wide, RATE, frame_period=STEP, f0_floor=60.0, f0_ceil=420.0)
    power = world.cheaptrick(wide, f0, times, RATE, fft_size=FFT)
    found: dict[str, list[Curve]] = {}
    begin = 0.0
    for segment in utterance.segments:
        middle = slice(
            round((0.7 * begin + 0.3 * segment.end) * 1000 / STEP),
            round((0.3 * begin + 0.7 * segment.end) * 1000 / STEP),
        )
        heard = power[middle][f0[middle] > 0] if segment.phone != "hh" else power[middle]
        if len(heard):
            found.setdefault(segment.phone, []).append(np.log(heard + 1e-12).mean(0))
        begin = segment.end
    envelopes = {phone: np.exp(np.mean(rows, 0)) for phone, rows in found.items()}
    vowels = [phone for phone in VOWELS if phone in envelopes]
    if not vowels or "m" not in envelopes:
        raise InputError("speaker", f"{speaker.name} says none of the vowels that are asked for", "use another")
    for phone in VOWELS:
        envelopes.setdefault(phone, envelopes[vowels[0]])
    level = envelopes["aa"].mean()
    scaled = {phone: shape * level / shape.mean() for phone, shape in envelopes.items()}
    return Timbre(MappingProxyType(scaled), float(np.median(f0[f0 > 0])))


def laugh(pitch: float, rng: np.random.Generator) -> Score:
    """Three to eight bursts, 4 to 6 a second, slowing, falling in pitch and level; breath between them."""
    count, rate = int(rng.integers(3, 9)), rng.uniform(4.2, 6.0)
    slowing, share = rng.uniform(1.0, 1.06), rng.uniform(0.42, 0.62)
    top, fall = pitch * rng.uniform(1.15, 1.75), rng.uniform(0.9, 0.97)
    fade, airy = rng.uniform(0.84, 0.97), rng.uniform(0.15, 0.5)
    vowel = str(rng.choice(VOWELS, p=[0.3, 0.35, 0.2, 0.15]))
    rows: list[Curve] = []
    for index in range(count):
        length = max(20, round(1000 / rate / STEP * slowing**index * rng.uniform(0.93, 1.07)))
        voiced = round(length * share)
        u, v = (np.linspace(0, 1, n, endpoint=False) for n in (length - voiced, voiced))
        high = top * fall**index * rng.uniform(0.97, 1.03)
        tone = high * (1.0 + 0.06 * np.sin(np.pi * v) - 0.12 * v)
        loud = fade**index * rng.uniform(0.85, 1.1)
        swell = np.sin(np.pi * np.clip(0.12 + 0.88 * v, 0, 1)) ** 0.6
        breath = np.stack([0 * u, 0 * u + 1, loud * (0.06 + 0.2 * np.sin(np.pi * u) ** 2), 0 * u + 7, 0 * u], 1)
        voice = np.stack([tone, airy + 0.25 * v, loud * (0.12 + swell), 3 * airy + 0 * v, 0 * v + 1], 1)
        rows += [breath, voice]
    tail = np.linspace(0, 1, int(rng.integers(16, 60)))
    rows.append(np.stack([0 * tail, 0 * tail + 1, fade**count * 0.16 * (1 - tail) ** 1.5, 6 - 4 * tail, 0 * tail], 1))
    return _score(("hh", vowel), rows)


def sigh(pitch: float, rng: np.random.Generator) -> Score:
    """A breath out of 0.4 to 1 s that fades and darkens, sometimes after a short one in, sometimes half voiced."""
    rows: list[Curve] = []
    if rng.random() < 0.35:
        u = np.linspace(0, 1, int(rng.integers(30, 60)))
        rows.append(np.stack([0 * u, 0 * u + 1, 0.16 * np.sin(np.pi * u**1.3), 8 + 3 * u, 0 * u], 1))
        rows.append(np.tile([0.0, 1.0, 0.002, 6.0, 0.0], (int(rng.integers(4, 14)), 1)))
    v = np.linspace(0, 1, int(rng.integers(90, 210)))
    rise = np.clip(v / rng.uniform(0.06, 0.2), 0, 1)
    gain = rng.uniform(0.28, 0.5) * rise * (1 - v) ** rng.uniform(0.9, 1.8)
    bright = rng.uniform(4, 9) - rng.uniform(7, 13) * v
    mouth = rng.uniform(0.5, 1.0) * (1 - 0.3 * v)
    if rng.random() < 0.4:
        tone = pitch * rng.uniform(0.95, 1.25) * (1 - rng.uniform(0.2, 0.35) * v)
        voiced = v < rng.uniform(0.3, 0.65)
        breath = np.clip(rng.uniform(0.55, 0.85) + 0.4 * v, 0, 1)
    else:
        tone, voiced, breath = 0 * v, v < 0, 0 * v + 1
    rows.append(np.stack([tone * voiced, np.where(voiced, breath, 1), gain, bright, mouth], 1))
    return _score(("hh", str(rng.choice(("ah", "aa")))), rows)


def hum(pitch: float, rng: np.random.Generator) -> Score:
    """A nasal of 0.45 to 1.3 s: steady, rising, falling, or two notes (mm-hm)."""
    v = np.linspace(0, 1, int(rng.integers(90, 260)))
    base = pitch * rng.uniform(0.85, 1.2)
    shapes: tuple[Callable[[], Curve], ...] = (
        lambda: 0 * v,
        lambda: rng.uniform(2, 5) * np.sin(np.pi * v),
        lambda: -rng.uniform(2, 5) * v,
        lambda: np.where(v < 0.45, 0.0, rng.uniform(2, 5)),
    )
    kind = int(rng.integers(len(shapes)))
    melody = np.convolve(np.pad(shapes[kind](), 6, mode="edge"), np.hanning(13) / np.hanning(13).sum(), "valid")
    wobble = 0.15 * np.sin(2 * np.pi * (rng.uniform(4, 6) * v * len(v) * STEP / 1000 + rng.random()))
    gain = (
        rng.uniform(0.55, 0.9) * np.clip(v / 0.1, 0, 1) ** 0.7 * np.clip((1 - v) / rng.uniform(0.15, 0.4), 0, 1) ** 0.7
    )
    if kind == 3:
        gain = gain * (1 - 0.75 * np.exp(-(((v - 0.45) / 0.05) ** 2)))
    rows = [
        np.stack([base * 2 ** ((melody + wobble) / 12), 0 * v + rng.uniform(0.02, 0.12), gain, 0 * v - 3, 0 * v + 1], 1)
    ]
    return _score(("hh", "m"), rows)


def gasp(pitch: float, rng: np.random.Generator) -> Score:
    """A quick breath in: it swells, brightens and stops short. `pitch` is not heard."""
    v = np.linspace(0, 1, int(rng.integers(45, 80)))
    gain = rng.uniform(0.3, 0.5) * v ** rng.uniform(1.0, 2.0) * np.clip((1 - v) / 0.08, 0, 1)
    rows = [np.stack([0 * v, 0 * v + 1, gain, rng.uniform(4, 7) + 7 * v, 0.4 + 0 * v], 1)]
    return _score(("hh", str(rng.choice(("ah", "aa")))), rows)


def throat(pitch: float, rng: np.random.Generator) -> Score:
    """Two or three short rough bursts, low and creaking."""
    rows: list[Curve] = []
    for index in range(int(rng.integers(2, 4))):
        v = np.linspace(0, 1, int(rng.integers(26, 44)))
        creak = pitch * rng.uniform(0.5, 0.7) * (1 + 0.16 * rng.standard_normal(len(v)))
        gain = rng.uniform(0.5, 0.8) * 0.85**index * np.clip(v / 0.15, 0, 1) * (1 - v) ** 0.7
        rows.append(np.stack([np.maximum(creak, 45), 0 * v + rng.uniform(0.5, 0.75), gain, 0 * v + 4, 0 * v + 0.8], 1))
        rows.append(np.tile([0.0, 1.0, 0.02, 4.0, 0.0], (int(rng.integers(4, 12)), 1)))
    return _score(("hh", "ah"), rows)


MAKERS: Mapping[str, Callable[[float, np.random.Generator], Score]] = MappingProxyType(
    {"laughs": laugh, "sighs": sigh, "hums": hum, "gasps": gasp, "clears throat": throat}
)


def perform(timbre: Timbre, kind: str, rng: np.random.Generator) -> Event:
    """One event of a kind, every time another. Raises InputError for a kind there is none of."""
    if kind not in MAKERS:
        raise InputError("kind", f"{kind!r} is not made", f"choose {', '.join(KINDS)}")
    score = MAKERS[kind](timbre.pitch, rng)
    samples = render(timbre, score)
    level = LEVEL * {"laughs": 1.1, "sighs": 0.42, "hums": 0.8, "gasps": 0.45, "clears throat": 0.6}[kind]
    loud = samples[np.abs(samples) > 0.05 * np.abs(samples).max()]
    samples = samples * (level * rng.uniform(0.75, 1.3) / (np.sqrt((loud**2).mean()) + 1e-9))
    samples = samples * min(1.0, 0.97 / (np.abs(samples).max() + 1e-9))
    f0 = score.f0[STEPS // 2 :: STEPS][: len(samples) // HOP]
    return Event(kind, samples.astype(np.float32), f0.astype(np.float32))


def render(timbre: Timbre, score: Score) -> Curve:
    """The sound of a source through a speaker's envelopes, whole frames long, by WORLD's synthesiser."""
    shapes = np.log(np.stack([timbre.envelopes.get(phone, timbre.envelopes["ah"]) for phone in score.phones]))
    frequency = np.fft.rfftfreq(FFT, 1 / RATE)
    if "hh" in score.phones:  # a whisper: the vowel's resonances without the fall of the glottis
        vowel = shapes[-1] if score.phones[-1] != "m" else shapes[0]
        shapes[score.phones.index("hh")] = vowel + 1.2 * np.log((frequency + 150) / 1000).clip(-1.2, 1.2)
    octaves = np.log2((frequency + 60) / 560).clip(-2, 4)
    power = score.mouth @ shapes + np.log(10) / 10 * score.bright[:, None] * octaves / 3
    power = np.exp(power) * np.maximum(score.gain[:, None], 1e-4) ** 2 + 1e-12
    # Voice keeps its low harmonics clean; breath shows above, as it does in people.
    rise = np.clip((np.log2(frequency + 1) - np.log2(300)) / np.log2(6000 / 300), 0, 1)
    noise = np.clip(score.breath[:, None] * (0.35 + 0.65 * rise) + 0.35 * rise**2, 0.001, 1)
    noise[score.f0 <= 0] = 1.0
    whole = len(score.f0) // STEPS * STEPS
    sound = _world().synthesize(
        np.ascontiguousarray(score.f0), np.ascontiguousarray(power), np.ascontiguousarray(noise), RATE, STEP
    )
    count = whole // STEPS * HOP
    return np.asarray(np.pad(sound, (0, max(0, count - len(sound))))[:count])


def _score(phones: tuple[str, str], rows: list[Curve]) -> Score:
    """From rows of (f0, breath, gain, bright, weight of the second phone); whole frames, softened where they meet."""
    table = np.concatenate(rows)
    table = np.pad(table, ((0, -len(table) % STEPS), (0, 0)), mode="edge")
    soft = np.hanning(5) / np.hanning(5).sum()
    for column in (1, 2, 3, 4):
        table[:, column] = np.convolve(np.pad(table[:, column], 2, mode="edge"), soft, "valid")
    mouth = np.stack([1 - table[:, 4], table[:, 4]], 1)
    return Score(phones, table[:, 0], table[:, 1], table[:, 2], table[:, 3], mouth)


def places(recording: Recording) -> list[int]:
    """Indices of the pauses of a recording where an event can stand: its ends, and its commas where all are heard."""
    pauses = [index for index, phone in enumerate(recording.phones) if phone == IDS[PAUSE]]
    inner = [index for index in pauses if 0 < index < len(recording.phones) - 1]
    ends = [index for index in pauses if index in (0, len(recording.phones) - 1)]
    return sorted(ends + (inner if recording.text.count(",") == len(inner) else []))


def tagged(recording: Recording, event: Event, place: int, rng: np.random.Generator) -> Recording:
    """The recording with an event in the middle of the pause that is phone `place`, its tag in the text.

    The event is a phone of its own (`EVENT_IDS`) with its exact length. Raises InputError when there is no pause there.
    """
    if place not in places(recording):
        raise InputError("place", f"phone {place} is no pause that an event can stand in", "choose one of places()")
    ends = np.concatenate(([0], np.cumsum(recording.durations.astype(np.int64))))
    start, stop = int(ends[place]), int(ends[place + 1])
    least = [int(n) for n in rng.integers(5, 13, 2)]
    if place == 0:
        cut, after = start, max(least[1], stop - start)
        before = least[0]
    elif place == len(recording.phones) - 1:
        cut = stop
        before, after = max(least[0], stop - start), least[1]
    else:
        cut = (start + stop) // 2
        before, after = max(least[0], cut - start), max(least[1], stop - cut)
    lead, rest = before - (cut - start), after - (stop - cut)
    _, envelope = analyse(event.samples)
    floor = float(np.log(1e-9))

    def put(values: NDArray[Any], among: NDArray[Any], hop: int = 1, fill: float = 0.0) -> NDArray[Any]:
        pad = ((lead * hop, rest * hop), *[(0, 0)] * (values.ndim - 1))
        inside = np.pad(among, pad, constant_values=fill)
        return np.concatenate([values[: cut * hop], inside, values[cut * hop :]])

    added = (lead + rest + len(event.f0)) * HOP / RATE
    late = [added if start * RATE / HOP >= cut else 0.0 for _, start, _ in recording.words]
    return replace(
        recording,
        text=_with_tag(recording, event.kind, place),
        samples=put(recording.samples, event.samples, HOP),
        f0=put(recording.f0, event.f0),
        envelope=put(recording.envelope, envelope, fill=floor),
        phones=_spliced(recording.phones, place, [IDS[PAUSE], EVENT_IDS[event.kind], IDS[PAUSE]]),
        flags=_spliced(recording.flags, place, [0, 0, 0]),
        durations=_spliced(recording.durations, place, [before, len(event.f0), after]),
        words=tuple((word, a + by, b + by) for (word, a, b), by in zip(recording.words, late, strict=True)),
    )


def _spliced(values: NDArray[Any], place: int, among: list[int]) -> NDArray[Any]:
    return np.concatenate([values[:place], np.array(among, values.dtype), values[place + 1 :]])


def _with_tag(recording: Recording, kind: str, place: int) -> str:
    tag, last = f"[{kind}]", len(recording.phones) - 1
    if place == 0:
        return f"{tag} {recording.text}"
    if place == last:
        return f"{recording.text} {tag}"
    order = int((recording.phones[1:place] == IDS[PAUSE]).sum())
    pieces = recording.text.split(",")
    return f"{','.join(pieces[: order + 1])}, {tag} {','.join(pieces[order + 1 :]).lstrip()}"


def _world() -> Any:
    try:
        import pyworld
    except ImportError as error:
        raise MissingError("pyworld is not installed", "pip install 'soundstage[train]'") from error
    return pyworld


def season(
    recordings: Sequence[Recording], timbre: Timbre, rng: np.random.Generator, *, share: float = 0.5
) -> list[Recording]:
    """About a `share` of the recordings with an event of some kind in them, the others as they are."""
    out: list[Recording] = []
    for recording in recordings:
        spots = places(recording)
        if spots and rng.random() < share:
            event = perform(timbre, str(rng.choice(KINDS, p=SHARES)), rng)
            recording = tagged(recording, event, int(rng.choice(spots)), rng)
        out.append(recording)
    return out


def make(
    source: Path,
    target: Path,
    *,
    each: int = 16,
    named: int = 40,
    every: int = 2,
    longest: float = 5.5,
    seed: int = 0,
    log: Callable[[str], object] = print,
) -> None:
    """From the narrator's shards in `source`, one in `target` for each speaker: some sentences, half with an event.

    Of the crowd `every` second speaker is taken with `each` sentences, of those with a name `named`. A shard that
    stands there is kept. Raises MissingError when `source` holds none.
    """
    paths = sorted(source.glob("*.npz"))
    if not paths:
        raise MissingError(f"no narrator data in {source}", "make it first: python -m soundstage.recipes.voice data")
    target.mkdir(parents=True, exist_ok=True)
    known = {speaker.name for speaker in narrator.NAMED} | {narrator.STAND_IN}
    crowd = [path for path in paths if path.stem not in known]
    chosen = [path for path in paths if path.stem in known] + crowd[::every]
    for number, path in enumerate(chosen):
        if (target / path.name).exists():
            continue
        speaker, recordings = narrator.load(path)
        if speaker.base in narrator.UNSURE:
            continue
        short = [recording for recording in recordings if len(recording.f0) * HOP <= longest * RATE]
        rng = np.random.default_rng((seed, *path.stem.encode()))
        some = short[: named if path.stem in known else each]
        narrator.save(target / path.name, speaker, season(some, listen(speaker), rng))
        log(f"{speaker.name}: {number + 1} of {len(chosen)}")
