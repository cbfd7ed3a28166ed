#!/usr/bin/env bash
# fetch.sh VERSION: the jars of one Cassandra version, by Maven, into the cache, with the load client and the JMX
# probe compiled beside them. Prints the folder. Cache: ${HVIEW_CACHE:-$HOME/.cache/hview}/cassandra/VERSION
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${1:?usage: fetch.sh VERSION}
home="${HVIEW_CACHE:-$HOME/.cache/hview}/cassandra/$version"
mkdir -p "$home"
exec 9> "$home/.lock"
flock 9
if [[ ! -f $home/.complete ]]; then
  pom_dir=$(mktemp -d); trap 'rm -rf "$pom_dir"' EXIT
  cat > "$pom_dir/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>hview.samples</groupId><artifactId>cassandra-jars</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
<dependency><groupId>org.apache.cassandra</groupId><artifactId>cassandra-all</artifactId><version>$version</version></dependency>
<dependency><groupId>com.datastax.cassandra</groupId><artifactId>cassandra-driver-core</artifactId><version>3.11.5</version>
<classifier>shaded</classifier><exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>
</dependencies></project>
POM
  (cd "$pom_dir" && mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$home/lib" >&2)
  # Native parts for other systems than this one.
  rm -f "$home"/lib/*osx* "$home"/lib/*windows* "$home"/lib/*macos*
  touch "$home/.complete"
fi
for source in Load.java Probe.java HeapPressure.java; do
  if [[ ! $home/classes/.complete -nt $here/$source ]]; then
    rm -rf "$home/classes"; mkdir -p "$home/classes"
    javac -nowarn -cp "$home/lib/*" -d "$home/classes" "$here"/*.java >&2
    printf 'Agent-Class: HeapPressure\n' > "$home/manifest"
    jar --create --file "$home/pressure.jar" --manifest "$home/manifest" -C "$home/classes" .
    touch "$home/classes/.complete"
    break
  fi
done
echo "$home"
