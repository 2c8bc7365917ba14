"""All fuzz targets, in the order of the way through a run."""

from __future__ import annotations

from fuzz_answers import ENDPOINT, MATHS, SCORING
from fuzz_files import BASELINE, REPORT, STORE
from fuzz_models import CHAT_TEMPLATE, GGUF_HEADER
from fuzz_suites import SUITE

TARGETS = (SUITE, GGUF_HEADER, CHAT_TEMPLATE, SCORING, MATHS, ENDPOINT, STORE, BASELINE, REPORT)
