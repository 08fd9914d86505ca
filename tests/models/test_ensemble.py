from dataclasses import replace

import pytest
import torch

from soundstage.models.ensemble import Ensemble, EnsembleConfig, build_player, ensemble_starter
from soundstage.models.ensemble.orchestra import Tone, batches, play
from soundstage.models.ensemble.writer import write


def tiny() -> EnsembleConfig:
    return replace(
        ensemble_starter(),
        voices=4,
        drums=1,
        partials=12,
        bands=8,
        player_width=16,
        player_depth=1,
        hop=64,
        rate=16_000,
        vocabulary=9,
        sides=(3, 3),
        writer_width=16,
        writer_depth=2,
        writer_heads=2,
        buckets=64,
        reader_width=8,
        answers={"style": 3, "mode": 2},
    )


@pytest.fixture(scope="module")
def model() -> Ensemble:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Ensemble(tiny()).eval()


class Counting:
    """A toy grammar: units of four tokens, five units."""

    def __init__(self) -> None:
        self.read: list[int] = []

    @property
    def done(self) -> bool:
        return len(self.read) == 21

    def allowed(self) -> list[int]:
        return [0] if not self.read else [8] if len(self.read) % 4 == 1 else [1, 2, 3]

    def push(self, token: int) -> None:
        assert token in self.allowed()
        self.read.append(token)

    def side(self) -> tuple[int, int]:
        return len(self.read) % 3, 0

    def anchor(self) -> int | None:
        return len(self.read) // 4 if self.read[-1] == 8 else None


def test_cached_writing_equals_reading_the_whole_sentence(model):
    tokens, sides = (
        torch.randint(9, (1, 12), generator=torch.Generator().manual_seed(1)),
        torch.zeros(1, 12, 2, dtype=torch.long),
    )
    whole = model.writer(tokens, sides)
    cache = model.writer.empty_cache(12)
    steps = [model.writer(tokens[:, i : i + 1], sides[:, i : i + 1], cache) for i in range(12)]
    assert torch.allclose(whole, torch.cat(steps, 1), atol=1e-4)


@pytest.mark.parametrize("window", [600, 9])
def test_a_sentence_ends_when_the_grammar_says_so_also_beyond_the_window(model, window):
    ids = write(model.writer, Counting(), generator=torch.Generator().manual_seed(1), window=window)
    assert len(ids) == 21
    assert ids[1::4] == [8] * 5


def test_the_same_seed_writes_the_same(model):
    one, two = (write(model.writer, Counting(), generator=torch.Generator().manual_seed(1)) for _ in range(2))
    assert one == two


def notes(player, **changes) -> torch.Tensor:
    facts = {"voice": 0, "pitch": 60, "velocity": 90, "held": 0.2, "first": 0} | changes
    row = [torch.tensor([facts[name]]) for name in ("voice", "pitch", "velocity", "held", "first")]
    return player(*row, frames=20, generator=torch.Generator().manual_seed(0))


def test_a_note_has_the_pitch_that_is_asked_for():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        player = build_player(replace(tiny(), partials=4))
    player.head.bias.data[4:] = -18  # no noise
    wave = player.eval()(
        torch.tensor([0]),
        torch.tensor([69]),
        torch.tensor([90]),
        torch.tensor([2.0]),
        torch.tensor([0]),
        frames=251,
        generator=torch.Generator().manual_seed(0),
    )[0]
    spectrum = torch.fft.rfft(wave * torch.hann_window(len(wave))).abs()
    assert abs(int(spectrum.argmax()) * 16_000 / len(wave) - 440) < 2


def test_silence_before_the_onset(model):
    assert notes(model.player, first=-25)[0, : 3 * 64].abs().max() < 1e-6


def test_a_batch_does_not_change_a_note_without_noise(model):
    voice, pitch = torch.tensor([0, 1]), torch.tensor([60, 72])
    velocity, held, first = torch.tensor([90, 90]), torch.tensor([0.2, 0.3]), torch.tensor([0, 0])
    both = model.player.envelopes(model.player.describe(voice, pitch, velocity), torch.arange(9.0).expand(2, 9), held)
    one = model.player.envelopes(
        model.player.describe(voice[1:], pitch[1:], velocity[1:]), torch.arange(9.0).expand(1, 9), held[1:]
    )
    assert torch.allclose(both[0][1:], one[0], atol=1e-6)
    assert first.sum() == 0


def test_equal_notes_are_played_once_and_end_in_silence(model):
    tone = Tone(0, 60, 80, 0.2, 0.3, 0.0)
    sounds = play(model.player, [tone, tone, tone._replace(pitch=64, vibrato=9.0)], seed=1)
    assert len(sounds) == 2
    assert all(sound[-1] == 0 for sound in sounds.values())
    assert len(sounds[tone]) == round(0.5 * 16_000 / 64) * 64


def test_batches_hold_every_tone_once():
    tones = [Tone(0, 40 + i % 30, 80, 0.1 * (i % 9 + 1), 1.0, 0.0) for i in range(200)]
    groups = batches(tones, 0.004)
    assert sorted(tone for group in groups for tone in group) == sorted(set(tones))
    assert len(groups) > 1


def test_the_reader_answers_every_question_also_to_an_empty_text(model):
    pieces = torch.zeros(2, 5, 4, dtype=torch.long)
    pieces[0, 0, 0] = 7
    said = model.reader(pieces)
    assert {name: tuple(logits.shape) for name, logits in said.items()} == {"style": (2, 3), "mode": (2, 2)}
    assert all(bool(logits.isfinite().all()) for logits in said.values())
