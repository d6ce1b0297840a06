import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { CommandResult } from '../provision/collect.ts'
import { runWarmUp, type WarmUpRunner, warmUpOf } from './warm-up.ts'

const ended = (code: number): CommandResult => ({ code, signal: null, stdout: '', stderr: '' }) as CommandResult

test('WU1 no command is a shell with a line made for it', () => {
  const words = warmUpOf([['/usr/local/bin/node', '/opt/a.mjs', '--version']]).flat().flatMap(command => command.argv)
  expect(words).not.toContain('sh')
  expect(words.filter(word => /[;&|<>$`]/.test(word))).toEqual([])
})

test('WU2 WU3 chains run beside one another, each in order, whatever a command ends with, and sync is last', async () => {
  const ran: string[] = []
  const runner: WarmUpRunner = {
    async exec(argv, options) {
      ran.push(`${argv.join(' ')}${typeof options?.stdin === 'string' ? ` < ${options.stdin}` : ''}`)
      await nextTurn()
      return ended(argv[0] === 'a1' ? 1 : 0)
    },
  }
  await runWarmUp(runner, [[{ argv: ['a1'], stdin: 'x' }, { argv: ['a2'] }], [{ argv: ['b1'] }]], { timeoutMs: 1_000 })
  expect(ran).toEqual(['a1 < x', 'b1', 'a2', 'sync'])
})

test('WU3 a lost line is an error', async () => {
  await expect(runWarmUp({ exec: () => Promise.reject(new Error('the line was lost')) }, warmUpOf([]), { timeoutMs: 1_000 })).rejects.toThrow('the line was lost')
})
