import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { claimPort } from './port-claim.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'kubarium-claims-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

it('PC1: a port is claimed once, and may be claimed again when it is given back', () => {
  const claim = claimPort(6443, folder)
  expect(claim).toBeDefined()
  expect(claimPort(6443, folder)).toBeUndefined()
  claimPort(6444, folder)![Symbol.dispose]()
  claim![Symbol.dispose]()
  expect(readdirSync(folder)).toEqual([])
  using again = claimPort(6443, folder)
  expect(again).toBeDefined()
})

it('PC1: the claim of a lab host that is gone does not count', () => {
  writeFileSync(join(folder, 'kubarium-port-6443'), JSON.stringify({ pid: process.pid, startTicks: 1 })) // same id, another process
  using claim = claimPort(6443, folder)
  expect(claim).toBeDefined()
})

it('PC2: where no claim can be written the port is not to be had', () => {
  expect(claimPort(6443, join(folder, 'missing'))).toBeUndefined()
})
