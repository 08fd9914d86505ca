"""Makers of training data, each deterministic by seed: the narrator, the composer, the storybook world."""
