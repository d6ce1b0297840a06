/** Follows a connection of a pod: asks the nodes for their rules, routes and tunnels as they are now, and walks through them. */
import type { ConnectionPath, ConnectionQuestion } from '../../contract/connections.ts'
import { factsProgram, readNodeFacts } from '../network/path/node-facts.ts'
import { traceConnection } from '../network/path/trace-connection.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'

/** Where a pod's connections may come from; which of them does not matter to any rule of ours. */
const somePort = 40_000
const timeoutMs = 20_000

interface PodView {
  readonly spec?: { readonly nodeName?: string }
  readonly status?: { readonly podIP?: string }
}

export async function tracePath(lab: Lab, question: ConnectionQuestion): Promise<ConnectionPath> {
  if (lab.client === undefined) throw new LabError('unavailable', `the API server of lab ${lab.name} is not running`)
  const pod = (await lab.client.get(`/api/v1/namespaces/${question.namespace}/pods/${question.pod}`)) as PodView
  const { nodeName } = pod.spec ?? {}
  const { podIP } = pod.status ?? {}
  if (nodeName === undefined || podIP === undefined) throw new LabError('unavailable', `pod ${question.namespace}/${question.pod} has no node or no address yet, so it sends nothing`)
  if (!lab.node(nodeName).routesPods) throw new LabError('unsupported', `${nodeName} is a simulated node: its pods send nothing`)
  const routing = lab.nodeNames.map(name => lab.node(name)).filter(node => node.routesPods && node.state.machine === 'running')
  const facts = await Promise.all(routing.map(async node => readNodeFacts(node.name, await node.link().run(['sh', '-c', factsProgram], { timeoutMs }))))
  return traceConnection({ from: { node: nodeName, address: podIP, port: somePort }, to: { address: question.address, port: question.port, protocol: question.protocol === 'UDP' ? 'udp' : 'tcp' }, endpoint: question.endpoint }, facts)
}
