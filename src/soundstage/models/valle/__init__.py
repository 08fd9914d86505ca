"""VALL-E: speech as language, tokens of a codec behind phones and three seconds of a voice (Wang et al., 2023).

Notable: with `pointer` the first network is told at every frame which phone is being spoken and tells when it is over,
as in VALL-E R (Han et al., 2024) and ELLA-V (Song et al., 2024): words can be neither lost nor said twice, and their
times are known. Read `config`, then `model`: the two networks. `speech` has the engine functions.
"""

from soundstage.models.valle.config import Stack, ValleConfig, paper, valle_starter, valle_x
from soundstage.models.valle.model import FirstBook, OtherBooks, Place, Valle
from soundstage.models.valle.parts import ages
from soundstage.models.valle.speech import Line, Spoken, first_book, generate, other_books

__all__ = [
    "FirstBook",
    "Line",
    "OtherBooks",
    "Place",
    "Spoken",
    "Stack",
    "Valle",
    "ValleConfig",
    "ages",
    "first_book",
    "generate",
    "other_books",
    "paper",
    "valle_starter",
    "valle_x",
]
