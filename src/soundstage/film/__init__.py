"""Films: a brief or a script becomes speech, music and pictures, cut to time, mixed, subtitled and muxed."""

from soundstage.film.film import Film, film
from soundstage.film.script import Script

__all__ = ["Film", "Script", "film"]
