#!/usr/bin/env bash
# A real three-node Cassandra cluster on one Linux machine, each node in its own network namespace. Needs root.
#
#   cluster.sh up FOLDER [VERSION]       start it (default 5.0.4); returns when each holds all three to be up
#   cluster.sh wait-ready FOLDER [SECONDS]  wait until it is so again
#   cluster.sh load FOLDER SECONDS       steady writes and reads with three replicas, in the foreground
#   cluster.sh nodes FOLDER              NAME ROLE ADDRESS LOGFILE SUBJECT of each node, between tabs
#   cluster.sh config FOLDER NODE        the path of its cassandra.yaml
#   cluster.sh scenarios [all]           NAME VICTIM SENTENCE of each scenario, between tabs ('-': no victim); with 'all'
#                                        also those whose fault begins with a restart of the victim
#   cluster.sh fault FOLDER SCENARIO     do it; each step is added to FOLDER/injections as TIME ACTION NODE
#   cluster.sh mend FOLDER SCENARIO      undo it; wait-ready tells when all is well again
#   cluster.sh down FOLDER               end it; the logs stay in FOLDER/N/logs
#   cluster.sh start|kill|drain FOLDER NODE, nodetool FOLDER NODE WORDS...   by hand
#
# Environment for 'up': HVIEW_CASSANDRA_PREFIX (hvcas), HVIEW_CASSANDRA_SUBNET (10.83.0), HVIEW_CASSANDRA_HEAP (512M),
# HVIEW_CASSANDRA_JAVA (java, or the first JDK 17 in /usr/lib/jvm);
# for 'load': HVIEW_CASSANDRA_PERIOD_MS (100). Jars are kept in ${HVIEW_CACHE:-$HOME/.cache/hview}/cassandra.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }
fail() { echo "cluster.sh: $*" >&2; exit 1; }
scenarios() {
  printf '%s\t%s\t%s\n' \
    node-killed node-3 'The process is killed (SIGKILL), and started again.' \
    node-stopped node-2 'The process stands still (SIGSTOP), and goes on (SIGCONT).' \
    node-partitioned node-3 'The network of one node is cut from both others.' \
    node-slow node-3 'One node gets a fortieth of a core.' \
    commitlog-slow-disk node-2 'Every fsync of one node takes 15 s longer.' \
    disk-full node-3 'Another tenant fills the data disk of one node, and a memtable is to be flushed.' \
    dropped-messages node-2 'The link to one node carries less than the writes need, so that they arrive too late.' \
    gc-pauses node-3 'Something takes nearly all of the heap of one node, which has a fifth of a core.' \
    gc-storm node-3 'Something takes nearly all of the heap of one node, which has all the cores to collect it.' \
    long-pause node-2 'The process stands still for 7 s, four times.' \
    failed-streaming node-3 'One node rebuilds from the others, and its link is cut midway.' \
    healthy - 'Nothing is done.' \
    rolling-restart - 'Each node in turn is drained, stopped, and started again.'
  [[ ${1:-} != all ]] ||
    printf '%s\t%s\t%s\n' failed-repair node-3 'One node has lost its data, node 1 repairs it, and its link is cut midway.'
}
case ${1:-} in
  -h|--help|help) usage; exit 0 ;;
  '') usage >&2; exit 2 ;;
  scenarios) scenarios "${2:-}"; exit 0 ;;
esac
command=$1; shift
dir=${1:?FOLDER}; shift
if [[ $command == up ]]; then mkdir -p "$dir"; fi
[[ -d $dir ]] || fail "no cluster in $dir"
dir=$(cd "$dir" && pwd)
if [[ $command != up ]]; then
  [[ -f $dir/settings ]] || fail "no cluster in $dir"
  # shellcheck disable=SC1091
  source "$dir/settings"
fi

