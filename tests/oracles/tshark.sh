#!/usr/bin/env bash
# Wireshark's dissectors as a witness: the capture of a run against its trace, frame by frame.

. "$(dirname "$0")/common.sh"
need tshark tshark

# check NAME ARGUMENTS..: runs a scenario, then looks at its capture, which must have these layers.
layers="llap ddp nbp atp"
check() {
  local out=$scratch/$1
  shoeshine run "${@:2}" --expect any --out "$out" --trace
  local tshark=(tshark -r "$out/cable.pcapng" --disable-protocol asp)
  # The end of a frame that collided is not there to be decoded. Where tshark 4.0 shows a short header it reads nine bytes of a datagram, and calls
  # malformed what has fewer: the RTMP request has six. In the RTMP response it looks for routing tuples, of which there are none (Inside AppleTalk,
  # chapter 5).
  local malformed
  malformed=$("${tshark[@]}" -Y '_ws.malformed && !frame.comment && !(llap.type == 1 && frame.len <= 12)' 2>/dev/null)
  [ -z "$malformed" ] || fail "$1: malformed frames:"$'\n'"$malformed"
  local layer seen
  seen=$("${tshark[@]}" -q -z io,phs 2>/dev/null)
  for layer in $layers; do
    grep -qE "^ *$layer +frames:[1-9]" <<<"$seen" || fail "$1: tshark sees no $layer"
  done
  (cd "$scratch" && python3 "$oracles/frames.py" "$1")
}

check failure q99304
check two-machines separate-macs --set mail.duration=6000
check crowd mail-only --set mail.clients=30 --set mail.interval=300 --set mail.duration=5000
check faults mail-only --set mail.duration=8000 --set cable.loss=17 --set cable.damage=17 --set cable.duplicate=16
# Two routers in a row: each must ask the other for the zone of the network behind it.
cat >"$scratch/internet.toml" <<'END'
[machines]
server = ["mail-server"]
[cables.attic]
network = 3
zone = "Post Office"
clients = true
[cables.cellar]
network = 1
zone = "Post Office"
machines = ["server"]
[cables.hall]
network = 2
zone = "Hall"
[routers]
lower = ["cellar", "hall"]
upper = ["hall", "attic"]
[mail]
start = 30000
duration = 15000
END
layers="llap ddp nbp atp rtmp zip"
check internet "$scratch/internet.toml"
echo "$me: tshark reads in every frame what the trace says"
