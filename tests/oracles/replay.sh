#!/usr/bin/env bash
# A run repeats: from one process to the next, run twice in one, written down or not, replayed from what was written, from elsewhere.

. "$(dirname "$0")/common.sh"
cd "$scratch"

hash() { python3 -c 'import json, sys; print(json.load(sys.stdin)["trace_hash"])'; }

# same SEED SCENARIO ARGUMENTS..
same() {
  local seed=$1 first other how
  shift
  local run=(run "$@" --expect any --json --seed)
  first=$(shoeshine "${run[@]}" "$seed" | hash)
  for how in "" --verify "--out plain" "--out traced --trace"; do
    # shellcheck disable=SC2086 # one word or several
    other=$(shoeshine "${run[@]}" "$seed" $how | hash)
    [ "$other" = "$first" ] || fail "$*: $first, and with \`$how\` $other"
  done
  mkdir elsewhere
  mv plain traced elsewhere
  for how in elsewhere/plain elsewhere/traced/case.toml; do
    other=$(shoeshine replay "$how" --json | hash)
    [ "$other" = "$first" ] || fail "$*: $first, and replayed from $how $other"
  done
  # What two runs leave is the same too, but for how long they took.
  for how in plain traced; do sed -i '/"host_seconds"\|"speed"/d' "elsewhere/$how/verdict.json"; done
  rm elsewhere/traced/trace.jsonl elsewhere/traced/cable.pcapng
  diff -r elsewhere/plain elsewhere/traced || fail "$*: different files"
  other=$(shoeshine "${run[@]}" 77 | hash)
  [ "$other" != "$first" ] || fail "$*: another seed, the same hash"
  rm -r elsewhere
  echo "$*: $first, seven times"
}

python3 "$oracles/macfiles.py" samples
same 5 q99304
same 6 mail-only --set mail.duration=6000
same 7 backup-only --set disk.files=samples --set disk.size=4
# The recorded run brings its own volume: the folder it came from may be gone.
shoeshine run backup-only --set disk.files=samples --set disk.size=4 --out kept
rm -r samples
shoeshine replay kept
echo "$me: every run repeats bit for bit"
