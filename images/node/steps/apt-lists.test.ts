import { expect, test } from 'vitest'
import { readPlan, readStanzas } from './apt-lists.ts'

test('AL3 what apt would install, once each', () => {
  const simulation = 'Inst gcc-14-base (14.2.0-19 Debian:13.0/stable [amd64])\nInst libc6:amd64 (2.41-12 Debian:13.0/stable [amd64]) []\nConf libc6 (2.41-12 Debian:13.0/stable [amd64])\nRemv old (1)\n'
  expect(readPlan(simulation)).toEqual([{ name: 'gcc-14-base', version: '14.2.0-19' }, { name: 'libc6', version: '2.41-12' }])
})

test('stanzas are split at empty lines; continuation lines belong to no field', () => {
  const [first, second, ...rest] = readStanzas('Package: a\nVersion: 1:2\nDescription: x\n Filename: not this\n\nPackage: b\nFilename: pool/b.deb\n\n\n')
  expect(first?.get('Version')).toBe('1:2')
  expect(first?.has('Filename')).toBe(false)
  expect(second?.get('Filename')).toBe('pool/b.deb')
  expect(rest).toEqual([])
})
