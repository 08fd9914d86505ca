"""F5-TTS on its own: a golden mel of a tiny one, batches that equal single runs, and how long texts get."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from soundstage.errors import InputError
from soundstage.models.f5 import (
    F5,
    F5Config,
    f5_base,
    f5_v1_base,
    f5_v1_small,
    generate,
    infill_loss,
    levelled,
    listen,
)
from soundstage.models.f5.model import head_rope

V1 = F5Config(width=32, depth=2, heads=4, hidden=48, vocabulary=12, text=10, text_depth=2, text_hidden=20, bands=6)
V0 = F5Config(
    width=32, depth=2, heads=4, hidden=48, vocabulary=12, text=10, text_depth=2, text_hidden=20, bands=6, turned=1,
    masked=False,
)  # fmt: skip
GOLDEN = [-1.1033, -0.0336, 0.6209, 1.9973, 0.6421, 0.2381, -0.168, 2.1717, 0.1003, 2.0814, -0.3418, 0.4077]
CPU = torch.device("cpu")


def tiny(config: F5Config = V1) -> F5:
    model, generator = F5(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            scale = 0.3 if parameter.ndim == 1 else parameter[0].numel() ** -0.5
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    return model.eval()


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def seeded(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


TEXT = torch.tensor([[3, 1, 4, 1, 5]])


def test_the_golden_mel_of_the_tiny_model() -> None:
    mel = generate(tiny(), TEXT, draw(1, 4, 6), 9, generator=seeded(2), steps=5)
    assert mel.shape == (1, 9, 6)
    assert mel[0, 4:6].flatten().tolist() == pytest.approx(GOLDEN, abs=1e-4)


def test_the_reference_comes_out_untouched() -> None:
    reference = draw(1, 4, 6)
    mel = generate(tiny(), TEXT, reference, 9, generator=seeded(2), steps=3)
    assert torch.equal(mel[:, :4], reference)


def test_an_edit_keeps_what_is_known_on_both_sides() -> None:
    recording, known = draw(1, 8, 6), torch.tensor([[True] * 3 + [False] * 2 + [True] * 3])
    mel = generate(tiny(), TEXT, recording, 8, generator=seeded(2), known=known, steps=3)
    assert torch.equal(mel[known], recording[known]) and not torch.allclose(mel[~known], recording[~known], atol=0.1)


@pytest.mark.parametrize("config", [V0, V1])
def test_rows_of_a_batch_come_out_as_they_would_alone(config: F5Config) -> None:
    model, reference = tiny(config), draw(3, 5, 6)
    text = torch.tensor([[3, 1, 4, -1, -1], [2, 7, 1, 8, 2], [9, 9, 0, 3, -1]])
    lengths, frames = torch.tensor([5, 3, 4]), torch.tensor([9, 14, 7])
    together = generate(model, text, reference, frames, generator=seeded(4, 5, 6), known=lengths, steps=4)
    for row in range(3):
        ids, heard = text[row : row + 1], reference[row : row + 1, : lengths[row]]
        alone = generate(model, ids[ids >= 0][None], heard, int(frames[row]), generator=seeded(4 + row), steps=4)
        assert torch.allclose(together[row, : frames[row]], alone[0], atol=1e-5)
        assert float(together[row, frames[row] :].abs().sum()) == 0


def test_one_generator_draws_row_after_row() -> None:
    model, reference = tiny(), draw(2, 4, 6)
    text, one = TEXT.expand(2, -1), torch.Generator().manual_seed(3)
    batch = generate(model, text, reference, 8, generator=one, steps=2)
    two = torch.Generator().manual_seed(3)
    rows = [generate(model, TEXT, reference[row : row + 1], 8, generator=two, steps=2) for row in range(2)]
    assert torch.allclose(batch, torch.cat(rows), atol=1e-5)


def test_guidance_moves_away_from_saying_nothing() -> None:
    """One step from t 0: the move is made + (made − null) · guidance."""
    model, reference = tiny(), draw(1, 4, 6)
    known = torch.nn.functional.pad(reference, (0, 0, 0, 5))
    noise = torch.randn(9, 6, generator=seeded(2)[0])[None]
    mel = generate(model, TEXT, reference, 9, generator=seeded(2), steps=1, guidance=2.0)
    with torch.no_grad():
        made, null = (model(noise, torch.zeros(1), model.read(TEXT, known, null=null)) for null in (False, True))
    assert torch.allclose(mel[:, 4:], (noise + made + 2 * (made - null))[:, 4:], atol=1e-4)


def test_a_text_that_is_read_once_serves_every_time() -> None:
    model, x = tiny(), draw(2, 8, 6)
    reference, text = draw(2, 8, 6, seed=5), TEXT.expand(2, -1)
    with torch.no_grad():
        read = model.read(text, reference)
        both = model(x, torch.tensor([0.2, 0.7]), read)
        for row, time in enumerate((0.2, 0.7)):
            alone = model(x[row : row + 1], torch.tensor([time]), model.read(TEXT, reference[row : row + 1]))
            assert torch.allclose(both[row], alone[0], atol=1e-5)


def test_a_network_without_a_vocabulary_is_given_features() -> None:
    with pytest.raises(InputError, match="no vocabulary"):
        F5(replace(V1, vocabulary=0)).read(TEXT, draw(1, 9, 6))


def test_frames_behind_the_text_hear_nothing_of_it_in_v1_and_its_padding_in_v0() -> None:
    with torch.no_grad():
        for config, silent in ((V1, True), (V0, False)):
            text = tiny(config).text
            assert text is not None
            behind = text(TEXT, 30, None)[:, 20:]
            assert (float(behind.abs().max()) == 0) is silent


def test_v0_turns_the_first_head_only() -> None:
    q = draw(1, 4, 6, 8)
    from soundstage.ops.rope import rotate

    all_turned, one_turned = (rotate(q, head_rope(6, 8, 4, turned, CPU)) for turned in (None, 1))
    assert torch.allclose(one_turned[:, :1], all_turned[:, :1], atol=1e-6)
    assert torch.equal(one_turned[:, 1:], q[:, 1:]) and not torch.allclose(all_turned[:, 1:], q[:, 1:], atol=0.1)


def test_bad_lengths_and_ids_are_refused() -> None:
    model, reference = tiny(), draw(1, 4, 6)
    with pytest.raises(InputError, match="leave none to say"):
        generate(model, TEXT, reference, 4, generator=seeded(1))
    with pytest.raises(InputError, match="5 tokens"):
        generate(model, TEXT, reference[:, :2], 4, generator=seeded(1))
    with pytest.raises(InputError, match="vocabulary"):
        generate(model, TEXT + 8, reference, 9, generator=seeded(1))


def test_the_presets_have_the_published_sizes() -> None:
    for config, size in ((f5_v1_base(), 337_096_804), (f5_base(), 337_096_804), (f5_v1_small(), 158e6)):
        with torch.device("meta"):
            model: nn.Module = F5(config)
        assert sum(p.numel() for p in model.parameters()) == pytest.approx(size, rel=1e-2 if size == 158e6 else 0)


def test_a_quiet_reference_is_raised_and_a_loud_one_left() -> None:
    quiet, loud = 0.01 * draw(1, 4000), 0.3 * draw(1, 4000)
    raised, gain = levelled(torch.cat((quiet, loud, torch.zeros(1, 4000))))
    assert float(raised[0].square().mean().sqrt()) == pytest.approx(0.1, rel=1e-4)
    assert torch.allclose(raised / gain, torch.cat((quiet, loud, torch.zeros(1, 4000))), atol=1e-6)
    assert gain[1:].tolist() == [[1.0], [1.0]]


def test_a_second_is_94_frames() -> None:
    assert listen(torch.zeros(2, 24_000)).shape == (2, 94, 100)


def test_it_runs_in_half_precision() -> None:
    model = tiny().bfloat16()
    mel = generate(
        model, TEXT.expand(2, -1), draw(2, 4, 6).bfloat16(), torch.tensor([9, 12]), generator=seeded(2, 3), steps=4
    )
    whole = generate(tiny(), TEXT, draw(2, 4, 6)[1:], 12, generator=seeded(3), steps=4)
    assert mel.dtype == torch.bfloat16 and torch.allclose(mel[1:].float(), whole, atol=0.3)


def test_training_teaches_it_to_say_one_text_in_one_way() -> None:
    config = F5Config(
        width=32, depth=1, heads=2, hidden=48, vocabulary=12, text=8, text_depth=1, text_hidden=16, bands=4
    )
    torch.manual_seed(0)  # the layers' own initial weights
    model, mel = F5(config), 2 * draw(1, 10, 4)
    optimizer = torch.optim.Adam(model.parameters(), 4e-3)
    text, mels = TEXT.expand(8, -1), mel.expand(8, -1, -1)
    for step in range(150):
        loss = infill_loss(model, text, mels, torch.Generator().manual_seed(step), drop_reference=0.1, drop_both=0.1)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    said = generate(model.eval(), TEXT, mel[:, :2], 10, generator=seeded(7), steps=16, guidance=1.0)
    assert float((said - mel).square().mean()) < 0.25 * float(mel.square().mean())


def test_the_loss_hears_nothing_behind_a_row() -> None:
    model, mel, frames = tiny(), draw(2, 10, 6), torch.tensor([10, 7])
    wild = mel.clone()
    wild[1, 7:] = 50.0
    losses = [
        float(infill_loss(model, TEXT.expand(2, -1), x, torch.Generator().manual_seed(3), frames_B=frames).detach())
        for x in (mel, wild)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
