import { describe, expect, test } from 'vitest'
import { containerConfig, execSyncResponse } from './cri-container-messages.ts'
import { podSandboxConfig } from './cri-sandbox-messages.ts'
import { bool, choice, decodeMessage, encodeMessage, integer, integers, list, message, one, text, textMap, wrapped } from './message-codec.ts'

const inner = message({ name: text(1) })
const sample = message({ title: text(1), count: integer(2), flag: bool(3), user: wrapped(4), groups: integers(5), items: list(6, inner), labels: textMap(7), mode: choice(8, ['A', 'B']), sub: one(9, inner) })

describe('protobuf codec', () => {
  test('MC1 MC2 an empty message is no bytes and decodes to zero values', () => {
    const data = encodeMessage(sample, { title: '', count: 0, mode: 'A' })
    expect(data).toHaveLength(0)
    expect(decodeMessage(sample, data)).toEqual({ title: '', count: 0, flag: false, user: undefined, groups: [], items: [], labels: {}, mode: 'A', sub: undefined })
  })

  test('MC2 a wrapped zero is written: user 0 is not "no user"', () => {
    expect([...encodeMessage(sample, { user: 0 })]).toEqual([0x22, 0])
    expect(decodeMessage(sample, encodeMessage(sample, { user: 0 })).user).toBe(0)
    expect(decodeMessage(sample, encodeMessage(sample, { user: 1000 })).user).toBe(1000)
  })

  test('MC4 negative and large integers survive', () => {
    for (const count of [-1, -997, 1, 127, 128, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 40)]) {
      expect(decodeMessage(sample, encodeMessage(sample, { count })).count).toBe(count)
    }
  })

  test('known bytes: field 1 "testing", field 2 150', () => {
    expect(Buffer.from(encodeMessage(sample, { title: 'testing', count: 150 })).toString('hex')).toBe('0a0774657374696e67109601')
  })

  test('lists, maps, sub-messages and choices come back', () => {
    const value = { title: 'ü', groups: [1, 300], items: [{ name: '' }, { name: 'x' }], labels: { a: '1', __proto__x: '', ['__proto__']: 'evil' }, mode: 'B' as const, sub: { name: 'y' } }
    const back = decodeMessage(sample, encodeMessage(sample, value))
    expect(back).toMatchObject({ title: 'ü', groups: [1, 300], items: [{ name: '' }, { name: 'x' }], mode: 'B', sub: { name: 'y' } })
    expect(Object.getPrototypeOf(back.labels)).toBe(Object.prototype)
  })

  test('MC3 unknown fields are skipped, MC5 unpacked lists are read', () => {
    expect(decodeMessage(sample, Uint8Array.of(0xf8, 0x7f, 5, 0x28, 7, 0x28, 8)).groups).toEqual([7, 8])
  })

  test('MC6 truncated input throws', () => {
    expect(() => decodeMessage(sample, Uint8Array.of(0x0a, 5, 1))).toThrow(RangeError)
    expect(() => decodeMessage(sample, Uint8Array.of(0x10, 0x80))).toThrow(RangeError)
  })

  test('real CRI messages round-trip', () => {
    const sandbox = { metadata: { name: 'p', uid: 'u', namespace: 'n', attempt: 3 }, linux: { cgroupParent: '/kubepods', securityContext: { runAsUser: 0, supplementalGroups: [5] } }, portMappings: [{ protocol: 'UDP' as const, hostPort: 53 }] }
    expect(decodeMessage(podSandboxConfig, encodeMessage(podSandboxConfig, sandbox))).toMatchObject(sandbox)
    const config = { command: ['', 'a'], envs: [{ key: 'A', value: '' }], linux: { resources: { oomScoreAdj: -997, cpuQuota: 20000 } } }
    expect(decodeMessage(containerConfig, encodeMessage(containerConfig, config))).toMatchObject(config)
    expect(decodeMessage(execSyncResponse, encodeMessage(execSyncResponse, { stdout: Uint8Array.of(1, 0, 255), exitCode: 7 }))).toEqual({ stdout: Uint8Array.of(1, 0, 255), stderr: new Uint8Array(0), exitCode: 7 })
  })
})
