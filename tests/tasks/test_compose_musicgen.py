"""A tiny MusicGen as an engine: lengths, pieces, melodies, continuations and settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from soundstage import runtime
from soundstage.codec.encodec import Encodec, EncodecConfig
from soundstage.codec.seanet import SeanetConfig
from soundstage.decode import greedy
from soundstage.errors import CancelledRun, InputError, MissingError
from soundstage.media import Audio, Music
from soundstage.models.musicgen import DecoderConfig, Guidance, Musicgen, MusicgenConfig, generate
from soundstage.nn.t5 import T5Config
from soundstage.tasks import compose_edit, musicgen
from soundstage.tasks.compose_musicgen import MusicgenEngine
from soundstage.tasks.compose_musicgen_settings import MusicgenSettings
from soundstage.weights import Card, Loaded

RATE, HOP, SECONDS = 800, 8, 0.2  # 100 frames a second, 20 in a window
LIKELIEST = MusicgenSettings(temperature=0, extend_stride=0.12)


def whole(*, channels: int = 1, melody: bool = False) -> Musicgen:
    net = SeanetConfig(channels=1, latent=4, width=2, ratios=(4, 2), lstm=1, causal=False, padding="reflect")
    decoder = DecoderConfig(
        width=16, depth=2, heads=2, hidden=16, books=2 * channels, codes=9, context=8,
        delays=(0, 0, 1, 1) if channels == 2 else (0, 1), chroma=12 if melody else None, chroma_frames=6,
    )  # fmt: skip
    text = T5Config(ids=9, width=8, depth=1, heads=2, head=4, hidden=8)
    codec = EncodecConfig(rate=RATE, seanet=net, books=2, codes=9)
    torch.manual_seed(0)
    model = Musicgen(MusicgenConfig(decoder=decoder, text=text, codec=codec, seconds=SECONDS)).eval()
    for parameter in model.decoder.parameters():
        parameter.data.normal_(std=0.5)
    assert model.codec is not None
    for book in model.codec.quantiser.books:
        book.codebook.normal_()
    return model.requires_grad_(False)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scores = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁calm", -1.0), ("▁piano", -1.0), ("▁loud", -1.0)]
    made = Tokenizer(models.Unigram(scores, unk_id=2))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(single=["$A", "</s>"], special_tokens=[("</s>", 1)])
    path = tmp_path_factory.mktemp("words") / "tokenizer.json"
    made.save(str(path))
    return path


def loaded(module: torch.nn.Module, **files: Path) -> Loaded:
    card = Card(
        ref="toy", family="musicgen", task="compose", licence="MIT", commercial=True, data="none", size_mb=1,
        memory_mb=1, parameters=1,
    )  # fmt: skip
    return Loaded(card, module, {path.name: path for path in files.values()})


@pytest.fixture(scope="module")
def mono(words: Path) -> MusicgenEngine:
    return MusicgenEngine(loaded(whole(), words=words))


@pytest.fixture(scope="module")
def melodic(words: Path) -> MusicgenEngine:
    return MusicgenEngine(loaded(whole(melody=True), words=words))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tone(hertz: float, seconds: float = 0.1, channels: int = 1) -> Audio:
    wave = np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)
    return Audio(np.repeat(wave[None], channels, 0), RATE)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("seconds", [0.11125, 0.2, 0.7])
def test_it_lasts_as_long_as_it_was_asked_to(words: Path, channels: int, seconds: float) -> None:
    engine = MusicgenEngine(loaded(whole(channels=channels), words=words))
    sound = engine.generate("calm piano", seconds, settings=LIKELIEST, generator=seeded())
    assert sound.shape == (channels, round(seconds * RATE))
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all() and sound.std() > 0


def test_pieces_are_what_decoding_at_once_gives(mono: MusicgenEngine) -> None:
    pieces = list(mono.stream("calm piano", 2.0, settings=LIKELIEST, generator=seeded()))
    assert len(pieces) == 4
    sound = np.concatenate(pieces, 1)
    assert np.allclose(sound, mono.generate("calm piano", 2.0, settings=LIKELIEST, generator=seeded()), atol=1e-6)
    text, mask = mono._read("calm piano")
    heard = mono.model.decoder.hear(text, mask_BS=mask)
    first = mono.model.decode(generate(mono.model.decoder, heard, 20, greedy, guidance=Guidance()))
    known = 20 * HOP - 60  # the last frames of a window hear those of the next
    assert np.allclose(sound[:, :known], first[0, :, :known].numpy(), atol=1e-5)


def test_a_seed_repeats_and_another_differs(mono: MusicgenEngine) -> None:
    a, b, c = (mono.generate("calm", 0.2, generator=seeded(seed)) for seed in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_the_words_are_heard(mono: MusicgenEngine) -> None:
    calm, loud, none = (
        mono.generate(text, 0.2, settings=LIKELIEST, generator=seeded()) for text in ("calm", "loud", " ")
    )
    assert not np.array_equal(calm, loud)
    assert not np.array_equal(calm, none)


def test_a_melody_is_heard_where_the_model_hears_one(melodic: MusicgenEngine, mono: MusicgenEngine) -> None:
    def made(melody: Audio | None, prompt: str = "calm", seconds: float = 0.2) -> Any:
        settings = MusicgenSettings(extend_stride=0.12)
        return melodic.generate(prompt, seconds, melody=melody, settings=settings, generator=seeded())

    a, b = tone(110.0, 30), tone(164.8, 30, channels=2)
    assert not np.array_equal(made(a), made(None))
    assert not np.array_equal(made(a), made(b))
    assert not np.array_equal(made(a, prompt=""), made(None, prompt=""))
    assert made(a, seconds=0.5).shape == (1, 400)
    with pytest.raises(InputError, match="musicgen-melody"):
        mono.generate("calm", 0.2, melody=a, generator=seeded())


def test_a_melody_comes_round_in_music_longer_than_a_window(melodic: MusicgenEngine) -> None:
    low, high = tone(110.0, 41), tone(164.8, 41)
    both = Audio.join((low, high))
    # From the second window on it is heard from where the window begins.
    assert torch.equal(melodic._notes(both, 0, True), melodic._notes(low, 0, True))
    late = int(41 * melodic.frame_rate)
    assert torch.equal(melodic._notes(both, late, True), melodic._notes(high, 0, True))
    assert torch.equal(melodic._notes(both, 2 * late, True), melodic._notes(low, 0, True))


@pytest.mark.parametrize("channels", [1, 2])
def test_a_continuation_begins_with_what_it_continues(words: Path, channels: int) -> None:
    engine = MusicgenEngine(loaded(whole(channels=channels), words=words))
    past = tone(60.0, 0.103)
    sound = engine.generate("calm", 0.5, continuation=past, settings=LIKELIEST, generator=seeded())
    again = torch.from_numpy(np.array(past.samples[:, : 10 * HOP])).expand(channels, -1)[None]
    coded = engine.model.decode(engine.model.encode(again))
    assert sound.shape == (channels, 400)
    assert np.allclose(sound[:, :20], coded[0, :, :20].numpy(), atol=1e-5)
    longer = tone(60.0, 0.45)  # than a window
    assert engine.generate("calm", 0.6, continuation=longer, settings=LIKELIEST, generator=seeded()).shape[1] == 480


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"seconds": 0.0}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"continuation": tone(60, 0.3)}, "not longer than the continuation"),
        ({"continuation": tone(60, 0.005)}, "at least a frame"),
        ({"continuation": Audio.silence(0, RATE)}, "is empty"),
        ({"seconds": 0.3, "settings": MusicgenSettings(extend_stride=0.2)}, "extend_stride"),
    ],
)
def test_what_cannot_be_is_refused(mono: MusicgenEngine, given: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        mono.generate("calm", given.pop("seconds", 0.2), **given, generator=seeded())


@pytest.mark.parametrize(
    "wrong", [{"top_k": -1}, {"top_p": 1.5}, {"temperature": -1}, {"cfg_coef": float("inf")}, {"extend_stride": 0}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        MusicgenSettings(**wrong)


def test_guidance_in_two_steps_is_the_same_music(mono: MusicgenEngine) -> None:
    both = [
        mono.generate("calm", 0.2, settings=MusicgenSettings(two_step_cfg=two), generator=seeded())
        for two in (True, False)
    ]
    assert np.allclose(*both, atol=1e-5)


def test_it_can_be_cancelled(mono: MusicgenEngine) -> None:
    flag = threading.Event()
    flag.set()
    with runtime.cancellable(flag), pytest.raises(CancelledRun):
        mono.generate("calm", 0.2, generator=seeded())


def test_a_checkpoint_without_a_tokenizer_says_so() -> None:
    with pytest.raises(MissingError, match="tokenizer"):
        MusicgenEngine(loaded(whole()))


def test_parts_that_are_not_there_are_borrowed(words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, asked = whole(), []

    def borrowed(ref: str, *_: object) -> Loaded:
        asked.append(ref)
        return loaded(given.text if "t5" in ref else given.codec, words=words)  # type: ignore[arg-type]

    monkeypatch.setattr("soundstage.tasks.compose_musicgen.load", borrowed)
    lone = Musicgen(
        MusicgenConfig(decoder=given.config.decoder, text=None, codec=None, seconds=SECONDS, text_from="a/t5")
    )
    lone.decoder.load_state_dict(given.decoder.state_dict())
    sound = MusicgenEngine(loaded(lone.eval())).generate("calm", 0.2, settings=LIKELIEST, generator=seeded())
    assert asked == ["a/t5", "facebook/encodec_32khz"]
    again = MusicgenEngine(loaded(given, words=words)).generate("calm", 0.2, settings=LIKELIEST, generator=seeded())
    assert np.array_equal(sound, again)
    assert isinstance(lone.codec, Encodec)


@pytest.fixture
def resident(mono: MusicgenEngine, monkeypatch: pytest.MonkeyPatch) -> MusicgenEngine:
    """The tiny engine as what every model's name stands for."""

    @contextmanager
    def use(*_: object) -> Iterator[MusicgenEngine]:
        yield mono

    monkeypatch.setattr("soundstage.runtime.use", use)
    monkeypatch.setattr(compose_edit, "card_of", lambda _: loaded(whole()).card)
    return mono


