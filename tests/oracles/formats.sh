#!/usr/bin/env bash
# Images of other formats, made and read by a program in another language; tar archives that go through the drive both ways; an image of more than
# 4 GiB, listed and copied in little memory.

. "$(dirname "$0")/common.sh"
need tar tar
cd "$scratch"
image() { python3 "$oracles/tapeimage.py" "$@"; }
host() { (cd "$root" && cargo run --quiet --package tape --example host -- "$@"); }

for seed in 1 2 3 4 5; do
  image sample "$seed" tap wanted.tap
  for format in tap e11 aws; do
    image convert tap wanted.tap "$format" "from.$format"
    shoeshine tape copy "from.$format" "to.$format.tap" --force
    cmp wanted.tap "to.$format.tap" || fail "seed $seed: the copy of $format is another tape"
    shoeshine tape ls "from.$format" --json | grep -q "\"format\":\"$format\"" || fail "seed $seed: $format is not recognised"
    image convert tap "to.$format.tap" "$format" "back.$format"
    cmp "from.$format" "back.$format" || fail "seed $seed: $format does not come back"
  done
done
echo "E11, AWS and SIMH images of another program: recognised, copied and read back, 5 tapes each"

mkdir files
python3 -c 'import random; open("files/a", "wb").write(random.Random(1).randbytes(30001)); open("files/b", "w").write("text\n" * 999)'
tar --sort=name --mtime=@0 -cf archive.tar files
host write "$PWD/archive.tar" "$PWD/written.tap"
image unpack tap written.tap read.tar
tar -tf read.tar | diff - <(tar -tf archive.tar) || fail "tar lists something else on the tape that the drive wrote"
cmp archive.tar read.tar || fail "the tape that the drive wrote is not the archive"
image pack archive.tar 512 tap packed.tap
host read "$PWD/packed.tap" "$PWD/drive.tar"
cmp archive.tar drive.tar || fail "the drive reads something else than the archive"
tar -xf drive.tar --to-stdout files/a | cmp - files/a || fail "tar does not get its file back"
echo "a tar archive goes through the drive both ways"

# Holes in the file: private records of 200 MiB, then 2000 records of another program.
python3 - <<'PYTHON'
import struct
length = 200 << 20
word = struct.pack("<I", 1 << 28 | length)
with open("large.tap", "wb") as file:
    for _ in range(22):
        file.write(word)
        file.seek(length, 1)
        file.write(word)
    for _ in range(2000):
        file.write(struct.pack("<I", 10240) + bytes(10240) + struct.pack("<I", 10240))
    file.write(bytes(8) + b"\xff\xff\xff\xff")
PYTHON
limited() { (ulimit -v 900000; "$SHOESHINE" "$@"); }
limited tape ls large.tap --json >listed || fail "an image of 4.5 GiB cannot be listed in 900 MB"
grep -q '"records":2000,' listed || fail "$(cat listed)"
limited tape verify large.tap >told && fail "a tape without a backup verifies"
grep -q 'without a backup session' told || fail "$(cat told)"
echo "$(stat -c %s large.tap) bytes of image listed and verified in less than 900 MB"
echo "$me: what others write is read, and the other way round"
