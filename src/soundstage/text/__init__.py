"""Text as a voice needs it:
normalised, split into sentences, pronounced; and as a picture model reads it, in hashed pieces.
"""
