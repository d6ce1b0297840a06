/** What faults keep kube-proxy from writing: everything, or the rules of one Service. */
import { faultPoints } from '../../../base/fault-points.ts'
import type { ServicePort } from './service-port.ts'

export const syncFault = faultPoints.define({ name: 'proxy.sync', help: 'A writing of all rules. hold: the rules stay as they are.', attributes: [], effects: ['delay', 'hold', 'error'] })
const ruleFault = faultPoints.define({ name: 'proxy.service', help: 'A port of a Service whose rules are about to be written, by its namespace, name and port. drop: it gets none.', attributes: ['service', 'namespace', 'port'], effects: ['drop'] })

export function onRuleFault(changed: () => void): void {
  ruleFault.onChange = changed
}

export function withRules(ports: ServicePort[]): ServicePort[] {
  return ruleFault.rules === undefined ? ports : ports.filter(port => !ruleFault.refuses(partsOf(port.name)))
}

/** namespace/service:port */
function partsOf(name: string): { readonly namespace: string; readonly service: string; readonly port: string } {
  const [, namespace = '', service = '', port = ''] = /^([^/]*)\/([^:]*):?(.*)$/.exec(name) ?? []
  return { namespace, service, port }
}
