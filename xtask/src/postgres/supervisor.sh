# Stands beside a throwaway PostgreSQL: starts it, closes its own output when the server answers, waits for the end of its input, then
# stops the server and deletes its directory. Arguments: directory of the programs, directory of the cluster, settings of the server.
bin=$1
dir=$2
settings=$3
# Ctrl-C ends the one who holds the other end of the input; that is the signal here. When he is gone before the server answers, nobody
# hears it, and that must not end this script before it has cleaned up.
trap '' INT HUP TERM PIPE

start() {
  # The second locale exists everywhere.
  "$bin/initdb" -N -A trust -U tenantry -E UTF8 --locale=C.UTF-8 -D "$dir/data" >"$dir/log" 2>&1 ||
    "$bin/initdb" -N -A trust -U tenantry -E UTF8 --locale=C -D "$dir/data" >>"$dir/log" 2>&1 || return
  cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
unix_socket_permissions = 0700
port = 5432
max_connections = 200
logging_collector = off
$settings
CONF
  "$bin/pg_ctl" start -s -w -t 60 -D "$dir/data" -l "$dir/log" >>"$dir/log" 2>&1
}

if start; then
  echo ready 2>/dev/null
  exec >/dev/null
  cat >/dev/null
else
  tail -n 30 "$dir/log"
fi
"$bin/pg_ctl" stop -s -D "$dir/data" -m immediate >/dev/null 2>&1
cd / && rm -rf "$dir"
