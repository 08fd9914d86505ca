"""Modules shared by all families: norms, attention and transformer blocks, convolutions, U-Net parts."""
