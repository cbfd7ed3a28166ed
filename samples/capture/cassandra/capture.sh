#!/usr/bin/env bash
# capture.sh [SCENARIO...]: runs each scenario (default: all of them) on a fresh cluster of three real Cassandra nodes,
# and leaves their logs, cassandra.yaml and truth.json in samples/cassandra/SCENARIO of this checkout.
# Takes two to seven minutes each; needs root. What else it needs, and what the scenarios do: README.md here.
#
# Environment: HVIEW_CASSANDRA_VERSION (5.0.4); HVIEW_OUTPUT, another folder for the samples; HVIEW_KEEP=1 keeps the
# working folders; HVIEW_CASSANDRA_* as in cluster.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }
case ${1:-} in -h|--help|help) usage; exit 0 ;; esac
version=${HVIEW_CASSANDRA_VERSION:-5.0.4}
# Samples of another version than the usual one stand beside them.
suffix=; [[ $version == 5.0.4 ]] || suffix=-$version
known=$("$here/cluster.sh" scenarios all)
scenarios=("$@")
if ((${#scenarios[@]} == 0)); then mapfile -t scenarios < <(cut -f1 <<< "$known"); fi
for scenario in "${scenarios[@]}"; do
  cut -f1 <<< "$known" | grep -Fxq -- "$scenario" || { echo "capture.sh: unknown scenario $scenario" >&2; usage >&2; exit 2; }
done
dir= load_pid=
tear_down() {
  [[ -z $load_pid ]] || kill "$load_pid" 2>/dev/null || true
  load_pid=
  [[ -n $dir ]] || return 0
  if [[ -f $dir/settings ]]; then "$here/cluster.sh" down "$dir" || true; fi
  if [[ -n ${HVIEW_KEEP:-} ]]; then echo "kept $dir" >&2; else rm -rf "$dir"; fi
  dir=
}
trap tear_down EXIT
trap 'exit 130' INT TERM
c() { local verb=$1; shift; "$here/cluster.sh" "$verb" "$dir" "$@"; }
now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
join() { local IFS=,; echo "$*"; }

# How long the fault is left standing, seconds.
held() {
  case $1 in
    healthy) echo 300 ;;
    rolling-restart) echo 20 ;;
    disk-full) echo 30 ;;
    node-slow|commitlog-slow-disk|dropped-messages|gc-pauses|gc-storm|long-pause) echo 62 ;;
    *) echo 45 ;;
  esac
}
# The log as it is, but for the class path (long, and of no use).
keep() { # FROM TO
  grep -av ' Classpath: ' "$1" > "$2"
  if (($(stat -c %s "$2") > 200000)); then gzip -9nf "$2"; fi
}
capture() {
  local scenario=$1 output=${HVIEW_OUTPUT:-$here/../../cassandra}/$1$suffix recovered name role address log subject victim time action
  local servers=() injections=() i=0
  victim=$(awk -F'\t' -v s="$scenario" '$1 == s { print $2 }' <<< "$known")
  dir=$(mktemp -d /tmp/hview-cassandra.XXXXXX)
  c up "$version"
  "$here/cluster.sh" load "$dir" 3600 & load_pid=$!
  sleep 30
  c fault "$scenario"
  sleep "$(held "$scenario")"
  c mend "$scenario"
  sleep 1
  c wait-ready 240
  recovered=$(now)
  sleep 20
  kill "$load_pid" 2>/dev/null || true
  load_pid=
  rm -rf "$output"; mkdir -p "$output"
  local hurt=null
  while IFS=$'\t' read -r name role address log subject; do
    i=${name#node-}
    keep "$log" "$output/system-$i.log"
    cp "$(c config "$name")" "$output/cassandra-$i.yaml"
    local kept=system-$i.log; [[ -f $output/$kept ]] || kept+=.gz
    servers+=("{\"id\":\"$name\",\"role\":\"$role\",\"address\":\"$address\",\"log\":\"$kept\",\"config\":\"cassandra-$i.yaml\",\"subject\":\"$subject\"}")
    if [[ $name == "$victim" ]]; then hurt="\"$subject\""; fi
  done < <(c nodes)
  # One scenario also shows what debug.log has.
  if [[ $scenario == node-killed ]]; then keep "$dir/1/logs/debug.log" "$output/debug-1.log"; fi
  while read -r time action name; do
    subject=$(c nodes | awk -F'\t' -v n="$name" '$1 == n { print $5 }')
    injections+=("{\"time\":\"$time\",\"action\":\"$action\",\"target\":\"$subject\"}")
  done < "$dir/injections"
  {
    echo '{'
    echo '  "system": "cassandra",'
    echo "  \"version\": \"$version\","
    echo "  \"scenario\": \"$scenario\","
    echo '  "timeZone": "UTC",'
    echo "  \"servers\": [$(join "${servers[@]}")],"
    echo "  \"subject\": $hurt,"
    echo "  \"injections\": [$(join "${injections[@]+"${injections[@]}"}")],"
    echo "  \"recoveredAt\": $([[ $scenario == healthy ]] && echo null || echo "\"$recovered\"")"
    echo '}'
  } > "$output/truth.json"
  if zgrep -lE "/tmp/hview|$HOME|${here%/samples/*}|[ @/=]$(hostname)([ :/]|\$)" "$output"/*; then echo 'capture.sh: machine paths in the files above' >&2; fi
  tear_down
}
for scenario in "${scenarios[@]}"; do echo "$scenario"; capture "$scenario"; done