def test_prompts_of_a_batch_are_the_music_of_each_alone(resident: MusicgenEngine) -> None:
    how = MusicgenSettings(top_k=4, extend_stride=0.12)
    prompts = ["calm piano", "loud", " "]
    together = musicgen.generate_many(prompts, model="toy", duration=0.45, settings=how, seed=3)
    for prompt, made in zip(prompts, together, strict=True):
        alone = musicgen.generate(prompt, model="toy", duration=0.45, settings=how, seed=3)
        assert made.samples.shape == (1, 360)
        assert np.allclose(made.samples, alone.samples, atol=1e-5)
    assert together[0] != together[1]
    with pytest.raises(InputError, match="generators"):
        resident.generate_many(["calm"], 0.2, generators=[])


def test_live_pieces_are_the_whole(resident: MusicgenEngine) -> None:
    how = MusicgenSettings(extend_stride=0.12)
    pieces = list(musicgen.generate_live("calm", model="toy", duration=1.1, settings=how, seed=3))
    whole_ = musicgen.generate("calm", model="toy", duration=1.1, settings=how, seed=3)
    assert len(pieces) > 1
    assert Audio.join(pieces) == whole_


@pytest.mark.parametrize(("rate", "channels", "seconds"), [(RATE, 1, 0.5), (2 * RATE, 2, 0.1)])
def test_extended_music_keeps_its_samples_and_goes_on(
    resident: MusicgenEngine, rate: int, channels: int, seconds: float
) -> None:
    wave = 0.3 * np.sin(np.arange(int(seconds * rate), dtype=np.float32) / 5)[None].repeat(channels, 0)
    music = Music(Audio(wave, rate))
    longer = compose_edit.extend(music, seconds=2.0, prompt="calm", model="toy", seed=1)
    assert longer.mix.samples.shape == (channels, 2 * rate)
    kept = wave.shape[1] - round(musicgen.FADE * rate)
    assert np.array_equal(longer.mix.samples[:, :kept], wave[:, :kept])
    new = longer.mix.samples[:, wave.shape[1] :]
    assert new.std() > 1e-4 and np.abs(new).max() <= 1
    other = compose_edit.extend(music, seconds=2.0, prompt="calm", model="toy", seed=2)
    assert other.mix != longer.mix
    with pytest.raises(InputError, match="seconds"):
        compose_edit.extend(Music(Audio(np.tile(wave, (1, 30)), rate)), seconds=2.0, model="toy")
    for field in ({"chords": "Am"}, {"player": "synth"}):
        with pytest.raises(InputError, match=next(iter(field))):
            compose_edit.extend(music, seconds=2.0, model="toy", **field)


def test_a_splice_fades_from_what_was_there_to_what_is_new() -> None:
    old, new = np.full((1, 100), 0.5, np.float32), np.full((1, 150), -0.5, np.float32)
    made = musicgen.spliced(old, new, known=50, length=200, rate=1000)
    assert np.array_equal(made[:, :70], old[:, :70]) and np.array_equal(made[:, 100:], new[:, 50:])
    assert (np.diff(made[0, 69:101]) <= 1e-6).all()
