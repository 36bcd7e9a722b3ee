#!/usr/bin/env bash
# Readers of our own as witnesses, written in another language from the published .tap format and from docs/tape-format.md alone: they
# read what the emulated drive and the 68k backup program wrote, and must find what went in.

. "$(dirname "$0")/common.sh"
cd "$scratch"
archive() { python3 "$oracles/archive.py" "$@" --shoeshine "$SHOESHINE"; }

python3 "$oracles/macfiles.py" samples
mkdir samples/Empty
shoeshine run backup-only --set disk.files=samples --out sound
python3 "$oracles/mtdump.py" --strict sound/mac/tape.tap
archive sound/mac/tape.tap --strict --against samples

shoeshine run q99304-bad-write --out bad
python3 "$oracles/mtdump.py" --strict bad/mac/tape.tap
archive bad/mac/tape.tap
if python3 "$oracles/archive.py" bad/mac/tape.tap 2>told; then
  fail "the tape of q99304-bad-write has no damage"
fi

shoeshine tape new blank.tap
python3 "$oracles/mtdump.py" --strict blank.tap

for seed in $(seq 1 40); do
  done=$(python3 "$oracles/damage.py" sound/mac/tape.tap damaged.tap "$seed")
  archive damaged.tap 2>told || {
    cat told >&2
    fail "the readers disagree about a damaged tape: $done"
  }
done
echo "40 damaged tapes: both readers find the same files, intact and damaged, and the same records lost"
echo "$me: the tapes hold what the folder held"
