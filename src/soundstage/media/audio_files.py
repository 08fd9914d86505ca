"""Sound files through PyAV: wav, flac, mp3, opus, ogg, m4a; what is loaded has exactly the samples that were saved.

Notable: wav, flac and opus are exact by their containers; mp3's encoder delay and padding are in its LAME header;
AAC's priming is in the mp4 edit list, whose clock we set to the sample rate. Lossy files also carry their true
length and rate in the comment (see `tags`), so a sound at 22,050 Hz comes back from opus, which knows only 48,000,
with the samples it had.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.paths import damaged, decodable, known_suffix, opened, written
from soundstage.media.provenance import Provenance
from soundstage.media.tags import KEY, container_tag, sound_of, tag_text

LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
LOSSLESS_BLOCK = 4096
AAC_LEAD = 1024  # the encoder garbles its first block: it gets a silent one, before time 0, that the edit list hides


@dataclass(frozen=True, kw_only=True)
class Coding:
    """How a suffix is written: container, codec, its sample format, and kbit/s a channel (0 for lossless)."""

    container: str
    codec: str
    layout: str
    kbits: int = 0
    rates: tuple[int, ...] = ()
    options: tuple[tuple[str, str], ...] = ()


MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
AAC_RATES = (*MP3_RATES, 64000, 88200, 96000)
CODINGS = {
    ".wav": Coding(container="wav", codec="pcm_s16le", layout="s16"),
    ".flac": Coding(container="flac", codec="flac", layout="s16"),
    ".mp3": Coding(container="mp3", codec="libmp3lame", layout="fltp", kbits=96, rates=MP3_RATES),
    ".opus": Coding(container="opus", codec="libopus", layout="flt", kbits=80, rates=(48000,)),
    ".ogg": Coding(container="ogg", codec="libopus", layout="flt", kbits=80, rates=(48000,)),
    ".m4a": Coding(container="mp4", codec="aac", layout="fltp", kbits=96, rates=AAC_RATES),
}
WIDER = {
    (".wav", 24): Coding(container="wav", codec="pcm_s24le", layout="s32"),
    (".wav", 32): Coding(container="wav", codec="pcm_f32le", layout="flt"),
    (".flac", 24): Coding(container="flac", codec="flac", layout="s32"),
}


def write_audio(audio: Audio, path: Path, provenance: Provenance | None = None, *, bits: int = 16) -> None:
    """Writes `audio` to `path` atomically; see `Audio.save`.

    Raises InputError for an unknown suffix, for a width or number of channels that the format lacks, and for no
    sound at all.
    """
    suffix = known_suffix(path, CODINGS)
    coding = CODINGS[suffix] if bits == 16 else WIDER.get((suffix, bits))
    if coding is None:
        raise InputError("bits", f"is {bits} for {suffix}", "use 16, 24 (wav, flac) or 32 (wav, float)")
    if not audio.length:
        raise InputError("samples", "are none", "save at least one sample")
    if audio.channels > (2 if coding.kbits else 8):
        remedy = "mix it down with .stereo()" if coding.kbits else "save at most 8 channels in a file"
        raise InputError("samples", f"have {audio.channels} channels, too many for {suffix}", remedy)
    text = tag_text(provenance, sound=(audio.length, audio.rate) if coding.kbits else None)
    with written(path) as part:
        _encode(at_codec_rate(audio, coding), part, coding, text)


def at_codec_rate(audio: Audio, coding: Coding) -> Audio:
    """At the lowest rate of the codec that loses nothing, or at its highest."""
    return audio.resampled(codec_rate(audio.rate, coding))


def codec_rate(rate: int, coding: Coding) -> int:
    """The lowest rate of the codec that loses nothing of sound at this one, or its highest."""
    if not coding.rates or rate in coding.rates:
        return rate
    return next((other for other in coding.rates if other > rate), coding.rates[-1])


def _encode(audio: Audio, path: Path, coding: Coding, text: str | None) -> None:
    import av

    options = {"movie_timescale": str(audio.rate), "movflags": "+faststart"} if coding.container == "mp4" else {}
    with av.open(str(path), "w", format=coding.container, options=options) as container:
        if text is not None:
            container.metadata[KEY] = text
        stream = add_audio_stream(container, coding, audio.rate, audio.channels)
        for frame in audio_frames(audio, stream, coding):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def add_audio_stream(container: Any, coding: Coding, rate: int, channels: int) -> Any:
    """Adds a stream for `coding` to a PyAV container, its clock the sample rate, and opens it."""
    stream = container.add_stream(coding.codec, rate=rate, layout=LAYOUTS[channels], options=dict(coding.options))
    stream.codec_context.format = coding.layout
    stream.time_base = Fraction(1, rate)
    if coding.kbits:
        stream.bit_rate = coding.kbits * 1000 * channels
    stream.codec_context.open()
    return stream


def audio_frames(audio: Audio, stream: Any, coding: Coding) -> Iterator[Any]:
    """The sound as PyAV frames of the size that the codec wants, the last one shorter; AAC's begin before time 0."""
    import av

    block = stream.codec_context.frame_size or LOSSLESS_BLOCK
    layout = LAYOUTS[audio.channels]
    lead = AAC_LEAD if coding.codec == "aac" else 0
    for start in range(-lead, audio.length, block):
        samples = (
            audio.samples[:, start : start + block] if start >= 0 else np.zeros((audio.channels, lead), np.float32)
        )
        data = _as_format(samples, coding.layout)
        frame = av.AudioFrame.from_ndarray(data, format=coding.layout, layout=layout)
        frame.rate, frame.pts, frame.time_base = audio.rate, start, Fraction(1, audio.rate)
        yield frame


