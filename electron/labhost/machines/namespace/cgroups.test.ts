import { expect, test } from 'vitest'
import { readHierarchies } from './cgroups.ts'

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
