#!/usr/bin/env bash
# A real three-node ZooKeeper ensemble on one Linux machine, each server in its own network namespace. Needs root.
#
#   ensemble.sh up VERSION DIR             start it; returns when one server leads and two follow, in sync
#   ensemble.sh down DIR                   end it; the logs stay in DIR/N/zookeeper.out
#   ensemble.sh kill|term|stop|cont DIR N  SIGKILL, SIGTERM, SIGSTOP, SIGCONT to server N
#   ensemble.sh start DIR N                start server N again
#   ensemble.sh slow DIR N MS              delay each fsync of server N by MS milliseconds
#   ensemble.sh fast DIR N                 end that
#   ensemble.sh cut DIR N                  take server N off the network
#   ensemble.sh join DIR N                 end that
#   ensemble.sh mislead DIR N K            write a wrong address for server K into server N's zoo.cfg, for its next start
#   ensemble.sh set-right DIR N            end that
#   ensemble.sh garbage DIR N              send what is no ZooKeeper to the election and quorum ports of server N
#   ensemble.sh load DIR SECONDS           light writes, in the foreground
#   ensemble.sh leader DIR                 print who leads
#   ensemble.sh mode|nodes DIR N           print what server N says of itself
#   ensemble.sh synced DIR                 true when one leads and two follow, in sync
#   ensemble.sh wait-synced DIR [SECONDS]  wait for that
#
# Environment for 'up': HVIEW_ZK_PREFIX (hvzk), HVIEW_ZK_SUBNET (10.77.0), HVIEW_ZK_SNAP_COUNT (500);
# for 'load': HVIEW_ZK_PERIOD_MS (300). Jars are kept in ${HVIEW_CACHE:-$HOME/.cache/hview}/zookeeper.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }
case ${1:-} in
  -h|--help|help) usage; exit 0 ;;
  '') usage >&2; exit 2 ;;
esac
command=$1; shift
fail() { echo "ensemble.sh: $*" >&2; exit 1; }

if [[ $command == up ]]; then version=${1:?VERSION}; shift; fi
dir=${1:?DIR}; shift
if [[ $command == up ]]; then mkdir -p "$dir"; fi
[[ -d $dir ]] || fail "no ensemble in $dir"
dir=$(cd "$dir" && pwd)
if [[ $command != up ]]; then
  [[ -f $dir/settings ]] || fail "no ensemble in $dir"
  # shellcheck disable=SC1091
  source "$dir/settings"
fi
if [[ $command =~ ^(start|kill|term|stop|cont|slow|fast|cut|join|mislead|set-right|garbage|mode|nodes)$ ]]; then
  n=${1:?N}; shift
  [[ $n =~ ^[123]$ ]] || fail "N is 1, 2 or 3"
fi

pid_of() { cat "$dir/$1/pid" 2>/dev/null || true; }
# True while that server's process is there (a zombie does not count, nor another process under an old id).
alive() {
  local pid; pid=$(pid_of "$1")
  [[ -n $pid && -r /proc/$pid/cmdline ]] && tr '\0' ' ' < "/proc/$pid/cmdline" | grep -q "QuorumPeerMain /etc/zookeeper/zoo.cfg"
}
four_letters() { # N WORD
  timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/2181" && printf %s "$1" >&3 && cat <&3' "$subnet.1$1" "$2" 2>/dev/null || true
}
mode() { four_letters "$1" srvr | sed -n 's/^Mode: //p'; }
leader() { local i; for i in 1 2 3; do if alive "$i" && [[ $(mode $i) == leader ]]; then echo $i; return; fi; done; return 1; }
# One leader, which counts two followers in sync, and both of them serve.
synced() {
  local l i; l=$(leader) || return 1
  four_letters "$l" mntr | grep -Eq '^zk_synced_followers[[:space:]]+2(\.0)?$' || return 1
  for i in 1 2 3; do [[ $i == "$l" || $(mode $i) == follower ]] || return 1; done
}
wait_for() { # SECONDS WHAT COMMAND...
  local until=$((SECONDS + $1)) what=$2; shift 2
  until "$@"; do ((SECONDS < until)) || fail "timed out: $what"; sleep 0.2; done
}
gone() { ! alive "$1"; }

