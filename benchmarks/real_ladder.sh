#!/bin/sh
# Analyze models of several sizes against each other on three small suites of direct answers: the table of
# docs/scaling.md. Usage: benchmarks/real_ladder.sh FOLDER MODEL... (GGUF files); the reports go to FOLDER.
set -u
out=$(mkdir -p "$1" && cd "$1" && pwd)
shift
models=
for model in "$@"; do
    models="${models:+$models,}$(cd "$(dirname "$model")" && pwd)/$(basename "$model")"
done
cd "$(dirname "$0")/real_ladder" || exit 1
python -m pytest -p no:cacheprovider --reasoning-models="$models" --reasoning-scaling=on --reasoning-show=none \
    --reasoning-store="$out/store" --reasoning-json="$out/ladder.json" --reasoning-markdown="$out/ladder.md"
