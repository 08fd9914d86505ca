"""The synthesiser flite, driven in process through ctypes: text in, sound and its exact segmentation out.

Notable: flite (Carnegie Mellon University, BSD-like licence) is a tool for *making training data*; nothing of
Soundstage needs it at run time. Its utterance is a set of relations over items, so phones, stress and words are read
from the very structure the sound was made from.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError, MissingError

RATE = 16000
VOICES = ("rms", "awb", "slt", "kal16")
REMEDY = "install flite with its voices (Debian: apt-get install flite libflite1), or use a ready data folder"


@dataclass(frozen=True)
class Segment:
    """One phone with the word it belongs to; a silence belongs to no word (`word` is −1)."""

    phone: str
    end: float
    """Seconds from the start of the utterance."""
    word: int
    stress: int
    """1 on every phone of a stressed syllable."""


@dataclass(frozen=True)
class Utterance:
    """What flite said:
    mono samples in [−1, 1] at 16 kHz, its words in order (text, punctuation after it), its segments.
    """

    samples: NDArray[np.float32]
    words: tuple[tuple[str, str], ...]
    segments: tuple[Segment, ...]

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.samples) / RATE


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _Voice(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))


def load_library(name: str) -> ctypes.CDLL:
    """One of flite's shared libraries, its symbols visible to the others.

    Raises MissingError when it is not installed.
    """
    found = ctypes.util.find_library(name) or f"lib{name}.so.1"
    try:
        return ctypes.CDLL(found, mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise MissingError(f"the library {name} of the synthesiser flite is not on this machine", REMEDY) from error


@cache
def _library() -> ctypes.CDLL:
    lib = load_library("flite")
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    signatures: dict[str, tuple[object, list[object]]] = {
        "flite_init": (ctypes.c_int, []),
        "flite_synth_text": (pointer, [text, pointer]),
        "delete_utterance": (None, [pointer]),
        "utt_wave": (pointer, [pointer]),
        "utt_relation": (pointer, [pointer, text]),
        "relation_head": (pointer, [pointer]),
        "item_next": (pointer, [pointer]),
        "item_feat_float": (ctypes.c_float, [pointer, text]),
        "item_feat_string": (text, [pointer, text]),
        "ffeature_string": (text, [pointer, text]),
        "path_to_item": (pointer, [pointer, text]),
        "feat_set_float": (None, [pointer, text, ctypes.c_float]),
        "feat_set_int": (None, [pointer, text, ctypes.c_int]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name, None)
        if function is not None:  # relation_head is a macro in some versions; see _head
            function.restype, function.argtypes = result, arguments
    lib.flite_init()
    return lib


@cache
def _voice(name: str) -> int:
    if name not in VOICES:
        raise InputError("voice", f"flite has no voice {name!r} here", f"use one of {', '.join(VOICES)}")
    _library()
    load_library("flite_cmulex")
    load_library("flite_usenglish")
    register = getattr(load_library(f"flite_cmu_us_{name}"), f"register_cmu_us_{name}")
    register.restype, register.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    return int(register(None))


def _items(utterance: int, relation: bytes) -> list[int]:
    """The items of one relation in order.

    The first field of a cst_relation after name, features and utterance is its head.
    """
    lib = _library()
    where = lib.utt_relation(utterance, relation)
    if not where:
        return []
    item = ctypes.cast(where, ctypes.POINTER(ctypes.c_void_p))[3]
    found: list[int] = []
    while item:
        found.append(item)
        item = lib.item_next(item)
    return found


def say(
    text: str,
    voice: str = "rms",
    *,
    f0_mean: float | None = None,
    f0_deviation: float | None = None,
    stretch: float = 1.0,
) -> Utterance:
    """Speak plain ASCII English. `f0_mean`, `f0_deviation` in Hz (rms ignores them); `stretch` multiplies durations.

    Raises MissingError when flite is not installed and InputError for an unknown voice or text that makes no sound.
    """
    lib, chosen = _library(), _voice(voice)
    features = ctypes.cast(chosen, ctypes.POINTER(_Voice)).contents.features
    lib.feat_set_float(features, b"duration_stretch", stretch)
    if f0_mean is not None:
        lib.feat_set_float(features, b"int_f0_target_mean", f0_mean)
    if f0_deviation is not None:
        lib.feat_set_float(features, b"int_f0_target_stddev", f0_deviation)
    utterance = lib.flite_synth_text(text.encode("ascii", "ignore"), chosen)
    if not utterance:
        raise InputError("text", f"flite made no sound of {text[:60]!r}", "give it plain English words")
    try:
        return _read(utterance)
    finally:
        lib.delete_utterance(utterance)


def _read(utterance: int) -> Utterance:
    lib = _library()
    wave = ctypes.cast(lib.utt_wave(utterance), ctypes.POINTER(_Wave)).contents
    if wave.sample_rate != RATE or wave.num_channels != 1:
        raise InputError("voice", f"it speaks at {wave.sample_rate} Hz", f"use a {RATE} Hz voice")
    samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32768.0
    words: list[tuple[str, str]] = []
    place: dict[str, int] = {}
    for item in _items(utterance, b"Word"):
        punctuation = lib.ffeature_string(item, b"R:Token.parent.punc").decode()
        following = lib.ffeature_string(item, b"R:Token.n.name").decode()
        words.append((lib.item_feat_string(item, b"name").decode(), punctuation if following == "0" else "0"))
    segments: list[Segment] = []
    index, last = -1, ""
    for item in _items(utterance, b"Segment"):
        phone = lib.item_feat_string(item, b"name").decode()
        stress = 0
        if phone != "pau":
            word = lib.path_to_item(item, b"R:SylStructure.parent.parent")
            key = str(_contents(word))
            if key not in place:
                index += 1
                place[key] = index
            stress = int(lib.ffeature_string(item, b"R:SylStructure.parent.stress") == b"1")
            last = key
        segments.append(
            Segment(phone, lib.item_feat_float(item, b"end"), -1 if phone == "pau" else place[last], stress)
        )
    return Utterance(samples, tuple(words), tuple(segments))


def _contents(item: int) -> int:
    """The address of an item's contents, the same for one thing in every relation (first field of cst_item)."""
    return int(ctypes.cast(item, ctypes.POINTER(ctypes.c_void_p))[0] or 0)
