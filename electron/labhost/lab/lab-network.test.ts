import { beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { silentLog } from '../../../agents/base/log.ts'
import { SwitchThread } from '../network/switch/switch-thread.ts'
import { type KeptLink, LabNetwork, type NamedNode } from './lab-network.ts'

let disk: readonly KeptLink[]
let nodes: readonly NamedNode[]
let ports: readonly { readonly port: string; readonly network: string }[]
const qemu = (name: string): NamedNode => ({ name, spec: { provider: 'qemu' }, link: () => { throw new Error('not asked') }, machine: () => { throw new Error('not asked') } })
const link = { from: 'node-1', to: 'node-2' }
beforeEach(() => {
  disk = []
  ports = []
  nodes = [qemu('node-1'), qemu('node-2')]
})

/** A lab host that starts, with a switch that knows nothing. */
function start(): LabNetwork {
  const clock = new FakeClock()
  return new LabNetwork({ lab: 'default', lanSwitch: new SwitchThread(clock, silentLog), nodes: () => nodes, routerPorts: () => ports, notes: { read: () => disk, write: links => { disk = structuredClone(links) } }, clock, log: silentLog })
}
const links = async (network: LabNetwork) => (await network.state()).links.map(({ owner, link: of, impairments }) => ({ owner, link: of, impairments }))

test('LK2 what the user set is there again for the next lab host, as it was last', async () => {
  const first = start()
  await first.impair(link, { delay: { ms: 50 }, duplicatePercent: 1 })
  await first.impair(link, { duplicatePercent: null })
  await first.impairFor('fault-1', link, { down: true })
  const next = start()
  await next.restore()
  expect(await links(next)).toEqual([{ owner: 'user', link, impairments: { delay: { ms: 50 } } }])
})

test('LK2 what was cleared stays so, and a link of a node that has gone is forgotten', async () => {
  const first = start()
  await first.impair(link, { down: true })
  await first.impair({ from: 'node-1', to: '*' }, { duplicatePercent: 5 })
  await first.clear({ from: 'node-1', to: '*' })
  expect(disk).toEqual([{ link, impairments: { down: true } }])
  nodes = [qemu('node-1')]
  const next = start()
  await next.restore()
  expect(await links(next)).toEqual([])
  expect(disk).toEqual([])
})
