/** Times of a lab as its user meets them, measured from outside: the command line, health addresses, and the API. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { CheckpointList } from '../../electron/contract/checkpoints.ts'
import type { ComponentState, LabState } from '../../electron/contract/labs.ts'
import { TestLab, eventually, whyNoLab } from '../e2e/test-lab.ts'
import type { TestProvider } from '../e2e/test-lab.ts'
import type { Belongings } from './belongings.ts'
import type { Figure } from './figures.ts'
import { renderFigures } from './figures.ts'
import { benchSwitch } from './switch-bench.ts'

const targets: Readonly<Record<TestProvider, { readonly up: number; readonly clone: number | undefined; readonly pod: number }>> = {
  qemu: { up: 45, clone: 12, pod: 5 },
  namespace: { up: 5, clone: undefined, pod: 1 },
}

export async function benchLab(argv: readonly string[], belongings: Belongings): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: { provider: { type: 'string' }, rounds: { type: 'string', default: '3' } } })
  const rounds = Number(values.rounds)
  if (values.provider === undefined) await benchSwitch([], belongings)
  const providers = (values.provider === undefined ? ['namespace', 'qemu'] : [values.provider]) as TestProvider[]
  const measurable = providers.filter(provider => {
    const reason = whyNoLab(provider)
    if (reason !== null) process.stdout.write(`${provider}: not measured: ${reason}\n\n`)
    return reason === null
  })
  if (measurable.length === 0) throw new Error('no lab can be measured on this machine')
  if (values.provider !== 'namespace' && whyNoLab('qemu') === null) process.stdout.write(`checkpoints of two virtual machines of 1 GiB, ${rounds} rounds\n${renderFigures(await measureCheckpoints(rounds, belongings))}\n\n`)
  for (const provider of measurable) process.stdout.write(`${provider}, ${rounds} rounds\n${renderFigures(await measure(provider, rounds, belongings))}\n\n`)
}

async function measure(provider: TestProvider, rounds: number, belongings: Belongings): Promise<Figure[]> {
  const lab = new TestLab(provider)
  await using _lab = await belongings.own(Promise.resolve({ [Symbol.asyncDispose]: () => lab.remove() }))
  const seen: Measured = { ready: [], first: { ready: [], whole: [] }, clones: { ready: [], whole: [] }, second: [], firstPod: [], pod: [], memory: new Map(), rss: [], pss: [] }
  await measureRounds(lab, rounds, seen)
  const target = targets[provider]
  return [
    { name: 'control plane: start to /readyz', unit: 's', values: seen.ready, target: 1.5 },
    { name: 'up from nothing (cached image): two nodes Ready', unit: 's', values: seen.first.ready, target: target.up },
    { name: 'up from nothing (cached image): cluster DNS too', unit: 's', values: seen.first.whole },
    { name: 'up from the template: two nodes Ready', unit: 's', values: seen.clones.ready, ...(target.clone === undefined ? {} : { target: target.clone }) },
    { name: 'up from the template: cluster DNS too', unit: 's', values: seen.clones.whole },
    { name: 'second start of the same lab', unit: 's', values: seen.second },
    { name: 'pod: create to Running, at once after up', unit: 's', values: seen.firstPod, target: target.pod },
    { name: 'pod: create to Running, those after it', unit: 's', values: seen.pod, target: target.pod },
    ...[...seen.memory].map(([name, values]): Figure => ({ name: `resident: ${name}`, unit: 'MB', values })),
    { name: 'whole control plane: memory really taken (Pss)', unit: 'MB', values: seen.pss, target: 300 },
    { name: 'whole control plane: sum of resident sets, shared pages counted each time', unit: 'MB', values: seen.rss, target: 300 },
  ]
}

/** Save, rewind, and a new lab from a golden checkpoint; the lab has nothing in it but the cluster's DNS. */
async function measureCheckpoints(rounds: number, belongings: Belongings): Promise<Figure[]> {
  const lab = new TestLab('qemu', 'checkpoints')
  await using _lab = await belongings.own(Promise.resolve({ [Symbol.asyncDispose]: () => lab.remove() }))
  await mustRun(lab, ['images', 'build'], { named: false, timeoutMs: 880_000 })
  await lab.up(2)
  const [still, saved, rewound, sizes, own, golden]: number[][] = [[], [], [], [], [], []]
  for (let round = 0; round < rounds; round++) {
    const name = `round-${round}`
    saved!.push(await seconds(() => mustRun(lab, ['checkpoint', 'save', name])))
    const { checkpoints } = JSON.parse((await lab.kubarium(['checkpoint', 'list', '--name', lab.name, '-o', 'json'])).stdout) as CheckpointList
    const state = checkpoints.find(each => each.name === name)!
    still!.push(state.standstillMs / 1_000)
    sizes!.push(state.sizeBytes / 1e6)
    own!.push(state.ownBytes / 1e6)
    rewound!.push(await seconds(() => mustRun(lab, ['checkpoint', 'rewind', name])))
  }
  await mustRun(lab, ['checkpoint', 'golden'])
  await mustRun(lab, ['delete'])
  for (let round = 0; round < rounds; round++) {
    golden!.push(await seconds(() => lab.up(2)))
    await mustRun(lab, ['delete'])
  }
  return [
    { name: 'checkpoint: everything stands still', unit: 's', values: still!, target: 2 },
    { name: 'checkpoint save', unit: 's', values: saved!, target: 10 },
    { name: 'checkpoint rewind', unit: 's', values: rewound!, target: 5 },
    { name: 'up from the golden checkpoint', unit: 's', values: golden!, target: 8 },
    { name: 'size of a checkpoint', unit: 'MB', values: sizes! },
    { name: 'size of a checkpoint that nobody shares', unit: 'MB', values: own! },
  ]
}

