#!/usr/bin/env bash
# Captures the logs of a small Redis group while something is done to it, with what was done and when.
#
#   samples/capture/redis/capture.sh SCENARIO [TARGET_FOLDER]
#
# Three nodes on loopback addresses, 127.0.1.1 to 127.0.1.3, each a Redis server (6379; the first one is
# the master at the start) and a Sentinel (26379). Needs the Debian packages redis-server and
# redis-sentinel; starts and ends its own processes only.
set -euo pipefail

scenario=${1:?which scenario: healthy, stopped-master, killed-replica, killed-master, rolling-restart}
target=${2:-$(dirname "$0")/../../redis/$scenario}
work=$(mktemp -d)
export TZ=UTC
declare -A pids
injections=()

now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
cli() { redis-cli -h "127.0.1.$1" -p 6379 "${@:2}"; }
ask_sentinel() { redis-cli -h "127.0.1.$1" -p 26379 "${@:2}"; }

start_redis() {
  local n=$1 replica=()
  # A node that comes back learns from the sentinels who leads; at the start the first one does.
  if [ "$n" != 1 ] && [ ! -e "$work/started-$n" ]; then replica=(--replicaof 127.0.1.1 6379); fi
  [ -e "$work/redis-$n.conf" ] || printf 'port 6379\nbind 127.0.1.%s\nbind-source-addr 127.0.1.%s\nreplica-announce-ip 127.0.1.%s\ndir %s\nlogfile %s/redis-%s.log\nsave ""\nrepl-timeout 10\nrepl-ping-replica-period 2\nrepl-diskless-sync-delay 0\nprotected-mode no\n' \
    "$n" "$n" "$n" "$work" "$work" "$n" > "$work/redis-$n.conf"
  touch "$work/started-$n"
  redis-server "$work/redis-$n.conf" "${replica[@]}" > /dev/null &
  pids[redis-$n]=$!
}

start_sentinel() {
  local n=$1
  [ -e "$work/sentinel-$n.conf" ] || printf 'port 26379\nbind 127.0.1.%s\nbind-source-addr 127.0.1.%s\nsentinel announce-ip 127.0.1.%s\ndir %s\nlogfile %s/sentinel-%s.log\nsentinel monitor mymaster 127.0.1.1 6379 2\nsentinel down-after-milliseconds mymaster 3000\nsentinel failover-timeout mymaster 20000\nprotected-mode no\n' \
    "$n" "$n" "$n" "$work" "$work" "$n" > "$work/sentinel-$n.conf"
  redis-server "$work/sentinel-$n.conf" --sentinel > /dev/null &
  pids[sentinel-$n]=$!
}

inject() { # ACTION NAME SUBJECT
  case $1 in
    start) "start_${2%-*}" "${2#*-}" ;;
    TERM) kill -TERM "${pids[$2]}"; wait "${pids[$2]}" || true ;;
    *) kill "-$1" "${pids[$2]}" ;;
  esac
  injections+=("{\"time\":\"$(now)\",\"action\":\"$([ "$1" = start ] || printf SIG)$1\",\"target\":\"$3\"}")
}

# Until the group is whole: three servers in sync, and every sentinel sees the two others.
wait_whole() {
  local n master replicas
  for _ in $(seq 300); do
    master=$(ask_sentinel 1 sentinel get-master-addr-by-name mymaster 2> /dev/null | head -1 || true)
    replicas=$(redis-cli -h "${master:-127.0.1.1}" -p 6379 info replication 2> /dev/null | grep -c 'state=online' || true)
    if [ "$replicas" = 2 ]; then
      for n in 1 2 3; do
        [ "$(ask_sentinel $n sentinel master mymaster 2> /dev/null | grep -A1 -x num-other-sentinels | tail -1)" = 2 ] || continue 2
        ask_sentinel $n sentinel master mymaster | grep -A1 -x flags | tail -1 | grep -qx master || continue 2
        if ask_sentinel $n sentinel replicas mymaster | grep -q s_down; then continue 2; fi
      done
      return 0
    fi
    sleep 0.2
  done
  echo "the group is not whole" >&2
  return 1
}

end_all() { exec 2> /dev/null; for name in "${!pids[@]}"; do kill -CONT "${pids[$name]}" 2> /dev/null; kill -KILL "${pids[$name]}" 2> /dev/null; done; rm -rf "$work"; }
trap 'end_all || true' EXIT

start_redis 1
until cli 1 ping > /dev/null 2>&1; do sleep 0.1; done
for n in 2 3; do start_redis $n; done
sleep 1
for n in 1 2 3; do start_sentinel $n; done
wait_whole
sleep 5

subject=null
case $scenario in
  healthy) for i in $(seq 20); do cli 1 set "key$i" "$i" > /dev/null; sleep 1; done ;;
  stopped-master)
    subject='"redis@127.0.1.1:6379"'
    inject STOP redis-1 redis@127.0.1.1:6379
    sleep 15
    inject CONT redis-1 redis@127.0.1.1:6379 ;;
  killed-replica)
    subject='"redis@127.0.1.3:6379"'
    inject KILL redis-3 redis@127.0.1.3:6379
    wait "${pids[redis-3]}" 2> /dev/null || true
    sleep 10
    inject start redis-3 redis@127.0.1.3:6379 ;;
  killed-master)
    subject='"redis@127.0.1.1:6379"'
    inject KILL redis-1 redis@127.0.1.1:6379
    wait "${pids[redis-1]}" 2> /dev/null || true
    sleep 15
    inject start redis-1 redis@127.0.1.1:6379 ;;
  rolling-restart)
    for n in 3 2; do
      inject TERM "redis-$n" "redis@127.0.1.$n:6379"
      inject start "redis-$n" "redis@127.0.1.$n:6379"
      wait_whole
      sleep 4
    done
    for n in 3 2 1; do
      inject TERM "sentinel-$n" "sentinel@127.0.1.$n:26379"
      inject start "sentinel-$n" "sentinel@127.0.1.$n:26379"
      sleep 4
    done ;;
  *) echo "unknown scenario $scenario" >&2; exit 1 ;;
esac
wait_whole
recovered=$(now)
sleep 3

mkdir -p "$target"
for name in redis-1 redis-2 redis-3 sentinel-1 sentinel-2 sentinel-3; do cp "$work/$name.log" "$target/"; done
list=$(IFS=,; echo "${injections[*]-}")
cat > "$target/truth.json" << END
{
  "system": "redis",
  "version": "$(redis-server --version | grep -o 'v=[0-9.]*' | cut -c3-)",
  "scenario": "$scenario",
  "timeZone": "UTC",
  "nodes": ["127.0.1.1", "127.0.1.2", "127.0.1.3"],
  "subject": $subject,
  "injections": [$list],
  "recoveredAt": $([ -n "$list" ] && echo "\"$recovered\"" || echo null)
}
END
echo "captured $scenario in $target"
