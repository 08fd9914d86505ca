"""A tiny VALL-E with random weights, its voices and a codec beside it, as the model of the task `speak`."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.codec.encodec import Encodec, EncodecConfig
from soundstage.codec.seanet import SeanetConfig
from soundstage.errors import InputError, MissingError
from soundstage.media import Audio, Voice
from soundstage.models.valle import Stack, Valle, ValleConfig
from soundstage.tasks.codec_shared import books_stamp
from soundstage.tasks.speak import speak, speak_live
from soundstage.tasks.speak_valle import (
    PHONES,
    SYMBOLS,
    UNSAID,
    VOICES,
    Prompt,
    marked,
    parts,
    read_voices,
    write_voices,
)
from soundstage.text.symbols import PAUSE
from soundstage.weights import Card, load, save_starter

NET = SeanetConfig(channels=1, latent=8, width=2, ratios=(8, 5, 4, 3))
CODEC = EncodecConfig(rate=24_000, seanet=NET, books=6, codes=32)
STACK = Stack(width=32, depth=1, heads=2, hidden=32)
SHAPE = ValleConfig(
    symbols=SYMBOLS, ar=STACK, nar=STACK, books=6, codes=32, rate=50.0, begin=True, pointer=True
)  # fmt: skip
AGREED = "Nobody is cloned here."
TEXT = "The boats lay [pause:0.4s] side by side."


def keep(place: Path, family: str, module: torch.nn.Module, config: dict[str, object]) -> None:
    card = Card(
        ref=str(place), family=family, task="speak", licence="Apache-2.0", commercial=True, data="none", size_mb=0,
        memory_mb=1, parameters=0, config=config,
    )  # fmt: skip
    save_starter(place, module, card)


def prompt(seed: int) -> Prompt:
    generator = torch.Generator().manual_seed(seed)
    phones, place = torch.randint(1, PHONES, (4,), generator=generator), torch.arange(4).repeat_interleave(5)
    return Prompt(torch.randint(0, 32, (6, 20), generator=generator), phones, place)


def made(place: Path, config: ValleConfig) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        codec = Encodec(CODEC)
        for name, buffer in codec.named_buffers():
            if name.endswith("codebook"):
                buffer.normal_()
        keep(place / "codec", "encodec", codec, asdict(CODEC))
        valle = Valle(config)
        if valle.ar.last is not None:
            torch.nn.init.constant_(valle.ar.last.bias, -1.0)  # about three frames a phone
        stamp = books_stamp(load(str(place / "codec")).module, 6)
        keep(place, "valle", valle, {**config.plain(), "codec_stamp": stamp})
    write_voices(place / VOICES, {"ada": prompt(1), "ben": prompt(2)})
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("valle"), SHAPE)


def test_every_word_has_its_time_and_the_sound_is_as_long_as_its_phones(folder: Path) -> None:
    line = speak(TEXT, model=str(folder), seed=1)
    assert [word.text for word in line.words] == ["The", "boats", "lay", "side", "by", "side"]
    assert line.audio.rate == 24_000
    assert line.words[3].start - line.words[2].end >= 0.4
    assert all(phone.end - phone.start >= 0.02 - 1e-9 for phone in line.phonemes)
    assert line.seconds >= line.phonemes[-1].end


def test_it_says_the_same_again_and_another_voice_says_it_otherwise(folder: Path) -> None:
    one, again = (speak(TEXT, model=str(folder), seed=1) for _ in range(2))
    assert one.audio == again.audio
    assert one.audio == speak(TEXT, Voice.named("Ada"), model=str(folder), seed=1).audio
    assert one.audio != speak(TEXT, Voice.named("ben"), model=str(folder), seed=1).audio
    assert one.audio != speak(TEXT, model=str(folder), seed=2).audio


def test_live_pieces_joined_are_the_whole(folder: Path) -> None:
    whole = speak(TEXT, model=str(folder), seed=1).audio.samples[0]
    live = np.concatenate([piece.samples[0] for piece in speak_live(TEXT, model=str(folder), seed=1)])
    assert len(live) == len(whole)
    assert np.allclose(live, whole, atol=1e-5)


def test_a_recording_is_a_voice_without_its_words(folder: Path) -> None:
    tone = Audio(0.2 * np.sin(np.arange(48_000, dtype=np.float32) / 20)[None], 24_000)
    quiet = Audio(0.25 * tone.samples, 24_000)
    line, same = (
        speak(TEXT, Voice(reference=each, consent=AGREED), model=str(folder), seed=1) for each in (tone, quiet)
    )
    assert line.audio == same.audio  # it is set to one level first
    assert line.audio != speak(TEXT, model=str(folder), seed=1).audio
    silence = Audio(np.zeros((1, 24_000), np.float32), 24_000)
    with pytest.raises(InputError, match="silent"):
        speak(
            TEXT,
            Voice(reference=silence, consent=AGREED),
            model=str(folder),
        )


@pytest.mark.parametrize("how", [{"pitch": 2.0}, {"style": "lively"}])
def test_what_the_voice_decides_is_refused(folder: Path, how: dict[str, object]) -> None:
    with pytest.raises(InputError, match="from the voice"):
        speak(TEXT, model=str(folder), **how)  # type: ignore[arg-type]


def test_an_unknown_voice_is_answered_with_those_there_are(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ada, ben"):
        speak(TEXT, Voice.named("zoe"), model=str(folder))
    import shutil

    shutil.copytree(folder, tmp_path / "x")
    (tmp_path / "x" / VOICES).unlink()
    with pytest.raises(MissingError, match=r"voices\.npz"):
        speak(TEXT, model=str(tmp_path / "x"))
    shutil.copytree(folder, tmp_path / "y")
    (tmp_path / "y" / VOICES).write_bytes(b"none")
    with pytest.raises(InputError, match="holds no voices"):
        speak(TEXT, model=str(tmp_path / "y"))


def test_another_codec_than_it_learned_is_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "x")
    card = json.loads((tmp_path / "x" / "card.json").read_text())
    card["config"]["codec_stamp"] = "another"
    (tmp_path / "x" / "card.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="other books"):
        speak(TEXT, model=str(tmp_path / "x"))


def test_without_a_pointer_it_ends_by_itself_and_is_aligned(tmp_path: Path) -> None:
    place = made(tmp_path, replace(SHAPE, pointer=False))
    line = speak("Yes, we will.", model=str(place), seed=1)
    assert 0 < line.seconds <= 0.02 * 16 * 12
    pieces = [piece.samples[0] for piece in speak_live("Yes, we will.", model=str(place), seed=1)]
    assert sum(map(len, pieces)) == line.audio.samples.shape[1]


def test_a_stamp_is_of_the_books_that_are_read_alone() -> None:
    codec = Encodec(CODEC)
    before = books_stamp(codec, 3)
    codec.quantiser.books[3].codebook.add_(1)  # type: ignore[operator, union-attr]
    assert books_stamp(codec, 3) == before
    codec.quantiser.books[2].codebook.add_(1)  # type: ignore[operator, union-attr]
    assert books_stamp(codec, 3) != before


def test_a_long_sentence_is_cut_before_a_pause_or_else_before_a_word() -> None:
    symbols, flags = ["a"] * 30, [0] * 30
    assert parts(symbols, flags, 40) == [(0, 30)]
    flags[8] = flags[14] = 2
    assert parts(symbols, flags, 20) == [(0, 14), (14, 30)]
    symbols[9] = symbols[29] = PAUSE
    assert parts(symbols, flags, 20) == [(0, 9), (9, 29), (29, 30)]
    assert parts(["a"] * 30, [0] * 30, 12) == [(0, 12), (12, 24), (24, 30)]


def test_a_symbol_tells_phone_and_flags() -> None:
    assert marked([3, 5], [0, 7]).tolist() == [3, 5 + 7 * PHONES]
    assert marked([PHONES - 1], [7])[0] < UNSAID < SYMBOLS


def test_voices_come_back_as_they_were_kept(tmp_path: Path) -> None:
    write_voices(tmp_path / VOICES, {"zoe": prompt(3), "abe": prompt(4)})
    found = read_voices(tmp_path / VOICES)
    assert list(found) == ["zoe", "abe"]
    assert all(
        torch.equal(getattr(found["abe"], part), getattr(prompt(4), part)) for part in ("codes", "phones", "place")
    )