/** What the rounds add to; times in seconds, memory in megabytes. */
interface Measured {
  readonly ready: number[]
  readonly first: UpTimes
  readonly clones: UpTimes
  readonly second: number[]
  readonly firstPod: number[]
  readonly pod: number[]
  readonly memory: Map<string, number[]>
  readonly rss: number[]
  readonly pss: number[]
}

async function measureRounds(lab: TestLab, rounds: number, seen: Measured): Promise<void> {
  await mustRun(lab, ['images', 'build'], { named: false, timeoutMs: 880_000 }) // the image is cached; it is not what is measured
  for (let round = 0; round < rounds; round++) {
    const areClones = round > 0 && lab.provider === 'qemu'
    if (areClones) await templateMade(lab)
    await measureUp(lab, areClones ? seen.clones : seen.first)
    seen.firstPod.push(await podToRunning(lab, `bench-${round}`))
    for (let one = 0; one < 3; one++) seen.pod.push(await podToRunning(lab, `bench-${round}-${one}`))
    await lab.must(['delete', 'pods', '--all', '--now'])
    const used = await controlPlaneMemory(lab)
    for (const [name, { rss }] of used) seen.memory.set(name, [...(seen.memory.get(name) ?? []), rss])
    seen.rss.push(used.reduce((sum, [, { rss }]) => sum + rss, 0))
    seen.pss.push(used.reduce((sum, [, { pss }]) => sum + pss, 0))
    await mustRun(lab, ['down'])
    seen.second.push(await seconds(() => lab.up(2)))
    seen.ready.push(await controlPlaneStart(lab))
    await mustRun(lab, ['delete'])
  }
}

interface UpTimes {
  readonly ready: number[]
  readonly whole: number[]
}

