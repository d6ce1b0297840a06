/** Nobody is offered a fault that was never tried on a lab. */
import { expect, test } from 'vitest'
import { faults } from '../../electron/labhost/drills/fault-kinds.ts'
import { hostGatewayRows, namespaceRows, qemuRows } from '../e2e/faults/fault-rows.ts'

test('every fault is tried on a lab, by one row', () => {
  const tried = [...Object.keys(namespaceRows), ...Object.keys(hostGatewayRows), ...Object.keys(qemuRows)]
  expect(tried.sort()).toEqual(faults.map(({ kind }) => kind.name).sort())
})

test('faults that need virtual machines are tried on these', () => {
  const needsQemu = faults.filter(({ kind }) => kind.providers !== null && !kind.providers.includes('namespace')).map(({ kind }) => kind.name)
  expect(needsQemu.filter(name => !(name in qemuRows))).toEqual([])
})
