"""The small F5: tokens and back, phones laid over tokens, gaps filled, and what may not change what."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from soundstage.codec.folding import HUSH, Folding
from soundstage.errors import InputError
from soundstage.models.f5 import AlignedF5, after, aligned_loss, f5_tiny, fill, hear, together
from soundstage.models.f5.hearing import HEARD, RATE
from soundstage.models.f5.phones import PhoneReader, whole_frames

GOLDEN = [0.6409, -1.0834, -0.4163, 1.3731, -2.6433, -0.295]


def tiny(seed: int = 0) -> AlignedF5:
    model, generator = AlignedF5(f5_tiny(42)), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            scale = 0.3 if parameter.ndim == 1 else parameter[0].numel() ** -0.5
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    model.folding.fit(frames(400))
    return model.eval()


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def frames(count: int, seed: int = 3) -> Tensor:
    """Envelopes that bend slowly, a pitch that wanders, voicing that comes and goes."""
    time = torch.linspace(0, 12, count)[:, None]
    shapes = draw(6, 100, seed=seed).cumsum(1) * 0.2
    envelope = torch.sin(time + torch.arange(6)) @ shapes - 8
    return torch.cat((envelope, 5 + 0.2 * torch.sin(3 * time), torch.sign(torch.sin(time))), 1)


def seeded(seed: int = 2) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


PHONES, FLAGS = torch.tensor([1, 20, 5, 30, 1]), torch.tensor([0, 2, 1, 0, 0])
LASTING = torch.tensor([4, 6, 9, 7, 6])


def said(model: AlignedF5, reference: Tensor, generator: torch.Generator | None = None, **how: float) -> Tensor:
    line = after(model, reference, PHONES, FLAGS, LASTING)
    return fill(model, line, generator=generator or seeded(), **how)  # type: ignore[arg-type]


def test_frames_come_back_from_their_tokens() -> None:
    folding = Folding(100, 4, 40)
    folding.fit(frames(2000))
    true = frames(200, seed=3)
    envelope, pitch, voiced = folding.unfold(folding.fold(true[None]))
    assert folding.fold(true[None]).shape == (1, 50, 40)
    assert float((envelope[0] - true[:, :100]).abs().mean()) < 0.1
    assert float((pitch[0].log() - true[:, 100]).abs().max()) < 0.02
    assert float((voiced[0] * 2 - 1 != true[:, 101]).float().mean()) < 0.02


def test_tokens_have_unit_spread() -> None:
    folding = Folding(100, 4, 6)
    folding.fit(frames(2000))
    tokens = folding.fold(frames(2000)[None])[0]
    assert torch.allclose(tokens.square().mean(0).sqrt(), torch.ones(6), atol=0.02)


def test_what_is_nearly_silent_is_made_silent() -> None:
    folding = Folding(100, 4, 12)
    folding.fit(frames(400))
    folding.centre[:100] = HUSH - 0.5
    envelope, _, _ = folding.unfold(torch.zeros(1, 3, 12))
    assert float(envelope.max()) < HUSH - 3


def test_hearing_does_not_depend_on_the_level() -> None:
    samples = 0.05 * draw(1, RATE)
    assert torch.allclose(hear(samples, 4), hear(4 * samples, 4), atol=1e-3)
    assert hear(samples, 4).shape == (1, 25, 4 * HEARD)


def test_whole_frames_fill_whole_tokens_and_lose_no_phone() -> None:
    lasting = whole_frames(torch.tensor([0.2, 3.4, 0.1, 7.7, 2.0]), 4)
    assert int(lasting.min()) >= 1
    assert int(lasting.sum()) % 4 == 0
    assert lasting[:-1].tolist() == [1, 4, 1, 7]


def test_a_phone_changes_only_the_tokens_that_it_lies_in() -> None:
    reader = PhoneReader(42, 16, 1, 8, 4)
    features = draw(1, 5, 16)
    changed = features.clone()
    changed[0, 2] += 1
    a, b = (reader.laid(x, LASTING[None], 8) for x in (features, changed))
    differs = (a != b).any(-1)[0]
    assert differs.tolist() == [index * 4 < 19 and (index + 1) * 4 > 10 for index in range(8)]


def test_the_golden_tokens_of_the_tiny_model() -> None:
    tokens = said(tiny(), draw(10, 4 * HEARD), steps=4)
    assert tokens.shape == (1, 18, 12)
    assert float(tokens[:, :10].abs().sum()) == 0
    assert tokens[0, 10, :6].tolist() == pytest.approx(GOLDEN, abs=1e-3)


def test_the_reference_is_heard() -> None:
    model = tiny()
    assert not torch.allclose(said(model, draw(10, 4 * HEARD)), said(model, draw(10, 4 * HEARD, seed=5)), atol=0.05)


def test_rows_of_a_batch_come_out_as_they_would_alone() -> None:
    model, reference = tiny(), draw(10, 4 * HEARD)
    short = after(model, reference, PHONES, FLAGS, LASTING)
    long = after(model, reference[:7], PHONES[1:], FLAGS[1:], LASTING[1:] * 2)
    both = together([short, long])
    made = fill(model, both, generator=[seeded(4), seeded(5)], steps=4, guidance=0.5)
    for row, line in enumerate((short, long)):
        alone = fill(model, line, generator=seeded(4 + row), steps=4, guidance=0.5)
        size = line.known.shape[1]
        assert torch.allclose(made[row, :size], alone[0], atol=1e-4)
        assert float(made[row, size:].abs().sum()) == 0


def test_rows_of_one_length_need_no_mask() -> None:
    line = after(tiny(), draw(10, 4 * HEARD), PHONES, FLAGS, LASTING)
    assert together([line, line]).real is None


def test_guidance_of_none_is_one_look_and_of_some_is_another_voice() -> None:
    model, reference = tiny(), draw(10, 4 * HEARD)
    assert torch.equal(said(model, reference), said(model, reference, guidance=0.0))
    assert not torch.allclose(said(model, reference), said(model, reference, guidance=1.0), atol=0.05)


def test_an_edit_makes_only_the_gap_and_hears_both_sides() -> None:
    model, reference = tiny(), draw(18, 4 * HEARD)
    line = after(model, draw(10, 4 * HEARD), PHONES, FLAGS, LASTING)
    known = torch.tensor([[True] * 12 + [False] * 3 + [True] * 3])
    edit = line._replace(heard=reference[None] * known[..., None], known=known)
    made = fill(model, edit, generator=seeded())
    assert float(made[known].abs().sum()) == 0
    assert float(made[~known].abs().min()) > 0
    other = edit.heard.clone()
    other[:, -1] += 1
    assert not torch.allclose(fill(model, edit._replace(heard=other), generator=seeded()), made, atol=1e-3)


def test_nothing_left_to_make_is_refused() -> None:
    model = tiny()
    line = after(model, draw(10, 4 * HEARD), PHONES, FLAGS, LASTING)
    with pytest.raises(InputError, match="end to end"):
        fill(model, line._replace(known=torch.ones_like(line.known)), generator=seeded())


def test_a_fresh_network_gives_the_best_velocity_that_knows_nothing() -> None:
    model = AlignedF5(f5_tiny(42)).eval()
    read, _ = model.read(after(model, draw(10, 4 * HEARD), PHONES, FLAGS, LASTING))
    x = draw(1, 18, 12)
    with torch.no_grad():
        assert torch.allclose(model(x, torch.tensor([0.0]), read), -x)
        assert torch.allclose(model(x, torch.tensor([0.5]), read), torch.zeros_like(x))


def test_a_few_steps_lower_the_loss() -> None:
    torch.manual_seed(0)
    model = AlignedF5(f5_tiny(42))
    model.folding.fit(frames(400))
    line = after(model, draw(10, 4 * HEARD), PHONES, FLAGS, LASTING)
    tokens, asked = torch.nn.functional.pad(draw(1, 8, 12), (0, 0, 10, 0)), torch.tensor([[0.0, 1, 1, 1, 1, 1]])
    optimizer = torch.optim.AdamW(model.parameters(), 5e-3)
    losses = []
    for index in range(60):
        loss, values = aligned_loss(model, line, tokens, asked, seeded(index), drop_reference=0, drop_both=0)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append([float(values["flow"]), float(values["duration"])])
    before, after_ = (torch.tensor(part).mean(0) for part in (losses[:10], losses[-10:]))
    assert bool((after_ < 0.7 * before).all())


def test_speed_and_stretch_shorten_and_lengthen() -> None:
    model, reference = tiny(), draw(10, 4 * HEARD)
    plain = model.lasting(PHONES, FLAGS, reference)
    assert int(model.lasting(PHONES, FLAGS, reference, speed=2.0).sum()) < int(plain.sum())
    drawn = model.lasting(PHONES, FLAGS, reference, stretch=torch.tensor([1.0, 1, 3, 1, 1]))
    assert int(drawn[2]) > 2 * int(plain[2])