start() {
  alive "$1" && fail "server $1 runs already"
  rm -f "$dir/$1/pid"
  # The private mounts give neutral paths; 'exec' all the way keeps the process id.
  setsid ip netns exec "$prefix$1" unshare --uts --mount --propagation private bash -c '
    set -e; dir=$0 n=$1 lib=$2
    hostname "zk$n"
    mount --bind "$dir/hosts" /etc/hosts
    mount --bind "$dir/$n/data" /var/lib/zookeeper
    mount -t tmpfs tmpfs /opt
    mkdir -p /opt/zookeeper/lib /opt/zookeeper/conf /opt/zookeeper/shim
    mount --bind "$lib" /opt/zookeeper/lib
    mount --bind "$dir/conf" /opt/zookeeper/conf
    mount --bind "$dir/$n" /etc/zookeeper
    cd /opt/zookeeper
    cp "$dir/slowsync.so" shim/
    echo $$ > "$dir/$n/pid.new"; mv "$dir/$n/pid.new" "$dir/$n/pid"
    classpath=$(ls -d lib/*.jar | sed "s|^|/opt/zookeeper/|" | paste -sd:)
    exec env -i PATH=/usr/bin:/bin TZ=UTC LANG=C.UTF-8 LD_PRELOAD=/opt/zookeeper/shim/slowsync.so HVIEW_SLOW_FILE=/etc/zookeeper/slow \
      java -Xmx200m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.name=zookeeper -Duser.home=/home/zookeeper \
      -cp "/opt/zookeeper/conf:$classpath" org.apache.zookeeper.server.quorum.QuorumPeerMain /etc/zookeeper/zoo.cfg
  ' "$dir" "$1" "$lib" >> "$dir/$1/zookeeper.out" 2>&1 < /dev/null 9>&- &
  disown
  wait_for 10 "start of server $1" alive "$1"
}

# The bridge bears the folder of the ensemble it belongs to, so that nobody takes down another's network.
network_owner() { cat "/sys/class/net/${prefix}br/ifalias" 2>/dev/null || true; }
remove_network() {
  local i
  for i in 1 2 3; do ip netns del "$prefix$i" 2>/dev/null || true; ip link del "${prefix}v$i" 2>/dev/null || true; done
  ip link del "${prefix}br" 2>/dev/null || true
}
claim_network() {
  local i
  exec 9> "/run/hview-zookeeper-$prefix.lock"
  flock -n 9 || fail "another 'up' of $prefix is under way"
  for i in 1 2 3; do
    [[ -z $(ip netns pids "$prefix$i" 2>/dev/null) ]] ||
      fail "$prefix is in use by $(network_owner): take it down, or set HVIEW_ZK_PREFIX and HVIEW_ZK_SUBNET"
  done
  remove_network # what a killed run may have left
  ip link add "${prefix}br" type bridge
  ip link set "${prefix}br" alias "$dir"
}
down() {
  local i owner
  for i in 1 2 3; do
    if alive $i; then kill -KILL "$(pid_of $i)" || true; wait_for 10 "end of server $i" gone $i; fi
  done
  owner=$(network_owner)
  if [[ -z $owner || $owner == "$dir" ]]; then remove_network; fi
  rm -f "$dir/settings"
}

case $command in
  up)
    prefix=${HVIEW_ZK_PREFIX:-hvzk} subnet=${HVIEW_ZK_SUBNET:-10.77.0}
    [[ ! -f $dir/settings ]] || fail "$dir holds an ensemble already"
    lib=$("$here/fetch.sh" "$version")
    # The 3.4 client cannot resolve addresses on JDK 14 and later; a newer client speaks to its servers just as well.
    client_lib=$lib; if [[ $version == 3.4.* ]]; then client_lib=$("$here/fetch.sh" 3.8.4); fi
    mkdir -p "$dir/conf" /var/lib/zookeeper /etc/zookeeper
    cp "$here/conf/log4j.properties" "$here/conf/logback.xml" "$dir/conf/"
    gcc -shared -fPIC -O2 -o "$dir/slowsync.so" "$here/../slowsync.c" -ldl
    mkdir -p "$dir/classes"; javac -nowarn -cp "$client_lib/*" -d "$dir/classes" "$here/Load.java" 2> "$dir/javac.out" || { cat "$dir/javac.out" >&2; exit 1; }
    claim_network
    trap 'status=$?; ((status == 0)) || down; exit $status' EXIT
    trap 'exit 130' INT TERM
    printf '%s\n' "version=$version" "prefix=$prefix" "subnet=$subnet" "lib='$lib'" "client_lib='$client_lib'" > "$dir/settings"
    { echo "127.0.0.1 localhost"; echo "$subnet.1 client"; for i in 1 2 3; do echo "$subnet.1$i zk$i"; done; } > "$dir/hosts"
    ip addr add "$subnet.1/24" dev "${prefix}br"; ip link set "${prefix}br" up
    for i in 1 2 3; do
      ip netns add "$prefix$i"
      ip link add "${prefix}v$i" type veth peer name eth0 netns "$prefix$i"
      ip link set "${prefix}v$i" master "${prefix}br" up
      ip -n "$prefix$i" link set lo up
      ip -n "$prefix$i" addr add "$subnet.1$i/24" dev eth0
      ip -n "$prefix$i" link set eth0 up
      mkdir -p "$dir/$i/data/$i/log"
      echo $i > "$dir/$i/data/$i/myid"
      { printf '%s\n' tickTime=2000 initLimit=10 syncLimit=5 "dataDir=/var/lib/zookeeper/$i" "dataLogDir=/var/lib/zookeeper/$i/log" \
        clientPort=2181 "snapCount=${HVIEW_ZK_SNAP_COUNT:-500}" admin.enableServer=false '4lw.commands.whitelist=*'
        for k in 1 2 3; do echo "server.$k=$subnet.1$k:2888:3888"; done; } > "$dir/$i/zoo.cfg"
    done
    for i in 1 2 3; do start $i; done
    wait_for 90 "ensemble in sync" synced ;;
  start) start "$n" ;;
  kill) kill -KILL "$(pid_of "$n")"; wait_for 10 "end of server $n" gone "$n" ;;
  term) kill -TERM "$(pid_of "$n")"; wait_for 30 "end of server $n" gone "$n" ;;
  stop) kill -STOP "$(pid_of "$n")" ;;
  cont) kill -CONT "$(pid_of "$n")" ;;
  slow) echo "${1:?MS}" > "$dir/$n/slow.new"; mv "$dir/$n/slow.new" "$dir/$n/slow" ;;
  fast) rm -f "$dir/$n/slow" ;;
  cut) ip link set "${prefix}v$n" down ;;
  join) ip link set "${prefix}v$n" up ;;
  mislead) cp "$dir/$n/zoo.cfg" "$dir/$n/zoo.cfg.right"; sed -i "s/^server.${1:?K}=[^:]*/server.$1=$subnet.99/" "$dir/$n/zoo.cfg" ;;
  set-right) mv "$dir/$n/zoo.cfg.right" "$dir/$n/zoo.cfg" ;;
  garbage)
    for port in 3888 2888; do
      for text in 'GET / HTTP/1.1\r\n\r\n' '\0\0\0\0\0\0\0\7garbage on the port' 'SSH-2.0-scanner\r\n'; do
        timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "$2" >&3 && sleep 0.5' "$subnet.1$n" $port "$text" || true
      done
    done ;;
  leader) leader ;;
  mode) mode "$n" ;;
  nodes) four_letters "$n" srvr | sed -n 's/^Node count: //p' ;;
  synced) synced ;;
  wait-synced) wait_for "${1:-90}" "ensemble in sync" synced ;;
  load)
    exec unshare --mount --propagation private bash -c 'mount --bind "$0/hosts" /etc/hosts; exec env -i PATH=/usr/bin:/bin TZ=UTC "${@}"' "$dir" \
      java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dzookeeper.sasl.client=false -cp "$dir/classes:$dir/conf:$client_lib/*" \
      Load "$subnet.11:2181,$subnet.12:2181,$subnet.13:2181" "${1:?SECONDS}" "${HVIEW_ZK_PERIOD_MS:-300}" >> "$dir/load.out" 2>&1 ;;
  down) down ;;
  *) usage >&2; fail "unknown command $command" ;;
esac