/** When the last node was told to be Ready, and when the command ended: with the cluster's DNS. */
async function measureUp(lab: TestLab, into: UpTimes): Promise<void> {
  const startedAt = performance.now()
  const child = lab.start(process.execPath, [join(import.meta.dirname, '../../electron/cli/launch.mjs'), 'up', '--name', lab.name, '--nodes', '2', '--provider', lab.provider])
  let said = ''
  let readyAt = 0
  const listen = (chunk: Buffer) => {
    said += chunk.toString()
    if (/done: .*waiting until it is Ready/.test(chunk.toString())) readyAt = performance.now()
  }
  child.stdout!.on('data', listen)
  child.stderr!.on('data', listen)
  const code = await new Promise(resolve => child.once('close', resolve))
  if (code !== 0 || readyAt === 0) throw new Error(`kubarium up failed with status ${String(code)}: ${said}`)
  into.ready.push((readyAt - startedAt) / 1_000)
  into.whole.push((performance.now() - startedAt) / 1_000)
}

/** It is made in the background after the first lab is up. */
async function templateMade(lab: TestLab): Promise<void> {
  const folder = join(lab.home, 'templates')
  await eventually('the template', async () => existsSync(folder) && !existsSync(join(folder, 'making')) && readdirSync(folder).some(name => existsSync(join(folder, name, 'template.json'))), 240_000)
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1_000
}

async function mustRun(lab: TestLab, argv: readonly string[], { named = true, timeoutMs = 300_000 } = {}): Promise<string> {
  const ended = await lab.kubarium([...argv, ...(named ? ['--name', lab.name] : [])], timeoutMs)
  if (ended.code !== 0) throw new Error(`kubarium ${argv.join(' ')} failed: ${ended.stderr}`)
  return ended.stdout
}

/** From the moment kubectl is asked to create a pod (image present) to the moment a watcher is told it is Running. */
async function podToRunning(lab: TestLab, name: string): Promise<number> {
  const watcher = lab.start('kubectl', ['get', 'pods', '--watch-only', '-o', 'jsonpath={.metadata.name} {.status.phase}{"\\n"}'])
  const isRunning = new Promise<number>(resolve => {
    let text = ''
    watcher.stdout!.on('data', chunk => {
      text += String(chunk)
      if (text.includes(`${name} Running`)) resolve(performance.now())
    })
  })
  await new Promise(resolve => setTimeout(resolve, 1_000)) // the watch is in place
  const startedAt = performance.now()
  await lab.must(['run', name, '--image=busybox', '--image-pull-policy=IfNotPresent', '--restart=Never', '--command', '--', 'sleep', '1000'])
  const endedAt = await Promise.race([isRunning, new Promise<never>((_, reject) => setTimeout(() => { reject(new Error(`${name} did not run within 120 s`)) }, 120_000))])
  watcher.kill()
  return (endedAt - startedAt) / 1_000
}

async function controlPlaneMemory(lab: TestLab): Promise<[string, { readonly rss: number; readonly pss: number }][]> {
  const components = JSON.parse(await mustRun(lab, ['component', 'list', '-o', 'json'])) as ComponentState[]
  return components.filter(component => component.node === null && component.pid !== null).map(component => [component.name, memoryOf(component.pid!)])
}

/** Rss counts the pages of the Node.js binary in every process; Pss shares them out, so that sums mean real memory. */
function memoryOf(pid: number): { readonly rss: number; readonly pss: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const megabytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)![1]) * 1024 / 1e6
  return { rss: megabytes('Rss'), pss: megabytes('Pss') }
}

/** Store and API server killed and started again by their supervisor: from the kill to the first 200 of /readyz. */
async function controlPlaneStart(lab: TestLab): Promise<number> {
  const state = JSON.parse(await mustRun(lab, ['status', '-o', 'json'])) as LabState
  const authority = readFileSync(`${lab.home}/labs/${lab.name}/pki/ca.crt`)
  for (const component of state.components.filter(one => one.name === 'etcd' || one.name === 'kube-apiserver')) process.kill(component.pid!, 'SIGKILL')
  const startedAt = performance.now()
  await eventually('/readyz', () => isReady(`${state.apiServerUrl}/readyz`, authority), 60_000, 10)
  return (performance.now() - startedAt) / 1_000
}

function isReady(address: string, ca: Buffer): Promise<boolean> {
  return new Promise(resolve => {
    const asked = request(address, { ca, timeout: 1_000 }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('error', () => { resolve(false) })
    asked.end()
  })
}
