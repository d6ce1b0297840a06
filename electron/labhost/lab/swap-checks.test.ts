import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkProgram } from './swap-checks.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubarium-swap-'))
afterAll(() => { rmSync(folder, { recursive: true }) })

function program(name: string, text: string, mode: number): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

test('SC1: what builds on a check that failed is not looked at', async () => {
  expect(await checkProgram('bin/kube-scheduler')).toEqual([{ check: 'absolute', ok: false, detail: 'bin/kube-scheduler' }])
  expect((await checkProgram(join(folder, 'nobody'))).at(-1)).toEqual({ check: 'file', ok: false, detail: 'missing' })
  expect((await checkProgram(folder)).at(-1)).toEqual({ check: 'file', ok: false, detail: 'folder' })
  expect((await checkProgram(program('plain', 'text', 0o644))).map(({ check, ok }) => [check, ok])).toEqual([['absolute', true], ['file', true], ['executable', false]])
})

test('SC2: the version is what the program says, and it is not given our environment', async () => {
  process.env['KUBARIUM_SWAP_SECRET'] = 'told'
  const answering = program('answering', '#!/bin/sh\necho "Kubernetes v1.36.0 $1 $KUBARIUM_SWAP_SECRET"\n', 0o755)
  expect((await checkProgram(answering)).at(-1)).toEqual({ check: 'version', ok: true, detail: 'Kubernetes v1.36.0 --version' })
  expect((await checkProgram(program('failing', '#!/bin/sh\nexit 3\n', 0o755))).at(-1)).toMatchObject({ check: 'version', ok: false })
})
