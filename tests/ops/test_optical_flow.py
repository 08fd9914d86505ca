"""Motion between pictures is found, and what lies between them in time."""

from __future__ import annotations

import torch

from soundstage.ops.optical_flow import agreement, between, median, moved, optical_flow


def picture(dx: float, dy: float, ball: float | None = None) -> torch.Tensor:
    """Soft waves moved by (dx, dy), and perhaps a red ball at a column."""
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(96.0), indexing="ij")
    x, y = columns - dx, rows - dy
    waves = torch.stack([0.5 + 0.2 * torch.sin(x * a + y * b) + 0.2 * torch.cos(y * a) for a, b in
                         ((0.21, 0.13), (0.17, -0.2), (0.3, 0.11))])  # fmt: skip
    if ball is not None:
        disc = torch.sigmoid(2 * (9 - ((columns - ball).square() + (rows - 30).square()).sqrt()))
        waves = waves * (1 - disc) + disc * torch.tensor([0.9, 0.1, 0.1])[:, None, None]
    return waves[None]


def test_a_picture_that_moved_is_found_where_it_went() -> None:
    flow = optical_flow(picture(0, 0), picture(5, -3))[0, :, 8:-8, 10:-10]
    off = (flow - torch.tensor([5.0, -3.0])[:, None, None]).abs()
    assert float(off.median()) < 0.05
    assert float((off < 0.5).float().mean()) > 0.97


def test_moved_reads_where_the_flow_points() -> None:
    flow = torch.tensor([4.0, 0.0])[None, :, None, None].expand(1, 2, 64, 96)
    assert torch.allclose(moved(picture(4, 0), flow)[..., :-4], picture(0, 0)[..., :-4], atol=1e-4)


def test_what_passes_before_something_that_stands_is_halfway_at_half_the_time() -> None:
    a, b, true = picture(0, 0, 30), picture(0, 0, 44), picture(0, 0, 37)
    made = between(a, b, optical_flow(a, b), optical_flow(b, a), 0.5)
    wrong, blended = (float((x - true).square().mean()) for x in (made, (a + b) / 2))
    assert wrong < blended / 1.5


def test_at_both_ends_the_pictures_themselves_come_out() -> None:
    a, b = picture(0, 0, 30), picture(2, 1, 40)
    there, back = optical_flow(a, b), optical_flow(b, a)
    for share, end in ((0.0, a), (1.0, b)):
        assert float((between(a, b, there, back, share) - end).abs().max()) < 0.02


def test_flows_that_do_not_meet_again_are_not_believed() -> None:
    there = torch.zeros(1, 2, 8, 8)
    there[:, 0] = 2
    assert float(agreement(there, -there).min()) > 0.99
    assert float(agreement(there, there).max()) < 0.01


def test_a_median_takes_a_single_outlier_out() -> None:
    flow = torch.ones(1, 2, 6, 6)
    flow[0, 0, 3, 3] = 50
    assert (median(flow) == 1).all()
