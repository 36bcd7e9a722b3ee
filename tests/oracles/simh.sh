#!/usr/bin/env bash
# SIMH as a witness of the tape images, which are in its format: its `mtdump` lists them, and a PDP-11 under its emulator reads them
# through a TM11 controller and a TU10 drive, record by record, and sums what it has read.

. "$(dirname "$0")/common.sh"
need mtdump simh
need pdp11 simh
cd "$scratch"

# R1 counts records, R2 tape marks; R3 sums all words with end-around carry. MTS 172520, MTC 172522, MTBRC 172524,
# MTCMA 172526 (TM11 manual). The program halts at the first error that is not a tape mark: the end of the medium.
program=(
  012706 001000 005001 005002 005003  # mov #1000,sp; clr r1; clr r2; clr r3
  012737 002000 172526                # mov #2000,@#MTCMA
  012737 177000 172524                # mov #-512.,@#MTBRC
  012737 060003 172522                # mov #60003,@#MTC: read, go
  105737 172522 100375                # tstb @#MTC; bpl .-4
  005737 172522 100413                # tst @#MTC; bmi error
  005201 012704 002000 012705 000400  # inc r1; mov #2000,r4; mov #256.,r5
  062403 005503 005305 001374         # add (r4)+,r3; adc r3; dec r5; bne .-6
  000747 000000                       # br to the first mov
  032737 040000 172520 001402         # error: bit #40000,@#MTS; beq end
  005202 000740 000000                # inc r2; br to the first mov; end: halt
)

# pdp11_reads TAPE: records, marks and sum, as octal numbers.
pdp11_reads() {
  {
    echo "attach -r tm0 $1"
    local address=512 word
    for word in "${program[@]}"; do
      printf 'deposit %o %s\n' "$address" "$word"
      address=$((address + 2))
    done
    printf 'run 1000\nexamine r1\nexamine r2\nexamine r3\nexit\n'
  } >program.sim
  timeout 60 pdp11 program.sim | awk '/^R[123]:/ {printf "%s ", $2}'
}

expected() {
  python3 - "$1" <<'PYTHON'
import struct, sys
image = open(sys.argv[1], "rb").read()
at = records = marks = total = 0
while at < len(image):
    (length,) = struct.unpack_from("<I", image, at)
    if length == 0xFFFFFFFF:
        break
    if length == 0:
        marks, at = marks + 1, at + 4
        continue
    for (word,) in struct.iter_unpack("<H", image[at + 4 : at + 4 + length]):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    records, at = records + 1, at + 8 + length
print(f"{records:06o} {marks:06o} {total:06o}", end=" ")
PYTHON
}

for scenario in backup-only q99304-bad-write; do
  shoeshine run "$scenario" --set backup.verify=no --out "$scenario"
  tape=$scenario/mac/tape.tap
  listed=$(shoeshine tape ls "$tape" --json)
  records=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["records"])' <<<"$listed")
  dumped=$(mtdump "$tape" | grep -c 'record .*length = 512 ')
  [ "$dumped" = "$records" ] || fail "$scenario: mtdump finds $dumped records of 512 bytes, tape ls $records"
  mtdump "$tape" | grep -q 'end of logical tape' || fail "$scenario: mtdump does not reach the end of the tape"
  read=$(pdp11_reads "$tape") wanted=$(expected "$tape")
  [ "$read" = "$wanted" ] || fail "$scenario: the PDP-11 reads records, marks, sum $read, the image holds $wanted"
  echo "$scenario: mtdump lists and a PDP-11 reads $records records, with the sum of the image"
done
echo "$me: SIMH reads the tapes"
