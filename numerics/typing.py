"""Array types: ``Array`` is whatever the array API covers (numpy array, torch tensor), ``Floats`` is float64 numpy."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = Any
Floats: TypeAlias = NDArray[np.float64]
