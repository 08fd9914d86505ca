"""XTTS on its own: a golden, one pass like two, live pieces like the whole, voices, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from soundstage.codec.hifigan import HifiganConfig
from soundstage.decode import Sampler
from soundstage.errors import InputError
from soundstage.models.xtts import Heard, SpeakerConfig, Xtts, XttsConfig, listen, sound, speak, stream, tell
from soundstage.models.xtts.speech import crossfaded, frames, settled

TINY = XttsConfig(
    width=16, depth=2, heads=2, text_ids=20, text_start=18, longest_text=12, codes=14, start=12, stop=13, longest=40,
    style_depth=2, latents=4, perceiver_heads=2, perceiver_head=6, stride=32,
    decoder=HifiganConfig(
        latent=16, width=8, ratios=(4, 2), ratio_kernels=(8, 4), kernels=(3, 5), dilations=((1, 3), (1, 2)),
        condition=6, everywhere=True,
    ),
    speaker=SpeakerConfig(bands=16, widths=(8, 8, 16, 16), depths=(1, 1, 2, 1), out=6, hidden=8),
)  # fmt: skip
IDS = torch.tensor([[3, 1, 4, 1, 5]])
GOLDEN_CODES = [11, 2, 3, 8, 3, 3, 0, 3, 11, 6, 9, 2, 3, 3, 10, 9, 3, 5, 3, 13]
GOLDEN = [-0.26263, -0.40443, -0.64099, -0.3791, -0.44032]


def tiny(config: XttsConfig = TINY) -> Xtts:
    model, generator = Xtts(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.3
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread)
            if "norm" in name and name.endswith("weight"):
                parameter.add_(1)
        model.head.bias[TINY.stop] = -1.0
    return model.eval()


def sampler(seed: int = 7) -> Sampler:
    generator = torch.Generator().manual_seed(seed)
    return Sampler(generator=generator, temperature=0.75, top_k=50, top_p=0.85, repetition=2.0)


def reference(seconds: float, seed: int = 0) -> torch.Tensor:
    count = round(seconds * TINY.heard_rate)
    return 0.1 * torch.randn(count, generator=torch.Generator().manual_seed(seed)).cumsum(0).sin()


@pytest.fixture(scope="module")
def model() -> Xtts:
    return tiny()


@pytest.fixture(scope="module")
def heard(model: Xtts) -> Heard:
    return listen(model, [reference(0.7)])


def test_the_golden_speech_of_the_tiny_model(model: Xtts, heard: Heard) -> None:
    (told,) = tell(model, heard, IDS, sampler())
    assert told.codes_BT[0].tolist() == GOLDEN_CODES
    assert sound(model, heard, told)[0, ::60][:5].tolist() == pytest.approx(GOLDEN, abs=1e-5)


@torch.no_grad()
def test_the_states_of_the_loop_are_those_of_a_second_pass(model: Xtts, heard: Heard) -> None:
    (told,) = tell(model, heard, IDS, sampler())
    codes = torch.cat((torch.tensor([[TINY.start]]), told.codes_BT[:, :-1]), 1)
    again = model(model.prompt(heard.style_BLD, IDS), codes).states
    assert again.shape[1] > 8
    torch.testing.assert_close(told.states_BTD, again, atol=1e-5, rtol=0)


@pytest.mark.parametrize("every", [1, 4, 20])
@pytest.mark.parametrize("speed", [1.0, 0.7, 1.4])
def test_live_pieces_joined_are_the_whole(model: Xtts, heard: Heard, every: int, speed: float) -> None:
    whole = speak(model, heard, IDS, sampler(), speed=speed)[0]
    pieces = list(stream(model, heard, IDS, sampler(), speed=speed, every=every))
    assert len(pieces) > (every < 20)
    torch.testing.assert_close(torch.cat(pieces), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("speed", [1.0, 0.6, 1.3])
def test_settled_frames_stay_when_codes_follow(model: Xtts, speed: float) -> None:
    states = torch.randn(1, 30, TINY.width, generator=torch.Generator().manual_seed(1))
    whole = frames(model, states, speed)
    for codes in (1, 2, 7, 29):
        known = settled(model, codes, speed)
        assert known <= frames(model, states[:, :codes], speed).shape[-1]
        torch.testing.assert_close(frames(model, states[:, :codes], speed)[..., :known], whole[..., :known])
    assert settled(model, 29, speed) > 0.8 * 29 / 30 * whole.shape[-1]


def test_cross_faded_pieces_are_as_long_as_the_last_whole_and_end_like_it() -> None:
    wholes = [(torch.full((length,), float(number)), number == 3) for number, length in ((1, 50), (2, 70), (3, 73))]
    pieces = list(crossfaded(iter(wholes), 10))
    assert [len(piece) for piece in pieces] == [40, 20, 13]
    assert torch.cat(pieces)[[0, 39, 40, 59, 72]].tolist() == [1, 1, 1, 2, 3]
    assert bool((torch.cat(pieces).diff() >= 0).all())


def test_a_batch_of_texts_as_long_gives_what_each_gives(model: Xtts, heard: Heard) -> None:
    texts = torch.tensor([[3, 1, 4, 1, 5], [2, 7, 1, 8, 2]])

    def likeliest(logits: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        return logits.argmax(-1)

    (both,) = tell(model, heard, texts, likeliest, longest=6)
    for row in range(2):
        (one,) = tell(model, heard, texts[row : row + 1], likeliest, longest=6)
        length = one.codes_BT.shape[1]
        assert torch.equal(both.codes_BT[row, :length], one.codes_BT[0])
        torch.testing.assert_close(both.states_BTD[row, :length], one.states_BTD[0], atol=1e-5, rtol=0)


def test_no_more_codes_are_made_than_asked_for_or_than_there_is_room_for(model: Xtts, heard: Heard) -> None:
    def never(logits: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        return logits[..., : TINY.stop].argmax(-1)

    for longest, made in ((5, 5), (None, TINY.longest_speech), (10**6, TINY.longest_speech)):
        assert [told.codes_BT.shape[1] for told in tell(model, heard, IDS, never, longest=longest)] == [made]
    tellings = [(told.codes_BT.shape[1], told.over) for told in tell(model, heard, IDS, never, longest=10, every=4)]
    assert tellings == [(4, False), (8, False), (10, True)]


def test_several_references_are_heard_together(model: Xtts) -> None:
    one, other = reference(0.6), reference(0.5, 1)
    both = listen(model, [one, other])
    apart = [listen(model, [each]) for each in (one, other)]
    torch.testing.assert_close(both.speaker_BC, (apart[0].speaker_BC + apart[1].speaker_BC) / 2)
    torch.testing.assert_close(both.style_BLD, listen(model, [torch.cat((one, other))]).style_BLD)


def test_a_last_chunk_that_is_too_short_is_not_heard(model: Xtts) -> None:
    sound = reference(1.2)
    cut = listen(model, [sound[: TINY.heard_rate]], chunk=1.0)
    torch.testing.assert_close(listen(model, [sound], chunk=1.0).style_BLD, cut.style_BLD)
    torch.testing.assert_close(listen(model, [sound], longest=1.0, chunk=1.0).speaker_BC, cut.speaker_BC)


def test_code_one_counts_as_said_before_the_first(model: Xtts, heard: Heard) -> None:
    histories: list[list[int]] = []

    def listening(logits: torch.Tensor, history: torch.Tensor) -> torch.Tensor:
        histories.append(history[0, 0].tolist())
        return logits.argmax(-1)

    list(tell(model, heard, IDS, listening, longest=3))
    assert histories[0] == [1, TINY.start]


def test_what_does_not_fit_is_refused(model: Xtts, heard: Heard) -> None:
    with pytest.raises(InputError, match="12 tokens; split it"):
        speak(model, heard, torch.zeros(1, 12, dtype=torch.long), sampler())
    with pytest.raises(InputError, match="outside the vocabulary"):
        speak(model, heard, torch.tensor([[20]]), sampler())
    for references in ([], [reference(0.2)], [reference(1.0), reference(0.2)]):
        with pytest.raises(InputError, match="too short"):
            listen(model, references)
    for field, given in (("text_start", 20), ("stop", 14), ("stride", 33), ("width", 32)):
        with pytest.raises(InputError, match=field if field != "width" else "decoder"):
            replace(TINY, **{field: given})
