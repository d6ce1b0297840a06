/** A world of two virtual machines, a namespace machine and a simulated node that writes down what faults ask of it. */
import type { FaultWorld } from '../fault.ts'

/** Programs that change nothing, and what they print. */
const looks: readonly (readonly [RegExp, string])[] = [
  [/: ctr --namespace k8s\.io tasks list$/, 'TASK    PID     STATUS\nc1      77      RUNNING\n'],
  [/: ip netns identify 77$/, 'cni-1\n'],
  [/: cat \/proc\/mounts$/, '/dev/sda / ext4 rw 0 0\n/dev/kubarium/v1 /var/lib/kubelet/pods/u1/volumes/kubernetes.io~csi/v1/mount ext4 rw 0 0\n'],
]

export class FakeWorld implements FaultWorld {
  readonly nodes = [{ name: 'node-1', provider: 'qemu' }, { name: 'node-2', provider: 'qemu' }, { name: 'node-3', provider: 'namespace' }, { name: 'played-1', provider: 'simulated' }]
  readonly components = ['etcd', 'kube-apiserver', 'kube-scheduler', 'kubelet@node-1', 'dns']
  readonly did: string[] = []
  /** Objects by path. */
  readonly objects: Record<string, { spec: Record<string, unknown>; [field: string]: unknown }> = {
    '/api/v1/namespaces/default/pods/web-1': { metadata: { uid: 'u1' }, spec: { nodeName: 'node-1' }, status: { podIP: '10.244.1.5', containerStatuses: [{ containerID: 'containerd://c1', state: { running: {} } }, { containerID: 'containerd://c2', state: {} }] } },
    '/apis/apps/v1/namespaces/default/deployments/web': { spec: { replicas: 3, template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } } } },
    '/api/v1/namespaces/default/services/web': { spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] } },
    '/api/v1/namespaces/default': { spec: {}, metadata: { labels: { team: 'a' } } },
    '/api/v1/namespaces/default/secrets/web': { spec: {}, data: { password: 'b2xk' } },
    '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings/web': { spec: {}, subjects: [{ kind: 'User', name: 'jane' }] },
    '/api/v1/nodes/node-1': { spec: { taints: [{ key: 'mine', effect: 'NoSchedule' }] } },
  }
  /** What fails, by its beginning. */
  failing: string | undefined
  printed = ''

  /** What was done besides looking. */
  get changes(): readonly string[] {
    return this.did.filter(what => !looks.some(([look]) => look.test(what)))
  }

  component = (name: string, verb: string) => this.#do(`${verb} ${name}`)
  service = (node: string, service: string, verb: string) => this.#do(`${verb} ${service} on ${node}`)
  machine = (node: string, verb: string) => this.#do(`${verb} machine ${node}`)
  controlLink = (node: string, verb: string) => this.#do(`${verb} the control link of ${node}`)
  slowControlLink = (node: string, slowness: unknown) => this.#do(`slow the control link of ${node}: ${JSON.stringify(slowness)}`)
  impair = (owner: string, link: { readonly from: string; readonly to: string }, impairments: unknown) => this.#do(`impair ${link.from}>${link.to} ${JSON.stringify(impairments)} for ${owner}`)
  clearImpairments = (owner: string) => this.#do(`clear ${owner}`)
  hook = (component: string, id: string, rule: unknown) => this.#do(`hook ${component} ${id} ${JSON.stringify(rule)}`)
  clearHook = (component: string, id: string) => this.#do(`clear hook ${component} ${id}`)
  load = (owner: string, load: unknown) => this.#do(`load ${owner} ${JSON.stringify(load)}`)
  clearLoad = (owner: string) => this.#do(`clear load ${owner}`)
  serveCertificate = (which: string) => this.#do(`serve certificate: ${which}`)
  readonly apiUrl = 'https://127.0.0.1:6443'
  now = () => 1_000_000_000

  async run(node: string, argv: readonly string[], stdin?: string): Promise<string> {
    const what = `run on ${node}: ${argv.join(' ')}${stdin === undefined ? '' : `\n${stdin}`}`
    await this.#do(what)
    return this.printed === '' ? (looks.find(([look]) => look.test(what))?.[1] ?? '') : this.printed
  }

  readonly api = {
    get: async (path: string) => structuredClone(this.#object(path)),
    post: async (path: string, body: unknown) => { await this.#do(`post ${path} ${JSON.stringify(body)}`) },
    merge: async (path: string, body: unknown) => {
      await this.#do(`merge ${path} ${JSON.stringify(body)}`)
      Object.assign(this.#object(path), merged(this.#object(path), body))
    },
    delete: async (path: string, body?: unknown) => { await this.#do(`delete ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`) },
  }

  #object(path: string) {
    const object = this.objects[path]
    if (object === undefined) throw Object.assign(new Error('not found'), { code: 404 })
    return object
  }

  async #do(what: string): Promise<void> {
    if (this.failing !== undefined && what.startsWith(this.failing)) throw new Error(`${this.failing} failed`)
    this.did.push(what)
    await Promise.resolve()
  }
}

/** RFC 7386 */
function merged(before: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const object: Record<string, unknown> = { ...(typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {}) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete object[key]
    else object[key] = merged(object[key], value)
  }
  return object
}
