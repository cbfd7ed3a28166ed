#!/usr/bin/env bash
# fetch.sh VERSION: the jars of one Hadoop version's HDFS, by Maven, into the cache. Prints the folder.
set -euo pipefail
version=${1:?usage: fetch.sh VERSION}
lib="${HVIEW_CACHE:-$HOME/.cache/hview}/hdfs/$version"
if [[ -f $lib/.complete ]]; then echo "$lib"; exit 0; fi
mkdir -p "$lib"
pom_dir=$(mktemp -d); trap 'rm -rf "$pom_dir"' EXIT
dep() { printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>\n' "$1" "$2" "$3"; }
cat > "$pom_dir/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>hview.samples</groupId><artifactId>hdfs-jars</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
$(for artifact in hadoop-hdfs hadoop-hdfs-client hadoop-common; do dep org.apache.hadoop $artifact "$version"; done)
</dependencies></project>
POM
(cd "$pom_dir" && mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$lib" >&2)
# One slf4j binding only: where both log4j 1.2 and its successor came along, keep the successor. macOS code is not needed.
if ls "$lib"/slf4j-reload4j-* >/dev/null 2>&1; then rm -f "$lib"/slf4j-log4j12-* "$lib"/log4j-1.2.*.jar; fi
rm -f "$lib"/netty-*osx* "$lib"/netty-*macos* "$lib"/netty-*kqueue*
touch "$lib/.complete"
echo "$lib"
