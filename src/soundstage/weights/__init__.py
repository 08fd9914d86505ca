"""Weights: cards, references, and the one loader. One module a family, with the same name as the family."""

from soundstage.weights.card import Card
from soundstage.weights.load import Loaded, Source, card_of, fingerprint, load, save_starter
from soundstage.weights.reference import Reference, starters

__all__ = ["Card", "Loaded", "Reference", "Source", "card_of", "fingerprint", "load", "save_starter", "starters"]
