import { describe, expect, test } from 'vitest'
import { containerConfig, execSyncResponse } from '../cri/cri-container-messages.ts'
import { podSandboxConfig } from '../cri/cri-sandbox-messages.ts'
import { bool, message, MessageError, text } from './message-codec.ts'
import { choice, integer, integers, list, one, textMap, texts, wrapped } from './plain-fields.ts'

const inner = message({ name: text(1) })
const sample = message({ title: text(1), count: integer(2), flag: bool(3), user: wrapped(4), groups: integers(5), items: list(6, inner), labels: textMap(7), mode: choice(8, ['A', 'B']), sub: one(9, inner), words: texts(10) })

describe('plain fields', () => {
  test('an empty message is no bytes and decodes to zero values', () => {
    const data = sample.encode({ title: '', count: 0, mode: 'A', labels: {}, user: undefined })
    expect(data).toHaveLength(0)
    expect(sample.decode(data)).toEqual({ title: '', count: 0, flag: false, groups: [], items: [], labels: {}, mode: 'A', words: [] })
  })

  test('PF3 a wrapped zero is written: user 0 is not "no user"', () => {
    expect([...sample.encode({ user: 0 })]).toEqual([0x22, 0])
    for (const user of [0, 1000, -1]) expect(sample.decode(sample.encode({ user })).user).toBe(user)
  })

  test('PF1 negative and large integers survive, and very large ones are rounded', () => {
    for (const count of [-1, -997, 1, 127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 40)]) expect(sample.decode(sample.encode({ count })).count).toBe(count)
    const nanos = 1_767_225_600 * 1e9
    expect(sample.decode(sample.encode({ count: nanos })).count).toBe(nanos)
  })

  test('known bytes: field 1 "testing", field 2 150', () => {
    expect(Buffer.from(sample.encode({ title: 'testing', count: 150 })).toString('hex')).toBe('0a0774657374696e67109601')
  })

  test('PF2 PF4 lists, maps, sub-messages and choices come back', () => {
    const value = { title: 'ü', groups: [1, 300], items: [{ name: '' }, { name: 'x' }], labels: { b: '1', a: '', ['__proto__']: 'evil' }, mode: 'B' as const, sub: { name: 'y' }, words: ['', 'z'] }
    const back = sample.decode(sample.encode(value))
    expect(back).toMatchObject({ title: 'ü', groups: [1, 300], items: [{ name: '' }, { name: 'x' }], mode: 'B', sub: { name: 'y' }, words: ['', 'z'] })
    expect(Object.entries(back.labels)).toEqual(Object.entries(value.labels))
    expect(Object.getPrototypeOf(back.labels)).toBe(Object.prototype)
  })

  test('PF2 a name that is none is not written, a number without one is its digits', () => {
    expect(() => sample.encode({ mode: 'C' as never })).toThrow(MessageError)
    expect(sample.decode(Uint8Array.of(0x40, 9)).mode).toBe('9')
  })

  test('lists of numbers are read packed or not', () => {
    expect(sample.decode(Uint8Array.of(0xf8, 0x7f, 5, 0x28, 7, 0x28, 8)).groups).toEqual([7, 8])
    expect(sample.decode(Uint8Array.of(0x2a, 3, 7, 0xac, 2)).groups).toEqual([7, 300])
  })

  test('real messages of the container runtime round-trip', () => {
    const sandbox = { metadata: { name: 'p', uid: 'u', namespace: 'n', attempt: 3 }, linux: { cgroupParent: '/kubepods', securityContext: { runAsUser: 0, supplementalGroups: [5] } }, portMappings: [{ protocol: 'UDP' as const, hostPort: 53 }] }
    expect(podSandboxConfig.decode(podSandboxConfig.encode(sandbox))).toMatchObject(sandbox)
    const config = { command: ['', 'a'], envs: [{ key: 'A', value: '' }], linux: { resources: { oomScoreAdj: -997, cpuQuota: 20000 } } }
    expect(containerConfig.decode(containerConfig.encode(config))).toMatchObject(config)
    expect(execSyncResponse.decode(execSyncResponse.encode({ stdout: Uint8Array.of(1, 0, 255), exitCode: 7 }))).toEqual({ stdout: Uint8Array.of(1, 0, 255), stderr: new Uint8Array(0), exitCode: 7 })
  })
})
