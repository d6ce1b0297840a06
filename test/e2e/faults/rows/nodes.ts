/** Faults of nodes: their agents, network, resources, clock and power. */
import type { FaultRows } from '../fault-row.ts'
import { askPort, becomesReady, endpointsFollow, eventOf, fails, fresh, fromNew, isReady, isRunning, knowsNewNode, kubectl, later, lines, lookUp, makePod, onNode1, pingLoss, podAddressOn, probedPod, readyOf, rulesReach, shell, startsOn1, takes, theLab, works } from '../lab-view.ts'

const kubeletHealth = '/api/v1/nodes/node-1/proxy/healthz'
const resolves = async () => /10\.96\.0\.1/.test(await lookUp('kubernetes'))

/** The largest first number of its lines. */
const busiest = async (command: string) => Math.max(0, ...(await shell(`${command} || true`)).split('\n').filter(line => !line.includes('grep')).map(line => Number.parseFloat(line)).filter(Number.isFinite))
const firstProcessSince = () => shell('stat -c %Y /proc/1')

/** Whether the end of a container is told in time. */
async function endIsSeen(withinMs: number): Promise<boolean> {
  const pod = await makePod(onNode1)
  const until = Date.now() + 20_000
  while (!(await isRunning(pod)) && Date.now() < until) await later(300)
  await kubectl('exec', pod, '--', 'sh', '-c', 'kill -9 -1; kill -9 1')
  await shell(`pkill -KILL -nf 'sleep 100000' || true`)
  await later(withinMs)
  return !(await isRunning(pod))
}

async function newNameIsKnown(withinMs: number): Promise<boolean> {
  const name = fresh('named')
  await theLab().must(['create', 'service', 'clusterip', name, '--tcp=80:8080'])
  const until = Date.now() + withinMs
  let known = false
  while (!known && Date.now() < until) {
    await later(500)
    known = /10\.96/.test(await lookUp(name))
  }
  await theLab().must(['delete', 'service', name])
  return known
}

