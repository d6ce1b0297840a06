/** Faults of one pod: its network, its HTTP, its volumes. */
import { eventually } from '../../test-lab.ts'
import type { FaultRow, FaultRows } from '../fault-row.ts'
import { field, isRunning, kubectl, makePod, onNode1, pingLoss, theLab, volumePod } from '../lab-view.ts'

const nameOf = (target: string) => target.slice('default/'.length)
const addressOf = (target: string) => field('.status.podIP', 'pod', nameOf(target))
const inPod = async (target: string, script: string) => {
  const { code, stdout, stderr } = await kubectl('exec', nameOf(target), '--', 'sh', '-c', script)
  return { isDone: code === 0, said: stdout + stderr }
}

async function runningOn1(): Promise<string> {
  const pod = await makePod(onNode1)
  await eventually('the pod to run', () => isRunning(pod), 60_000, 300)
  return `default/${pod}`
}

const onPod = (shows: (target: string) => Promise<boolean>, heals: (target: string) => Promise<boolean>, set: FaultRow['set'] = {}): readonly [string, FaultRow] => ['', { set, aim: runningOn1, shows: (_: never, target) => shows(target), heals: (_: never, target) => heals(target) }]

const looksUp = async (target: string) => (await inPod(target, 'nslookup kubernetes.default.svc.cluster.local')).isDone

interface Reply {
  readonly text: string
  readonly ms: number
}

/** What a pod of the deployment web answers a node: status, a header and body, or why not. */
async function ask(target: string): Promise<Reply> {
  const program = "const startedAt = Date.now(); fetch(process.argv[1], { signal: AbortSignal.timeout(9000) }).then(async reply => `${reply.status} [${reply.headers.get('x-broken')}] ${await reply.text()}`, error => String(error.cause ?? error)).then(said => console.log(JSON.stringify({ text: said, ms: Date.now() - startedAt })))"
  return JSON.parse(await theLab().onNode('node-2', '/usr/local/bin/node', '-e', program, `http://${await addressOf(target)}/`)) as Reply
}

const isWell = async (target: string) => { const { text, ms } = await ask(target); return text.startsWith('200 [null]') && !text.includes('broken') && ms < 1_500 }
const onHttp = (set: FaultRow['set'], shows: (reply: Reply) => boolean): readonly [string, FaultRow] => ['', {
  set: { port: 80, ...set }, aim: async () => `default/${await field('.items[0].metadata.name', 'pods', '-l', 'app=web', '--field-selector=status.phase=Running')}`,
  shows: async (_: never, target) => shows(await ask(target)), heals: (_: never, target) => isWell(target),
}]

async function podWithVolume(): Promise<string> {
  const pod = await volumePod()
  await eventually('the pod to run', () => isRunning(pod), 60_000)
  return `default/${pod}`
}

const writes = (target: string) => inPod(target, 'timeout 3 dd if=/dev/zero of=/v/written bs=64k count=1 conv=fsync 2>&1')
const onVolume = (shows: (target: string) => Promise<boolean>, heals: (target: string) => Promise<boolean> = async target => (await writes(target)).isDone): readonly [string, FaultRow] => ['', { aim: podWithVolume, shows: (_: never, target) => shows(target), heals: (_: never, target) => heals(target) }]

export const podRows: FaultRows = {
  'pod-dns-block': onPod(async target => !(await looksUp(target)), looksUp),
  'pod-isolated': onPod(async target => (await pingLoss(56, await addressOf(target))) === 100, async target => (await pingLoss(56, await addressOf(target))) === 0),
  'pod-packet-loss': onPod(async target => (await pingLoss(56, await addressOf(target))) > 10, async target => (await pingLoss(56, await addressOf(target))) === 0, { percent: 50 }),
  'pod-exec': onPod(async target => (await inPod(target, 'cat /tmp/done')).said.includes('yes'), target => isRunning(nameOf(target)), { command: 'echo yes >/tmp/done' }),
  'pod-http-abort': onHttp({}, ({ text }) => /ECONNRESET|reset|other side closed/i.test(text)),
  'pod-http-body': onHttp({ body: 'broken on purpose' }, ({ text }) => text === '200 [null] broken on purpose'),
  'pod-http-delay': onHttp({ ms: 2_500 }, ({ text, ms }) => text.startsWith('200') && ms >= 2_500),
  'pod-http-header': onHttp({ header: 'x-broken: yes' }, ({ text }) => text.startsWith('200 [yes]')),
  'pod-http-status': onHttp({ code: 418 }, ({ text }) => text.startsWith('418')),
  'volume-full': onVolume(async target => /No space/.test((await writes(target)).said)),
  'volume-inodes-full': onVolume(async target => /No space/.test((await inPod(target, 'for name in 1 2 3 4 5 6 7 8 9; do touch /v/new-$name 2>&1; done')).said), async target => (await inPod(target, 'touch /v/new-a')).isDone),
  'volume-read-only': onVolume(async target => /Read-only/.test((await writes(target)).said)),
}
