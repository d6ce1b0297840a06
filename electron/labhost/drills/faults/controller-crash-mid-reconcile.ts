/** A controller manager dies between two writes of one reconcile. */
import { textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'

export const controllerCrashMidReconcile = componentHook({
  name: 'controller-crash-mid-reconcile', group: 'controllers', components: ['kube-controller-manager', 'cloud-controller-manager'],
  title: 'A crash in the middle of a reconcile',
  parameters: [{ name: 'method', type: 'choice', choices: ['POST', 'PUT', 'PATCH', 'DELETE'], default: 'POST' }, text('resource', 'pods')],
  effect: 'The process dies as soon as such a request has been answered, before it can do what comes after.',
  evidence: 'Its restart count is one higher; the next leader finishes what was begun, and makes nothing twice.',
  isOnce: true,
  rule: order => ({ point: 'client.request', effect: 'crash', match: { method: textOf(order, 'method'), resource: textOf(order, 'resource') } }),
})
