#!/usr/bin/env bash
# The same words for a ZooKeeper ensemble that the HDFS and Cassandra clusters understand. Needs root.
#
#   cluster.sh up FOLDER [VERSION]     start three servers (3.8.4); returns when they are in sync
#   cluster.sh down FOLDER             end it
#   cluster.sh wait-ready FOLDER       wait until all are in sync
#   cluster.sh load FOLDER SECONDS     light writes, in the foreground
#   cluster.sh nodes FOLDER            NAME<tab>ROLE<tab>ADDRESS<tab>LOGFILE<tab>SUBJECT, a line for each server
#   cluster.sh config FOLDER NODE      print the path of its zoo.cfg
#   cluster.sh scenarios               NAME<tab>VICTIM<tab>what is done, a line for each; '-' is no victim
#   cluster.sh victim FOLDER SCENARIO  print which server is 'leader' or 'follower' in it now
#   cluster.sh fault FOLDER SCENARIO   do it; 'rolling-restart' returns when it is through
#   cluster.sh mend FOLDER SCENARIO    undo it
#
# Environment as in ensemble.sh, which does the work.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }
fail() { echo "cluster.sh: $*" >&2; exit 1; }

scenario_list='healthy:-:nothing is done
rolling-restart:-:SIGTERM to every server in turn, started again
killed-follower:follower:SIGKILL
stopped-leader:leader:SIGSTOP
slow-log-disk:follower:every fsync takes 2 s
slow-log-disk-leader:leader:every fsync takes 2 s
cut-off-follower:follower:its link goes down
cut-off-leader:leader:its link goes down
garbage-on-peer-ports:-:what is no ZooKeeper connects to the election and quorum ports'

case ${1:-} in
  -h|--help|help) usage; exit 0 ;;
  scenarios) tr ':' '\t' <<< "$scenario_list"; exit 0 ;;
  '') usage >&2; exit 2 ;;
esac
command=$1 dir=${2:?FOLDER}; shift 2
z() { local c=$1; shift; "$here/ensemble.sh" "$c" "$dir" "$@"; }

# Who it is now; asked once, as the fault changes who leads.
victim() { # SCENARIO
  local role leader
  if [[ -f $dir/victim-$1 ]]; then cat "$dir/victim-$1"; return; fi
  role=$(grep "^$1:" <<< "$scenario_list" | cut -d: -f2)
  leader=$(z leader) || fail "nobody leads"
  case $role in
    leader) echo "$leader" ;;
    follower) if ((leader == 1)); then echo 2; else echo 1; fi ;;
    *) fail "no victim in $1" ;;
  esac | tee "$dir/victim-$1"
}

case $command in
  up) "$here/ensemble.sh" up "${1:-3.8.4}" "$dir" ;;
  down) z down ;;
  wait-ready) z wait-synced "$@" ;;
  load) z load "$@" ;;
  nodes)
    for n in 1 2 3; do
      printf '%s\tserver\t%s\t%s\tpeer@%s\n' $n "$(sed -n "s/^server.$n=\([^:]*\).*/\1/p" "$dir/1/zoo.cfg")" "$dir/$n/zookeeper.out" $n
    done ;;
  config) echo "$dir/${1:?NODE}/zoo.cfg" ;;
  victim) victim "${1:?SCENARIO}" ;;
  fault|mend)
    scenario=${1:?SCENARIO}
    case $command-$scenario in
      *-healthy) ;;
      fault-killed-follower) z kill "$(victim "$scenario")" ;;
      mend-killed-follower) z start "$(victim "$scenario")" ;;
      fault-stopped-leader) z stop "$(victim "$scenario")" ;;
      mend-stopped-leader) z cont "$(victim "$scenario")" ;;
      fault-slow-log-disk*) z slow "$(victim "$scenario")" 2000 ;;
      mend-slow-log-disk*) z fast "$(victim "$scenario")" ;;
      fault-cut-off-*) z cut "$(victim "$scenario")" ;;
      mend-cut-off-*) z join "$(victim "$scenario")" ;;
      fault-garbage-on-peer-ports) for n in 1 2 3; do z garbage $n; done ;;
      mend-garbage-on-peer-ports) ;;
      fault-rolling-restart)
        for n in 1 2 3; do z term $n; sleep 2; z start $n; z wait-synced; sleep 4; done ;;
      mend-rolling-restart) ;;
      *) fail "no scenario $scenario" ;;
    esac
    if [[ $command == mend ]]; then rm -f "$dir/victim-$scenario"; fi ;;
  *) usage >&2; fail "unknown command $command" ;;
esac
