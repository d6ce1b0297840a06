/**
 * What a worker machine is made of, as data. Everything here is part of the image's content hash:
 * change a line and the image is built again.
 */

export const suite = 'trixie'
export const architecture = 'amd64'

/** Debian packages unpacked and configured in the root file system. */
export const packages: readonly string[] = [
  'systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'procps', 'iproute2', 'iputils-ping', 'ethtool', 'tcpdump',
  'openssh-server', 'curl', 'socat', 'busybox-static', 'libstdc++6',
  'containerd', 'runc', 'crun', 'containernetworking-plugins',
  'iptables', 'nftables', 'ipvsadm', 'ipset', 'conntrack', 'wireguard-tools',
  'e2fsprogs', // file systems on block volumes
]

/** What mmdebstrap needs beside them when it runs without root. Locked with the others, so that one lock serves both ways. */
export const rootlessPackages: readonly string[] = ['usr-is-merged']

/** Fetched but not configured: only the named files of them are taken. */
export const extractedPackages: Readonly<Record<string, readonly string[]>> = {
  runit: ['usr/bin/runsv', 'usr/bin/runsvdir', 'usr/bin/sv', 'usr/bin/chpst', 'usr/bin/svlogd'],
}

/** The kernel's metapackage; its versioned dependency is what gets unpacked. */
export const kernelPackage = 'linux-image-cloud-amd64'

/** Left out while unpacking. Copyright files stay. */
export const excludedPaths: readonly string[] = [
  '/usr/share/doc/*', '/usr/share/man/*', '/usr/share/info/*', '/usr/share/locale/*', '/usr/share/lintian/*',
  '/usr/share/zoneinfo/*', '/usr/share/bash-completion/*', '/usr/share/zsh/*', '/usr/share/fish/*', '/usr/share/bug/*',
  '/usr/share/initramfs-tools/*', '/usr/share/apport/*', '/usr/share/menu/*', '/usr/share/pixmaps/*',
]
export const includedPaths: readonly string[] = ['/usr/share/doc/*/copyright']

/** Removed after configuration: build-time helpers and hardware a virtual machine never has. */
export const removedPaths: readonly string[] = [
  'var/cache', 'var/lib/apt', 'var/log', 'usr/share/debconf', 'usr/share/perl5', 'usr/share/polkit-1', 'usr/share/gcc', 'usr/share/gdb',
  'usr/lib/udev/hwdb.bin', 'usr/lib/udev/hwdb.d', 'usr/share/dict', 'usr/share/tabset', 'usr/share/common-licenses/GFDL-1.3',
  'usr/lib/systemd/system-generators', 'usr/lib/systemd/user-generators', 'usr/lib/systemd/user', 'usr/lib/systemd/catalog',
  'usr/lib/pcrlock.d', 'usr/lib/kernel', 'usr/lib/sysusers.d', 'usr/lib/environment.d',
  'usr/bin/containerd-shim', 'usr/bin/containerd-shim-runc-v1', 'usr/bin/perl5.40.1',
  'etc/machine-id', 'etc/hostname', 'etc/resolv.conf', 'etc/cron.daily', 'etc/cron.d', 'etc/cron.weekly', 'etc/apt', 'etc/init.d',
  'etc/rc0.d', 'etc/rc1.d', 'etc/rc2.d', 'etc/rc3.d', 'etc/rc4.d', 'etc/rc5.d', 'etc/rc6.d', 'etc/rcS.d', 'etc/update-motd.d', 'etc/motd',
  'etc/containerd', 'etc/ssh/sshd_config.d', 'boot',
]

export const keptCniPlugins: readonly string[] = ['bandwidth', 'bridge', 'firewall', 'host-local', 'loopback', 'portmap', 'ptp', 'static', 'tuning']

/** udev rules that stay. The rest ask about hardware (input, sound, cameras, tape …) on every boot. */
export const keptUdevRules: readonly string[] = [
  '50-udev-default.rules', '60-block.rules', '60-persistent-storage.rules', '75-net-description.rules', '80-drivers.rules',
  '80-net-setup-link.rules', '99-systemd.rules',
]

/** tmpfiles.d configuration that stays. */
export const keptTmpfiles: readonly string[] = ['systemd.conf', 'systemd-tmp.conf', 'tmp.conf', 'var.conf', 'provision.conf']

/**
 * Unit files of the distribution that stay; every other is removed. systemd looks at each file it finds, and each
 * unit it starts costs a tenth of a second under emulation. udev is installed but not started: the hardware is fixed,
 * the initial RAM disk loads its drivers, and rules run for every pod's veth would slow pods down.
 */
export const keptUnits: readonly RegExp[] = [
  /^(basic|sysinit|local-fs|local-fs-pre|swap|paths|sockets|timers|slices|multi-user|graphical|rescue|emergency|default|sigpwr|ctrl-alt-del)\.target$/,
  /^(network|network-pre|network-online|nss-lookup|nss-user-lookup|time-set|time-sync|remote-fs|remote-fs-pre|getty)\.target$/,
  /^(shutdown|umount|final|poweroff|reboot|halt|kexec|exit|soft-reboot)\.target$/,
  /^systemd-(poweroff|reboot|halt|kexec|exit|soft-reboot|sysctl|modules-load|udevd|udev-trigger|udev-settle|tmpfiles-setup)\.service$/,
  /^systemd-(journald|udevd)(-dev-log|-control|-kernel)?\.(service|socket)$/,
  /^(rescue|emergency)\.service$/, /^(user|machine)\.slice$/, /^wg-quick@\.service$/, /^dbus\.(service|socket)$/,
]

