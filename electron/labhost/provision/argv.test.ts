import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { commandLine } from './argv.ts'

test('AR1 a shell takes the line apart into the very words', () => {
  const words = ['plain', '', ' ', "it's", '"$HOME"', '`id`', '$(id)', 'a\nb', '\\', '*', '~', '#x', '-n', 'ü€😀', ';&|<>(){}!']
  const printed = execFileSync('/bin/sh', ['-c', `${commandLine(['printf', '%s\\0', ...words])}`])
  expect(printed.toString().split('\0').slice(0, -1)).toEqual(words)
})

test('harmless words stay readable', () => {
  expect(commandLine(['systemctl', 'start', 'kubelet.service', '--now'])).toBe('systemctl start kubelet.service --now')
})

test('AR2 a zero byte is refused', () => {
  expect(() => commandLine(['a\0b'])).toThrow(RangeError)
  expect(() => commandLine([])).toThrow(RangeError)
})
