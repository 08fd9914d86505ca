"""A score played by sampled instruments: FluidSynth with a General MIDI sound font.

Notable: neither program nor font is part of the package. A font is given, named by `SOUNDSTAGE_SOUNDFONT`, or found in
the usual places, those of free licence first; its own name and what is known of its licence go along for provenance.
Reverb and chorus are off, so a stem is dry and the sum of stems is the mix.

T samples
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError, MissingError, RunError
from soundstage.media.score import Score, Track
from soundstage.media.sources import Source
from soundstage.score.formats import midi
from soundstage.score.formats.orchestra import VOICE
from soundstage.score.instruments import Instrument, instrument
from soundstage.score.mix import pan_gains

VARIABLE = "SOUNDSTAGE_SOUNDFONT"
FLUID_R3 = "FluidR3_GM.sf2"
GAIN = 0.5
PLACES = (
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/usr/local/share/soundfonts",
    "/usr/local/share/sounds/sf2",
    "/opt/homebrew/share/soundfonts",
    "~/.local/share/soundfonts",
    "~/.local/share/sounds/sf2",
    "~/Library/Audio/Sounds/Banks",
    "C:/soundfonts",
)
REMEDY = f"apt-get install fluidsynth fluid-soundfont-gm, or set {VARIABLE} to a General MIDI font (.sf2, .sf3)"

# What is known of fonts by the beginning of their file's name: (licence, whether commercial use is allowed).
LICENCES: dict[str, tuple[str, bool]] = {
    "FluidR3": ("MIT", True),
    "MuseScore_General": ("MIT", True),
    "GeneralUser": ("GeneralUser GS License 2.0", True),
    "TimGM6mb": ("GPL-2.0", True),
}


@dataclass(frozen=True, kw_only=True)
class Font:
    """A sound font: its file, the name it gives itself, its licence ("unknown" where it is), commercial use or not."""

    path: Path
    name: str
    licence: str
    commercial: bool | None

    @property
    def source(self) -> Source:
        """What a result that it plays says of it; a licence that nobody knows allows nothing."""
        return Source(
            name=self.name, licence=self.licence, commercial=bool(self.commercial), data=self.path.name,
            kind="sound font",
        )  # fmt: skip


def find_font(path: str | Path | None = None) -> Font:
    """The font at `path`, else the one that the environment names, else the first in the usual places.

    Raises MissingError with the remedy when there is none, InputError for a file that is not a sound font.
    """
    wish = path or os.environ.get(VARIABLE)
    if wish:
        file = Path(wish).expanduser()
        if not file.is_file():
            where = "" if path else f", which {VARIABLE} names,"
            raise MissingError(f"the sound font {file}{where} is not there", REMEDY)
        return _opened(file)
    found = next(_installed(), None)
    if found is None:
        raise MissingError("no sound font was found", REMEDY)
    return _opened(found)


def installed(name: str) -> Path | None:
    """The font of exactly that file name in the usual places, whatever the environment says."""
    return next((file for file in _installed() if file.name == name), None)


def available(font: str | Path | None = None) -> bool:
    """Whether `play` can play here."""
    try:
        find_font(font)
    except (MissingError, InputError):
        return False
    return shutil.which("fluidsynth") is not None


def _installed() -> Iterator[Path]:
    """Every font in the usual places, those whose licence is known first, in the order of `LICENCES`."""
    folders = (Path(place).expanduser() for place in PLACES)
    files = [
        f for folder in folders if folder.is_dir() for f in sorted(folder.iterdir()) if f.suffix in (".sf2", ".sf3")
    ]
    starts = (*LICENCES, "")
    yield from sorted(files, key=lambda file: next(i for i, start in enumerate(starts) if file.name.startswith(start)))


def _opened(file: Path) -> Font:
    known = next((facts for start, facts in LICENCES.items() if file.resolve().name.startswith(start)), None)
    licence, commercial = known or ("unknown", None)
    return Font(path=file, name=_title(file) or file.stem, licence=licence, commercial=commercial)


def _title(file: Path) -> str:
    """The name that stands in the font (INAM in its RIFF INFO list). Raises InputError for another kind of file."""
    with file.open("rb") as data:
        head = data.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"sfbk":
            raise InputError("font", f"{file.name!r} is not a sound font", "give a .sf2 or .sf3 file")
        info = data.read(8)
        size = struct.unpack("<I", info[4:])[0] if len(info) == 8 else 0
        body = data.read(min(size, 1 << 16))
    at = 4
    while at + 8 <= len(body):
        kind, length = struct.unpack("<4sI", body[at : at + 8])
        if kind == b"INAM":
            return bytes(body[at + 8 : at + 8 + length]).split(b"\0")[0].decode("latin-1").strip()
        at += 8 + length + length % 2
    return ""


def render_midi(path: Path, rate: int, font: Path) -> NDArray[np.float32]:
    """A MIDI file as sound [2, T]. Raises MissingError without FluidSynth or the font, RunError when it fails."""
    if shutil.which("fluidsynth") is None:
        raise MissingError("the program fluidsynth is not installed", REMEDY)
    if not font.is_file():
        raise MissingError(f"the sound font {font} is not there", REMEDY)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.wav"
        command = ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", str(GAIN), "-r", str(rate)]
        command += ["-o", "synth.dynamic-sample-loading=1", "-o", "synth.cpu-cores=1", "-o", "synth.polyphony=1024"]
        done = subprocess.run(
            [*command, "-T", "wav", "-O", "s16", "-F", str(out), str(font), str(path)], capture_output=True, check=False
        )
        if done.returncode or not out.exists():
            raise RunError(f"fluidsynth failed: {done.stderr.decode()[-200:]}", "render the file by hand to see why")
        with wave.open(str(out)) as file:
            raw = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    sound: NDArray[np.float32] = np.ascontiguousarray(raw.reshape(-1, 2).T).astype(np.float32)
    return sound / np.float32(32768)


def _player(name: str) -> Instrument:
    return instrument("choir" if name == VOICE else name)  # a choir hums a voice's part


def render_tracks(score: Score, rate: int, font: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Each instrument's sound [2, T], as long as it rings; tracks of the same instrument are one."""
    with tempfile.TemporaryDirectory() as folder:
        for name, tracks in groupby(sorted(score.tracks, key=lambda t: t.instrument), key=lambda t: t.instrument):
            track = Track(_player(name).name, tuple(note for part in tracks for note in part.notes))
            part = replace(score, sections=(), chords=(), tracks=(track,))
            yield name, render_midi(midi.save(part, Path(folder) / "part.mid"), rate, font)


def play(
    score: Score,
    samples: int,
    rate: int,
    seed: int = 0,
    *,
    font: str | Path | None = None,
    on_stem: Callable[[int], object] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Dry stems [2, samples] by instrument, in the order of the score's tracks; `on_stem` hears of each.

    Samples leave nothing to chance, so `seed` changes nothing. Raises MissingError without FluidSynth or a font.
    """
    chosen = find_font(font)
    sounds: dict[str, NDArray[np.float32]] = {}
    for name, sound in render_tracks(score, rate, chosen.path):
        player = _player(name)
        gains = (1.0, 1.0) if player.drums else pan_gains(player.pan)  # a kit's pieces have their places in the font
        balance = np.array(gains, np.float32) / np.float32(np.hypot(*gains) / np.sqrt(2))
        kept = sound[:, :samples] * balance[:, None]
        sounds[name] = np.pad(kept, ((0, 0), (0, samples - kept.shape[1]))).astype(np.float32)
        if on_stem is not None:
            on_stem(1)
    return {track.instrument: sounds[track.instrument] for track in score.tracks}
