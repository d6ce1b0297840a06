import { expect, test } from 'vitest'
import { readMachineReport } from './machine-report.ts'

const stat = (pid: number, name: string, parent: number, ticks: number, startedAt: number) => `/proc/${pid}/stat:${pid} (${name}) S ${parent} ${pid} ${pid} 0 -1 4194560 1 0 0 0 ${ticks} 0 0 0 20 0 11 0 ${startedAt} 1000000 10 18446744073709551615`
const card = (name: string, flags: string[], bytes: number) => ({ ifname: name, address: '52:54:00:30:00:01', mtu: 1500, flags, addr_info: [{ family: 'inet', local: '172.30.0.11', prefixlen: 24 }], stats64: { rx: { bytes, packets: 2, errors: 1, dropped: 0, multicast: 4 }, tx: { bytes: 7, packets: 1, errors: 0, dropped: 3 } } })

const text = (change: Readonly<Record<string, string>> = {}) => Object.entries({
  '/proc/uptime': '500.25 100.00', '/proc/loadavg': '0.50 0.25 0.10 1/200 400', '/proc/sys/kernel/osrelease': '6.1.0',
  '/proc/meminfo': 'MemTotal:       1000 kB\nMemFree:         300 kB\nMemAvailable:    600 kB\nAnonPages:       100 kB',
  '/proc/stat': 'cpu  10 0 20 1000 50 0 1 0 5 0\nbtime 1000000', 'cpus': '2',
  'processes': [stat(1, 'init', 0, 5, 40_000), stat(2, 'kthreadd', 0, 0, 0), stat(9, 'kworker', 2, 0, 0), stat(60, 'node', 1, 250, 40_100), stat(70, 'busybox', 60, 1, 49_000)].join('\n'),
  'commands': 'PID   COMMAND\n    1 /sbin/init\n   60 node kubelet.mjs --v=2\n   70 busybox sh -c : kubarium-machine-report',
  'disks': 'Filesystem 1024-blocks Used Available Capacity Mounted on\nmachine 100 40 60 40% /\n/dev/vdb 200 50 150 25% /var/lib/containerd\n/dev/vdb 200 50 150 25% /var\ntmpfs 10 1 9 10% /run',
  'interfaces': JSON.stringify([card('lan0', ['UP'], 900), card('eth9', [], 0)]), ...change,
}).map(([name, section]) => `== ${name}\n${section}`).join('\n')

test('a report is read', async () => {
  const report = await readMachineReport(text())
  expect(report).toMatchObject({ at: 1_000_500_250, kernel: '6.1.0', cpus: 2, cpuSeconds: 0.31, load: [0.5, 0.25, 0.1], memory: { totalBytes: 1_024_000, usedBytes: 716_800, workingSetBytes: 409_600 } })
  expect(report.interfaces.map(({ name, isUp, addresses, received, sent }) => [name, isUp, addresses, received, sent])).toEqual([
    ['lan0', true, ['172.30.0.11/24'], { bytes: 900, packets: 2, errors: 1, dropped: 0 }, { bytes: 7, packets: 1, errors: 0, dropped: 3 }],
    ['eth9', false, ['172.30.0.11/24'], { bytes: 0, packets: 2, errors: 1, dropped: 0 }, { bytes: 7, packets: 1, errors: 0, dropped: 3 }],
  ])
})

test('MR1 a container has the memory of its control group', async () => {
  expect((await readMachineReport(text({ '/sys/fs/cgroup/memory.max': '500000', '/sys/fs/cgroup/memory.current': '200000', '/sys/fs/cgroup/memory.stat': 'inactive_file 30000', '/sys/fs/cgroup/cpu.stat': 'usage_usec 7000000' }))))
    .toMatchObject({ cpuSeconds: 7, memory: { totalBytes: 500_000, usedBytes: 200_000, workingSetBytes: 170_000 } })
})

test('MR2 uptime is the age of process 1', async () => {
  expect((await readMachineReport(text())).uptimeSeconds).toBeCloseTo(100.25)
})

test('MR3 neither the kernel\'s processes nor the question are told of', async () => {
  expect((await readMachineReport(text())).processes).toEqual([
    { pid: 1, parent: 0, state: 'S', command: '/sbin/init', cpuSeconds: 0.05, memoryBytes: 40_960 },
    { pid: 60, parent: 1, state: 'S', command: 'node kubelet.mjs --v=2', cpuSeconds: 2.5, memoryBytes: 40_960 },
  ])
})

test('MR4 the root and devices, each once at its shortest path', async () => {
  expect((await readMachineReport(text())).disks.map(({ device, mount, usedBytes }) => [device, mount, usedBytes])).toEqual([['machine', '/', 40_960], ['/dev/vdb', '/var', 51_200]])
})
