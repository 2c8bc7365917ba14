"""Studies models on the library, and writes docs/real-models.md.

    python benchmarks/real_study FOLDER MODEL.gguf ... [--cases 2] [--quantize SmolLM2-135M-Instruct.Q4_1.gguf]
    python benchmarks/real_study FOLDER --render

Every model is asked all families in English, directly and by chain of thought, and the core ones in Portuguese.
One model is written as F16 (`benchmarks/dequantize.py`) and quantized anew. FOLDER keeps all answers and reports: a
study that was stopped goes on, and one with more cases asks only what is new. With --render the page is written
from the reports that are there. The four files of the page take about an hour on two idle cores.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from study_page import page

from pytest_reasoning.suite.generate.families.drawn import LEVELS

PAGE = Path(__file__).parents[2] / "docs" / "real-models.md"
DEQUANTIZE = Path(__file__).parents[1] / "dequantize.py"
TYPES = "Q8_0,Q6_K,Q5_K_M,Q4_K_M,Q3_K_M,Q2_K"


def ask(options: argparse.Namespace, models: Path, report: str, cases: int, *more: str) -> None:
    """Run the library's suites on a model, and keep the report in the folder."""
    folder: Path = options.folder
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-summary"]
    command += [f"--reasoning-models={models}", f"--reasoning-limit={cases * len(LEVELS)}"]
    command += [f"--reasoning-store={options.store or folder / 'store'}", f"--reasoning-threads={options.threads}"]
    command += [f"--reasoning-json={folder / report}", "--reasoning-show=none", "--reasoning-scaling=off"]
    print(f"{report}: {' '.join(more)}", flush=True)
    status = subprocess.run([*command, *more], cwd=folder, check=False).returncode
    if status > 1:
        raise SystemExit(f"{report}: pytest ended with status {status}")


def main() -> None:
    """Ask what is not answered yet, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--cases", type=int, default=2, help="cases of each level (default 2)")
    parser.add_argument("--portuguese", default="core/pt", help="suites in Portuguese (default core/pt)")
    parser.add_argument("--quantize", type=Path, help="model to write as F16 and to quantize")
    parser.add_argument("--parts", default="direct,cot,pt", help="what to ask (default direct,cot,pt)")
    parser.add_argument("--suites", default="all", help="suites in English (default all)")
    parser.add_argument("--quantize-suites", default="core", help="suites for the quantized files (default core)")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--store", type=Path, help="folder of the answers (default: FOLDER/store)")
    parser.add_argument("--render", action="store_true", help="only write the page")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write (default docs/real-models.md)")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    options.folder.mkdir(parents=True, exist_ok=True)
    parts = options.parts.split(",")
    asked = {
        "direct": (f"--reasoning-suites={options.suites}", "-k", "direct"),
        "cot": (f"--reasoning-suites={options.suites}", "-k", "cot and not zero"),
        "pt": (f"--reasoning-suites={options.portuguese}", "-k", "not zero"),
    }
    for model in [] if options.render else options.models:
        for part in parts:
            ask(options, model.resolve(), f"{model.stem}.{part}.json", options.cases, *asked[part])
    if options.quantize is not None and not options.render:
        whole = options.folder / f"{options.quantize.stem.partition('.')[0]}-F16.gguf"
        if not whole.exists():
            subprocess.run([sys.executable, DEQUANTIZE, options.quantize, whole], check=True)
        suites = (f"--reasoning-suites={options.quantize_suites}", "-k", "direct", f"--reasoning-quantize={TYPES}")
        ask(options, whole, "quantization.json", options.cases, *suites)
    options.page.write_text(page(options.folder), encoding="utf-8")


if __name__ == "__main__":
    main()
