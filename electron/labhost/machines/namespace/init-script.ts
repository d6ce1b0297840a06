/**
 * The program that becomes a namespace machine: the same text for every machine, all that differs comes as arguments.
 * It is the only shell in this provider, and stands here because three things have no other program: joining a cgroup
 * before unsharing it, changing the root, and becoming process 1.
 *
 *   NI1  Before anything else process 1 leaves its /proc/self/stat line (host's process id and start time) in init.stat,
 *        so that the machine is found again even if the lab host dies at that moment.
 *   NI2  Overlay paths are relative to the machine's directory: no path ever needs escaping inside mount options.
 *   NI3  Only sysctls of the network namespace are set. The others belong to the desktop.
 *   NI4  "ready" on standard output is the last word; then output goes to init.log, so that the machine no longer
 *        depends on whoever started it.
 *
 *   NI5  runsvdir looks for new services every five seconds, and waits a second when its folder changed in the current
 *        one. So the folder is made to look old, and runsvdir keeps a log on its standard error: a byte written there
 *        (to /proc/1/fd/2) makes it look at once.
 *   NI6  What CNI remembers of pods' networks lies in memory, as in a virtual machine: the namespaces end with the machine.
 *
 * Modes:
 *   enter DIRECTORY HOSTNAME VERSION LEAF CGROUP_PROCS… -- [NAME OPTIONS]…  joins the cgroups and makes them the roots of a cgroup namespace
 *   settle DIRECTORY HOSTNAME VERSION LEAF [NAME OPTIONS]…                moves on into the leaf (version 2), then starts `inside` in new namespaces
 *   inside DIRECTORY HOSTNAME VERSION [NAME OPTIONS]…                     builds the root and becomes runsvdir
 *   join PID CGROUP_PROCS… -- COMMAND…                                    runs a program inside a machine, counted as the machine's
 */
export const initScript = `#!/bin/sh
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022
mode=$1
shift

case "$mode" in
enter)
  directory=$1 hostname=$2 version=$3 leaf=$4
  shift 4
  while [ "$1" != -- ]; do echo $$ >"$1"; shift; done
  shift
  cd "$directory"
  exec unshare --cgroup -- /bin/sh ./init.sh settle "$directory" "$hostname" "$version" "$leaf" "$@"
  ;;
settle)
  directory=$1 hostname=$2 version=$3 leaf=$4
  shift 4
  [ "$version" = 1 ] || echo $$ >"$leaf"
  exec unshare --fork --mount --net --pid --uts --ipc --propagation private -- /bin/sh ./init.sh inside "$directory" "$hostname" "$version" "$@"
  ;;
join)
  pid=$1
  shift
  while [ "$1" != -- ]; do echo $$ >"$1"; shift; done
  shift
  exec nsenter --target "$pid" --mount --net --pid --uts --ipc --cgroup -- "$@"
  ;;
esac

directory=$1 hostname=$2 version=$3
shift 3
cd "$directory"
read -r stat </proc/self/stat
echo "$stat" >init.stat.new
mv init.stat.new init.stat
echo "pid \${stat%% *}"
echo "$hostname" >/proc/sys/kernel/hostname

mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work machine root
cd root
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o nosuid,nodev,noexec sysfs sys
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs run
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs tmp
mount -t tmpfs -o mode=0755,nosuid tmpfs dev
mkdir -p dev/pts dev/shm dev/mqueue dev/net run/sshd run/kubarium run/lock
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 net/tun:10:200; do
  name=\${device%%:*} numbers=\${device#*:}
  mknod -m 0666 "dev/$name" c "\${numbers%:*}" "\${numbers#*:}"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
mount -t mqueue mqueue dev/mqueue
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
if [ "$version" = 2 ]; then
  mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
  for controller in $(cat sys/fs/cgroup/cgroup.controllers); do echo "+$controller" >sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true; done
else
  mount -t tmpfs -o mode=0755,nosuid,nodev,noexec tmpfs sys/fs/cgroup
  while [ $# -ge 2 ]; do
    mkdir "sys/fs/cgroup/$1"
    mount -t cgroup -o "nosuid,nodev,noexec,$2" cgroup "sys/fs/cgroup/$1"
    shift 2
  done
fi
rm -rf etc/sv/ssh
touch -d '10 seconds ago' etc/sv
mkdir -p var/lib/containerd
mount --bind ../containerd var/lib/containerd
mount -t tmpfs -o mode=0755,nosuid,nodev,noexec cni var/lib/cni

mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
mount --make-rshared /
ip link set lo up
ip address add 198.18.0.1/32 dev lo
grep '^net\\.' /etc/sysctl.d/90-kubarium.conf 2>/dev/null | sysctl -q -e -p - 2>/dev/null || true
echo ready
exec >>/run/kubarium/init.log 2>&1 </dev/null
exec env -i PATH="$PATH" HOME=/root TERM=linux runsvdir -P /etc/sv 'log: ........................................'
`