number_of() { # NODE, as node-2 or 2
  [[ ${1:-} =~ ^(node-)?([123])$ ]] || fail "a node is node-1, node-2 or node-3, not '${1:-}'"
  echo "${BASH_REMATCH[2]}"
}
pid_of() { cat "$dir/$1/pid" 2>/dev/null || true; }
# True while that node's process is there (a zombie does not count, nor another process under an old id).
alive() {
  local pid; pid=$(pid_of "$1")
  [[ -n $pid && -r /proc/$pid/cmdline ]] && tr '\0' ' ' < "/proc/$pid/cmdline" | grep -q 'CassandraDaemon'
}
gone() { ! alive "$1"; }
wait_for() { # SECONDS WHAT COMMAND...
  local until=$((SECONDS + $1)) what=$2; shift 2
  until "$@"; do ((SECONDS < until)) || fail "timed out: $what"; sleep 0.2; done
}
note() { printf '%s %s node-%s\n' "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" "$1" "$2" >> "$dir/injections"; }
signal() { kill "-$2" "$(pid_of "$1")"; }
small_java() { # N WORDS...: a small JVM in the node's namespace
  local n=$1; shift
  ip netns exec "$prefix$n" env -i PATH=/usr/bin:/bin TZ=UTC HOME="$dir" "$java" -Xmx96m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dlogback.configurationFile="$here/conf/logback-client.xml" -Duser.home="$dir" "$@" 9>&-
}
probe() { small_java "$1" -cp "$home/classes" Probe 3 "$2"; }
nodetool() { local n=$1; shift; small_java "$n" @"$here/conf/modules.options" -cp "$home/lib/*" -Dcassandra.storagedir="$dir" org.apache.cassandra.tools.NodeTool "$@"; }
wait_ready() { local n; for n in 1 2 3; do probe $n "${1:-180}" || fail "node-$n is not ready"; done; }

cpu_group() { if [[ -d /sys/fs/cgroup/cpu ]]; then echo "/sys/fs/cgroup/cpu/$prefix$1"; else echo "/sys/fs/cgroup/$prefix$1"; fi; }
cpu_limit() { # N MICROSECONDS of each 100 ms, or max
  local group; group=$(cpu_group "$1")
  if [[ -f $group/cpu.cfs_quota_us ]]; then
    if [[ $2 == max ]]; then echo -1 > "$group/cpu.cfs_quota_us"; else echo "$2" > "$group/cpu.cfs_quota_us"; fi
  else echo "$2 100000" > "$group/cpu.max"; fi
}

