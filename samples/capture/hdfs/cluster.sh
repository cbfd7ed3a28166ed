#!/usr/bin/env bash
# A real HDFS cluster on one Linux machine, each host in its own network namespace. Needs root.
#
#   cluster.sh up FOLDER [VERSION]     format and start it (3.3.6); returns when all members are in good order
#   cluster.sh down FOLDER             end it; the logs stay in FOLDER/NODE/logs
#   cluster.sh wait-ready FOLDER [SECONDS]   wait until all members are in good order (120)
#   cluster.sh load FOLDER SECONDS     steady writes and reads, in the foreground
#   cluster.sh nodes FOLDER            NAME<tab>ROLE<tab>ADDRESS<tab>LOGFILE<tab>SUBJECT, a line for each daemon
#   cluster.sh config FOLDER NODE      print the folder with hdfs-site.xml, core-site.xml and workers
#   cluster.sh scenarios               NAME<tab>VICTIM<tab>what is done, a line for each; '-' is no victim
#   cluster.sh fault FOLDER SCENARIO   do it; 'rolling-restart' returns when it is through
#   cluster.sh mend FOLDER SCENARIO    undo it
#   cluster.sh kill|term|stop|cont|start FOLDER NODE   one daemon
#   cluster.sh active FOLDER           print which NameNode is active
#
# Hosts: master1 (nn1, zkfc1, jn1), master2 (nn2, zkfc2, jn2), master3 (jn3, zk), worker1..3 (dn1..3).
# Environment for 'up': HVIEW_HDFS_PREFIX (hvhd), HVIEW_HDFS_SUBNET (10.82.0); for 'load': HVIEW_HDFS_PERIOD_MS (800).
# Jars are kept in ${HVIEW_CACHE:-$HOME/.cache/hview}/hdfs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }
fail() { echo "cluster.sh: $*" >&2; exit 1; }

hosts='master1:11 master2:12 master3:13 worker1:21 worker2:22 worker3:23'
# NAME:ROLE:HOST:PORT:HEAP:SUBJECT-PREFIX:CLASS; zk is there for the ZKFCs and is none of HDFS's own daemons.
hdfs=org.apache.hadoop.hdfs
daemons="nn1:namenode:master1:8020:192:nn:$hdfs.server.namenode.NameNode
nn2:namenode:master2:8020:192:nn:$hdfs.server.namenode.NameNode
zkfc1:zkfc:master1:8019:96:zkfc:$hdfs.tools.DFSZKFailoverController
zkfc2:zkfc:master2:8019:96:zkfc:$hdfs.tools.DFSZKFailoverController
jn1:journalnode:master1:8485:128:jn:$hdfs.qjournal.server.JournalNode
jn2:journalnode:master2:8485:128:jn:$hdfs.qjournal.server.JournalNode
jn3:journalnode:master3:8485:128:jn:$hdfs.qjournal.server.JournalNode
dn1:datanode:worker1:9866:160:dn:$hdfs.server.datanode.DataNode
dn2:datanode:worker2:9866:160:dn:$hdfs.server.datanode.DataNode
dn3:datanode:worker3:9866:160:dn:$hdfs.server.datanode.DataNode
zk:zookeeper:master3:2181:64:zk:org.apache.zookeeper.server.ZooKeeperServerMain"
scenario_list='healthy:-:nothing is done
rolling-restart:-:SIGTERM to every daemon in turn, started again; the active NameNode hands over first
datanode-killed:dn1:SIGKILL
datanode-stopped:dn1:SIGSTOP
datanode-slow-disk:dn1:every write to one of its two disks takes 700 ms longer
datanode-slow-network:dn1:its link carries 256 kbit/s
datanode-cut-off:dn1:its link goes down
datanode-disk-full:dn1:both of its disks are filled up
datanode-failed-volume:dn1:every access to one of its two disks ends with EIO
datanode-xceiver-limit:dn1:idle connections use up its transfer threads
namenode-pause:nn1:SIGSTOP to the active NameNode, SIGCONT after 12 s
namenode-killed:nn1:SIGKILL to the active NameNode; the standby takes over
journalnode-lag:jn2:every sync of its journal takes 2 s longer
journalnode-stopped:jn2:SIGSTOP
journalnode-killed:jn2:SIGKILL'

case ${1:-} in
  -h|--help|help) usage; exit 0 ;;
  scenarios) tr ':' '\t' <<< "$scenario_list"; exit 0 ;;
  '') usage >&2; exit 2 ;;
