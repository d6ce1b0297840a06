import { expect, test } from 'vitest'
import { machineProcessors } from './machine-processors.ts'

const withFiles = (kernelCount: number, files: Readonly<Record<string, string>>) => machineProcessors(kernelCount, path => Promise.resolve(files[path.replace('/sys/fs/cgroup/', '')] ?? ''))

test.each<[string, number, Record<string, string>, number]>([
  ['MP3 a machine of its own', 4, { 'cpuset.cpus.effective': '0-3\n' }, 4],
  ['MP3 a group without limits', 4, { 'cpu.max': 'max 100000\n', 'cpuset.cpus.effective': '0-3\n' }, 4],
  ['MP3 an old group without limits', 4, { 'cpuset/cpuset.effective_cpus': '0-3\n', 'cpu/cpu.cfs_quota_us': '-1\n', 'cpu/cpu.cfs_period_us': '100000\n' }, 4],
  ['MP1 a quota', 8, { 'cpu.max': '200000 100000\n', 'cpuset.cpus.effective': '0-7\n' }, 2],
  ['MP1 an old quota', 8, { 'cpu,cpuacct/cpu.cfs_quota_us': '300000\n', 'cpu,cpuacct/cpu.cfs_period_us': '100000\n' }, 3],
  ['MP1 a set', 8, { 'cpu.max': 'max 100000', 'cpuset.cpus.effective': '0-2,7\n' }, 4],
  ['MP1 an old set below its quota', 8, { 'cpuset/cpuset.effective_cpus': '5\n', 'cpu/cpu.cfs_quota_us': '200000\n', 'cpu/cpu.cfs_period_us': '100000\n' }, 1],
  ['MP1 more than the kernel has', 2, { 'cpu.max': '400000 100000' }, 2],
  ['MP2 one and a half', 8, { 'cpu.max': '150000 100000' }, 1],
  ['MP2 half of one', 8, { 'cpu.max': '50000 100000' }, 1],
])('%s, of %i', async (_, kernelCount, files, count) => {
  expect(await withFiles(kernelCount, files)).toBe(count)
})