start() {
  alive "$1" && fail "node-$1 runs already"
  rm -f "$dir/$1/pid"
  # A group weighs as much as one single thread beside it, unless told otherwise.
  mkdir -p "$(cpu_group "$1")"
  if [[ -f $(cpu_group "$1")/cpu.shares ]]; then echo 16384 > "$(cpu_group "$1")/cpu.shares"; else echo 1600 > "$(cpu_group "$1")/cpu.weight"; fi
  # The private mounts give neutral paths; 'exec' all the way keeps the process id.
  # The control group comes first: in the network namespace /sys is another.
  setsid bash -c 'echo $$ > "$0/cgroup.procs"; exec "$@"' "$(cpu_group "$1")" \
    ip netns exec "$prefix$1" unshare --uts --mount --propagation private bash -c '
    set -e; dir=$0 n=$1 lib=$2 java=$3 heap=$4
    hostname "cass$n"
    mount --bind "$dir/hosts" /etc/hosts
    mount -t tmpfs tmpfs /opt
    mkdir -p /opt/cassandra/lib /opt/cassandra/shim
    mount --bind "$lib" /opt/cassandra/lib
    cp "$dir/slowsync.so" "$lib/../pressure.jar" /opt/cassandra/shim
    mount --rbind "$dir/$n/var" /var/lib/cassandra
    mount --bind "$dir/$n/logs" /var/log/cassandra
    mount --bind "$dir/$n" /etc/cassandra
    cd /opt/cassandra
    echo $$ > "$dir/$n/pid.new"; mv "$dir/$n/pid.new" "$dir/$n/pid"
    classpath=$(ls -d lib/*.jar | sed "s|^|/opt/cassandra/|" | paste -sd:)
    exec env -i PATH=/usr/bin:/bin TZ=UTC LANG=C.UTF-8 LD_PRELOAD=/opt/cassandra/shim/slowsync.so HVIEW_SLOW_FILE=/etc/cassandra/slow \
      "$java" -ea -Xms$heap -Xmx$heap -Xss512k -XX:+UseG1GC -XX:MaxGCPauseMillis=300 -XX:InitiatingHeapOccupancyPercent=70 \
      -XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath=/var/lib/cassandra -XX:+ExitOnOutOfMemoryError \
      -XX:TieredStopAtLevel=1 -XX:+UseThreadPriorities -XX:+PerfDisableSharedMem -Djava.net.preferIPv4Stack=true \
      -Djdk.attach.allowAttachSelf=true @/etc/cassandra/conf/modules.options -Dio.netty.tryReflectionSetAccessible=true \
      -Djava.io.tmpdir=/var/lib/cassandra/tmp -Duser.name=cassandra -Duser.home=/var/lib/cassandra \
      -javaagent:$(ls /opt/cassandra/lib/jamm-*.jar) -Dcassandra.jmx.local.port=7199 \
      -Dcassandra.logdir=/var/log/cassandra -Dcassandra.storagedir=/var/lib/cassandra -Dcassandra-foreground=yes \
      -Dlogback.configurationFile=logback.xml -cp "/etc/cassandra/conf:$classpath" org.apache.cassandra.service.CassandraDaemon
  ' "$dir" "$1" "$home/lib" "$java" "$heap" >> "$dir/$1/output.log" 2>&1 < /dev/null 9>&- &
  disown
  wait_for 10 "start of node-$1" alive "$1"
}
end_process() { kill "-${2:-KILL}" "$(pid_of "$1")" 2>/dev/null || true; wait_for 60 "end of node-$1" gone "$1"; }

# What is going on in the background of a fault is remembered in FOLDER/worker.
start_worker() {
  setsid "$0" "$@" 9>&- >> "$dir/worker.out" 2>&1 < /dev/null &
  echo $! > "$dir/worker"; disown
}
stop_worker() {
  local pid; pid=$(cat "$dir/worker" 2>/dev/null || true); rm -f "$dir/worker"
  [[ -z $pid ]] || kill -- "-$pid" 2>/dev/null || true
}

press_heap() { # N PERCENT,SECONDS
  local pid; pid=$(pid_of "$1")
  nsenter --target "$pid" --mount --net -- env -i PATH=/usr/bin:/bin "${java%/*}/jcmd" "$pid" JVMTI.agent_load \
    /opt/cassandra/shim/pressure.jar "$2" >> "$dir/worker.out"
}
cut_link() { ip link set "${prefix}v$1" nomaster; }
join_link() { ip link set "${prefix}v$1" master "${prefix}br" up; }
log_has() { tail -c +"$(($2 + 1))" "$dir/$1/logs/system.log" | grep -Eq "$3"; } # N OFFSET PATTERN
log_size() { stat -c %s "$dir/$1/logs/system.log"; }

fault() {
  local n=$2 offset pid
  case $1 in
    healthy) ;;
    node-killed) note SIGKILL "$n"; end_process "$n" ;;
    node-stopped) note SIGSTOP "$n"; signal "$n" STOP ;;
    node-partitioned) note cut-link "$n"; cut_link "$n" ;;
    node-slow) note cpu-limit-2.5% "$n"; cpu_limit "$n" 2500 ;;
    commitlog-slow-disk) note slow-fsync-15000ms "$n"; echo 15000 > "$dir/$n/slow.new"; mv "$dir/$n/slow.new" "$dir/$n/slow" ;;
    disk-full)
      note fill-data-disk "$n"
      fallocate -l "$(($(df --output=avail -B1 "$dir/$n/var/data" | tail -1) - 200000))" "$dir/$n/var/data/ballast"
      note flush "$n"; nodetool "$n" flush > /dev/null 2>&1 || true ;; # it fails, as it should
    dropped-messages)
      note link-64kbit "$n"
      # A queue of some three seconds: more than a write's time-out, less than gossip minds.
      tc qdisc replace dev "${prefix}v$n" root tbf rate 64kbit burst 4kb limit 28kb ;;
    gc-pauses)
      note cpu-limit-20% "$n"; cpu_limit "$n" 20000
      note heap-pressure "$n"; press_heap "$n" 90,600 ;;
    gc-storm) note heap-pressure "$n"; press_heap "$n" 90,600 ;;
    long-pause) start_worker pauses "$dir" "$n" ;;
    failed-streaming)
      load_rows 24000
      for pid in 1 2 3; do nodetool $pid flush load; done
      offset=$(log_size "$n")
      note rebuild "$n"; start_worker nodetool "$dir" "$n" rebuild
      wait_for 60 'rebuild streams' log_has "$n" "$offset" 'Prepare completed'
      sleep 3
      note cut-link "$n"; cut_link "$n" ;;
    failed-repair)
      load_rows 24000
      note drain "$n"; nodetool "$n" drain
      note SIGTERM "$n"; end_process "$n" TERM
      note lose-data "$n"; rm -rf "$dir/$n"/var/data/load/rows-*/*.db "$dir/$n"/var/data/load/rows-*/*.txt "$dir/$n"/var/data/load/rows-*/*.crc32
      note start "$n"; start "$n"; wait_ready 180; sleep 5
      offset=$(log_size "$n")
      note repair 1; start_worker nodetool "$dir" 1 repair -full load
      wait_for 90 'repair streams' log_has "$n" "$offset" 'Prepare completed'
      sleep 3
      note cut-link "$n"; cut_link "$n" ;;
    rolling-restart)
      for n in 1 2 3; do
        note drain "$n"; nodetool "$n" drain
        note SIGTERM "$n"; end_process "$n" TERM
        sleep 2
        note start "$n"; start "$n"
        wait_ready 180; sleep 8
      done ;;
    *) fail "unknown scenario $1 (see: cluster.sh scenarios)" ;;
  esac
}
mend() {
  local n=$2
  case $1 in
    healthy|rolling-restart) ;;
    node-killed) note start "$n"; start "$n" ;;
    node-stopped) note SIGCONT "$n"; signal "$n" CONT ;;
    node-partitioned) note join-link "$n"; join_link "$n" ;;
    node-slow) note cpu-limit-none "$n"; cpu_limit "$n" max ;;
    commitlog-slow-disk) note fast-fsync "$n"; rm -f "$dir/$n/slow" ;;
    disk-full)
      note free-data-disk "$n"; rm -f "$dir/$n/var/data/ballast"
      # The shipped disk_failure_policy has stopped gossip and clients: only a restart brings them back.
      note SIGTERM "$n"; end_process "$n" TERM
      note start "$n"; start "$n" ;;
    dropped-messages) note link-free "$n"; tc qdisc del dev "${prefix}v$n" root ;;
    gc-pauses|gc-storm)
      note cpu-limit-none "$n"; cpu_limit "$n" max
      note heap-free "$n"; press_heap "$n" 0,0 ;;
    long-pause) stop_worker; signal "$n" CONT ;;
    failed-streaming|failed-repair) note join-link "$n"; join_link "$n"; stop_worker ;;
    *) fail "unknown scenario $1 (see: cluster.sh scenarios)" ;;
  esac
}
victim_of() { scenarios all | awk -F'\t' -v s="$1" '$1 == s { print $2; found = 1 } END { exit !found }' || fail "unknown scenario $1"; }

