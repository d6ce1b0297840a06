/**
 * Whether each extension server answers, as the condition Available of its APIService.
 * Upstream: kube-aggregator/pkg/controllers/status.
 *
 *   AV1  Checked when the APIService, its Service or its endpoints change, every 30 s, and after a failure with growing pauses.
 *   AV2  First what can be told from objects (service, port, endpoints), then the discovery document is asked for.
 *   AV3  The status is written only when it changes. One that this server answers itself is always available.
 */
import type { APIService } from '../../../api/groups/apiregistration-v1/types.ts'
import { backoffMs } from '../../../base/backoff.ts'
import { timeText } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import { serverContext } from '../bootstrap/ensure-objects.ts'
import type { BootstrapDeps } from '../bootstrap/ensure-objects.ts'
import { ApiError } from '../http/api-error.ts'
import { fieldAt, listAt, numberAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import { askExtension } from './ask-extension.ts'
import { extensionServerOf } from './extension-servers.ts'
import type { ExtensionServer } from './extension-servers.ts'
import type { ExtensionProxyDeps } from './proxy-extension.ts'

export type AvailabilityDeps = BootstrapDeps & ExtensionProxyDeps & { readonly cache: WatchCache; readonly onPassed: (server: ExtensionServer) => void }

interface Condition {
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

interface Watched {
  timer: Disposable | undefined
  failures: number
  isChecking: boolean
  isDirty: boolean
}

const apiServices = { group: 'apiregistration.k8s.io', resource: 'apiservices' }
const recheckMs = 30_000

export class Availability {
  readonly #deps: AvailabilityDeps
  readonly #signal: AbortSignal
  readonly #watched = new Map<string, Watched>()

  constructor(deps: AvailabilityDeps, signal: AbortSignal) {
    this.#deps = deps
    this.#signal = signal
    signal.addEventListener('abort', () => {
      for (const watched of this.#watched.values()) watched.timer?.[Symbol.dispose]()
    }, { once: true })
  }

  /** Something that matters to this APIService may have changed (AV1). */
  check(name: string): void {
    if (this.#signal.aborted) return
    const watched = this.#watched.get(name) ?? { timer: undefined, failures: 0, isChecking: false, isDirty: false }
    this.#watched.set(name, watched)
    watched.timer?.[Symbol.dispose]()
    watched.timer = undefined
    if (watched.isChecking) {
      watched.isDirty = true
      return
    }
    watched.isChecking = true
    void this.#run(name, watched)
  }

  forget(name: string): void {
    this.#watched.get(name)?.timer?.[Symbol.dispose]()
    this.#watched.delete(name)
  }

  async #run(name: string, watched: Watched): Promise<void> {
    let passed = false
    try {
      passed = await this.#checkOnce(name)
    } catch (error) {
      if (!this.#signal.aborted) this.#deps.log.warn('api service could not be checked', { apiService: name, error: errorText(error) })
    }
    watched.isChecking = false
    if (this.#signal.aborted || this.#watched.get(name) !== watched) return
    watched.failures = passed ? 0 : watched.failures + 1
    if (watched.isDirty) {
      watched.isDirty = false
      this.check(name)
      return
    }
    watched.timer = this.#deps.clock.after(passed ? recheckMs : backoffMs({ firstMs: 500, maxMs: recheckMs }, watched.failures), () => {
      this.check(name)
    })
  }

  async #checkOnce(name: string): Promise<boolean> {
    const { table } = this.#deps
    const object = table.get(apiServices, '', name) as unknown as APIService | undefined
    if (object === undefined) {
      this.forget(name)
      return true
    }
    const server = extensionServerOf(object)
    const condition = server === undefined ? localCondition : (this.#objectsCondition(server) ?? (await this.#discoveryCondition(server)))
    await this.#write(object, condition)
    if (server !== undefined && condition.status === 'True') this.#deps.onPassed(server)
    return condition.status === 'True'
  }

  /** AV2; undefined when nothing speaks against asking. */
  #objectsCondition({ service: { namespace, name, port } }: ExtensionServer): Condition | undefined {
    const { table } = this.#deps
    const where = `service/${name} in ${JSON.stringify(namespace)}`
    const no = (reason: string, message: string): Condition => ({ status: 'False', reason, message })
    const service = table.get({ group: '', resource: 'services' }, namespace, name)
    if (service === undefined) return no('ServiceNotFound', `${where} is not present`)
    if (textAt(service, 'spec', 'type') !== 'ClusterIP') return undefined
    const found = listAt(service, 'spec', 'ports').find(candidate => numberAt(candidate, 'port') === port)
    if (found === undefined) return no('ServicePortError', `${where} is not listening on port ${port}`)
    const slices = table.list({ group: 'discovery.k8s.io', resource: 'endpointslices' }, namespace).filter(slice => slice.metadata.labels?.['kubernetes.io/service-name'] === name)
    if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${where}`)
    const portName = textAt(found, 'name')
    const hasEndpoint = slices.some(slice => listAt(slice, 'endpoints').some(endpoint => fieldAt(endpoint, 'conditions', 'ready') !== false) && listAt(slice, 'ports').some(candidate => textAt(candidate, 'name') === portName && numberAt(candidate, 'port') !== undefined))
    return hasEndpoint ? undefined : no('MissingEndpoints', `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`)
  }

  async #discoveryCondition(server: ExtensionServer): Promise<Condition> {
    const path = `/apis/${server.group}/${server.version}`
    const url = `https://${server.serverName}:${server.service.port}${path}`
    try {
      const { code } = await askExtension(server, path, 'application/json', this.#deps)
      if (code >= 200 && code < 300) return { status: 'True', reason: 'Passed', message: 'all checks passed' }
      throw new Error(`bad status from ${url}: ${code}`)
    } catch (error) {
      return { status: 'False', reason: 'FailedDiscoveryCheck', message: `failing or missing response from ${url}: ${errorText(error)}` }
    }
  }

  /** AV3 */
  async #write({ metadata: { name } }: APIService, condition: Condition): Promise<void> {
    const { table, writer, clock } = this.#deps
    const says = (of: KubeObject) => listAt(of, 'status', 'conditions').some(known => textAt(known, 'type') === 'Available' && textAt(known, 'status') === condition.status && textAt(known, 'reason') === condition.reason && textAt(known, 'message') === condition.message)
    await writer.update({ resource: table.stored(apiServices)!, namespace: '', name }, current => {
      if (says(current!)) return current!
      const conditions = listAt(current, 'status', 'conditions')
      const before = conditions.find(known => textAt(known, 'type') === 'Available')
      const since = before !== undefined && textAt(before, 'status') === condition.status ? textAt(before, 'lastTransitionTime') : timeText(clock.now())
      const others = conditions.filter(known => textAt(known, 'type') !== 'Available')
      return { ...current!, status: { ...(current!['status'] as object), conditions: [...others, { type: 'Available', status: condition.status, lastTransitionTime: since, reason: condition.reason, message: condition.message }] } }
    }, serverContext(this.#signal), { subresource: 'status', rules: 'status', allowsUnconditional: true }).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error
    })
  }
}

export const localCondition: Condition = { status: 'True', reason: 'Local', message: 'Local APIServices are always available' }
