#!/usr/bin/env bash
# capture.sh [SCENARIO...]: runs each scenario (default: all that 'cluster.sh scenarios' lists) on a fresh HDFS cluster,
# and leaves the daemons' logs, conf/ and truth.json in OUTPUT/SCENARIO. One to two minutes each, 'healthy' and
# 'rolling-restart' about six; needs root. What else it needs, and what the scenarios do: README.md here.
#
# Environment: HVIEW_HDFS_VERSION (3.3.6); HVIEW_OUTPUT (samples/hdfs of this checkout); HVIEW_KEEP=1 keeps the working
# folder; HVIEW_HDFS_* as in cluster.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case ${1:-} in -h|--help|help) sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;; esac
version=${HVIEW_HDFS_VERSION:-3.3.6}
root=${HVIEW_OUTPUT:-$here/../../hdfs}
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
now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
join() { local IFS=,; echo "$*"; }
# How long the fault lasts, seconds: a DataNode counts as dead after 14, a journal is told of at the next roll of the log (20).
hold() {
  case $1 in
    healthy) echo 300 ;; rolling-restart) echo 5 ;; journalnode-stopped) echo 45 ;; namenode-pause) echo 22 ;; *) echo 30 ;;
  esac
}

capture() { # SCENARIO
  local scenario=$1 victim subject=null recovered=null output=$root/$1 name role address log id servers=() injections=()
  victim=$("$here/cluster.sh" scenarios | awk -F '\t' -v s="$scenario" '$1 == s { print $2 }')
  [[ -n $victim ]] || { echo "capture.sh: unknown scenario $scenario" >&2; exit 2; }
  dir=$(mktemp -d /tmp/hview-hdfs.XXXXXX)
  "$here/cluster.sh" up "$dir" "$version"
  "$here/cluster.sh" load "$dir" 3600 & load_pid=$!
  sleep 20
  : > "$dir/actions"
  "$here/cluster.sh" fault "$dir" "$scenario"
  sleep "$(hold "$scenario")"
  "$here/cluster.sh" mend "$dir" "$scenario"
  "$here/cluster.sh" wait-ready "$dir" 180
  if [[ -s $dir/actions ]]; then recovered="\"$(now)\""; fi
  sleep 15
  kill "$load_pid" 2>/dev/null || true; load_pid=
  mkdir -p "$output"
  rm -rf "$output/conf" "$output"/*.log "$output"/*.log.gz
  while IFS=$'\t' read -r name role address log id; do
    # Class paths are long, and the machine's kernel is nobody's business.
    sed -E -e 's/^(STARTUP_MSG:   classpath = ).*/\1\/opt\/hadoop\/etc\/hadoop/' -e 's/(environment:java\.(class|library)\.path=).*/\1/' \
      -e 's/(environment:os\.version=).*/\1/' "$log" > "$output/$(basename "$log")"
    log=$(basename "$log")
    if (($(stat -c %s "$output/$log") > 200000)); then gzip -9nf "$output/$log"; log=$log.gz; fi
    servers+=("{\"id\":\"$id\",\"node\":\"$name\",\"role\":\"$role\",\"address\":\"$address\",\"log\":\"$log\"}")
    if [[ $name == "$victim" ]]; then subject="\"$id\""; fi
  done < <("$here/cluster.sh" nodes "$dir")
  while IFS=$'\t' read -r time action name; do
    injections+=("{\"time\":\"$time\",\"action\":\"$action\",\"target\":\"$("$here/cluster.sh" nodes "$dir" | awk -F '\t' -v n="$name" '$1 == n { print $5 }')\"}")
  done < "$dir/actions"
  mkdir -p "$output/conf"
  cp "$dir"/conf/{hdfs-site.xml,core-site.xml,workers} "$output/conf/"
  {
    echo '{'
    echo "  \"system\": \"hdfs\","
    echo "  \"version\": \"$version\","
    echo "  \"scenario\": \"$scenario\","
    echo "  \"timeZone\": \"UTC\","
    echo "  \"servers\": ["; for i in "${!servers[@]}"; do echo "    ${servers[$i]}$( ((i + 1 == ${#servers[@]})) || echo ,)"; done; echo "  ],"
    echo "  \"subject\": $subject,"
    echo "  \"injections\": [$(join "${injections[@]+"${injections[@]}"}")],"
    echo "  \"recoveredAt\": $recovered"
    echo '}'
  } > "$output/truth.json"
  tail_of_load=$(grep -E '^[0-9]+ writes' "$dir/load.out" | tail -1)
  echo "$scenario: $(tr '\n' ' ' < "$output/truth.json" | grep -o '"injections.*' | cut -c1-300) load: $tail_of_load; machine load $(cut -d' ' -f1-3 /proc/loadavg)"
  if zgrep -lE "$HOME|${here%/samples/*}|/tmp/hview|host(\.name)? ?= ?$(hostname)(/|\$)" "$output"/*.log* "$output/truth.json"; then echo "capture.sh: machine paths in the logs above" >&2; fi
  tear_down
}

if (($# == 0)); then mapfile -t names < <("$here/cluster.sh" scenarios | cut -f1); set -- "${names[@]}"; fi
for scenario in "$@"; do capture "$scenario"; done
