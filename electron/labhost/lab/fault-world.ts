/** A lab as faults see it. */
import type { Clock } from '../../../agents/base/clock.ts'
import type { FaultWorld } from '../drills/fault.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import { clearHook, setHook } from './fault-hooks.ts'
import { actOnComponent } from './component-actions.ts'
import { desktopComponentsOf } from './control-plane.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { nodeServices } from './node-software.ts'

/** On a node that is itself emulated and under load. */
const runTimeoutMs = 30_000

export function faultWorld(lab: Lab, clock: Clock): FaultWorld {
  const client = (): ApiClient => {
    if (lab.client === undefined) throw new LabError('unavailable', `the API server of lab ${lab.name} is not running`)
    return lab.client
  }
  return {
    get nodes() {
      return lab.spec.nodes
    },
    get components() {
      const machines = lab.spec.nodes.filter(({ provider }) => provider !== 'simulated')
      return [...desktopComponentsOf(lab.spec), 'dns', ...machines.flatMap(({ name }) => nodeServices.map(service => `${service}@${name}`))]
    },
    component: (name, verb) => actOnComponent(lab, name, verb),
    service: (node, service, verb) => lab.node(node).services()[verb](service),
    async machine(node, verb) {
      switch (verb) {
        case 'pause':
        case 'resume':
          return await lab.node(node).machine()[verb]()
        case 'power-off':
          return await lab.powerOffNode(node).finished()
        case 'reset':
          return await lab.node(node).reset()
        case 'start':
          return await lab.startNode(node).finished()
      }
    },
    async controlLink(node, verb) {
      lab.node(node).cutControlLink(verb === 'cut')
    },
    async slowControlLink(node, slowness) {
      lab.node(node).slowControlLink(slowness)
    },
    run: (node, argv, stdin) => lab.node(node).link().run(argv, { timeoutMs: runTimeoutMs, ...(stdin === undefined ? {} : { stdin }) }),
    impair: (owner, link, impairments) => lab.network.impairFor(owner, link, impairments),
    clearImpairments: owner => lab.network.clearFor(owner),
    hook: (component, id, rule, leftMs) => setHook(lab, component, id, rule, leftMs),
    clearHook: (component, id) => clearHook(lab, component, id),
    async load(owner, load) {
      lab.loads.start(owner, load)
    },
    clearLoad: owner => lab.loads.stop(owner),
    serveCertificate: which => lab.serveCertificate(which),
    get apiUrl() {
      return lab.state.apiServerUrl ?? ''
    },
    now: () => clock.now(),
    api: {
      get: path => client().get(path),
      post: (path, body) => client().post(path, body),
      merge: (path, body) => client().patch(path, 'application/merge-patch+json', body),
      async delete(path, body) {
        const reply = await client().ask('DELETE', path, body)
        if (reply.code >= 400) throw Object.assign(new Error((reply.body as { readonly message?: string } | null)?.message ?? reply.text), { code: reply.code })
        return reply.body
      },
    },
  }
}
