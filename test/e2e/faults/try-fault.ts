/**
 * Faults on the lab of a file: the effect of each, its healing, and the evidence it leaves; and how many at once heal after the lab
 * host was killed.
 *
 * Evidence is of two kinds. What is seen from outside while it lasts is what a row `shows`. What stays is tried here alike for
 * all: the lab's list of faults says what was broken, when and how it ended; and a component that had a rule in it says in its log
 * when that began and ended, and how often it was met.
 */
import { expect } from 'vitest'
import type { FaultState } from '../../../electron/contract/faults.ts'
import { faults } from '../../../electron/labhost/drills/fault-kinds.ts'
import { FakeWorld } from '../../../electron/labhost/drills/testing/fake-world.ts'
import { eventually } from '../test-lab.ts'
import type { FaultRow, FaultRows } from './fault-row.ts'
import { kubectl, pods, theLab } from './lab-view.ts'

export async function fault<T>(...argv: string[]): Promise<T> {
  const lab = theLab()
  const ended = await lab.kubarium(['fault', ...argv, '--name', lab.name, '-o', 'json'])
  if (ended.code !== 0) throw new Error(`kubarium fault ${argv.join(' ')}: ${ended.stderr}`)
  return JSON.parse(ended.stdout) as T
}

const inject = (name: string, target: string, { set = {} }: FaultRow) => fault<FaultState>('inject', name, target, ...Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]))

/** One fault: seen from outside, and gone after healing. @returns what the lab says of it when it is over */
export async function tryFault(name: string, [usual, row]: readonly [string, FaultRow]): Promise<FaultState> {
  const { lasts } = faults.find(({ kind }) => kind.name === name)!.kind
  let isEnded = false
  try {
    const target = (await row.aim?.()) ?? usual
    const given = (await row.before?.()) as never
    const injected = await inject(name, target, row)
    await eventually(`${name} to show`, () => row.shows(given, target), 90_000, 300)
    const over = lasts ? (await fault<readonly FaultState[]>('heal', injected.id)).find(({ id }) => id === injected.id) : injected
    isEnded = true
    await eventually(`${name} to be gone`, () => row.heals(given, target), 120_000, 300)
    expect(over).toMatchObject({ kind: name, phase: 'over', end: lasts ? 'asked' : 'once', problem: null })
    return over!
  } finally {
    if (!isEnded) await fault('heal').catch(() => {})
    await row.after?.()
    await deletePods()
  }
}

/** Many faults at once, that do not hinder one another's coming: the lab host is killed, and the next one heals all. */
export async function tryKilled(rows: FaultRows): Promise<void> {
  const tried = Object.entries(rows).map(([name, [usual, row]]) => ({ name, usual, row, target: usual, given: undefined as unknown, id: '' }))
  try {
    for (const one of tried) {
      one.target = (await one.row.aim?.()) ?? one.usual
      one.given = await one.row.before?.()
    }
    for (const one of tried) one.id = (await inject(one.name, one.target, one.row)).id
    process.kill(theLab().hostPid(), 'SIGKILL')
    const left = new Set(tried.map(({ id }) => id))
    await eventually(`the next lab host to heal ${tried.length} faults`, async () => {
      for (const { id, phase, end } of await fault<readonly FaultState[]>('list')) if (phase === 'over' && end === 'host-restarted') left.delete(id)
      return left.size === 0
    }, 120_000, 500).catch((error: unknown) => { throw new Error(`${String(error)}; left: ${tried.filter(({ id }) => left.has(id)).map(({ name }) => name).join(', ')}`) })
    const gone = await Promise.allSettled(tried.map(({ name, row, given, target }) => eventually(`${name} to be gone`, () => row.heals(given as never, target), 120_000, 500)))
    expect(gone.flatMap(one => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([])
  } finally {
    await fault('heal').catch(() => {})
    for (const { row } of tried) await row.after?.()
    await deletePods()
  }
}

async function deletePods(): Promise<void> {
  if (pods.length > 0) await kubectl('delete', 'pod,pvc', ...pods.splice(0), '--force', '--grace-period=0', '--wait=false', '--ignore-not-found')
}

/** Those that logs do not tell of. Of a rule that ends its process the log says that it began, and then that the component started again. */
export async function withoutEvidence(states: readonly FaultState[]): Promise<readonly string[]> {
  const logs = new Map<string, readonly string[]>()
  const missing: string[] = []
  for (const state of states) {
    const source = await ruledComponent(state)
    const name = source ?? 'labhost'
    if (!logs.has(name)) logs.set(name, (await logOf(name)).split('\n'))
    const lines = logs.get(name)!
    const began = lines.findIndex(line => line.includes(state.id) && line.includes(source === undefined ? 'fault injected' : 'fault began'))
    const ended = lines.slice(began + 1).find(line => line.includes('component started') || (line.includes(state.id) && line.includes('fault ended')))
    if (began === -1) missing.push(`${state.kind} is not begun in the log of ${name}`)
    else if (source !== undefined && (ended === undefined || ended.includes('"hits":0}'))) missing.push(`${state.kind} was not met and ended in the log of ${name}`)
  }
  return missing
}

async function logOf(component: string): Promise<string> {
  if (component === 'dns') return (await kubectl('logs', '-n', 'kube-system', '-l', 'k8s-app=kube-dns', '--tail=-1')).stdout
  return (await theLab().kubarium(['logs', component, '--name', theLab().name, '--tail', '100000'])).stdout
}

/** The component that has a rule of this fault in it, if any. */
async function ruledComponent({ id, kind, target, parameters }: FaultState): Promise<string | undefined> {
  const world = new FakeWorld()
  let component: string | undefined
  world.hook = name => {
    component = name
    return Promise.resolve()
  }
  await faults.find(({ kind: { name } }) => name === kind)!.inject(world, { id, target, parameters, memory: { before: null, network: '', node: '', containers: [] }, leftMs: null }).catch(() => {})
  return component
}
