/** A lab as drills see it. */
import { request } from 'node:http'
import { FaultError } from '../drills/fault-error.ts'
import type { DrillWorld } from '../drills/running/drill-world.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import { type FoundResource, listResources } from '../cluster/find-resource.ts'
import { resourcePath } from '../cluster/resource-path.ts'
import { actOnComponent, metricsOf } from './component-actions.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'

const fieldManager = 'kubarium-drill'
const longestBody = 65_536

export function drillWorld(lab: Lab): DrillWorld {
  const client = (): ApiClient => {
    if (lab.client === undefined) throw new LabError('unavailable', `the API server of lab ${lab.name} is not running`)
    return lab.client
  }
  return {
    get nodes() {
      return lab.spec.nodes
    },
    inject: order => lab.injectFault(order),
    async heal(id) {
      await lab.faults.heal(id)
    },
    api: {
      get: (path, signal) => client().get(path, signal),
      merge: (path, body) => client().patch(path, 'application/merge-patch+json', body),
      async apply(object, namespace) {
        const found = await resourceOf(client(), object.apiVersion, object.kind)
        const path = resourcePath(found, found.namespaced ? (object.metadata.namespace ?? namespace) : null, object.metadata.name)
        await client().patch(`${path}?fieldManager=${fieldManager}&force=true`, 'application/apply-patch+yaml', object)
      },
      async delete(path, body) {
        const reply = await client().ask('DELETE', path, body ?? undefined)
        if (reply.code >= 400) throw Object.assign(new Error((reply.body as { readonly message?: string } | null)?.message ?? reply.text), { code: reply.code })
        return reply.body
      },
    },
    async http({ from, namespace, service, port, path }, signal) {
      const { spec } = (await client().get(`/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(service)}`, signal)) as { readonly spec: { readonly clusterIP?: string } }
      if (spec.clusterIP === undefined || spec.clusterIP === 'None') throw new FaultError('failed', `Service ${namespace}/${service} has no address of its own`)
      const stream = await lab.node(from).link().dial(spec.clusterIP, port, signal)
      try {
        return await answerOf(stream as never, `${service}.${namespace}`, path, signal)
      } finally {
        stream.destroy()
      }
    },
    metrics: component => metricsOf(lab, component),
    run: (node, argv, timeoutMs) => lab.node(node).link().run(argv, { timeoutMs }),
    restart: component => actOnComponent(lab, component, 'restart'),
    async machine(node, verb) {
      await (verb === 'start' ? lab.startNode(node) : lab.resetNode(node)).finished()
    },
  }
}

function answerOf(stream: never, host: string, path: string, signal: AbortSignal): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, path, signal, headers: { host, connection: 'close', 'user-agent': 'kubarium-drill' }, createConnection: () => stream }, response => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => { if (body.length < longestBody) body += chunk })
      response.on('error', reject)
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, body }) })
    })
    sent.on('error', reject)
    sent.end()
  })
}

async function resourceOf(client: ApiClient, apiVersion: string, kind: string): Promise<FoundResource> {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  const found = (await listResources(client)).find(resource => resource.kind === kind && resource.group === group)
  if (found === undefined) throw new FaultError('not-found', `the API server knows no kind ${kind} in ${apiVersion}`)
  return { ...found, version: version! }
}