def _as_format(samples: NDArray[np.float32], layout: str) -> NDArray[Any]:
    """Samples [channels, time] for PyAV: the same if planar, [1, time · channels] if packed; integers are clipped."""
    if layout == "s16":
        data: NDArray[Any] = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    elif layout == "s32":  # 24 bits, left aligned
        scaled = np.clip(np.rint(samples.astype(np.float64) * 2**23), -(2**23), 2**23 - 1)
        data = scaled.astype(np.int32) << 8
    else:
        data = samples
    return np.ascontiguousarray(data if layout.endswith("p") else data.T.reshape(1, -1))


def read_audio(path: Path) -> Audio:
    """The first sound stream of a file of any kind; see `Audio.load`.

    Raises MissingError for no file, InputError for one without sound, one that is damaged and one that ends early.
    """
    with opened(path) as container:
        streams = decodable(container.streams.audio)
        if not streams:
            raise InputError("path", f"{path} has no sound", "give a sound file, or a video with sound")
        stream = streams[0]
        check_riff(path)
        rate, sound = stream.rate, sound_of(container_tag(container))
        stated = stated_length(container, stream)
        blocks = [as_float(frame) for frame in container.decode(stream)]
    if not blocks and sound is None:
        raise damaged(path, "it holds no sound")
    samples = np.concatenate(blocks, axis=1) if blocks else np.zeros((stream.channels, 0), np.float32)
    audio = Audio(np.nan_to_num(samples), rate)
    expected = audio.length if stated is None else stated
    if sound is not None:
        expected = -(-sound[0] * rate // sound[1])
    if audio.length < expected - 2 * (stream.codec_context.frame_size or 0) - rate // 50:
        raise damaged(path, f"it ends early, after {audio.seconds:.2f} of {expected / rate:.2f} s")
    audio = audio.fitted(expected)
    return audio if sound is None else audio.resampled(sound[1]).fitted(sound[0])


def stated_length(container: Any, stream: Any) -> int | None:
    """Samples that the container promises, where it knows them: mp4's edit list, the headers of wav and flac."""
    exact = {"mov", "mp4", "wav", "flac"} & set(container.format.name.split(","))
    if not exact or stream.duration is None or stream.time_base is None:
        return None
    seconds: Fraction = stream.duration * stream.time_base
    return round(seconds * int(stream.rate))


def check_riff(path: Path) -> None:
    """Raises InputError for a wav shorter than its header says; a decoder would take what there is for all of it."""
    with path.open("rb") as file:
        head = file.read(8)
    said = int.from_bytes(head[4:8], "little")
    if head[:4] == b"RIFF" and said != 0xFFFFFFFF and said + 8 > path.stat().st_size + 1:
        raise damaged(path, "it ends early")


def as_float(frame: Any) -> NDArray[np.float32]:
    """A decoded frame of any sample format as float32 [channels, time]."""
    data, channels = frame.to_ndarray(), len(frame.layout.channels)
    if not frame.format.is_planar:
        data = data.reshape(-1, channels).T
    if data.dtype == np.uint8:
        return np.asarray((data.astype(np.float32) - 128) / 128, np.float32)
    if np.issubdtype(data.dtype, np.integer):
        return np.asarray(data / -float(np.iinfo(data.dtype).min), np.float32)
    return np.asarray(data, np.float32)
