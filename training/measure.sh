#!/bin/sh
# Runs every suite on the zoo as shipped, in fewer bits and from other seeds, and writes docs/zoo.md.
# Usage: training/measure.sh nano small …   (in the repository's root, the package installed)
set -eu
out=training/runs/reports
mkdir -p "$out"
python -m training.quantise "$@"
for name in "$@"; do
  for path in training/runs/quantised/"$name"-*.gguf; do
    extra="${extra-}${extra+,}$path"
  done
done
models=$(echo "$@" | tr ' ' ',')
# Gates that fail are what the page is for: their exit status 1 is no error here.
python -m pytest cases -q --tb=no -p no:cacheprovider --reasoning-models="$models" --reasoning-json="$out/zoo.json" || [ $? = 1 ]
python -m pytest cases -q --tb=no -p no:cacheprovider --reasoning-models="$extra" --reasoning-json="$out/quantised.json" || [ $? = 1 ]
python -m training.zoo_page "$out"/zoo.json "$out"/quantised.json
