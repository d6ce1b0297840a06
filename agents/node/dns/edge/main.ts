/**
 * The DNS server's process: Services and EndpointSlices in, answers over UDP and TCP out.
 *
 * Ready once both are listed. If the API server goes away it answers from what it knows.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { endpointSlices, services } from '../../../api/resources.ts'
import { createClient } from '../../../machinery/client.ts'
import { Informers } from '../../../machinery/informers.ts'
import { createHttpTransport, defineFlags, inClusterConfig, readKubeconfig, runComponent, servePlain } from '../../../runtime/index.ts'
import { type Answer, answerQuestion, refuse } from '../answers/answer.ts'
import { answerFault, otherAnswer } from '../answers/answer-faults.ts'
import { type ReadQuery, readQuery, renderAnswer } from '../answers/packet.ts'
import { ClusterZone } from '../zones/cluster-zone.ts'

const flags = defineFlags({
  kubeconfig: { type: 'string', default: '', help: 'Credentials for the API server; without it the pod\'s service account is used.' },
  'cluster-domain': { type: 'string', default: 'cluster.local', help: 'The zone.' },
  'listen-address': { type: 'string', default: '0.0.0.0', help: 'Address of the name server.' },
  'listen-port': { type: 'number', default: 53, help: 'Port of the name server, UDP and TCP.' },
  'health-port': { type: 'number', default: 8080, help: 'Port of health, metrics and inspection.' },
})

const mostTcpBytes = 65_535
const tcpIdleMs = 10_000
const keptQuestions = 200

await runComponent({
  name: 'dns',
  flags,
  async start(context) {
    const { flags: values, log, clock, random, lifetime, metrics } = context
    const credentials = values.kubeconfig === '' ? inClusterConfig() : readKubeconfig(values.kubeconfig)
    const client = createClient(lifetime.own(createHttpTransport(credentials)), { userAgent: 'kubarium-dns', clock })
    const informers = new Informers({ client, clock, log, random })
    const zone = new ClusterZone(values['cluster-domain'])
    const requests = metrics.counter({ name: 'coredns_dns_requests_total', help: 'DNS requests by protocol and type.', labels: ['proto', 'type'] })
    const responses = metrics.counter({ name: 'coredns_dns_responses_total', help: 'DNS responses by code.', labels: ['rcode'] })
    const recent: { at: string; client: string; question: string; code: string; answers: number }[] = []
    let hasSynced = false

    const serviceInformer = informers.for(services)
    lifetime.own(serviceInformer.onChange(({ type, object }) => { if (type === 'deleted') zone.removeService(object); else zone.setService(object) }))
    const sliceInformer = informers.for(endpointSlices)
    lifetime.own(sliceInformer.onChange(({ type, object }) => { if (type === 'deleted') zone.removeSlice(object); else zone.setSlice(object) }))
    context.health.add('synced', () => (hasSynced ? undefined : 'services and endpoint slices are not listed yet'), ['readyz'])
    context.inspect('questions', () => [...recent].reverse())
    context.inspect('zone', rest => (rest === undefined ? zone.size : zone.lookup(rest)))

    const answer = (bytes: Buffer, from: string, protocol: 'udp' | 'tcp'): Buffer | undefined | Promise<Buffer | undefined> => {
      const query = readQuery(bytes)
      if (query === undefined) return undefined
      if (answerFault.rules === undefined) return reply(query, from, protocol)
      return otherAnswer(query.questions[0]).then(other => (other === 'none' ? undefined : reply(query, from, protocol, other)))
    }
    const reply = (query: ReadQuery, from: string, protocol: 'udp' | 'tcp', other?: Answer): Buffer => {
      const question = query.questions[0]
      const reply = other ?? (!query.isQuery ? refuse('NOTIMP') : question === undefined || query.questions.length > 1 ? refuse('FORMERR') : !hasSynced ? refuse('SERVFAIL') : answerQuestion(question, zone, random))
      requests.add(1, { proto: protocol, type: question?.type ?? 'none' })
      responses.add(1, { rcode: reply.code })
      recent.push({ at: new Date(clock.now()).toISOString(), client: from, question: question === undefined ? '' : `${question.name} ${question.type}`, code: reply.code, answers: reply.answers.length })
      if (recent.length > keptQuestions) recent.shift()
      return renderAnswer(query, reply, zone.domain, protocol === 'udp' ? query.udpBytes : mostTcpBytes)
    }

    const udp = createSocket('udp4')
    udp.on('message', (bytes, from) => {
      void Promise.resolve(answer(bytes, `${from.address}:${from.port}`, 'udp')).then(reply => {
        if (reply !== undefined && !lifetime.isOver) udp.send(reply, from.port, from.address)
      })
    })
    udp.on('error', error => { context.stop(error) })
    udp.bind(values['listen-port'], values['listen-address'])
    lifetime.onEnd(() => { udp.close() })

    const connections = new Set<Socket>()
    const tcp = createServer(socket => {
      connections.add(socket)
      socket.on('close', () => connections.delete(socket))
      socket.on('error', () => { socket.destroy() })
      socket.setTimeout(tcpIdleMs, () => { socket.destroy() })
      serveStream(socket, bytes => answer(bytes, `${socket.remoteAddress}:${socket.remotePort}`, 'tcp'))
    })
    tcp.on('error', error => { context.stop(error) })
    tcp.listen(values['listen-port'], values['listen-address'])
    lifetime.onEnd(() => {
      tcp.close()
      for (const socket of connections) socket.destroy()
    })

    lifetime.own(await servePlain(context, { address: '0.0.0.0', port: values['health-port'] }))
    informers.start(lifetime.signal)
    await informers.synced(lifetime.signal)
    hasSynced = true
    log.info('name server ready', zone.size)
  },
})

/** DNS over TCP: each message has its length in two bytes before it. */
function serveStream(socket: Socket, answer: (bytes: Buffer) => Buffer | undefined | Promise<Buffer | undefined>): void {
  let pending = Buffer.alloc(0)
  let before = Promise.resolve()
  socket.on('data', chunk => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const length = pending.readUInt16BE(0)
      const asked = answer(pending.subarray(2, 2 + length))
      pending = pending.subarray(2 + length)
      before = before.then(async () => { // in the order of the questions
        const reply = await asked
        if (reply === undefined) {
          socket.destroy()
          return
        }
        const head = Buffer.alloc(2)
        head.writeUInt16BE(reply.length)
        socket.write(Buffer.concat([head, reply]))
      })
    }
  })
}
