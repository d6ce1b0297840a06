/** What can be done to a component by name: `etcd` is on the desktop, `kubelet@node-1` on a node. */
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { type InspectionTarget, inspectComponent, inspectionPath, putComponent, readText, tellComponent } from './inspect-component.ts'
import { isSwappable } from './component-swaps.ts'
import { desktopComponentsOf } from './control-plane.ts'
import { nodeServices } from './node-software.ts'

export type ComponentVerb = 'kill' | 'pause' | 'resume' | 'restart'

export async function actOnComponent(lab: Lab, name: string, verb: ComponentVerb): Promise<void> {
  const place = placeOf(lab, name)
  if (place.node === null) {
    const component = lab.supervisor.find(name)
    if (component === undefined) throw new LabError('unavailable', `${name} of lab ${lab.name} is not running; start the lab with: kubarium up --name ${lab.name}`)
    try {
      component[verb]()
    } catch (error) {
      throw new LabError('unavailable', (error as Error).message)
    }
    return
  }
  const services = lab.node(place.node).services()
  if (verb === 'restart') await services.restart([place.service])
  else await services.kill(place.service, { kill: 'KILL', pause: 'STOP', resume: 'CONT' }[verb])
}

/** A name server is a pod, reached through the API server: dns@<pod>. */
const nameServer = /^dns@([a-z0-9.-]+)$/
export const nameServerPort = 8080

export async function inspect(lab: Lab, name: string, subject: string | null): Promise<unknown> {
  const program = isSwappable(name) ? lab.spec.components?.[name] : undefined
  if (program !== undefined) throw new LabError('unsupported', `${name} of lab ${lab.name} is ${program.binary}, which cannot be looked into; put our own back with: kubarium component swap ${name} --built-in --name ${lab.name}`)
  const pod = nameServer.exec(name)?.[1]
  if (pod === undefined) return inspectComponent(targetOf(lab, name), subject)
  if (lab.client === undefined) throw new LabError('unavailable', `the API server of lab ${lab.name} is not running`)
  const reply = await lab.client.ask('GET', `/api/v1/namespaces/kube-system/pods/${pod}:${nameServerPort}/proxy${inspectionPath(subject)}`, undefined, {}, AbortSignal.timeout(10_000))
  if (reply.code === 200) return reply.body
  throw new LabError(reply.code === 404 ? 'not-found' : 'unavailable', `${name} answered ${reply.code}: ${reply.text.slice(0, 500)}`)
}

/** A POST to a /debug path of a component. */
export function tell(lab: Lab, name: string, path: string, body: string): Promise<unknown> {
  return tellComponent(targetOf(lab, name), path, body)
}

/** A component's /metrics, in the exposition format of Prometheus. */
export function metricsOf(lab: Lab, name: string): Promise<string> {
  return readText(targetOf(lab, name), '/metrics')
}

/** Its --v, until it is started anew. */
export function becomeVerbose(lab: Lab, name: string, level: number): Promise<void> {
  return putComponent(targetOf(lab, name), '/debug/flags/v', String(level))
}

export function targetOf(lab: Lab, name: string): InspectionTarget {
  const place = placeOf(lab, name)
  const credentials = lab.adminCredentials()
  if (place.node === null) {
    const base = lab.supervisor.find(name)?.manifest.inspectionUrl
    if (base === undefined || base === null) throw new LabError('unavailable', `${name} of lab ${lab.name} is not running`)
    return { component: name, base, ...credentials }
  }
  const node = lab.node(place.node)
  const bases: Readonly<Record<string, string>> = { 'kubelet': `https://${node.address}:10250`, 'kube-proxy': 'http://127.0.0.1:10249', 'overlay': 'http://127.0.0.1:10257' }
  const base = bases[place.service]
  if (base === undefined) throw new LabError('unsupported', `${place.service} has no inspection API`)
  const link = node.link()
  return { component: name, base, ...credentials, dial: (host, port) => link.dial(host, port) }
}

export function placeOf(lab: Lab, name: string): { readonly service: string; readonly node: string | null } {
  const [service, node, ...rest] = name.split('@')
  if (node !== undefined && rest.length === 0) {
    lab.node(node)
    if (!(nodeServices as readonly string[]).includes(service!)) throw new LabError('not-found', `a node has no component "${service}"; it has ${nodeServices.join(', ')}`)
    return { service: service!, node }
  }
  const own = desktopComponentsOf(lab.spec)
  if (!(own as readonly string[]).includes(name)) {
    throw new LabError('not-found', `lab ${lab.name} has no component "${name}"; it has ${own.join(', ')} and on each node ${nodeServices.map(agent => `${agent}@NODE`).join(', ')}`)
  }
  return { service: name, node: null }
}
