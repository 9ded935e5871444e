#!/bin/sh
# Counts the instructions of a decision under callgrind, stage by stage and through the whole engine,
# and prints them as a table. The counts hardly depend on the machine's mood: a change that makes the
# path heavier is seen in the diff of benches/instructions.txt.
#
# usage: scripts/instructions.sh [PROGRAM]        writes benches/instructions.txt
# needs: valgrind
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
program=${1:-$root/target/release/pointsman}
out=$root/benches/instructions.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v valgrind >/dev/null || { echo "instructions: valgrind is not installed" >&2; exit 1; }

# count WALK WHOLE: runs under callgrind, leaves $work/WALK-WHOLE
count() {
    valgrind --tool=callgrind --callgrind-out-file="$work/$1-$2" \
        "$program" bench --walk "$1" --whole "$2" >/dev/null 2>"$work/log" ||
        { cat "$work/log" >&2; exit 1; }
}

# total FILE: all instructions
total() {
    sed -n 's/^\(summary\|totals\): //p' "$work/$1" | tail -n 1
}

turns=500
few=500
many=1500
count "$turns" 0
count 0 "$few"
count 0 "$many"

{
    echo "# Instructions of one Decide (static embedding of a new prompt of 32 words, 10 arms), by"
    echo "# scripts/instructions.sh. Thousands a decision."
    for stage in embed context rank plan learn; do
        callgrind_annotate --inclusive=yes --threshold=100 "$work/$turns-0" 2>/dev/null |
            grep -m 1 "path::stage_$stage" | tr -d ',' |
            awk -v stage="$stage" -v n="$turns" '{ printf "%-34s %8.1f\n", stage, $1 / n / 1000 }'
    done
    awk -v a="$(total "0-$few")" -v b="$(total "0-$many")" -v n="$((many - few))" \
        'BEGIN { printf "%-34s %8.1f\n", "the whole engine, all threads", (b - a) / n / 1000 }'
} >"$work/table"
mv "$work/table" "$out"
cat "$out"
