#!/usr/bin/env bash
# fetch.sh VERSION: the jars of one ZooKeeper version, by Maven, into the cache. Prints the folder.
set -euo pipefail
version=${1:?usage: fetch.sh VERSION}
lib="${HVIEW_CACHE:-$HOME/.cache/hview}/zookeeper/$version"
if [[ -f $lib/.complete ]]; then echo "$lib"; exit 0; fi
mkdir -p "$lib"
pom_dir=$(mktemp -d); trap 'rm -rf "$pom_dir"' EXIT
dep() { printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>' "$1" "$2" "$3"
  [[ -z ${4:-} ]] || printf '<exclusions>%s</exclusions>' "$4"; printf '</dependency>\n'; }
ex() { printf '<exclusion><groupId>%s</groupId><artifactId>%s</artifactId></exclusion>' "$1" "$2"; }
case $version in
  3.4.*) deps=$(dep org.apache.zookeeper zookeeper "$version" "$(ex com.github.spotbugs spotbugs-annotations)$(ex jline jline)") ;;
  3.5.*) deps=$(dep org.apache.zookeeper zookeeper "$version"; dep org.slf4j slf4j-log4j12 1.7.25; dep log4j log4j 1.2.17) ;;
  3.6.*|3.7.*) deps=$(dep org.apache.zookeeper zookeeper "$version"; dep org.slf4j slf4j-reload4j 1.7.36 
    dep io.dropwizard.metrics metrics-core 4.1.12.1; dep org.xerial.snappy snappy-java 1.1.10.5) ;;
  *) deps=$(dep org.apache.zookeeper zookeeper "$version"; dep ch.qos.logback logback-classic 1.2.13
    dep io.dropwizard.metrics metrics-core 4.1.12.1; dep org.xerial.snappy snappy-java 1.1.10.5) ;;
esac
cat > "$pom_dir/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>hview.samples</groupId><artifactId>zookeeper-jars</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
$deps
</dependencies></project>
POM
(cd "$pom_dir" && mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$lib" >&2)
# One slf4j binding only: where both log4j 1.2 and its successor came along, keep the successor.
if ls "$lib"/slf4j-reload4j-* >/dev/null 2>&1; then rm -f "$lib"/slf4j-log4j12-* "$lib"/log4j-1.2.*.jar; fi
touch "$lib/.complete"
echo "$lib"
