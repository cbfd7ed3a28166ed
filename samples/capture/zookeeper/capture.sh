#!/usr/bin/env bash
# capture.sh VERSION SCENARIO [OUTPUT]: runs one scenario on a fresh ensemble of real ZooKeeper servers, and leaves
# their logs, zoo.cfg and truth.json in OUTPUT (default: samples/zookeeper/VERSION/SCENARIO of this checkout).
# Takes one to two minutes; needs root. What else it needs, and what the scenarios do: README.md here.
#
#   VERSION   such as 3.4.14, 3.5.10, 3.6.4, 3.7.2, 3.8.4, 3.9.3
#   SCENARIO  healthy, killed-follower, stopped-leader, slow-log-disk, slow-log-disk-leader, rolling-restart,
#             cut-off-follower, cut-off-leader, short-stop-leader, wrong-peer-address, garbage-on-peer-ports
#
# Environment: HVIEW_KEEP=1 keeps the working folder; HVIEW_ZK_* as in ensemble.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }
case ${1:-} in
  -h|--help|help) usage; exit 0 ;;
esac
if (($# < 2 || $# > 3)); then usage >&2; exit 2; fi
version=$1 scenario=$2 output=${3:-$here/../../zookeeper/$1/$2}
case $scenario in
  healthy|killed-follower|stopped-leader|slow-log-disk|slow-log-disk-leader|rolling-restart) ;;
  cut-off-follower|cut-off-leader|short-stop-leader|wrong-peer-address|garbage-on-peer-ports) ;;
  *) echo "capture.sh: unknown scenario $scenario" >&2; usage >&2; exit 2 ;;
esac
subnet=${HVIEW_ZK_SUBNET:-10.77.0}
dir=$(mktemp -d /tmp/hview-zookeeper.XXXXXX)
load_pid=
tear_down() {
  [[ -z $load_pid ]] || kill "$load_pid" 2>/dev/null || true
  if [[ -f $dir/settings ]]; then "$here/ensemble.sh" down "$dir" || true; fi
  if [[ -n ${HVIEW_KEEP:-} ]]; then echo "kept $dir" >&2; else rm -rf "$dir"; fi
}
trap tear_down EXIT
trap 'exit 130' INT TERM

z() { local c=$1; shift; "$here/ensemble.sh" "$c" "$dir" "$@"; }
now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
injections=() subject=null recovered=
inject() { # ACTION TARGET COMMAND...: the time is taken just before the command
  local t; t=$(now)
  injections+=("{\"time\":\"$t\",\"action\":\"$1\",\"target\":\"peer@$2\"}")
  "${@:3}"
}
recover() { z wait-synced "${1:-120}"; recovered=$(now); }
wait_until() { # SECONDS COMMAND...
  local until=$((SECONDS + $1)); shift
  until "$@"; do ((SECONDS < until)) || { echo "capture.sh: timed out: $*" >&2; exit 1; }; sleep 0.3; done
}
other_leads() { local l; l=$(z leader) && [[ $l != "$leader" ]]; }
loaded() { local c; c=$(z nodes 1) && ((${c:-0} > 15)); }
follows() { [[ $(z mode "$1") == follower ]]; }

"$here/ensemble.sh" up "$version" "$dir"
leader=$(z leader)
follower=$((leader == 1 ? 2 : 1))
"$here/ensemble.sh" load "$dir" 3600 & load_pid=$!
wait_until 30 loaded

case $scenario in
  healthy) sleep 90 ;;
  killed-follower)
    sleep 12; subject="\"peer@$follower\""
    inject SIGKILL "$follower" z kill "$follower"
    sleep 12
    inject start "$follower" z start "$follower"
    recover; sleep 10 ;;
  stopped-leader)
    sleep 12; subject="\"peer@$leader\""
    inject SIGSTOP "$leader" z stop "$leader"
    stopped_at=$SECONDS
    # The stopped process still holds its ports, so only the other two are asked who leads.
    wait_until 90 other_leads
    while ((SECONDS < stopped_at + 20)); do sleep 0.2; done
    inject SIGCONT "$leader" z cont "$leader"
    wait_until 120 follows "$leader"
    recover; sleep 15 ;;
  slow-log-disk|slow-log-disk-leader)
    victim=$follower
    if [[ $scenario == slow-log-disk-leader ]]; then victim=$leader; fi
    sleep 12; subject="\"peer@$victim\""
    inject slow-fsync-2000ms "$victim" z slow "$victim" 2000
    sleep 20
    inject fast-fsync "$victim" z fast "$victim"
    recover; sleep 15 ;;
  cut-off-follower|cut-off-leader)
    victim=$follower
    if [[ $scenario == cut-off-leader ]]; then victim=$leader; fi
    sleep 12; subject="\"peer@$victim\""
    inject cut-network "$victim" z cut "$victim"
    sleep 30
    inject join-network "$victim" z join "$victim"
    recover; sleep 15 ;;
  short-stop-leader)
    sleep 12
    inject SIGSTOP "$leader" z stop "$leader"
    sleep 6
    inject SIGCONT "$leader" z cont "$leader"
    recover; sleep 20 ;;
  wrong-peer-address)
    # The follower has a wrong address of the other follower: who is wrong is the one that complains.
    other=$((6 - leader - follower))
    sleep 10; subject="\"peer@$follower\""
    inject SIGTERM "$follower" z term "$follower"
    inject wrong-peer-address "$follower" z mislead "$follower" "$other"
    inject start "$follower" z start "$follower"
    sleep 30
    z set-right "$follower"
    inject SIGTERM "$follower" z term "$follower"
    inject right-peer-address "$follower" z start "$follower"
    recover; sleep 15 ;;
  garbage-on-peer-ports)
    sleep 10
    for n in 1 2 3; do inject garbage $n z garbage $n; done
    recover; sleep 20 ;;
  rolling-restart)
    sleep 10
    for n in 1 2 3; do
      inject SIGTERM $n z term $n
      sleep 2
      inject start $n z start $n
      recover; sleep 4
    done
    sleep 6 ;;
esac

mkdir -p "$output"
rm -f "$output"/zookeeper-*.out "$output"/zookeeper-*.out.gz
kill "$load_pid" 2>/dev/null || true; load_pid=
for n in 1 2 3; do
  cp "$dir/$n/zookeeper.out" "$output/zookeeper-$n.out"
  if (($(stat -c %s "$output/zookeeper-$n.out") > 200000)); then gzip -9n "$output/zookeeper-$n.out"; fi
done
cp "$dir/1/zoo.cfg" "$output/zoo.cfg"
join() { local IFS=,; echo "$*"; }
{
  echo '{'
  echo "  \"system\": \"zookeeper\","
  echo "  \"version\": \"$version\","
  echo "  \"scenario\": \"$scenario\","
  echo "  \"timeZone\": \"UTC\","
  echo "  \"servers\": [$(join "{\"id\":1,\"address\":\"$subnet.11\"}" "{\"id\":2,\"address\":\"$subnet.12\"}" "{\"id\":3,\"address\":\"$subnet.13\"}")],"
  echo "  \"leaderAtStart\": $leader,"
  echo "  \"subject\": $subject,"
  echo "  \"injections\": [$(join "${injections[@]+"${injections[@]}"}")],"
  echo "  \"recoveredAt\": $([[ -n $recovered ]] && echo "\"$recovered\"" || echo null)"
  echo '}'
} > "$output/truth.json"
if grep -lE "$HOME|${here%/samples/*}|host\.name=$(hostname)\$" "$output"/*.out "$output"/truth.json 2>/dev/null; then echo "capture.sh: machine paths in the logs above" >&2; fi
