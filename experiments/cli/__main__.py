"""``python -m experiments.cli`` is the command ``straggler``."""

import sys

from experiments.cli import main

sys.exit(main())
