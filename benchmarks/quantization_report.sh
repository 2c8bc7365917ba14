#!/bin/sh
# Quantise the embedded model `small` and report what each form loses: the figures of docs/quantization.md.
# Usage: benchmarks/quantization_report.sh [FOLDER]; the reports go to FOLDER (default: a temporary one).
set -u
here=$(cd "$(dirname "$0")/quantization" && pwd)
out=${1:-$(mktemp -d)}
cd "$here" || exit 1
python -m pytest -p no:cacheprovider --tb=short --reasoning-store="$out/store" --reasoning-show=none \
    --reasoning-json="$out/quantization.json" --reasoning-markdown="$out/quantization.md" \
    --reasoning-html="$out/quantization.html"
status=$?
echo "reports: $out"
# 1: a comparison failed, as Q4_0 is meant to
[ "$status" -le 1 ]
