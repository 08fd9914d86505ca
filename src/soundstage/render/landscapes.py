"""The thirteen places by name, each a function from an `Hour` and a panorama's width to layers from far to near."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from soundstage.render.countryside import desert, forest, meadow, mountains, snowfield, space
from soundstage.render.towns import city, room, village
from soundstage.render.waterside import beach, lighthouse, sea, underwater

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soundstage.render.layers import Layer
    from soundstage.render.scenery import Hour

LANDSCAPES: Mapping[str, Callable[[Hour, float], list[Layer]]] = MappingProxyType(
    {
        "meadow": meadow,
        "beach": beach,
        "forest": forest,
        "city": city,
        "mountains": mountains,
        "desert": desert,
        "sea": sea,
        "underwater": underwater,
        "space": space,
        "snowfield": snowfield,
        "village": village,
        "lighthouse": lighthouse,
        "room": room,
    }
)