client() { # SECONDS PERIOD_MS [ROWS]; 'exec' in a subshell or not: the caller's process becomes the client
  exec env -i PATH=/usr/bin:/bin TZ=UTC "$java" -Xmx96m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlogback.configurationFile="$here/conf/logback-client.xml" \
    -cp "$home/classes:$home/lib/*" Load "$subnet.11,$subnet.12,$subnet.13" "$@" >> "$dir/load.out" 2>&1
}
load_rows() { (client 120 0 "$1"); }

# The bridge bears the folder of the cluster it belongs to, so that nobody takes down another's network.
network_owner() { cat "/sys/class/net/${prefix}br/ifalias" 2>/dev/null || true; }
remove_network() {
  local i
  for i in 1 2 3; do ip netns del "$prefix$i" 2>/dev/null || true; ip link del "${prefix}v$i" 2>/dev/null || true; done
  ip link del "${prefix}br" 2>/dev/null || true
}
claim_network() {
  local i
  exec 9> "/run/hview-cassandra-$prefix.lock"
  flock -n 9 || fail "another 'up' of $prefix is under way"
  for i in 1 2 3; do
    [[ -z $(ip netns pids "$prefix$i" 2>/dev/null) ]] ||
      fail "$prefix is in use by $(network_owner): take it down, or set HVIEW_CASSANDRA_PREFIX and HVIEW_CASSANDRA_SUBNET"
  done
  remove_network # what a killed run may have left
  ip link add "${prefix}br" type bridge
  ip link set "${prefix}br" alias "$dir"
}
down() {
  local i owner
  stop_worker
  for i in 1 2 3; do
    if alive $i; then signal $i CONT || true; end_process $i; fi
    mountpoint -q "$dir/$i/var/data" && umount -l "$dir/$i/var/data"
    # The kernel may still be clearing the process away.
    for _ in 1 2 3 4 5; do [[ -d $(cpu_group $i) ]] || break; rmdir "$(cpu_group $i)" 2>/dev/null || sleep 0.3; done
  done
  owner=$(network_owner)
  if [[ -z $owner || $owner == "$dir" ]]; then remove_network; fi
  rm -f "$dir/settings"
}
# Cassandra runs on JDK 11 and 17, and on none later than that.
find_java() {
  local candidate
  for candidate in "${HVIEW_CASSANDRA_JAVA:-java}" /usr/lib/jvm/*17*/bin/java /usr/lib/jvm/*11*/bin/java; do
    candidate=$(command -v "$candidate") || continue
    if "$candidate" -version 2>&1 | head -1 | grep -Eq '"(11|17)\.'; then readlink -f "$candidate"; return; fi
  done
  fail 'no JDK 17 (or 11) is there: set HVIEW_CASSANDRA_JAVA to its java'
}
up() {
  local i tokens=(-9223372036854775808 -3074457345618258603 3074457345618258602)
  prefix=${HVIEW_CASSANDRA_PREFIX:-hvcas} subnet=${HVIEW_CASSANDRA_SUBNET:-10.83.0} heap=${HVIEW_CASSANDRA_HEAP:-512M}
  version=${1:-5.0.4}
  java=$(find_java)
  [[ ! -f $dir/settings ]] || fail "$dir holds a cluster already"
  home=$("$here/fetch.sh" "$version")
  mkdir -p /var/lib/cassandra /var/log/cassandra /etc/cassandra
  gcc -shared -fPIC -O2 -o "$dir/slowsync.so" "$here/../slowsync.c" -ldl
  claim_network
  trap 'status=$?; ((status == 0)) || down; exit $status' EXIT
  trap 'exit 130' INT TERM
  printf '%s\n' "version=$version" "prefix=$prefix" "subnet=$subnet" "home='$home'" "java='$java'" "heap=$heap" > "$dir/settings"
  : > "$dir/injections"
  { echo '127.0.0.1 localhost'; echo "$subnet.1 client"; for i in 1 2 3; do echo "$subnet.1$i cass$i"; done; } > "$dir/hosts"
  ip addr add "$subnet.1/24" dev "${prefix}br"; ip link set "${prefix}br" up
  for i in 1 2 3; do
    ip netns add "$prefix$i"
    ip link add "${prefix}v$i" type veth peer name eth0 netns "$prefix$i"
    ip link set "${prefix}v$i" master "${prefix}br" up
    ip -n "$prefix$i" link set lo up
    ip -n "$prefix$i" addr add "$subnet.1$i/24" dev eth0
    ip -n "$prefix$i" link set eth0 up
    mkdir -p "$dir/$i/conf" "$dir/$i/logs" "$dir/$i/var/data" "$dir/$i/var/tmp"
    # The data lies on a small disk of its own.
    mount -t tmpfs -o size=256m tmpfs "$dir/$i/var/data"
    cp "$here/conf/logback.xml" "$here/conf/modules.options" "$dir/$i/conf/"
    sed -e "s/@ADDRESS@/$subnet.1$i/; s/@SEEDS@/$subnet.11,$subnet.12/; s/@TOKEN@/'${tokens[i - 1]}'/" "$here/conf/cassandra.yaml" > "$dir/$i/conf/cassandra.yaml"
  done
  for i in 1 2 3; do start $i; done
  wait_ready 300
}

