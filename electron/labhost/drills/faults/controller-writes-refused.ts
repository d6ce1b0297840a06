/** What a controller manager writes is refused. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, narrowed } from './hook-fault.ts'

export const controllerWritesRefused = componentHook({
  name: 'controller-writes-refused', group: 'controllers', components: ['kube-controller-manager', 'cloud-controller-manager'],
  title: 'Writes of controllers are refused',
  parameters: [{ name: 'code', type: 'number', unit: '', least: 400, most: 599, default: 409 }, ...anyOf('method', 'resource', 'namespace')],
  effect: 'Requests of the process that fit fail with this status before they are sent.',
  evidence: 'Its reconciles fail and are tried again; with 409 it reads the object anew each time.',
  rule: order => ({ point: 'client.request', effect: 'error', ...narrowed(order, ['method', 'resource', 'namespace']), parameters: { code: Math.round(numberOf(order, 'code')), message: 'refused on purpose' } }),
})
