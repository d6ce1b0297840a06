import { expect, test } from 'vitest'
import { designatorsOf } from './scsi-designators.ts'

const page = (...designators: (readonly [codeSet: number, text: string])[]): Uint8Array => {
  const body = Buffer.concat(designators.map(([codeSet, text]) => Buffer.concat([Buffer.from([codeSet, 0, 0, text.length]), Buffer.from(text, 'latin1')])))
  return Buffer.concat([Buffer.from([0, 0x83, body.length >> 8, body.length & 0xff]), body])
}

test('every designator of text is a name, padding aside', () => {
  expect(designatorsOf(page([2, 'pvc-459b7142-2006-4ee2-b4f3-92587f9cddc5']))).toEqual(['pvc-459b7142-2006-4ee2-b4f3-92587f9cddc5'])
  expect(designatorsOf(page([1, '\x50\x01'], [2, 'QEMU    x  '], [3, 'naa.5\0']))).toEqual(['QEMU    x', 'naa.5'])
})

test('a page that is cut short gives what it has', () => {
  expect(designatorsOf(new Uint8Array())).toEqual([])
  expect(designatorsOf(page([2, 'abcdef']).subarray(0, 10))).toEqual(['ab'])
  expect(designatorsOf(Buffer.from([0, 0x83, 0xff, 0xff, 2]))).toEqual([])
})