case $command in
  up) up "$@" ;;
  down) down ;;
  wait-ready) wait_ready "${1:-180}" ;;
  load) client "${1:?SECONDS}" "${HVIEW_CASSANDRA_PERIOD_MS:-100}" ;;
  nodes) for i in 1 2 3; do printf '%s\t%s\t%s\t%s\t%s\n' "node-$i" cassandra "$subnet.1$i" "$dir/$i/logs/system.log" "cassandra@$subnet.1$i"; done ;;
  config) n=$(number_of "${1:-}"); echo "$dir/$n/conf/cassandra.yaml" ;;
  fault|mend)
    victim=$(victim_of "${1:?SCENARIO}")
    "$command" "$1" "${victim#node-}" ;;
  start) n=$(number_of "${1:-}"); start "$n" ;;
  kill) n=$(number_of "${1:-}"); end_process "$n" ;;
  drain) n=$(number_of "${1:-}"); nodetool "$n" drain ;;
  nodetool) n=$(number_of "${1:-}"); shift; nodetool "$n" "$@" ;;
  pauses) # the worker of long-pause
    n=$(number_of "${1:-}")
    for _ in 1 2 3 4; do note SIGSTOP "$n"; signal "$n" STOP; sleep 7; note SIGCONT "$n"; signal "$n" CONT; sleep 8; done ;;
  *) usage >&2; fail "unknown command $command" ;;
esac
