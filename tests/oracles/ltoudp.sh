#!/usr/bin/env bash
# A peer that is not ours on the other side of the bridge; then the same run again without a network.

. "$(dirname "$0")/common.sh"

# A network of its own, where that is allowed; else the loopback interface of this host, and nothing beyond it.
if [ "${1:-}" != inside ] && unshare --net true 2>/dev/null && command -v ip >/dev/null; then
  SHOESHINE=$SHOESHINE exec unshare --net "$BASH" "$oracles/$me" inside
fi
alone=()
if [ "${1:-}" = inside ]; then
  ip link set lo up multicast on
  ip route add 239.192.0.0/16 dev lo
  alone=(unshare --net)
fi

# Does multicast reach a second socket here at all?
python3 - <<'PROBE' || {
import socket
group, here = socket.inet_aton("239.192.76.84"), socket.inet_aton("127.0.0.1")
sockets = []
for _ in range(2):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("239.192.76.84", 19540))
    one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + here)
    one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
    one.settimeout(2)
    sockets.append(one)
sockets[0].sendto(b"x", ("239.192.76.84", 19540))
sockets[1].recv(1)
PROBE
  echo "$me: the loopback interface carries no multicast here: nothing was checked" >&2
  exit 77
}

# The name is not the default, so that no other run on this host answers to it.
name="Bridge $$"
python3 "$oracles/ltoudp.py" 127.0.0.1 60 "$name" >"$scratch/peer" &
peer=$!
shoeshine run mail-only --set mail.clients=1 --set "server.name=$name" --set mail.duration=40000 \
  --bridge ltoudp --pace 4 --out "$scratch/live" --trace --expect clean
wait "$peer" || fail "the peer failed"
cat "$scratch/peer"

python3 - "$scratch/live" <<'VERDICT' || fail "the figures are not what the peer did"
import json, sys, tomllib
bridge = json.load(open(f"{sys.argv[1]}/verdict.json"))["bridge"]
live = tomllib.load(open(f"{sys.argv[1]}/case.toml", "rb"))["case"]["live"]["bridge"]
assert bridge["malformed"] == 6 and bridge["conflicts"] == bridge["overflows"] == 0, bridge
assert bridge["received"] == len(live["arrivals"]) and bridge["sent"] > 20, bridge
print(f"bridge: {bridge}")
VERDICT

# The same arrivals at the same ticks, and no interface at all.
"${alone[@]}" "$SHOESHINE" replay "$scratch/live" 2>"$scratch/told" || {
  cat "$scratch/told" >&2
  fail "the replay differs"
}
echo "$me: a peer of others' making found the server, and the run repeats without it"
