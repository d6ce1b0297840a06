/** A cloud whose answers faults can break: late, refused, lost, or not what is true. */
import { faultPoints, InjectedError } from '../../../base/fault-points.ts'
import type { LoadBalancer } from '../../../wire/cloud/cloud-api.ts'
import type { Cloud } from './cloud.ts'
import { CloudError } from './lab-cloud.ts'

const answerFault = faultPoints.define({
  name: 'cloud.answer', help: 'What the cloud is asked, by call (instances, ensureRoute, ensureLoadBalancer …) and the name it is about. error: a status of HTTP; drop: machines or routes of that name are missing from the answer, and what is to be done is not passed on; change: the address that load balancers are said to have.',
  attributes: ['call', 'name'], effects: ['delay', 'hold', 'error', 'drop', 'change'],
})

export function faultyCloud(inner: Cloud): Cloud {
  /** @returns the rule, where the answer is to be another one */
  const meet = async (call: keyof Cloud, name?: string) => {
    if (answerFault.rules === undefined) return undefined
    try {
      return await answerFault.meet({ call, name })
    } catch (error) {
      throw error instanceof InjectedError ? new CloudError(error.code, error.message) : error
    }
  }
  const without = <T extends { readonly name: string }>(call: keyof Cloud, items: readonly T[]) => items.filter(({ name }) => answerFault.rules === undefined || answerFault.find({ call, name })?.effect !== 'drop')
  const balancer = async <T extends LoadBalancer | undefined>(call: keyof Cloud, name: string, ask: () => Promise<T>): Promise<T> => {
    const rule = await meet(call, name)
    const answer = await ask()
    return answer === undefined || rule?.effect !== 'change' ? answer : { ...answer, address: String(rule.parameters['value']) }
  }
  const unlessDropped = async (call: keyof Cloud, name: string, tell: () => Promise<void>): Promise<void> => {
    if ((await meet(call, name))?.effect !== 'drop') await tell()
  }
  return {
    async instances(signal) {
      if (answerFault.rules !== undefined) await meet('instances')
      return without('instances', await inner.instances(signal))
    },
    async routes(signal) {
      if (answerFault.rules !== undefined) await meet('routes')
      return without('routes', await inner.routes(signal))
    },
    ensureRoute: (route, signal) => unlessDropped('ensureRoute', route.node, () => inner.ensureRoute(route, signal)),
    deleteRoute: (name, signal) => unlessDropped('deleteRoute', name, () => inner.deleteRoute(name, signal)),
    loadBalancer: (name, signal) => balancer('loadBalancer', name, () => inner.loadBalancer(name, signal)),
    async loadBalancers(signal) {
      await meet('loadBalancers')
      return inner.loadBalancers(signal)
    },
    ensureLoadBalancer: (name, wish, signal) => balancer('ensureLoadBalancer', name, () => inner.ensureLoadBalancer(name, wish, signal)),
    deleteLoadBalancer: (name, signal) => unlessDropped('deleteLoadBalancer', name, () => inner.deleteLoadBalancer(name, signal)),
    async volumes(signal) {
      await meet('volumes')
      return inner.volumes(signal)
    },
    async ensureVolume(id, sizeBytes, signal) {
      await meet('ensureVolume', id)
      return inner.ensureVolume(id, sizeBytes, signal)
    },
    deleteVolume: (id, signal) => unlessDropped('deleteVolume', id, () => inner.deleteVolume(id, signal)),
    plugIn: (id, node, signal) => unlessDropped('plugIn', node, () => inner.plugIn(id, node, signal)),
    takeOut: (id, node, signal) => unlessDropped('takeOut', node, () => inner.takeOut(id, node, signal)),
  }
}