export const nodeRows: FaultRows = {
  'cri-call-fails': ['node-1', { shows: fromNew(pod => eventOf(pod, /broken on purpose/), onNode1), heals: startsOn1 }],
  'cri-call-slow': ['node-1', { set: { ms: 6_000 }, shows: fromNew(async pod => !(await isRunning(pod)), onNode1), heals: startsOn1 }],
  'cri-call-stuck': ['node-1', { shows: fromNew(async pod => !(await isRunning(pod)), onNode1), heals: startsOn1 }],
  'runtime-unhealthy': ['node-1', { shows: async () => /runtime is down/.test(await theLab().must(['get', 'node', 'node-1', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].message}'])), heals: async () => (await readyOf('node-1')) === 'True' }],
  'image-pull-fails': ['node-1', { shows: async () => { const pod = await makePod(onNode1, 'busybox', 'Always'); await later(2_500); return eventOf(pod, /cannot be reached on purpose/) }, heals: startsOn1 }],
  'image-pull-slow': ['node-1', { shows: async () => { const pod = await makePod(onNode1, 'busybox', 'Always'); await later(2_500); return !(await isRunning(pod)) }, heals: startsOn1 }],
  'probe-fails': ['node-1', { shows: async () => { const pod = await probedPod(); await later(3_000); return eventOf(pod, /said so on purpose/) }, heals: becomesReady }],
  'probe-runner-stuck': ['node-1', { shows: async () => { const pod = await probedPod(); await later(4_000); return (await isRunning(pod)) && !(await isReady(pod)) }, heals: becomesReady }],
  'node-heartbeat-lost': ['node-1', { shows: async () => (await readyOf('node-1')) === 'Unknown', heals: async () => (await readyOf('node-1')) === 'True' }],
  'kube-proxy-frozen': ['node-1', { shows: async () => !(await rulesReach('node-1', 3_000)), heals: () => rulesReach('node-1', 15_000) }],
  'kube-proxy-rule-missing': ['node-1', { set: { service: 'web' }, shows: async () => (await lines('iptables-save -t nat', 'default/web')) === 0, heals: async () => (await lines('iptables-save -t nat', 'default/web')) > 0 }],
  'overlay-fdb-missing': ['node-1', { shows: async () => (await lines('bridge fdb show dev vxlan.kubarium', 'dst 172')) === 0, heals: async () => (await lines('bridge fdb show dev vxlan.kubarium', 'dst 172')) > 0 }],
  'overlay-neighbour-missing': ['node-1', { shows: async () => (await lines('ip neigh show dev vxlan.kubarium', 'PERMANENT')) === 0, heals: async () => (await lines('ip neigh show dev vxlan.kubarium', 'PERMANENT')) > 0 }],
  'overlay-route-missing': ['node-1', { shows: async () => (await lines('ip route', '10.244.*vxlan.kubarium')) === 0, heals: async () => (await lines('ip route', '10.244.*vxlan.kubarium')) > 0 }],
  'overlay-mtu-wrong': ['node-1', { set: { bytes: 1_200 }, shows: async () => (await lines('ip link show vxlan.kubarium', 'mtu 1200')) === 1, heals: async () => (await lines('ip link show vxlan.kubarium', 'mtu 1200')) === 0 }],
  'node-pod-addresses-exhausted': ['node-1', { shows: fromNew(pod => eventOf(pod, /no IP addresses available/), onNode1), heals: startsOn1 }],
  'node-port-reset': ['node-1', { set: { port: 10_256 }, shows: async () => /refused|reset/i.test(await askPort()), heals: async () => !/refused|reset/i.test(await askPort()) }],
  'traffic-spike': ['node-1', { set: { url: 'http://127.0.0.1:10256/healthz', clients: 2 }, shows: async () => Number(await shell('pgrep -fc AbortSignal.timeout || true')) >= 2, heals: async () => Number(await shell('pgrep -fc "AbortSignal[.]timeout.5000" || true')) <= 1 }],
  'kube-proxy-endpoints-stale': ['node-1', { shows: async () => !(await endpointsFollow(4_000)), heals: () => endpointsFollow(15_000) }],
  'overlay-frozen': ['node-1', { shows: async () => !(await knowsNewNode()), heals: () => knowsNewNode() }],
  'runtime-events-lost': ['node-1', { shows: async () => !(await endIsSeen(6_000)), heals: () => endIsSeen(6_000) }],
  'control-link-cut': ['node-1', { shows: () => fails(/./, 'get', '--raw', kubeletHealth), heals: () => works('get', '--raw', kubeletHealth) }],
  'control-link-slow': ['node-1', { set: { delayMs: 700 }, shows: () => takes(1_300, 'get', '--raw', kubeletHealth), heals: async () => (await works('get', '--raw', kubeletHealth)) && !(await takes(1_300, 'get', '--raw', kubeletHealth)) }],
  'machine-pause': ['node-1', { shows: async () => (await readyOf('node-1')) === 'Unknown', heals: async () => (await readyOf('node-1')) === 'True' && (await works('get', '--raw', kubeletHealth)) }],
  'machine-power-off': ['node-1', { shows: () => fails(/./, 'get', '--raw', kubeletHealth), heals: async () => (await readyOf('node-1')) === 'True' && (await works('get', '--raw', kubeletHealth)) }],
  'machine-reset': ['node-1', { before: () => firstProcessSince(), shows: async (before: never) => (await firstProcessSince()) !== before, heals: async () => (await readyOf('node-1')) === 'True' && (await works('get', '--raw', kubeletHealth)) }],
  'node-agent-stop': ['node-1', { shows: () => fails(/./, 'get', '--raw', kubeletHealth), heals: () => works('get', '--raw', kubeletHealth) }],
  'node-cpu-load': ['node-1', { shows: async () => (await busiest('ps -eo pcpu=,args= | grep "while :; do :; done"')) > 15, heals: async () => (await busiest('ps -eo pcpu=,args= | grep "while :; do :; done"')) === 0 }],
  'node-io-load': ['node-1', { shows: async () => (await shell('ls /var/lib')).includes('kubarium-io-load'), heals: async () => !(await shell('ls /var/lib')).includes('kubarium-io-load') }],
  'node-memory-load': ['node-1', { set: { MiB: 128 }, shows: async () => (await busiest('ps -eo rss=,comm= | grep tail')) > 120_000, heals: async () => (await busiest('ps -eo rss=,comm= | grep tail')) < 120_000 }],
  'node-dns-block': ['node-1', { shows: async () => /ETIMEOUT/.test(await lookUp('kubernetes')), heals: async () => /10\.96\.0\.1/.test(await lookUp('kubernetes')) }],
  'node-packet-loss': ['node-1', { set: { percent: 50 }, shows: async () => (await pingLoss(56)) > 10, heals: async () => (await pingLoss(56)) === 0 }],
  'node-port-block': ['node-1', { set: { port: 10_256 }, shows: async () => /TimeoutError/.test(await askPort()), heals: async () => !/TimeoutError|refused/.test(await askPort()) }],
  'node-mtu-black-hole': ['node-1', { shows: async () => (await pingLoss(1_300)) === 100 && (await pingLoss(56)) === 0, heals: async () => (await pingLoss(1_300)) === 0 }],
  'node-overlay-block': ['node-1', { shows: async () => (await pingLoss(56, await podAddressOn('node-2'))) === 100 && (await pingLoss(56)) === 0, heals: async () => (await pingLoss(56, await podAddressOn('node-2'))) === 0 }],
  'dns-no-answer': ['dns', { shows: async () => /ETIMEOUT/.test(await lookUp('kubernetes')), heals: resolves }],
  'dns-not-found': ['dns', { shows: async () => /ENOTFOUND/.test(await lookUp('kubernetes')), heals: resolves }],
  'dns-server-failure': ['dns', { shows: async () => /ESERVFAIL/.test(await lookUp('kubernetes')), heals: resolves }],
  'dns-slow': ['dns', { set: { ms: 2_000 }, shows: async () => Number(/ (\d+) ms$/.exec(await lookUp('kubernetes'))?.[1]) >= 1_900, heals: async () => Number(/ (\d+) ms$/.exec(await lookUp('kubernetes'))?.[1]) < 1_900 }],
  'dns-wrong-address': ['dns', { shows: async () => /192\.0\.2\.1/.test(await lookUp('web')), heals: async () => /10\.96/.test(await lookUp('web')) }],
  'dns-stale': ['dns', { shows: async () => !(await newNameIsKnown(3_000)), heals: () => newNameIsKnown(10_000) }],
}
