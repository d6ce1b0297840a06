/**
 * Every controller that has a story, undisturbed and under each disturbance: the cluster ends in the same state, and what must
 * hold held after every write.
 */
import { describe, expect, it } from 'vitest'
import type { Controller } from '../../agents/machinery/controller.ts'
import { sampleConfig } from '../../agents/control-plane/controller-manager/controller-config.sample.ts'
import type { CertificateAuthority } from '../../agents/control-plane/controller-manager/controllers/certificates/certificate-controllers.ts'
import { controllerEntries } from '../../agents/control-plane/controller-manager/controller-list.ts'
import { rightsOf } from '../fakes/service-account-rights.ts'
import { crashing, type Disturbance, dropping, stale, twoLeaders, undisturbed } from './disturbances.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'
import { stateOf } from './state-hash.ts'
import { World } from './world.ts'

interface Told {
  readonly state: string
  /** Without the traces that two leaders may leave. */
  readonly traceless: string
  readonly broken: readonly string[]
  readonly writes: number
  /** Different things said in events. */
  readonly told: number
}

/** Fresh ones each time: a new process remembers nothing. */
function made({ controllers, config }: Scenario): readonly Controller[] {
  return controllers.flatMap(name => [controllerEntries.find(entry => entry.name === name)!.create({ ...sampleConfig, ...config }) ?? []].flat())
}

/** What each controller may ask for, by its own name: an entry may be several. */
const rights = new Map(controllerEntries.flatMap(entry => [entry.create({ ...sampleConfig, certificateAuthority: {} as CertificateAuthority }) ?? []].flat().map(({ name }) => [name, entry.serviceAccount === undefined ? undefined : rightsOf(entry.serviceAccount)] as const)))

async function tell(scenario: Scenario, disturbance: Disturbance): Promise<Told> {
  const world = new World()
  world.mayAsk = (controller, asked) => rights.get(controller)?.(asked) ?? true
  scenario.begin(world)
  if (disturbance.mayOvershoot !== true) world.invariants.push(...(scenario.invariants?.() ?? []))
  disturbance.start(world, () => made(scenario))
  await world.run(scenario.durationMs, scenario.acts ?? [], scenario.actors ?? [])
  const told = scenario.comparesEvents === true ? [...world.told].sort() : []
  const state = (besides?: readonly string[]) => [stateOf(world.cluster, scenario.compares, besides), ...told].join('\n')
  return { state: state(), traceless: state(scenario.traces), broken: world.broken, writes: world.writes, told: world.told.size }
}

/** At most so many of 1..count, spread evenly. */
function some(count: number, most: number): number[] {
  return count <= most ? Array.from({ length: count }, (_, index) => index + 1) : Array.from({ length: most }, (_, index) => 1 + Math.floor((index * count) / most))
}

describe.each(scenarios)('$name', { timeout: 120_000 }, scenario => {
  let told: Promise<Told> | undefined
  const plain = () => (told ??= tell(scenario, undisturbed))
  const same = async (disturbance: Disturbance) => {
    const [wanted, seen] = [await plain(), await tell(scenario, disturbance)]
    expect(seen.broken, disturbance.name).toEqual([])
    if (disturbance.mayOvershoot === true) expect(seen.traceless, disturbance.name).toBe(wanted.traceless)
    else expect(seen.state, disturbance.name).toBe(wanted.state)
  }

  it('undisturbed, does something and breaks nothing', async () => {
    const { broken, writes, told, state } = await plain()
    expect(broken).toEqual([])
    expect(writes + told).toBeGreaterThan(0)
    expect((await tell(scenario, undisturbed)).state).toBe(state)
  })

  it('FD1 dies after every write', () => same(crashing('dies after every write', () => true)))

  it('FD1 dies once, after one write or another', async () => {
    for (const write of some((await plain()).writes, 5)) await same(crashing(`dies after write ${write}`, number => number === write))
  })

  it('FD2 sees everything late', async () => {
    for (const seed of [1, 2, 3]) await same(stale(seed))
  })

  it('FD3 misses one event or another', async () => {
    let events = 0
    await tell(scenario, dropping(0, count => { events = count }))
    for (const victim of some(events, 6)) await same(dropping(victim))
  })

  it('FD4 has two leaders for a while', async () => {
    for (const seed of [1, 2, 3]) await same(twoLeaders(seed))
  })
})

it('every controller has a story', () => {
  const told = new Set(scenarios.flatMap(({ controllers }) => controllers))
  expect(controllerEntries.map(({ name }) => name).filter(name => !told.has(name))).toEqual([])
})
