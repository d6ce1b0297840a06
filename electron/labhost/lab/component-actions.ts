/** What can be done to a component by name: `etcd` is on the desktop, `kubelet@node-1` on a node. */
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { type InspectionTarget, inspectComponent } from './inspect-component.ts'
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

export async function inspect(lab: Lab, name: string, subject: string | null): Promise<unknown> {
  const place = placeOf(lab, name)
  const credentials = lab.adminCredentials()
  if (place.node === null) {
    const base = lab.supervisor.find(name)?.manifest.inspectionUrl
    if (base === undefined || base === null) throw new LabError('unavailable', `${name} of lab ${lab.name} is not running`)
    return inspectComponent({ component: name, base, ...credentials }, subject)
  }
  const node = lab.node(place.node)
  const bases: Readonly<Record<string, string>> = { 'kubelet': `https://${node.address}:10250`, 'kube-proxy': 'http://127.0.0.1:10249', 'overlay': 'http://127.0.0.1:10257' }
  const base = bases[place.service]
  if (base === undefined) throw new LabError('unsupported', `${place.service} has no inspection API`)
  const link = node.link()
  const target: InspectionTarget = { component: name, base, ...credentials, dial: (host, port) => link.dial(host, port) }
  return inspectComponent(target, subject)
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