/** Links below the distribution's `.wants` folders that stay. */
export const keptWants: readonly string[] = ['dbus.socket', 'systemd-journald-dev-log.socket', 'systemd-journald.socket', 'systemd-journald.service']

/** Units of ours that are switched on: unit name to the target that wants it. */
export const enabledUnits: Readonly<Record<string, string>> = {
  'ssh.service': 'sysinit.target',
  'containerd.service': 'sysinit.target',
  'kubarium-console.service': 'multi-user.target',
}

/** Kernel modules in the image; their dependencies are added by modules.dep. */
export const kernelModules: readonly string[] = [
  // machine
  'virtio_blk', 'virtio_net', 'virtio_balloon', 'virtio-rng', 'virtio_scsi', 'sd_mod', 'vsock', 'vmw_vsock_virtio_transport',
  'loop', 'isofs', 'fuse', 'configfs', 'binfmt_misc',
  // containers
  'overlay', 'veth', 'bridge', 'br_netfilter', 'macvlan', 'ipvlan', 'tun', 'xfs', 'dm-mod',
  // overlays and faults
  'vxlan', 'geneve', 'ipip', 'ip_gre', 'wireguard', 'dummy', 'ifb', 'sch_netem', 'sch_tbf', 'sch_htb', 'sch_ingress', 'sch_fq_codel', 'sch_prio',
  'cls_u32', 'cls_flower', 'cls_matchall', 'cls_bpf', 'act_mirred', 'act_police', 'act_gact', 'ip6_tunnel', 'tcp_bbr', '8021q',
  // packet filter
  'nf_tables', 'nft_compat', 'nft_chain_nat', 'nft_ct', 'nft_masq', 'nft_nat', 'nft_redir', 'nft_reject', 'nft_reject_inet', 'nft_reject_ipv4',
  'nft_log', 'nft_limit', 'nft_numgen', 'nft_hash', 'nft_fib', 'nft_fib_inet', 'nft_fib_ipv4', 'nft_fib_ipv6', 'nft_socket', 'nft_tproxy', 'nft_queue',
  'nft_quota', 'nft_connlimit', 'nft_objref', 'nft_dup_ipv4', 'nft_fwd_netdev', 'nft_dup_netdev', 'nft_tunnel', 'nft_xfrm', 'nft_osf', 'nft_synproxy',
  'nf_conntrack', 'nf_conntrack_netlink', 'nf_nat', 'nf_log_syslog', 'nfnetlink_log', 'nfnetlink_queue', 'nf_flow_table', 'nf_flow_table_inet',
  'ip_tables', 'iptable_filter', 'iptable_nat', 'iptable_mangle', 'iptable_raw', 'ip6_tables', 'ip6table_filter', 'ip6table_nat', 'ip6table_mangle', 'ip6table_raw',
  'ipt_REJECT', 'ip6t_REJECT', 'x_tables', 'xt_addrtype', 'xt_bpf', 'xt_cgroup', 'xt_comment', 'xt_connbytes', 'xt_connlimit', 'xt_connmark', 'xt_conntrack',
  'xt_CT', 'xt_dscp', 'xt_DSCP', 'xt_hashlimit', 'xt_helper', 'xt_HL', 'xt_iprange', 'xt_ipvs', 'xt_length', 'xt_limit', 'xt_LOG', 'xt_mac', 'xt_mark',
  'xt_MASQUERADE', 'xt_multiport', 'xt_nat', 'xt_NFLOG', 'xt_NFQUEUE', 'xt_owner', 'xt_physdev', 'xt_pkttype', 'xt_quota', 'xt_recent', 'xt_REDIRECT', 'xt_set',
  'xt_socket', 'xt_state', 'xt_statistic', 'xt_string', 'xt_tcpmss', 'xt_TCPMSS', 'xt_tcpudp', 'xt_TPROXY', 'xt_TRACE', 'xt_u32',
  // ipvs and sets
  'ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_sh', 'ip_vs_lc', 'ip_vs_wlc', 'ip_vs_sed', 'ip_vs_nq', 'ip_vs_dh', 'ip_vs_lblc', 'ip_vs_lblcr', 'ip_vs_mh', 'ip_vs_fo', 'ip_vs_ovf',
  'ip_set', 'ip_set_bitmap_port', 'ip_set_hash_ip', 'ip_set_hash_ipport', 'ip_set_hash_ipportip', 'ip_set_hash_ipportnet', 'ip_set_hash_net', 'ip_set_list_set',
  'sch_fq', 'sch_cake', 'sch_codel', 'cls_cgroup', 'cls_fw', 'act_skbedit', 'sch_sfq', 'sch_red', 'sch_pie', 'inet_diag', 'tcp_diag', 'udp_diag', 'unix_diag',
]

/** Loaded by the initial RAM disk, in this order, before the root file system is mounted. */
export const initrdModules: readonly string[] = ['virtio_blk', 'virtio_net', 'virtio_rng']

/** Size of the ext4 file system in bytes; the file behind it is sparse. */
export const diskBytes = 12 * 1024 ** 3

/** A compressed disk is a third of the size and costs about half a second at each boot. */
export const compressDisk = true

/**
 * Kernel arguments every machine is started with (the provider adds its own after them). Beside the plain ones:
 * lsm=… leaves out security modules nobody configures here, whose hooks cost on every path (and BPF programs that
 * systemd would compile for them).
 */
export const kernelArguments = 'root=/dev/vda rw console=ttyS0 mitigations=off quiet loglevel=3 systemd.show_status=0 random.trust_cpu=on lsm=capability,landlock audit=0 init_on_alloc=0 rcupdate.rcu_expedited=1'
