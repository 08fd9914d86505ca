"""A picture set in motion: its place without its subject, its subject cut out, both moved, the subject then painted.

Notable: the first frame is the picture itself, to the pixel. The subject is seen as it was cut out at first and goes
over into what the painter draws of it, which can move its legs; the place is the picture's own, and where the subject
stood it is filled from both sides. A last picture is reached the same way.

F frames · D channels · H, W frame height and width · S side of a sprite
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from soundstage.models.layered import compose
from soundstage.models.layered.model import CHUNK, Cast, Layered, Plan, figures, joined
from soundstage.render.tracks import Poses, Views, under_camera

SPREAD = 0.02  # frame heights by which a subject's hole is wider than its alpha: soft edges
SHADOW = 0.05  # of its height by which the hole reaches below it


class End(NamedTuple):
    """A picture at an end of the clip: its place without the subject [3, H, W] in 0…1, the subject cut out in the
    frame's own pixels [4, H, W], premultiplied, and the whole picture, uint8 [H, W, 3].
    """

    place: Tensor
    subject: Tensor
    picture: Tensor


def taken_apart(picture_HWD: Tensor, alpha_HW: Tensor, others_HW: Tensor, behind_DHW: Tensor | None = None) -> End:
    """A picture, uint8 [H, W, 3], parted by the alpha of its subject; the others stay in the place.

    Where it is known what is `behind` the subject, [3, H, W] in 0…1, its hole is filled with that.
    """
    x = picture_HWD.permute(2, 0, 1).float() / 255
    alpha = ((alpha_HW - 0.08) / 0.84).clamp(0, 1).to(x) * (1 - others_HW.to(x) * (others_HW > alpha_HW).to(x))
    gone = hole(alpha)
    if behind_DHW is None:
        place = filled(x, gone)
    else:
        soft = F.avg_pool2d(F.max_pool2d(gone.float()[None], 5, 1, 2), 5, 1, 2)[0]
        place = torch.lerp(x, behind_DHW.to(x), soft)
    return End(place, torch.cat((x * alpha, alpha[None])), picture_HWD)


def hole(alpha_HW: Tensor) -> Tensor:
    """Where the subject and its shadow were, as booleans [H, W]."""
    spread = max(1, round(SPREAD * alpha_HW.shape[0]))
    x = (alpha_HW > 0.1).float()[None, None]
    if not bool(x.any()):
        return x[0, 0] > 0
    rows = x[0, 0].any(1).nonzero().flatten()
    below = max(1, round(SHADOW * float(rows[-1] - rows[0] + 1)))
    wide = F.max_pool2d(F.pad(x, (spread, spread, spread, spread)), 2 * spread + 1, 1)
    lower = F.max_pool2d(F.pad(wide, (0, 0, below, 0)), (below + 1, 1), 1)
    return lower[0, 0] > 0


def filled(picture_DHW: Tensor, hole_HW: Tensor) -> Tensor:
    """The picture with its hole filled, row by row: what is left of it and right of it, mirrored into it, the nearer
    side counting more.
    """
    out = picture_DHW.clone()
    width = hole_HW.shape[1]
    at = torch.arange(width)
    for row in hole_HW.any(1).nonzero().flatten().tolist():
        missing = hole_HW[row].cpu()
        if bool(missing.all()):
            continue
        left = torch.where(missing, -1, at).cummax(0).values  # the last known pixel before each
        right = torch.where(missing, width, at).flip(0).cummin(0).values.flip(0)
        inside = missing.nonzero().flatten()
        before, behind = left[inside], right[inside]
        sides = []
        for edge, far, known in ((before, inside - before, before >= 0), (behind, behind - inside, behind < width)):
            mirrored = torch.where(known, edge + torch.sign(edge - inside) * (far - 1), inside).clamp(0, width - 1)
            usable = known & ~missing[mirrored]
            place = torch.where(usable, mirrored, edge.clamp(0, width - 1))
            sides.append((picture_DHW[:, row, place], torch.where(known, 1 / far.clamp_min(1).float(), 0.0)))
        (a, near_a), (b, near_b) = sides
        share = (near_a / (near_a + near_b).clamp_min(1e-9)).to(picture_DHW)
        out[:, row, inside] = a * share + b * (1 - share)
    soft = F.avg_pool2d(F.pad(out[None], (0, 0, 2, 2), mode="replicate"), (5, 1), 1)[0]
    return torch.where(hole_HW, soft, out)


def sprite_of(end: End, poses: Poses, frame: int, anchor: tuple[float, float], size: int) -> Tensor:
    """The subject cut out, as a sprite [4, S, S] that lies where it was when placed by the pose of a frame."""
    height, width = end.subject.shape[-2:]
    side = float(poses.scale[frame]) * height
    left, top = compose.corner(poses, anchor, height, width, frame)
    pixel = (torch.arange(size, device=end.subject.device) + 0.5) / size * side
    across, down = (left + pixel) * 2 / width - 1, (top + pixel) * 2 / height - 1
    if bool(poses.flip[frame]):
        across = across.flip(0)
    grid = torch.stack((across[None].expand(size, -1), down[:, None].expand(-1, size)), -1)
    return F.grid_sample(end.subject[None], grid[None], padding_mode="zeros", align_corners=False)[0]


class Shares(NamedTuple):
    """Of each frame [F]: how much of the subject is the cut-out of the first picture and of the last, and how much of
    the place is the last one's.
    """

    first: Tensor
    last: Tensor
    place: Tensor


def living(
    model: Layered,
    plan: Plan,
    first: End,
    last: End | None,
    shares: Shares,
    *,
    each: Callable[[int], object] = lambda done: None,
) -> Tensor:
    """The clip, uint8 [F, H, W, 3] on the CPU. The plan's first actor is the pictures' subject, if it has one."""
    height, width = first.picture.shape[:2]
    count = len(plan.views.x)
    doublings = 1 if height <= 320 else 2
    sheets = [(cast, figures(model, plan, cast, doublings)) for cast in plan.cast]
    cuts: list[tuple[Tensor, Tensor]] = []
    if plan.cast:
        seen = under_camera(plan.cast[0].poses, plan.views)
        side = sheets[0][1].shape[-1]
        cuts.append((sprite_of(first, seen, 0, plan.cast[0].anchor, side), shares.first))
        if last is not None:
            cuts.append((sprite_of(last, seen, count - 1, plan.cast[0].anchor, side), shares.last))
    out = torch.empty(count, height, width, 3, dtype=torch.uint8)
    for start in range(0, count, CHUNK):
        span = slice(start, min(count, start + CHUNK))
        views = plan.views.during(span)
        place = compose.seen(first.place, views, height, width, 0.0)
        if last is not None:
            end = _of_last(plan.views, span)
            later = compose.seen(last.place, end, height, width, 0.0)
            place = torch.lerp(place, later, shares.place[span, None, None, None])
        picture = place
        for index, (cast, sheet) in enumerate(sheets):
            poses = Poses(*(p[span] for p in cast.poses))
            painted = joined(model, plan, cast, sheet[span], poses, views, picture)
            if index == 0:
                rest = torch.ones(len(views.x), device=painted.device)
                for _, share in cuts:
                    rest = rest - share[span]
                whole = painted * rest[:, None, None, None]
                for cut, share in cuts:
                    laid = _laid(cut, cast, poses, views, picture)
                    whole = whole + laid * share[span, None, None, None]
                painted = whole
            picture = painted
        out[span] = (picture.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu()
        each(span.stop)
    out[0] = first.picture.cpu()
    if last is not None:
        out[-1] = last.picture.cpu()
    return out


def _of_last(views: Views, span: slice) -> Views:
    """The camera as seen from where it ends: the last picture was taken there."""
    x, y, zoom, lens = (getattr(views, name) for name in ("x", "y", "zoom", "lens"))
    return views._replace(x=x - x[-1], y=y - y[-1], zoom=zoom / zoom[-1], lens=lens / lens[-1]).during(span)


def _laid(cut: Tensor, cast: Cast, poses: Poses, views: Views, picture: Tensor) -> Tensor:
    """The picture with the cut-out over it, in the light that it came with."""
    height, width = picture.shape[-2:]
    seen = under_camera(poses, views)
    where = compose.windows(seen, cast.anchor, height, width)
    if where.side > 3 * max(height, width):
        return picture
    sprite = compose.placed(cut.expand(len(seen.x), -1, -1, -1), seen, cast.anchor, where, height, width)
    under = compose.cut(picture, where)
    over = picture.clone()
    compose.paste(over, sprite[:, :3] + under * (1 - sprite[:, 3:]), where)
    return over
