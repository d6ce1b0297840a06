/** Faults that need virtual machines: of the links of their switch, of a disk, and of a clock of one's own. */
import type { FaultRow, FaultRows } from '../fault-row.ts'
import { later, shell, theLab } from '../lab-view.ts'

const other = '172.30.0.12'
interface Pinged { readonly lost: number; readonly duplicates: number; readonly averageMs: number; readonly inRow: readonly number[] }

/** From node-1 to node-2. */
async function ping(count: number, bytes = 56, everyMs = 20): Promise<Pinged> {
  const text = await shell(`ping -n -c ${count} -i ${everyMs / 1_000} -W 1 -M do -s ${bytes} ${other} || true`)
  return {
    lost: Number(/([\d.]+)% packet loss/.exec(text)?.[1]), duplicates: Number(/\+(\d+) duplicates/.exec(text)?.[1] ?? 0), averageMs: Number(/= [\d.]+\/([\d.]+)\//.exec(text)?.[1] ?? Infinity),
    inRow: [...text.matchAll(/icmp_seq=(\d+)/g)].map(([, seq]) => Number(seq)),
  }
}

const isWhole = async () => { const { lost, averageMs } = await ping(50); return lost === 0 && averageMs < 20 }
const link = (set: Readonly<Record<string, string | number>>, shows: () => Promise<boolean>, heals: () => Promise<boolean> = isWhole): readonly [string, FaultRow] => ['node-1:node-2', { set, shows, heals }]
const hasHole = (seen: readonly number[], most: number) => seen.every((seq, index) => index === 0 || seq - seen[index - 1]! <= most)
const kubeProxyAnswers = async () => (await theLab().onNode('node-1', '/usr/local/bin/node', '-e', 'fetch(process.argv[1], { signal: AbortSignal.timeout(2000) }).then(reply => console.log(reply.status), error => console.log(error.name))', `http://${other}:10256/healthz`)).includes('200')
const freeMiB = async () => Number(await shell('df --output=avail -BM /var/lib | tail -1 | tr -dc 0-9'))
const offsetSeconds = async () => Math.abs(Number(await shell('date +%s')) - Date.now() / 1_000)

export const virtualMachineRows: FaultRows = {
  'link-delay': link({ ms: 100 }, async () => { const { averageMs } = await ping(50); return averageMs >= 99 && averageMs < 115 }),
  'link-loss': link({ percent: 20 }, async () => { const { lost } = await ping(200); return lost > 8 && lost < 35 }),
  'link-loss-every': link({ nth: 10 }, async () => { const { lost } = await ping(200); return lost > 7 && lost < 13 }),
  'link-loss-bursts': link({ toBadPercent: 5, toGoodPercent: 10, lossInBadPercent: 100 }, async () => !hasHole((await ping(300)).inRow, 4)),
  'link-duplicate': link({ percent: 50 }, async () => (await ping(50)).duplicates > 5, async () => (await ping(50)).duplicates === 0),
  'link-reorder': link({ ms: 100, percent: 25 }, async () => { const { inRow } = await ping(100); return inRow.some((seq, index) => index > 0 && seq < inRow[index - 1]!) }),
  'link-corrupt': link({ percent: 100 }, async () => (await ping(50)).lost > 50),
  'link-rate': link({ megabitsPerSecond: 0.1, queueKiB: 64 }, async () => (await ping(20, 1_400)).averageMs > 100),
  'link-block': link({ expression: 'tcp' }, async () => !(await kubeProxyAnswers()) && (await ping(20)).lost === 0, kubeProxyAnswers),
  'link-down': link({}, async () => (await ping(10)).lost === 100),
  'link-flap': link({ upMs: 1_000, downMs: 1_000 }, async () => { const { lost } = await ping(200); return lost > 20 && lost < 80 }),
  'link-mtu-black-hole': link({ mtuBytes: 1_000 }, async () => (await ping(10, 1_300)).lost === 100 && (await ping(10, 500)).lost === 0, async () => (await ping(10, 1_300)).lost === 0),
  'node-isolated': ['node-2', { shows: async () => (await ping(10)).lost === 100 && (await readyOf()) === 'True', heals: isWhole }],
  'node-disk-full': ['node-1', { set: { leftMiB: 64 }, shows: async () => (await freeMiB()) <= 66, heals: async () => (await freeMiB()) > 200 }],
  'node-clock-offset': ['node-1', { set: { seconds: 600 }, shows: async () => { const offset = await offsetSeconds(); return offset > 590 && offset < 620 }, heals: async () => { await later(200); return (await offsetSeconds()) < 5 } }],
}

const readyOf = () => theLab().must(['get', 'node', 'node-2', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'])
