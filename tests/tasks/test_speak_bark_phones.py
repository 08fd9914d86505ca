"""A Bark of phones and tags as the model of the task `speak`: tags in their place, words with their times."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from soundstage.codec.encodec import Encodec, EncodecConfig
from soundstage.codec.seanet import SeanetConfig
from soundstage.data.paralinguistics import KINDS
from soundstage.errors import InputError
from soundstage.media import Audio, Voice
from soundstage.models.bark import Bark, BarkConfig, Guide, TokeniserConfig, TransformerConfig, VoicePrompt
from soundstage.tasks.speak import speak
from soundstage.tasks.speak_bark_phones import spelled, stretches
from soundstage.tasks.speak_voice import frontend
from soundstage.text.symbols import PAUSE, SYMBOLS
from soundstage.weights import Card
from soundstage.weights.bark import write_voice
from soundstage.weights.load import save_starter

NAMES = [*SYMBOLS, *KINDS]
TEXT = 4 * len(NAMES)


def card(ref: str, family: str, config: dict[str, object]) -> Card:
    return Card(
        ref=ref, family=family, task="speak", licence="Apache-2.0", commercial=True, data="none", size_mb=0,
        memory_mb=1, parameters=0, config=json.loads(json.dumps(config)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Bark with random weights, one voice, and the codec that it shares."""
    root = tmp_path_factory.mktemp("starters")
    net = SeanetConfig(channels=1, latent=4, width=2, ratios=(8, 5, 4, 3))
    codec = EncodecConfig(rate=24_000, seanet=net, books=3, codes=12)

    def stage(ids: int, out: int, beside: tuple[int, ...] = ()) -> TransformerConfig:
        return TransformerConfig(width=16, depth=1, heads=2, ids=ids, out=out, context=300, beside=beside)

    bark = BarkConfig(
        semantic=stage(27 + TEXT, 25, (TEXT + 1,) * 3 + (32,)), coarse=stage(26, 24, (9,) * 3 + (4,)),
        fine=stage(13, 13), codec=None, guide=Guide(units=8, patience=4),
        tokeniser=TokeniserConfig(symbols=len(NAMES), units=8, width=16), books=3, codes=12, semantic_codes=24,
        text_offset=25, text_padding=25 + TEXT, semantic_start=26 + TEXT, text_tokens=80, semantic_tokens=200,
        coarse_padding=24, coarse_start=25, coarse_reads=0, coarse_history=200, coarse_step=40, fine_window=64,
        fine_step=32, semantic_rate=25.0, frame_rate=50.0,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        modules = {"codec": Encodec(codec), "bark": Bark(bark)}
        for name, buffer in modules["codec"].named_buffers():
            if name.endswith("codebook"):
                buffer.normal_()
    save_starter(root / "codec", modules["codec"], card("codec", "encodec", asdict(codec)))
    more = {
        "text": "phones", "symbols": NAMES, "tags": list(KINDS), "names": ["ada"], "rate": 24_000,
        "shares": {"codec": str(root / "codec")},
    }  # fmt: skip
    save_starter(root / "bark", modules["bark"], card("bark", "bark", {**asdict(bark), **more}))
    (root / "bark" / "speaker_embeddings").mkdir()
    voice = VoicePrompt(
        semantic_S=torch.arange(20) % 8, coarse_KT=torch.ones(2, 40).short(), fine_KT=torch.ones(3, 40).short()
    )
    write_voice(root / "bark" / "speaker_embeddings" / "ada.npz", voice)
    return root / "bark"


def names(text: str) -> list[str]:
    return [symbol.name for symbol in spelled(frontend().read(text)[0], frozenset(KINDS))[1]]


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("[laughs] Well, no.", [PAUSE], [PAUSE, "w"]),
        ("Well, [sighs] no.", ["l", PAUSE], [PAUSE, "n"]),
        ("Well [hums] no.", ["l", PAUSE], [PAUSE, "n"]),
        ("Well, no. [clears throat]", ["ow", PAUSE], [PAUSE]),
    ],
)
def test_a_tag_is_a_symbol_between_two_pauses(text: str, before: list[str], after: list[str]) -> None:
    found = names(text)
    at = next(index for index, name in enumerate(found) if name in KINDS)
    assert found[:at][-len(before) :] == before
    assert found[at + 1 :][: len(after)] == after


def test_two_tags_in_a_row_keep_their_order() -> None:
    found = [name for name in names("Oh, [laughs] [sighs] no.") if name in KINDS]
    assert found == ["laughs", "sighs"]


def test_an_unknown_tag_is_passed_over() -> None:
    assert not set(names("Well, [cheers] no.")) & {"cheers", *KINDS}


def test_a_long_sentence_is_parted_between_words_with_a_pause_at_either_end() -> None:
    words = " ".join(["melody"] * 30) + "."
    sentence, symbols = spelled(frontend().read(words)[0], frozenset(KINDS))
    parts = stretches(symbols)
    assert len(parts) > 1
    assert all(len(part) <= 64 and part[0].name == part[-1].name == PAUSE for part in parts)
    said = [symbol.name for part in parts for symbol in part if symbol.name != PAUSE]
    assert said == [phone.symbol for phone in sentence.phones if phone.symbol != PAUSE]


def test_words_and_phones_have_times_that_follow_each_other(folder: Path) -> None:
    line = speak("Hello [laughs] there, you.", model=str(folder), seed=2)
    assert [word.text for word in line.words] == ["Hello", "there", "you"]
    assert line.audio.rate == 24_000
    times = [time for word in line.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[-1] <= line.seconds
    assert [phone.symbol for phone in line.phonemes][:2] == ["hh", "ax"]
    assert all(phone.end > phone.start for phone in line.phonemes)
    assert line.audio == speak("Hello [laughs] there, you.", model=str(folder), seed=2).audio


def test_a_tag_takes_time_between_the_words(folder: Path) -> None:
    def gap(text: str) -> float:
        first, second = speak(text, model=str(folder), seed=3).words
        return second.start - first.end

    assert gap("Hello [laughs] you.") >= gap("Hello you.") + 0.06


def test_a_recording_is_cloned_and_a_stranger_refused(folder: Path) -> None:
    noise = np.random.default_rng(0).standard_normal((1, 48_000)).astype(np.float32) * 0.1
    voice = Voice(reference=Audio(noise, 24_000), consent="Nobody is cloned here.")
    clone = speak("Hello.", voice, model=str(folder), seed=2)
    assert clone.audio != speak("Hello.", model=str(folder), seed=2).audio
    with pytest.raises(InputError, match="use ada"):
        speak("Hello.", Voice.named("bob"), model=str(folder))
    with pytest.raises(InputError, match="Bark chooses its own"):
        speak("Hello.", model=str(folder), speed=1.5)
