import { describe, expect, test } from 'vitest'
import { machineUsage } from './machine-usage.ts'

const kernel = {
  '/proc/meminfo': 'MemTotal:       1000 kB\nMemFree:         300 kB\nMemAvailable:    600 kB\nAnonPages:       100 kB\n',
  '/proc/stat': 'cpu  10 0 20 1000 50 0 1 0 5 0\ncpu0 10 0 20 1000 50 0 1 0 5 0\n',
}
const usageWith = (files: Readonly<Record<string, string>>) => machineUsage(path => Promise.resolve({ ...kernel, ...files }[path] ?? ''))
const group = (files: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(files).map(([name, text]) => [`/sys/fs/cgroup/${name}`, text]))

describe('usage of a machine', () => {
  test('of its own: what the kernel says', async () => {
    expect(await usageWith({})).toEqual({ totalBytes: 1_024_000, usageBytes: 716_800, workingSetBytes: 409_600, rssBytes: 102_400, cpuNanos: 310_000_000 })
  })

  test('MU1 MU2 of a container: what its control group says', async () => {
    expect(await usageWith(group({ 'memory.max': '500000', 'memory.current': '200000', 'memory.stat': 'anon 50000\ninactive_file 30000\n', 'cpu.stat': 'usage_usec 7000\n' })))
      .toEqual({ totalBytes: 500_000, usageBytes: 200_000, workingSetBytes: 170_000, rssBytes: 50_000, cpuNanos: 7_000_000 })
    expect(await usageWith(group({ 'memory/memory.limit_in_bytes': '500000', 'memory/memory.usage_in_bytes': '200000', 'memory/memory.stat': 'total_rss 50000\ntotal_inactive_file 30000\n', 'cpu,cpuacct/cpuacct.usage': '7000000' })))
      .toEqual({ totalBytes: 500_000, usageBytes: 200_000, workingSetBytes: 170_000, rssBytes: 50_000, cpuNanos: 7_000_000 })
  })

  test('MU1 a group without limit is no machine', async () => {
    expect((await usageWith(group({ 'memory.max': 'max', 'memory.current': '200000' }))).totalBytes).toBe(1_024_000)
    expect((await usageWith(group({ 'memory/memory.limit_in_bytes': '9223372036854771712', 'memory/memory.usage_in_bytes': '1', 'cpuacct/cpuacct.usage': '1' }))).totalBytes).toBe(1_024_000)
  })
})
