#!/bin/sh
# Runs every suite on the zoo as shipped, in fewer bits and from other seeds, and writes docs/zoo.md.
# Usage: training/measure.sh nano wide small …   (in the repository's root, the package installed)
# Models of other seeds are measured where `python -m training.train NAME --seed N` left them in training/runs.
set -eu
out=training/runs/reports
mkdir -p "$out" training/runs/seeds

# Gates that fail are what the page is for: their exit status 1 is no error here.
run() {
  report=$1 && shift
  python -m pytest cases -q --tb=no -o cache_dir=training/runs/cache --reasoning-kl=off --reasoning-json="$out/$report" "$@" || [ $? = 1 ]
}

run zoo.json --reasoning-models="$(echo "$@" | tr ' ' ',')" --reasoning-quantize=Q8_0,Q4_0
# Only rows of 256 and its multiples can be K-quants.
run k-quants.json --reasoning-models=large --reasoning-quantize=Q4_K_M
seeds=
for name in "$@"; do
  for run in training/runs/"$name"-[1-9]*.pt; do
    [ -e "$run" ] || continue
    seed=$(basename "$run" .pt | sed 's/.*-//')
    python -m training.export "$name" --seed "$seed" --to "training/runs/seeds/$name-seed$seed.gguf"
    seeds="$seeds${seeds:+,}training/runs/seeds/$name-seed$seed.gguf"
  done
done
[ -z "$seeds" ] || run seeds.json --reasoning-models="$seeds"
python -m training.zoo_page "$out"/zoo.json "$out"/k-quants.json $( [ -z "$seeds" ] || echo "$out"/seeds.json )
