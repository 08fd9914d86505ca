"""What all tests share: one thread for tensors. With more, OpenMP's waiting threads fight over busy cores."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from hypothesis import settings

# The same examples in every run: a rare find is for the desk, where `--hypothesis-seed=random` looks for it.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