esac
command=$1; shift
dir=${1:?FOLDER}; shift
if [[ $command == up ]]; then mkdir -p "$dir"; fi
[[ -d $dir ]] || fail "no cluster in $dir"
dir=$(cd "$dir" && pwd)
if [[ $command == up ]]; then
  version=${1:-3.3.6} prefix=${HVIEW_HDFS_PREFIX:-hvhd} subnet=${HVIEW_HDFS_SUBNET:-10.82.0}
  [[ ! -f $dir/settings ]] || fail "$dir holds a cluster already"
else
  [[ -f $dir/settings ]] || fail "no cluster in $dir"
  # shellcheck disable=SC1091
  source "$dir/settings"
fi

field() { # NODE N
  local line; line=$(grep "^$1:" <<< "$daemons") || fail "no daemon $1"
  cut -d: -f"$2" <<< "$line"
}
names() { cut -d: -f1 <<< "$daemons"; }
ip_of_host() { local h; for h in $hosts; do if [[ ${h%%:*} == "$1" ]]; then echo "$subnet.${h##*:}"; fi; done; }
ip_of() { ip_of_host "$(field "$1" 3)"; }
log_of() { echo "$dir/$1/logs/hadoop-hdfs-$(field "$1" 2)-$(field "$1" 3).log"; }
netns_of() { local host; host=$(field "$1" 3); echo "$prefix-${host:0:1}${host: -1}"; }
pid_of() { cat "$dir/$1/pid" 2>/dev/null || true; }
# True while that daemon's process is there (a zombie does not count, nor another process under an old id).
alive() {
  local pid; pid=$(pid_of "$1")
  [[ -n $pid && -r /proc/$pid/cmdline ]] && tr '\0' ' ' < "/proc/$pid/cmdline" | grep -q "hview.node=$1 "
}
gone() { ! alive "$1"; }
wait_for() { # SECONDS WHAT COMMAND...
  local until=$((SECONDS + $1)) what=$2; shift 2
  until "$@"; do ((SECONDS < until)) || fail "timed out: $what"; sleep 0.3; done
}
jmx() { curl -s -m 5 "http://$(ip_of "$1"):9870/jmx?qry=Hadoop:service=NameNode,name=$2" || true; } # NODE BEAN
state() { jmx "$1" NameNodeStatus | sed -n 's/^ *"State" : "\(.*\)".*/\1/p'; }
is_state() { [[ $(state "$1") == "$2" ]]; }
active() { local n; for n in nn1 nn2; do if is_state $n active; then echo $n; return; fi; done; return 1; }
listens() { timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$(ip_of "$1")" "$(field "$1" 4)" 2>/dev/null; }
# Both NameNodes in their roles with three good DataNodes each, which say so too (after a restart the NameNodes count the
# old registration for a while), and the active one writing to all three journals.
ready() {
  local n a text
  a=$(active) || return 1
  is_state "$([[ $a == nn1 ]] && echo nn2 || echo nn1)" standby || return 1
  for n in $(names); do alive "$n" && listens "$n" || return 1; done
  for n in dn1 dn2 dn3; do
    text=$(curl -s -m 5 "http://$(ip_of $n):9864/jmx?get=Hadoop:service=DataNode,name=DataNodeInfo::BPServiceActorInfo") || return 1
    [[ $(grep -oE '.ActorState..:..RUNNING' <<< "$text" | wc -l) == 2 && $(grep -oE '.LastHeartbeat..:..[0-5]\\' <<< "$text" | wc -l) == 2 ]] || return 1
  done
  for n in nn1 nn2; do
    text=$(jmx $n FSNamesystemState)
    for want in '"FSState" : "Operational"' '"NumLiveDataNodes" : 3' '"NumDeadDataNodes" : 0' '"NumStaleDataNodes" : 0' '"VolumeFailuresTotal" : 0'; do
      grep -q "$want" <<< "$text" || return 1
    done
  done
  text=$(jmx "$a" NameNodeInfo | grep '"NameJournalStatus"') || return 1
  [[ $(grep -o 'Written txid' <<< "$text" | wc -l) == 3 ]] && ! grep -Eq 're-sync|[1-9][0-9]{3,} ?ms behind' <<< "$text"
}

# As a daemon's host sees it: private mounts give neutral paths; 'exec' all the way keeps the process id.
# enter NETNS NODE HOST PROGRAM...; the network namespace '-' is the machine's own (the clients').
enter() {
  local netns=$1; shift
  local in_netns=(); if [[ $netns != - ]]; then in_netns=(ip netns exec "$netns"); fi
  # A session of its own, so that the scheduler gives each daemon the share that a machine of its own would.
  if [[ $1 != client ]]; then in_netns=(setsid "${in_netns[@]}"); fi
  exec "${in_netns[@]+"${in_netns[@]}"}" unshare --uts --mount --propagation private bash -c '
    set -e; dir=$0 node=$1 lib=$2; hostname "$3"; shift 3
    mount --bind "$dir/hosts" /etc/hosts
    mount --rbind "$dir/$node/disks" /mnt
    mount -t tmpfs tmpfs /opt
    mkdir -p /opt/hadoop/share /opt/hadoop/etc/hadoop /opt/hadoop/logs /opt/hadoop/disk /opt/hadoop/client
    mount --bind "$lib" /opt/hadoop/share
    mount --bind "$dir/conf" /opt/hadoop/etc/hadoop
    mount --bind "$dir/$node/logs" /opt/hadoop/logs
    mount --bind "$dir/$node/disk" /opt/hadoop/disk
    mount --bind "$dir/classes" /opt/hadoop/client
    cp "$dir/faulty-disk.so" /opt/hadoop/
    cd /opt/hadoop
    if [[ $node != client ]]; then echo $$ > "$dir/$node/pid.new"; mv "$dir/$node/pid.new" "$dir/$node/pid"; fi
    preload=; if [[ $node == dn* || $node == jn* ]]; then preload=/opt/hadoop/faulty-disk.so; fi
    exec env -i PATH=/usr/bin:/bin TZ=UTC LANG=C.UTF-8 HADOOP_USER_NAME=hdfs LD_PRELOAD="$preload" HVIEW_DISK_FILE=/opt/hadoop/disk/fault \
      java -Dhview.node="$node" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xss512k -Duser.home=/home/hdfs -Duser.name=hdfs \
      --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.net=ALL-UNNAMED \
      --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED \
      -cp "/opt/hadoop/etc/hadoop:/opt/hadoop/client:/opt/hadoop/share/*" "$@"
  ' "$dir" "$1" "$lib" "${@:2}"
}
start() {
  local node=$1 arguments=()
  alive "$node" && fail "$node runs already"
  rm -f "$dir/$node/pid"
  note start "$node"
  if [[ $node == zk ]]; then arguments=(2181 /mnt/zookeeper); fi
  # shellcheck disable=SC2046
  (enter "$(netns_of "$node")" "$node" "$(field "$node" 3)" "-Xmx$(field "$node" 5)m" \
    -Dhadoop.log.dir=/opt/hadoop/logs -Dhadoop.log.file="$(basename "$(log_of "$node")")" -Dhadoop.home.dir=/opt/hadoop \
    -Dhadoop.id.str=hdfs -Dhadoop.root.logger=INFO,RFA "-Dproc_$(field "$node" 2)" \
    "$(field "$node" 7)" "${arguments[@]+"${arguments[@]}"}") >> "$dir/$node/logs/out" 2>&1 < /dev/null 9>&- &
  disown
  wait_for 60 "start of $node" alive "$node"
}
# What was done to whom, for truth.json: TIME<tab>ACTION<tab>NODE in FOLDER/actions; the time is taken before it is done.
note() { printf '%s\t%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" "$1" "$2" >> "$dir/actions"; }
signal() { note "SIG$2" "$1"; kill "-$2" "$(pid_of "$1")"; }
tool() { (enter - client client -Xmx96m -Dhadoop.root.logger=WARN,console "$@") < /dev/null 9>&-; }
failover() { note "hand-over-to-$2" "$1"; tool $hdfs.tools.DFSHAAdmin -failover "$1" "$2" >> "$dir/client/logs/out" 2>&1; wait_for 180 "$2 active" is_state "$2" active; }
end() { # NODE SIGNAL
  signal "$1" "$2"; wait_for 90 "end of $1" gone "$1"
}
disk() { # NODE TEXT ACTION: what faulty-disk.c reads
  note "$3" "$1"
  if [[ -z $2 ]]; then rm -f "$dir/$1/disk/fault"; else echo "$2" > "$dir/$1/disk/fault.new"; mv "$dir/$1/disk/fault.new" "$dir/$1/disk/fault"; fi
}

# The bridge bears the folder of the cluster it belongs to, so that nobody takes down another's network.
network_owner() { cat "/sys/class/net/${prefix}br/ifalias" 2>/dev/null || true; }
remove_network() {
  local h short
  for h in $hosts; do h=${h%%:*}; short=${h:0:1}${h: -1}; ip netns del "$prefix-$short" 2>/dev/null || true; ip link del "${prefix}v$short" 2>/dev/null || true; done
  ip link del "${prefix}br" 2>/dev/null || true
}
make_network() {
  local h short
  exec 9> "/run/hview-hdfs-$prefix.lock"
  flock -n 9 || fail "another 'up' of $prefix is under way"
  for h in $hosts; do
    h=${h%%:*}
    [[ -z $(ip netns pids "$prefix-${h:0:1}${h: -1}" 2>/dev/null) ]] ||
      fail "$prefix is in use by $(network_owner): take it down, or set HVIEW_HDFS_PREFIX and HVIEW_HDFS_SUBNET"
  done
  remove_network # what a killed run may have left
  ip link add "${prefix}br" type bridge
  ip link set "${prefix}br" alias "$dir"
  ip addr add "$subnet.1/24" dev "${prefix}br"; ip link set "${prefix}br" up
  { echo "127.0.0.1 localhost"; echo "$subnet.1 client"; } > "$dir/hosts"
  for h in $hosts; do
    local name=${h%%:*} address=$subnet.${h##*:}; short=${name:0:1}${name: -1}
    echo "$address $name" >> "$dir/hosts"
    ip netns add "$prefix-$short"
    ip link add "${prefix}v$short" type veth peer name eth0 netns "$prefix-$short"
    ip link set "${prefix}v$short" master "${prefix}br" up
    ip -n "$prefix-$short" link set lo up
    ip -n "$prefix-$short" addr add "$address/24" dev eth0
    ip -n "$prefix-$short" link set eth0 up
  done
}
down() {
  local n owner
  if [[ -f $dir/xceivers.pid ]]; then kill "$(cat "$dir/xceivers.pid")" 2>/dev/null || true; rm -f "$dir/xceivers.pid"; fi
  for n in $(names); do if alive "$n"; then kill -KILL "$(pid_of "$n")" || true; wait_for 10 "end of $n" gone "$n"; fi; done
  for n in dn1 dn2 dn3; do for v in data1 data2; do umount -l "$dir/$n/disks/$v" 2>/dev/null || true; done; done
  owner=$(network_owner)
  if [[ -z $owner || $owner == "$dir" ]]; then remove_network; fi
  rm -f "$dir/settings"
}
configure() {
  local property='<property><name>%s</name><value>%s</value></property>\n'
  # shellcheck disable=SC2059
  p() { printf "  $property" "$1" "$2"; }
  mkdir -p "$dir/conf"
  cp "$here/conf/log4j.properties" "$dir/conf/"
  printf '%s\n' worker1 worker2 worker3 > "$dir/conf/workers"
  { echo '<?xml version="1.0"?>'; echo '<configuration>'
    p fs.defaultFS hdfs://hview; p ha.zookeeper.quorum "$subnet.13:2181"
    p hadoop.tmp.dir /mnt/tmp; p hadoop.user.group.static.mapping.overrides 'hdfs=supergroup;dr.who=;'
    echo '</configuration>'; } > "$dir/conf/core-site.xml"
  { echo '<?xml version="1.0"?>'; echo '<configuration>'
    p dfs.nameservices hview; p dfs.ha.namenodes.hview nn1,nn2
    for n in nn1 nn2; do
      p dfs.namenode.rpc-address.hview.$n "$(ip_of $n):8020"; p dfs.namenode.http-address.hview.$n "$(ip_of $n):9870"
    done
    p dfs.namenode.shared.edits.dir "qjournal://$subnet.11:8485;$subnet.12:8485;$subnet.13:8485/hview"
    p dfs.client.failover.proxy.provider.hview $hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider
    p dfs.ha.automatic-failover.enabled true; p dfs.ha.fencing.methods 'shell(/bin/true)'
    p dfs.replication 3; p dfs.blocksize 4194304
    p dfs.namenode.name.dir /mnt/name; p dfs.journalnode.edits.dir /mnt/journal
    p dfs.datanode.data.dir /mnt/data1,/mnt/data2; p dfs.datanode.failed.volumes.tolerated 1
    p dfs.datanode.max.transfer.threads 48
    # 3.4 would not use a disk with less than 1 GB left.
    p dfs.datanode.round-robin-volume-choosing-policy.additional-available-space 0
    echo '  <!-- Shorter than the defaults, so that an incident fits into minutes. -->'
    p dfs.heartbeat.interval 1; p dfs.namenode.heartbeat.recheck-interval 2000; p dfs.namenode.stale.datanode.interval 6000
    p dfs.client.socket-timeout 10000; p dfs.datanode.socket.write.timeout 20000
    p dfs.datanode.disk.check.min.gap 2s; p dfs.namenode.safemode.extension 3000
    p dfs.ha.log-roll.period 20; p dfs.ha.tail-edits.period 10
    echo '</configuration>'; } > "$dir/conf/hdfs-site.xml"
}
up() {
  local n v
  lib=$("$here/fetch.sh" "$version")
  gcc -shared -fPIC -O2 -w -o "$dir/faulty-disk.so" "$here/faulty-disk.c" -ldl
  mkdir -p "$dir/classes"; javac -nowarn -cp "$lib/*" -d "$dir/classes" "$here/Load.java" 2> "$dir/javac.out" || { cat "$dir/javac.out" >&2; exit 1; }
  # The jars hold no web pages; their servers insist on the folders.
  for v in hdfs datanode journal static; do mkdir -p "$dir/classes/webapps/$v/WEB-INF"; done
  make_network
  trap 'status=$?; ((status == 0)) || down; exit $status' EXIT
  trap 'exit 130' INT TERM
  printf '%s\n' "version=$version" "prefix=$prefix" "subnet=$subnet" "lib='$lib'" > "$dir/settings"
  configure
  for n in $(names) client; do mkdir -p "$dir/$n/disks" "$dir/$n/logs" "$dir/$n/disk"; done
  for n in dn1 dn2 dn3; do for v in data1 data2; do mkdir -p "$dir/$n/disks/$v"; mount -t tmpfs -o size=192m,mode=700 tmpfs "$dir/$n/disks/$v"; done; done
  for n in zk jn1 jn2 jn3; do start $n; done
  for n in zk jn1 jn2 jn3; do wait_for 180 "port of $n" listens $n; done
  (enter "$(netns_of zkfc1)" client master1 -Xmx96m -Dhadoop.root.logger=WARN,console $hdfs.tools.DFSZKFailoverController -formatZK -nonInteractive) \
    > "$dir/client/logs/format-zk" 2>&1 < /dev/null 9>&- & local format_zk=$!
  # Formats through the disks of nn1; what bootstrapStandby would fetch over the network is copied.
  mkdir -p "$dir/client/disks"; mount --bind "$dir/nn1/disks" "$dir/client/disks"
  (enter "$(netns_of nn1)" client master1 -Xmx160m -Dhadoop.root.logger=WARN,console $hdfs.server.namenode.NameNode -format -nonInteractive) \
    > "$dir/client/logs/format" 2>&1 < /dev/null 9>&- || { umount "$dir/client/disks"; tail -20 "$dir/client/logs/format" >&2; fail "cannot format"; }
  umount "$dir/client/disks"
  cp -r "$dir/nn1/disks/." "$dir/nn2/disks/"
  wait $format_zk || fail "cannot format ZooKeeper: $(tail -5 "$dir/client/logs/format-zk")"
  start nn1; start nn2
  wait_for 180 "nn1 standing by" is_state nn1 standby
  start zkfc1
  for n in dn1 dn2 dn3; do start $n; done
  wait_for 180 "nn1 active" is_state nn1 active
  start zkfc2
  wait_for 240 "all members in good order" ready
  rm -f "$dir/actions"
}

hold_connections() { # NODE: more than the transfer threads it has, opened again when they end
  setsid bash -c 'while true; do for i in $(seq 12); do { exec {fd}<>"/dev/tcp/$0/9866"; } 2>/dev/null || true; done; sleep 2; done' "$(ip_of "$1")" \
    > /dev/null 2>&1 < /dev/null 9>&- &
  echo $! > "$dir/xceivers.pid"; disown
}
shape() { # NODE RATE|'': both directions of its host's link
  local netns host link; netns=$(netns_of "$1") host=$(field "$1" 3); link="${prefix}v${host:0:1}${host: -1}"
  if [[ -z $2 ]]; then tc -n "$netns" qdisc del dev eth0 root; tc qdisc del dev "$link" root
  else tc -n "$netns" qdisc replace dev eth0 root tbf rate "$2" burst 16kb latency 3s; tc qdisc replace dev "$link" root tbf rate "$2" burst 16kb latency 3s; fi
}
rolling_restart() {
  local n
  again() { end "$1" TERM; sleep 1; start "$1"; wait_for 240 "all members in good order" ready; sleep 2; }
  for n in jn1 jn2 jn3 dn1 dn2 dn3 zkfc2 nn2; do again $n; done
  failover nn1 nn2; sleep 3
  for n in zkfc1 nn1; do again $n; done
  failover nn2 nn1
}
scenario_of() { grep "^$1:" <<< "$scenario_list" > /dev/null || fail "no scenario $1"; victim=$(grep "^$1:" <<< "$scenario_list" | cut -d: -f2); }
fault() {
  scenario_of "$1"
  case $1 in
    healthy) ;;
    rolling-restart) rolling_restart ;;
    *-killed) end "$victim" KILL ;;
    *-stopped) signal "$victim" STOP ;;
    datanode-slow-disk) disk "$victim" 'slow 700 /mnt/data1/' slow-writes-700ms ;;
    datanode-slow-network) note link-256kbit "$victim"; shape "$victim" 256kbit ;;
    datanode-cut-off) note link-down "$victim"; ip link set "${prefix}vw${victim: -1}" down ;;
    datanode-disk-full) note fill-disks "$victim"; for v in data1 data2; do fill "$dir/$victim/disks/$v"; done ;;
    datanode-failed-volume) disk "$victim" 'fail /mnt/data1/' io-errors-on-volume ;;
    datanode-xceiver-limit) note hold-connections "$victim"; hold_connections "$victim" ;;
    namenode-pause) signal "$victim" STOP
      (sleep 12; signal "$victim" CONT) > /dev/null 2>&1 < /dev/null 9>&- & disown ;;
    journalnode-lag) disk "$victim" 'slow 2000 /mnt/journal/' slow-writes-2000ms ;;
  esac
}
fill() { dd if=/dev/zero of="$1/filler" bs=64k 2>/dev/null || true; }
mend() {
  scenario_of "$1"
  case $1 in
    healthy|rolling-restart) ;;
    namenode-killed) start "$victim"; wait_for 180 "$victim standing by" is_state "$victim" standby; failover nn2 nn1 ;;
    *-killed) start "$victim" ;;
    namenode-pause) ;; # ends by itself
    *-stopped) signal "$victim" CONT ;;
    datanode-slow-disk|journalnode-lag) disk "$victim" '' normal-writes ;;
    datanode-slow-network) note link-normal "$victim"; shape "$victim" '' ;;
    datanode-cut-off) note link-up "$victim"; ip link set "${prefix}vw${victim: -1}" up ;;
    datanode-disk-full) note empty-disks "$victim"; rm -f "$dir/$victim"/disks/data[12]/filler ;;
    datanode-failed-volume) disk "$victim" '' normal-volume; end "$victim" TERM; start "$victim" ;;
    datanode-xceiver-limit) note end-connections "$victim"; kill "$(cat "$dir/xceivers.pid")" || true; rm -f "$dir/xceivers.pid" ;;
  esac
}

