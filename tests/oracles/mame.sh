#!/usr/bin/env bash
# MAME's Macintosh Plus, SE and SE/30 as witnesses: our ROMs and the disk of a run start there, unmodified. Their screens must be ours, dot by dot;
# a program of the volume reads the documents, sums them, writes a file and ends; hfsutils then finds the file, and the same sum, on MAME's disk.
#
#     tests/oracles/mame.sh             the comparison
#     tests/oracles/mame.sh --speed     emulated seconds in a second, of both, on the same guest code; nothing is compared

. "$(dirname "$0")/common.sh"
PATH=$PATH:/usr/games
need mame mame
need chdman mame-tools
need hmount hfsutils

readonly SETTLED=60 # emulated seconds after which nothing changes on either screen
rom() { echo "$root/roms-free-stubs/prebuilt/$1.rom"; }

if [ -z "${BOOT:-}" ]; then
  need cargo cargo
  profile=debug release=()
  [ "${1:-}" != --speed ] || profile=release release=(--release)
  (cd "$root" && cargo build --quiet "${release[@]}" --example boot)
  BOOT=${CARGO_TARGET_DIR:-$root/target}/$profile/examples/boot
fi
export HOME=$scratch # MAME's and hfsutils' notes
cd "$scratch"

# in_mame MODEL DISK SECONDS: what it prints. The changed disk comes back as mame.hda.
in_mame() {
  local driver=mac$1 options
  case $1 in
  # The keyboard is left away: it would want a ROM of its own.
  plus) options=(-bios v3 -kbd "" -ramsize 4M -scsibus:6 harddisk) ;;
  se) options=(-ramsize 4M -scsibus:6 harddisk) ;;
  se30) options=(-ramsize 8M -scsi:6 harddisk) ;;
  esac
  [ -d "roms/$driver" ] || python3 "$oracles/mame.py" chips "$(rom "$1")" "roms/$driver"
  chdman createhd -f -c none -i "$2" -o disk.chd >chdman.out 2>&1 || fail "chdman: $(cat chdman.out)"
  SDL_VIDEODRIVER=dummy timeout 300 mame "$driver" -rompath roms "${options[@]}" -hard disk.chd \
    -video none -sound none -nothrottle -seconds_to_run "$3" -snapshot_directory snapshots >mame.out 2>&1 ||
    fail "MAME ended with exit code $?: $(tail -5 mame.out)"
  chdman extracthd -f -i disk.chd -o mame.hda >chdman.out 2>&1 || fail "chdman: $(cat chdman.out)"
}

# ours MODEL DISK SECONDS ..: with as much RAM as MAME's.
ours() {
  local ram=4096
  [ "$1" != se30 ] || ram=8192
  "$BOOT" "$(rom "$1")" --model "$1" --ram "$ram" --disk "$2" --seconds "$3" --profile 0 "${@:4}" >boot.out || fail "$(cat boot.out)"
}

report_of() {
  rm -rf report
  shoeshine disk get "$1" "Machine Report" report
  python3 "$oracles/mame.py" report "report/Machine Report" "$1"
}

# compare MODEL
compare() {
  local later=$((SETTLED + 7))
  rm -rf run
  shoeshine run "$oracles/mame.toml" --set "machine.model=$1" --out run
  report_of run/mac/disk.hda
  tr '\r' '\n' <"report/Machine Report" >ours.txt

  ours "$1" run/mac/disk.hda "$SETTLED" --png ours.png
  ours "$1" run/mac/disk.hda "$later" --png later.png
  cmp -s ours.png later.png || fail "our screen has not settled after $SETTLED seconds"
  # The witness must write the report itself, so the volume comes without one.
  hmount run/mac/disk.hda >mounted
  hdel ":Machine Report"
  humount
  in_mame "$1" run/mac/disk.hda "$SETTLED"
  python3 "$oracles/mame.py" screens ours.png "snapshots/mac$1/0000.png" || fail "our screen and MAME's are not the same"

  python3 "$oracles/volume.py" "$SHOESHINE" mame.hda
  report_of mame.hda
  tr '\r' '\n' <"report/Machine Report" >theirs.txt
  echo "what the program measured where it may differ: ours, MAME's"
  join ours.txt theirs.txt | awk '$2 != $3 {printf "  %-20s %10s %10s\n", $1, $2, $3}'
  echo "$me: MAME's mac$1 boots the ROM, mounts the volume and runs the program to its end; all dots of the screen are ours"
}

speed() {
  local seconds=60 began ended
  mkdir files files/Documents
  head -c 9000000 /dev/zero >files/Documents/Zeros
  shoeshine run "$oracles/mame.toml" --set disk.files=files --set run.limit=1 --set machines.mac=report --set disk.size=16 --out run --expect any
  in_mame plus run/mac/disk.hda "$seconds"
  local theirs
  theirs=$(sed -n 's/^Average speed: \([0-9.]*\)%.*/\1/p' mame.out)
  began=$(date +%s%N)
  ours plus run/mac/disk.hda "$seconds"
  ended=$(date +%s%N)
  python3 - "$seconds" "$theirs" "$((ended - began))" <<'PYTHON'
import sys
seconds, theirs, nanoseconds = float(sys.argv[1]), float(sys.argv[2]) / 100, float(sys.argv[3])
ours = seconds / nanoseconds * 1e9
print(f"emulated seconds in a second, reading a disk and summing: ours {ours:.1f}, MAME's {theirs:.1f}; ours is {ours / theirs:.2f} times MAME's")
PYTHON
}

case "${1:-}" in
"") for model in plus se se30; do compare "$model"; done ;;
--speed) speed ;;
*) fail "unknown option $1" ;;
esac
