"""Side-by-side measurements against peers: the same weights, the same process, in alternating pairs."""
