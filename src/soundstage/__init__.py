"""Soundstage: generated speech, music, video and 3D, and films composed of all four."""