case $command in
  up) up ;;
  down) down ;;
  wait-ready) wait_for "${1:-120}" "all members in good order" ready ;;
  ready) ready ;;
  active) active ;;
  nodes) for n in $(names); do
      [[ $n == zk ]] || printf '%s\t%s\t%s\t%s\t%s\n' "$n" "$(field "$n" 2)" "$(ip_of "$n"):$(field "$n" 4)" "$(log_of "$n")" "$(field "$n" 6)@$(ip_of "$n"):$(field "$n" 4)"
    done ;;
  config) field "${1:?NODE}" 1 > /dev/null; echo "$dir/conf" ;;
  fault) fault "${1:?SCENARIO}" ;;
  mend) mend "${1:?SCENARIO}" ;;
  start) start "${1:?NODE}" ;;
  kill) end "${1:?NODE}" KILL ;;
  term) end "${1:?NODE}" TERM ;;
  stop) signal "${1:?NODE}" STOP ;;
  cont) signal "${1:?NODE}" CONT ;;
  load) enter - client client -Xmx128m -Dhadoop.root.logger=WARN,console Load "${1:?SECONDS}" "${HVIEW_HDFS_PERIOD_MS:-800}" >> "$dir/load.out" 2>&1 ;;
  *) usage >&2; fail "unknown command $command" ;;
esac
