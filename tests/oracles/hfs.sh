#!/usr/bin/env bash
# hfsutils as a witness: volumes that Shoeshine builds, that the 68k File Manager writes, and that hfsutils itself makes.

. "$(dirname "$0")/common.sh"
need hmount hfsutils
export HOME=$scratch # where hfsutils remembers what is mounted
cd "$scratch"

check() {
  echo "$1"
  python3 "$oracles/volume.py" "$SHOESHINE" "$2"
}

# Runs commands of hfsutils on a volume.
with_volume() {
  hmount "$1" >mounted
  "${@:2}"
  humount
}

# Files and folders that come, go, grow and move.
change() {
  local number
  hmkdir :Changed
  hcopy -r large ":Changed:large"
  for number in $(seq 0 3 299); do hdel ":Many:$((number % 7)):File number $number"; done
  for number in $(seq 0 99); do hcopy -r small ":Changed:small $number"; done
  hrename ":Many:3:File number 10" ":Many:3:A file with a longer name"
  hrmdir ":Empty"
}

fill() {
  local number
  hmkdir :Folder
  for number in $(seq 0 199); do hcopy -r small ":Folder:small $number"; done
  hcopy -r large ":large"
}

python3 "$oracles/macfiles.py" samples --many 300
mkdir samples/Empty
head -c 300001 "$SHOESHINE" >large
printf 'small\r' >small

shoeshine disk new new.hda --from samples --size 4
check "a new volume" new.hda
shoeshine disk put new.hda large "Put:Here:large"
shoeshine disk put new.hda small "Many:0:File number 0"
check "after files were put onto it" new.hda
with_volume new.hda change
check "after hfsutils changed it" new.hda

truncate -s 3M theirs.hda
hformat -l Theirs theirs.hda >mounted
with_volume theirs.hda fill
check "a volume of hfsutils" theirs.hda
shoeshine disk put theirs.hda large "Folder:ours"
check "after a file was put onto it" theirs.hda

shoeshine run mail-only --set mail.duration=6000 --out mail
check "after the mail server wrote to it" mail/mac/disk.hda
shoeshine run backup-only --set disk.files=samples --set disk.size=4 --expect any --out backup
check "after the backup program wrote to it" backup/mac/disk.hda
echo "$me: hfsutils and Shoeshine find the same on every volume"
