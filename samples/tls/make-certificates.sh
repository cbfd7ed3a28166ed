#!/bin/sh
# Makes an authority in FOLDER, unless there is one, and a certificate for each NAME:
#
#   make-certificates.sh FOLDER NAME[=HOST,HOST...] ...
#
# NAME is how the aggregator knows the holder (subject CN); the HOSTs are the names and addresses by which
# others call the holder. Called again, it renews: the same authority, new keys and certificates. The folder
# holds the authority's key; it belongs on a machine of its own.
set -eu
umask 077
folder=${1:?the folder is missing}
shift
days=${DAYS:-90}
mkdir -p "$folder"
cd "$folder"

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

if [ ! -e ca.key ]; then
  key ca.key
  openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj '/CN=hview authority' \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' -out ca.pem
fi

for argument in "$@"; do
  name=${argument%%=*}
  hosts=
  case $argument in *=*) hosts=${argument#*=} ;; esac
  {
    printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n'
    printf 'subjectAltName=DNS:%s' "$name"
    for host in $(printf '%s' "$hosts" | tr ',' ' '); do
      case $host in
        *:* | [0-9]*.[0-9]*.[0-9]*.[0-9]*) printf ',IP:%s' "$host" ;;
        *) printf ',DNS:%s' "$host" ;;
      esac
    done
    printf '\n'
  } > "$name.extensions"
  key "$name.key.new"
  openssl req -new -key "$name.key.new" -subj "/CN=$name" -out "$name.request"
  openssl x509 -req -in "$name.request" -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days "$days" \
    -extfile "$name.extensions" -out "$name.pem.new" 2> "$name.log" || { cat "$name.log" >&2; exit 1; }
  # One right after the other: running programs take over a certificate together with its key.
  mv "$name.key.new" "$name.key"
  mv "$name.pem.new" "$name.pem"
  rm -f "$name.request" "$name.extensions" "$name.log"
done
