import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { renderCpio } from './cpio.ts'
import { initScript, readSysctls, renderInitrd } from './initrd.ts'

test('an archive holds names, modes and data, each padded to four bytes', () => {
  const archive = renderCpio([{ name: 'a', mode: 0o100644, data: Buffer.from('xyz') }])
  expect(archive.length % 4).toBe(0)
  expect(archive.toString('latin1', 0, 6)).toBe('070701')
  expect(archive.toString('latin1', 14, 22)).toBe('000081a4') // mode
  expect(archive.toString('latin1', 54, 62)).toBe('00000003') // size
  expect(archive.toString('latin1', 110, 112)).toBe('a\0')
  expect(archive.toString('latin1', 112, 115)).toBe('xyz')
  expect(archive.includes('TRAILER!!!\0')).toBe(true)
})

test('the RAM disk has busybox under every name its script calls', () => {
  const archive = renderInitrd({ busybox: Buffer.from('BB'), modules: [{ name: 'virtio_blk.ko', data: Buffer.from('M') }], sysctls: {} }).toString('latin1')
  const commands = [...initScript([], {}).matchAll(/(?:^\s*|\$\(|&& |; |do |exec )(mount|umount|mkdir|mknod|insmod|sleep|ip|sed|switch_root)\b/gm)].map(match => match[1])
  expect(new Set(commands).size).toBeGreaterThan(6)
  for (const command of commands) expect(archive).toContain(`bin/${command}\0`)
  expect(archive).toContain('modules/virtio_blk.ko\0')
})

test('the script is valid shell', () => {
  expect(() => execFileSync('sh', ['-n'], { input: initScript(['a.ko'], { 'net/ipv4/ip_forward': '1' }) })).not.toThrow()
  expect(initScript([], { 'net/ipv4/ip_forward': '1' })).toContain('echo 1 > /proc/sys/net/ipv4/ip_forward')
})

test('IR1 what CNI remembers lies in memory, mounted over the folder of the disk before systemd starts', () => {
  const lines = initScript([], {}).split('\n')
  const mounted = lines.findIndex(line => /^mount -t tmpfs .* \/root\/var\/lib\/cni$/.test(line))
  expect(mounted).toBeGreaterThan(lines.findIndex(line => line.startsWith('mount -t ext4')))
  expect(mounted).toBeLessThan(lines.findIndex(line => line.startsWith('exec switch_root')))
})

test('sysctl files are read without comments', () => {
  expect(readSysctls('# no\nnet.ipv4.ip_forward = 1\n\n; no\nkernel.panic=10\n')).toEqual({ 'net/ipv4/ip_forward': '1', 'kernel/panic': '10' })
})
