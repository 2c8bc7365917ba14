"""The training program is no part of the package: its tests find it beside the package's source."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
