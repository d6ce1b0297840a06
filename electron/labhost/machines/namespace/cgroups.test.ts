import { expect, test } from 'vitest'
import { readHierarchies } from './cgroups.ts'
import { chooseProcessors, readProcessorList } from './choose-processors.ts'

const line = (path: string, type: string, options: string) => `30 24 0:26 / ${path} rw,nosuid - ${type} cgroup rw,${options}`

test('version 2 alone', () => {
  expect(readHierarchies(line('/sys/fs/cgroup', 'cgroup2', 'nsdelegate'))).toEqual([{ version: 2, path: '/sys/fs/cgroup', options: '' }])
})

test('version 1, with joined controllers and systemd\'s own; what is mounted twice counts once', () => {
  const text = [
    line('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'cpu,cpuacct'),
    line('/sys/fs/cgroup/memory', 'cgroup', 'memory'),
    line('/mnt/memory', 'cgroup', 'memory'),
    line('/sys/fs/cgroup/systemd', 'cgroup', 'xattr,name=systemd'),
    line('/sys/fs/cgroup/unified', 'cgroup2', 'nsdelegate'),
    '24 1 8:1 / / rw - ext4 /dev/sda rw',
  ].join('\n')
  expect(readHierarchies(text)).toEqual([
    { version: 1, path: '/sys/fs/cgroup/cpu,cpuacct', options: 'cpu,cpuacct' },
    { version: 1, path: '/sys/fs/cgroup/memory', options: 'memory' },
    { version: 1, path: '/sys/fs/cgroup/systemd', options: 'none,name=systemd' },
  ])
})

test('a named hierarchy without controllers beside version 2 does not make it version 1', () => {
  const text = [line('/sys/fs/cgroup/systemd', 'cgroup', 'name=systemd'), line('/sys/fs/cgroup', 'cgroup2', '')].join('\n')
  expect(readHierarchies(text)).toEqual([{ version: 2, path: '/sys/fs/cgroup', options: '' }])
})

test('nothing mounted is nothing', () => {
  expect(readHierarchies('')).toEqual([])
})

test('CG3 processors that the fewest machines have; one with all of them counts for none', () => {
  const all = readProcessorList('0-2,7\n')
  expect(all).toEqual([0, 1, 2, 7])
  expect(chooseProcessors(all, [], 2)).toEqual([0, 1])
  expect(chooseProcessors(all, [[0, 1], all], 2)).toEqual([2, 7])
  expect(chooseProcessors(all, [[0, 1], [1, 7]], 2)).toEqual([0, 2])
  expect(chooseProcessors(all, [[0]], 6)).toEqual(all)
})
