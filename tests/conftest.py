"""Settings of the whole suite."""

import os

# One thread per test process: the suite runs in parallel, and small products do not profit from more.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
