# Stands beside a throwaway PostgreSQL and the PgBouncer before it: starts them, closes its own output when they answer, waits for the
# end of its input, then stops them and deletes their directory. Arguments: directory of PostgreSQL's programs, directory of the cluster,
# PgBouncer, settings of the server.
bin=$1
dir=$2
pgbouncer=$3
settings=$4
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
  "$bin/pg_ctl" start -s -w -t 60 -D "$dir/data" -l "$dir/log" >>"$dir/log" 2>&1 || return
  cat >"$dir/pgbouncer.ini" <<CONF
[databases]
* = host=$dir port=5432 user=tenantry
[pgbouncer]
pool_mode = transaction
default_pool_size = 4
max_client_conn = 1000
auth_type = any
listen_addr =
listen_port = 6432
unix_socket_dir = $dir
unix_socket_mode = 0700
logfile = $dir/pgbouncer.log
pidfile = $dir/pgbouncer.pid
CONF
  # It answers when it goes into the background.
  "$pgbouncer" -q -d "$dir/pgbouncer.ini" >>"$dir/log" 2>&1
}

if start; then
  echo ready 2>/dev/null
  exec >/dev/null
  cat >/dev/null
else
  tail -n 30 "$dir/log"
fi
# At once: TERM until 1.22, where QUIT does nothing; QUIT from 1.23 on, where TERM waits for clients.
pid=$(cat "$dir/pgbouncer.pid" 2>/dev/null) && kill -TERM "$pid" && kill -QUIT "$pid" 2>/dev/null
"$bin/pg_ctl" stop -s -D "$dir/data" -m immediate >/dev/null 2>&1
cd / && rm -rf "$dir"
