import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { becomeTopmost, isTooHigh, removeUnused, topmostLayer } from './disk-layers.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'layers-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('DL1 a machine that was never saved writes its first layer, later the one that is written down', async () => {
  expect(await topmostLayer(folder)).toBe('disk.qcow2')
  await becomeTopmost(folder, 'disk-0123456789ab.qcow2')
  expect(await topmostLayer(folder)).toBe('disk-0123456789ab.qcow2')
})

test('DL4 what is written down and cannot be read is not taken for the first layer', async () => {
  writeFileSync(join(folder, 'disk.json'), '{"fil')
  await expect(topmostLayer(folder)).rejects.toMatchObject({ reason: 'StartFailed' })
})

test('DL3 a pile is too high above eight layers, where there is a base to put it together on', () => {
  const pile = (count: number) => [...Array.from({ length: count - 1 }, (_, index) => `disk-${index}.qcow2`), 'base.qcow2']
  expect(isTooHigh(pile(8))).toBe(false)
  expect(isTooHigh(pile(9))).toBe(true)
  expect(isTooHigh(pile(9).slice(0, -1).concat('other.qcow2'))).toBe(false)
})

test('DL3 names of layers that are not used go, everything else stays', async () => {
  for (const name of ['base.qcow2', 'image.qcow2', 'disk.qcow2', 'disk-0123456789ab.qcow2', 'disk-ba9876543210.qcow2', 'disk-00000000000a.qcow2.new', 'disk.json', 'qemu.log']) writeFileSync(join(folder, name), '')
  await removeUnused(folder, ['disk-ba9876543210.qcow2', 'base.qcow2', 'image.qcow2'])
  expect(readdirSync(folder).sort()).toEqual(['base.qcow2', 'disk-ba9876543210.qcow2', 'disk.json', 'image.qcow2', 'qemu.log'])
})
