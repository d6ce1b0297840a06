import { expect, test } from 'vitest'
import { asLine, decodeServed, servedBytes, storedForm } from './stored-form.ts'

const form = storedForm('v1', 'ConfigMap')
const stored = Buffer.from('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"x":"é"}}')

test('SF4 the line end of an answer lies behind served bytes and is no part of them', () => {
  const served = servedBytes(form, stored, 7)
  expect(served.toString()).toBe('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"7","name":"a"},"data":{"x":"é"}}')
  expect(decodeServed(served).metadata.resourceVersion).toBe('7')
  const line = asLine(served)
  expect(line.toString()).toBe(`${served.toString()}\n`)
  expect(line.buffer).toBe(served.buffer)
})

test('SF4 bytes that were made elsewhere are copied in front of a line end', () => {
  const foreign = { whole: Uint8Array.of(0x7b, 0x7d), before: Uint8Array.of(0x7b, 0x7d, 0x20), between: Uint8Array.of(0x0a, 0x7b, 0x7d, 0x0a) }
  const at = { whole: 0, before: 0, between: 1 }
  for (const where of ['whole', 'before', 'between'] as const) {
    const line = asLine(Buffer.from(foreign[where].buffer, at[where], 2))
    expect(line.toString(), where).toBe('{}\n')
    expect(line.buffer, where).not.toBe(foreign[where].buffer)
  }
  const reencoded = servedBytes(form, Buffer.from('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}'), 8) // SF2
  expect(asLine(reencoded).toString()).toBe('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"8","name":"a"}}\n')
})
