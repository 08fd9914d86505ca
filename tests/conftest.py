"""What all tests share: one thread for tensors. With more, OpenMP's waiting threads fight over busy cores."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
