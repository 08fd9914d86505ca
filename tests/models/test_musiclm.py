"""MusicLM's tiny twin: towers, tokens, stages that walk as they were taught, windows and stories."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from soundstage.codec.kmeans import averages, fit_books
from soundstage.decode import Sampler, greedy
from soundstage.errors import InputError
from soundstage.models.musiclm import (
    Choices,
    MaskedPredictor,
    MusicLM,
    MusicLMConfig,
    Scene,
    Stage,
    StageConfig,
    around,
    follow,
    generate,
    musiclm_starter,
    musiclm_tiny,
    sound_plainly,
    walk,
    windows,
)

TINY = musiclm_tiny()
GOLDEN_SEMANTIC = [7, 1, 8, 2, 8, 4, 0, 6, 8, 2]
GOLDEN_CODES = [
    [6, 2, 2, 4, 5, 5, 2, 2, 5, 0],
    [7, 2, 3, 2, 6, 1, 3, 7, 1, 7],
    [3, 3, 3, 5, 1, 5, 5, 0, 7, 4],
    [4, 6, 4, 7, 5, 2, 6, 5, 5, 2],
]


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sound(rows: int = 2, seconds: float = 2.0, seed: int = 0) -> Tensor:
    """Tones that swell."""
    time = torch.arange(round(seconds * TINY.rate)) / TINY.rate
    hertz = 200 + 1500 * torch.rand(rows, 3, 1, generator=draws(seed))
    wave = (torch.sin(6.283 * hertz * time) * (1 + torch.sin(6.283 * hertz / 150 * time))).sum(1)
    return 0.1 * wave + 0.01 * torch.randn(rows, len(time), generator=draws(seed + 1))


def asked(seed: int = 3, rows: int = 1) -> Tensor:
    return torch.randint(TINY.mulan.codes, (rows, TINY.mulan.books), generator=draws(seed))


@pytest.fixture(scope="module")
def model() -> MusicLM:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = MusicLM(TINY).eval()
    with torch.no_grad():
        for stage in (made.semantic_stage, made.coarse_stage, made.fine_stage):
            for table in (stage.embed, stage.positions, *stage.tables, stage.head):
                table.weight.mul_(8)
        wave = sound(12)
        mel = made.spectrum.mel(wave)
        frames = mel.transpose(1, 2).flatten(0, 1)
        made.spectrum.fit(frames)
        made.acoustic.folding.fit(frames)
        latents = made.acoustic.latents(mel).transpose(1, 2).flatten(0, 1)
        fit_books(made.acoustic.quantiser, latents, rounds=5, generator=draws())
        heard = torch.cat([made.mulan.audio(made.spectrum(sound(8, seed=seed))) for seed in range(4)])
        made.mulan.heard.copy_(heard.mean(0))
        fit_books(made.mulan.quantiser, heard - made.mulan.heard, rounds=5, generator=draws())
        thoughts = made.semantic.hidden(made.spectrum(wave)).flatten(0, 1)
        made.semantic.averages.copy_(averages(thoughts, TINY.semantic.codes, 5, draws()))
    return made.requires_grad_(False)


def choices(seed: int | None = None) -> Choices:
    if seed is None:
        return Choices(greedy, greedy, greedy)
    chooser = Sampler(generator=draws(seed))
    return Choices(chooser, chooser, chooser)


def test_a_card_rebuilds_the_config() -> None:
    for config in (TINY, musiclm_starter()):
        assert MusicLMConfig.of({**asdict(config), "more": 1}) == config


def test_the_starter_would_be_small_enough_to_ship() -> None:
    shape = musiclm_starter()
    lean = replace(shape, semantic=replace(shape.semantic, depth=0))
    with torch.random.fork_rng():
        size = sum(tensor.numel() for tensor in MusicLM(lean).state_dict().values())
    assert 2 * size < 25 * 2**20


def test_sound_and_words_have_unit_length(model: MusicLM) -> None:
    words = torch.zeros(3, 4, 5, dtype=torch.long)
    words[0, :2, :3] = torch.tensor([[5, 6, 7], [8, 9, 0]])
    words[1] = 11
    said = model.mulan.text(words)  # the last says nothing
    for found in (said, model.mulan.audio(model.spectrum(sound()))):
        torch.testing.assert_close(found.norm(dim=1), torch.ones(len(found)))
    assert (said[0] - said[2]).norm() > 1e-3


def test_padding_a_text_changes_nothing(model: MusicLM) -> None:
    words = torch.tensor([[[5, 6, 7], [8, 9, 0]]])
    padded = functional.pad(words, (0, 2, 0, 3))
    torch.testing.assert_close(model.mulan.text(words), model.mulan.text(padded))


def test_a_frame_of_spectrum_covers_a_hop(model: MusicLM) -> None:
    wave = sound(1, 1.0)
    mel = model.spectrum.mel(wave)
    assert mel.shape == (1, TINY.bands, TINY.rate // TINY.hop)
    click = torch.zeros(1, TINY.rate)
    click[0, 10 * TINY.hop + TINY.hop // 2] = 1
    assert int(model.spectrum.mel(click)[0].sum(0).argmax()) == 10
    torch.testing.assert_close(model.spectrum.mel(wave[:, :-7])[..., :-3], mel[..., :-4])


def test_contrast_falls_where_sounds_and_texts_are_taught_to_meet() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        pair = MusicLM(TINY)
    mel = pair.spectrum(sound(6))
    mel = (mel - mel.mean()) / mel.std()
    words = torch.arange(1, 7)[:, None, None].expand(-1, 2, 3)
    optimiser = torch.optim.Adam(pair.mulan.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        loss = pair.mulan.contrast(pair.mulan.audio(mel), pair.mulan.text(words))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_what_was_hidden_is_learned_and_shown_tokens_do_not_count() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        predictor = MaskedPredictor(MusicLM(TINY).semantic, TINY.bands, targets=16)
    mel = torch.randn(1, TINY.bands, 2, generator=draws()).repeat_interleave(120, 2).tile(4, 1, 1)
    assert predictor.targets(mel).shape == (4, 60)
    optimiser = torch.optim.Adam(predictor.parameters(), 3e-3)
    losses = []
    for index in range(40):
        guess = predictor(mel, draws(index))
        optimiser.zero_grad()
        guess.loss.backward()
        optimiser.step()
        losses.append(float(guess.loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_each_book_brings_the_spectrum_nearer(model: MusicLM) -> None:
    mel = model.spectrum.mel(sound(3, seed=7))
    off = [float((model.acoustic.mel(model.acoustic.encode(mel, books)) - mel).square().mean()) for books in (1, 2, 4)]
    assert off[0] > off[1] > off[2]


def test_decoding_in_pieces_is_decoding_at_once(model: MusicLM) -> None:
    codes = torch.randint(8, (1, 4, 30), generator=draws())
    whole = model.acoustic.sound(model.acoustic.mel(codes))
    torch.testing.assert_close(model.acoustic.decode(codes, frames=17), whole, atol=1e-5, rtol=1e-4)
    assert whole.shape == (1, 30 * TINY.token)
    assert model.acoustic.decode(codes[..., :0]).shape == (1, 0)


def test_the_plain_twin_sounds_a_spectrum_that_is_like_it(model: MusicLM) -> None:
    mel = model.spectrum.mel(sound(1))
    made = sound_plainly(model.spectrum, mel, draws())
    assert made.shape == (1, mel.shape[-1] * TINY.hop)
    silent = sound_plainly(model.spectrum, torch.full_like(mel, -20), draws())
    assert float(silent.abs().max()) < 1e-4
    assert float((model.spectrum.mel(made) - mel).abs().mean()) < 0.35


@pytest.mark.parametrize("known", [0, 1, 3])
def test_a_walk_says_what_all_at_once_says(model: MusicLM, known: int) -> None:
    stage = model.coarse_stage
    codes = torch.randint(8, (2, 2, 9), generator=draws(1))
    told = model.coarse_told(torch.randint(9, (2, 9), generator=draws(2)))
    front = stage.front(asked(rows=2), torch.tensor([True, False]))
    expected = stage(front, codes, told).transpose(1, 2).flatten(1, 2)
    step, flat = stage.walk(front, told), stage.flat(codes)
    begun = torch.cat((torch.zeros_like(front), flat[:, :known]), 1)  # what is asked for is the walk's own
    with torch.inference_mode():
        found = [step(begun[:, None]), *(step(flat[:, at : at + 1, None].mT) for at in range(known, 17))]
    torch.testing.assert_close(torch.cat(found, 1), expected[:, known:], atol=1e-4, rtol=1e-4)


def test_a_code_sees_what_it_is_told_but_no_later_code(model: MusicLM) -> None:
    stage = model.coarse_stage
    codes, semantic = torch.zeros(1, 2, 8, dtype=torch.long), torch.zeros(1, 8, dtype=torch.long)
    front = stage.front(asked())
    plain = stage(front, codes, model.coarse_told(semantic))
    later, other = codes.clone(), semantic.clone()
    later[:, 1, 4], other[:, 7] = 5, 3
    torch.testing.assert_close(stage(front, later, model.coarse_told(semantic))[:, :, :5], plain[:, :, :5])
    told = stage(front, codes, model.coarse_told(other))
    torch.testing.assert_close(told[:, :, :5], plain[:, :, :5])
    assert (told[:, :, 5] - plain[:, :, 5]).abs().max() > 1e-3  # two frames ahead


def test_frames_beyond_the_music_have_a_token_of_their_own() -> None:
    told = around(torch.tensor([[[1, 2, 3]]]), (-1, 0, 2), 9)
    assert told.tolist() == [[[9, 1, 2], [1, 2, 3], [3, 9, 9]]]


def test_windows_cover_all_with_a_prompt_and_end_where_something_else_is_asked_for() -> None:
    assert list(windows(20, 20, 10)) == [(0, 0, 20)]
    assert list(windows(45, 20, 10)) == [(0, 0, 20), (10, 20, 30), (20, 30, 40), (30, 40, 45)]
    assert list(windows(30, 20, 10, [0, 7, 25])) == [(0, 0, 7), (0, 7, 20), (10, 20, 25), (15, 25, 30)]
    assert [(w.known, w.stop) for w in windows(9, 4, 4)] == [(0, 4), (4, 8), (8, 9)]
    for stride in (0, 21):
        with pytest.raises(InputError, match="stride"):
            list(windows(45, 20, stride))


def test_windows_joined_are_one_run_where_one_window_holds_all(model: MusicLM) -> None:
    stage = model.coarse_stage
    told = model.coarse_told(torch.randint(9, (1, 12), generator=draws(2)))
    known, ask = told.new_zeros(1, 2, 0), asked()
    whole = follow(stage, stage.front(ask), known, told, Sampler(generator=draws()))
    joined = walk(
        stage, lambda _: ask, told, Sampler(generator=draws()), longest=12, stride=6, changes=[3, 5, 11]
    )  # asked for the same, so a scene changes nothing
    assert torch.equal(whole, joined)


def test_a_window_keeps_its_prompt_and_hears_it(model: MusicLM) -> None:
    stage, told = model.semantic_stage, torch.zeros(1, 0, 12, dtype=torch.long)
    one, other = (torch.full((1, 1, 5), code) for code in (2, 7))
    made = [follow(stage, stage.front(asked()), prompt, told, greedy) for prompt in (one, other)]
    assert torch.equal(made[0][..., :5], one)
    assert not torch.equal(made[0][..., 5:], made[1][..., 5:])


def test_the_golden_tokens_of_the_tiny_model(model: MusicLM) -> None:
    made = generate(model, [Scene(0, asked())], 10, choices())
    assert made.semantic_BT[0].tolist() == GOLDEN_SEMANTIC
    assert made.codes_BKT[0].tolist() == GOLDEN_CODES


def test_a_seed_repeats_and_another_differs(model: MusicLM) -> None:
    one, same, other = (generate(model, [Scene(0, asked())], 30, choices(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.codes_BKT, same.codes_BKT)
    assert not torch.equal(one.codes_BKT, other.codes_BKT)
    assert one.codes_BKT.shape == (1, 4, 30)


def test_a_story_changes_at_its_frame_and_not_before(model: MusicLM) -> None:
    plain = generate(model, [Scene(0, asked(1))], 30, choices(4))
    told = generate(model, [Scene(0, asked(1)), Scene(13, asked(2))], 30, choices(4))
    assert torch.equal(plain.semantic_BT[:, :13], told.semantic_BT[:, :13])
    assert not torch.equal(plain.semantic_BT[:, 13:], told.semantic_BT[:, 13:])


def test_guidance_leans_on_what_is_asked_for(model: MusicLM) -> None:
    stage, told = model.semantic_stage, torch.zeros(1, 0, 15, dtype=torch.long)
    front, nothing = stage.front(asked()), stage.front(asked(), torch.tensor([False]))
    known = told.new_zeros(1, 1, 0)
    plain, guided, null = (
        follow(stage, begin, known, told, greedy, guidance=scale)
        for begin, scale in ((front, 1.0), (front, 4.0), (nothing, 1.0))
    )
    assert not torch.equal(plain, guided)
    assert torch.equal(follow(stage, front, known, told, greedy, guidance=0.0), null)


def test_a_stage_learns_codes_that_follow_what_it_is_told() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        stage = Stage(width=24, depth=1, heads=2, books=2, codes=6, frames=8, asked=1, asked_codes=6, told=[6])
    optimiser = torch.optim.Adam(stage.parameters(), 1e-2)
    losses = []
    for index in range(60):
        told = torch.randint(6, (16, 1, 8), generator=draws(index))
        wish = torch.randint(6, (16, 1), generator=draws(index + 999))
        codes = torch.cat((told, wish[:, None].expand(-1, -1, 8)), 1)  # one book is told, the other asked for
        logits = stage(stage.front(wish), codes, told)
        loss = functional.cross_entropy(logits.movedim(-1, 1), codes)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[0] > 1.5
    assert losses[-1] < 0.6  # to know one book alone leaves half of 1.8


@pytest.mark.parametrize("starts", [[], [1], [0, 5, 5], [0, 7, 3]])
def test_scenes_out_of_order_are_refused(model: MusicLM, starts: list[int]) -> None:
    with pytest.raises(InputError, match="story"):
        generate(model, [Scene(at, asked()) for at in starts], 9, choices())


def test_what_cannot_be_is_refused(model: MusicLM) -> None:
    with pytest.raises(InputError, match="frames"):
        generate(model, [Scene(0, asked())], 0, choices())
    stage = model.fine_stage
    with pytest.raises(InputError, match="window by window"):
        follow(stage, stage.front(asked()), asked().new_zeros(1, 2, 0), torch.zeros(1, 4, 99).long(), greedy)
    with pytest.raises(InputError, match="codes"):
        model.acoustic.mel(torch.full((1, 4, 2), 8))
    with pytest.raises(InputError, match="books"):
        model.acoustic.encode(model.spectrum.mel(sound(1)), 5)
    with pytest.raises(InputError, match="stride"):
        StageConfig(width=8, depth=1, heads=1, seconds=2.0, stride=3.0)
    with pytest.raises(InputError, match="coarse"):
        replace(TINY, acoustic=replace(TINY.acoustic, coarse=4))
