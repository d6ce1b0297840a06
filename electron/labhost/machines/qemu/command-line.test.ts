import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MachineSpec } from '../machine.ts'
import { qemuArguments, type QemuStart } from './command-line.ts'
import { credentialsOf } from './credentials.ts'

const spec: MachineSpec = {
  name: 'node-1',
  provider: 'qemu',
  cpus: 2,
  memoryMiB: 1024,
  diskMiB: 8192,
  image: { hash: 'abc', kernel: '/images/abc/vmlinuz', initrd: '/images/abc/initrd', disk: '/images/abc/disk.qcow2', kernelArguments: 'root=/dev/vda rw console=ttyS0', rootfs: null, containerd: null },
  lan: { address: '172.30.0.11', prefix: 24, mac: '52:54:00:30:00:01' },
  identity: {
    authorizedKey: 'ssh-ed25519 AAAALOGIN lab',
    identityFile: '/labs/default/id',
    hostKeyPrivate: '-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET\n-----END OPENSSH PRIVATE KEY-----\n',
    hostKeyPublic: 'ssh-ed25519 AAAAHOST',
    machineId: '0123456789abcdef0123456789abcdef',
  },
}
const start: QemuStart = { accelerator: 'tcg', programVersion: '8.1.0', sandbox: true, sshPort: 40001, memory: { type: 'anonymous' }, incoming: false }

/** One option and its value a line. */
function lines(args: readonly string[]): string {
  return args.map((word, index) => (word.startsWith('-') ? `${index === 0 ? '' : '\n'}${word}` : ` ${word}`)).join('')
}

test('the whole command line, as it boots, as a template candidate and as a clone', () => {
  const text = [
    ['# boots by emulation', start],
    ['# boots with one processor', start, { ...spec, cpus: 1 }],
    ['# template candidate under KVM', { ...start, accelerator: 'kvm', memory: { type: 'shared', file: 'memory' } }],
    ['# clone, without a sandbox', { ...start, sandbox: false, memory: { type: 'private', file: '/templates/a,b/memory' }, incoming: true }],
  ] satisfies [string, QemuStart, MachineSpec?][]
  const golden = join(import.meta.dirname, 'command-line.golden.txt')
  const shown = text.map(([title, how, of = spec]) => `${title}\n${lines(qemuArguments(of, how))}\n`).join('\n')
  if (process.env['GOLDEN'] === 'write') writeFileSync(golden, shown)
  expect(shown).toBe(readFileSync(golden, 'utf8'))
})

test('QC1 no path of the machine is absolute; QC2 nothing secret stands there', () => {
  const words = qemuArguments(spec, start).join(' ')
  expect(words).not.toContain('/labs/')
  expect(words).not.toContain('SECRET')
  expect(words).not.toContain(Buffer.from(spec.identity.hostKeyPrivate).toString('base64'))
})

test('QC3 a clone has the very devices of its template', () => {
  const devices = (how: QemuStart) => qemuArguments(spec, how).filter((_word, index, all) => all[index - 1] === '-device')
  expect(devices({ ...start, memory: { type: 'private', file: '/t' }, incoming: true })).toEqual(devices({ ...start, memory: { type: 'shared', file: 'memory' } }))
})

test('QC3 no two devices have the same place', () => {
  const places = qemuArguments(spec, start).flatMap(word => /,addr=(0x[0-9a-f]+)/.exec(word)?.[1] ?? [])
  expect(places.length).toBeGreaterThan(4)
  expect(new Set(places).size).toBe(places.length)
})

test('QC8 an emulated guest is the only one whose programs have no random addresses', () => {
  const kernelWords = (accelerator: QemuStart['accelerator']) => {
    const words = qemuArguments(spec, { ...start, accelerator })
    return words[words.indexOf('-append') + 1]!.split(' ')
  }
  expect(kernelWords('tcg')).toContain('norandmaps')
  for (const accelerator of ['kvm', 'hvf', 'whpx'] as const) expect(kernelWords(accelerator)).not.toContain('norandmaps')
})

test('credentials carry key, host key and LAN address', () => {
  expect(credentialsOf(spec).map(credential => credential.text.replace(/=([A-Za-z0-9+/]+=*)$/, (whole, value: string) => (whole.includes('lan') ? whole : `=<${Buffer.from(value, 'base64').toString()}>`)))).toEqual([
    'io.systemd.credential.binary:ssh.authorized_keys.root=<ssh-ed25519 AAAALOGIN lab\n>',
    `io.systemd.credential.binary:kubarium.host_key=<${spec.identity.hostKeyPrivate}>`,
    'io.systemd.credential:kubarium.lan=172.30.0.11/24',
  ])
})

test('QC9 emulated processors take turns where QEMU cannot run them side by side', () => {
  const accelerator = (programVersion: string, cpus: number) => {
    const words = qemuArguments({ ...spec, cpus }, { ...start, programVersion })
    return words[words.indexOf('-accel') + 1]
  }
  expect(accelerator('7.2.22', 2)).toBe('tcg,thread=single,tb-size=512')
  expect(accelerator('8.0.5', 2)).toContain('thread=single')
  expect(accelerator('7.2.22', 1)).toContain('thread=multi')
  expect(accelerator('8.1.0', 2)).toContain('thread=multi')
  expect(accelerator('10.0.2', 2)).toContain('thread=multi')
  expect(accelerator('of an unknown version', 2)).toContain('thread=single')
})
