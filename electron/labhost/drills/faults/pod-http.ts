/**
 * What faults of HTTP share: a program between a pod and its clients. It runs on the node with the network of the pod, takes the new
 * connections to one port, passes requests on to the pod, and does to some of them what the fault says. It is ended by the session that
 * it runs in, its rule is taken out of the pod's network, and connections come straight to the pod again.
 */
import type { FaultParameter } from '../../../contract/faults.ts'
import { type Fault, type FaultOrder, numberOf } from '../fault.ts'
import { percentParameter } from './link-fault.ts'
import { endLoad, startLoad } from './node-load.ts'
import { type PodNetwork, dropPodTable, podNetwork, podTableOf } from './pod-network.ts'

interface HttpFault {
  readonly name: string
  readonly title: string
  readonly parameters?: readonly FaultParameter[]
  readonly effect: string
  readonly evidence: string
  readonly what: 'status' | 'delay' | 'body' | 'header' | 'abort'
  value?(order: FaultOrder<'object'>): string
}

/** argv: address and port of the pod, table, what to do, its value, and to how many of a hundred. */
const program = `
const [ip, port, table, what, value, percent] = process.argv.slice(1)
const http = require('node:http')
const pass = (asked, answer) => {
  const onward = http.request({ host: ip, port, method: asked.method, path: asked.url, headers: asked.headers }, reply => {
    const headers = { ...reply.headers }
    if (what === 'header' && asked.isHit) { const [name, ...text] = value.split(':'); headers[name.trim().toLowerCase()] = text.join(':').trim() }
    if (what === 'body' && asked.isHit) { reply.resume(); delete headers['transfer-encoding']; delete headers['content-encoding']; answer.writeHead(reply.statusCode, { ...headers, 'content-length': Buffer.byteLength(value) }); answer.end(value); return }
    answer.writeHead(reply.statusCode, headers)
    reply.pipe(answer)
  })
  onward.on('error', () => answer.destroy())
  answer.on('close', () => onward.destroy())
  asked.pipe(onward)
}
const server = http.createServer((asked, answer) => {
  asked.isHit = Math.random() * 100 < Number(percent)
  if (!asked.isHit || what === 'body' || what === 'header') pass(asked, answer)
  else if (what === 'abort') asked.socket.resetAndDestroy()
  else if (what === 'delay') setTimeout(() => pass(asked, answer), Number(value))
  else { asked.resume(); answer.writeHead(Number(value), { 'content-type': 'text/plain' }); answer.end('broken on purpose\\n') }
})
server.listen(0, ip, () => {
  const rule = 'table inet ' + table + ' {\\n  chain prerouting {\\n    type nat hook prerouting priority -101; policy accept;\\n    iifname != "lo" ip daddr ' + ip + ' tcp dport ' + port + ' counter redirect to :' + server.address().port + '\\n  }\\n}\\n'
  require('node:child_process').execFileSync('nft', ['-f', '-'], { input: rule })
})
`

export function podHttpFault({ what, value, parameters = [], ...kind }: HttpFault): Fault<'object'> {
  return {
    kind: {
      ...kind, group: 'names', target: 'object', resource: 'pods', lasts: true, providers: null,
      parameters: [{ name: 'port', type: 'number', unit: '', least: 1, most: 65_535, default: 80 }, ...parameters, percentParameter('percent', 100)],
      healing: 'The program is ended and its rule taken out of the network of the pod; new connections come straight to the pod.',
    },
    claims: ({ namespace, name }) => [`the HTTP of pod ${namespace}/${name}`],
    prepare: podNetwork,
    async inject(world, order) {
      const { node, namespace, ip } = order.memory as PodNetwork
      await startLoad(world, node, order.id, 'nsenter --net=/run/netns/"$1" /usr/local/bin/node -e "$2" "$3" "$4" "$5" "$6" "$7" "$8"', [namespace, program, ip, String(Math.round(numberOf(order, 'port'))), podTableOf(order.id), what, value?.(order) ?? '', String(numberOf(order, 'percent'))])
    },
    async heal(world, { id, memory }) {
      if (memory === null) return
      await endLoad(world, (memory as PodNetwork).node, id)
      await dropPodTable(world, memory as PodNetwork, id)
    },
  }
}
