/**
 * Puts the rooms of the API server together: storage → watch cache → registry → filters → port.
 *
 *   CS1  The port opens as soon as the store has been read; readiness waits for the objects every cluster starts with.
 *   CS2  Filters stand in upstream's order in one array.
 *   CS4  Where faults may be injected, they have filters at the stages of a request, and a path that passes by all of them.
 *   CS3  Ending stops accepting, ends watches, then lets go of the store.
 */
import type { ServerResponse } from 'node:http'
import type { Clock } from '../../../base/clock.ts'
import type { Lifetime } from '../../../base/lifetime.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import type { Random } from '../../../base/random.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import type { FaultApi, HealthChecks, Verbosity } from '../../../runtime/index.ts'
import { createAggregation } from '../aggregation/start-aggregation.ts'
import { createAudit } from '../audit/create-audit.ts'
import type { AuditOptions } from '../audit/create-audit.ts'
import { createAdmissionChain } from '../admission/admission.ts'
import type { AdmissionConfiguration } from '../admission/admission-configuration.ts'
import type { DefaultSeconds } from '../admission/default-toleration-seconds.ts'
import { faultyAdmission } from '../admission/faulty-admission.ts'
import { createAdmissionMetrics } from '../admission/admission-metrics.ts'
import { createDynamicAdmission } from '../admission/dynamic/dynamic-admission.ts'
import { enabledPlugins } from '../admission/plugins.ts'
import { ClusterAddresses } from '../allocation/cluster-addresses.ts'
import { NodePorts } from '../allocation/node-ports.ts'
import { keepAllocations } from '../allocation/repair-loops.ts'
import { ServiceAllocations } from '../allocation/service-allocations.ts'
import type { AccessOptions } from '../access/access-options.ts'
import { createAuthentication } from '../access/create-authentication.ts'
import type { AuthorityTexts } from '../access/create-authentication.ts'
import { createAuthorization } from '../access/create-authorization.ts'
import { followAccess } from '../access/follow-changes.ts'
import { NodeAuthorizer } from '../access/node-authorizer.ts'
import { NodeGraph } from '../access/node-graph.ts'
import { RbacAuthorizer } from '../access/rbac-authorizer.ts'
import { watchFiles } from '../access/watched-file.ts'
import { serverItself } from '../access/user-info.ts'
import { clusterRoles } from '../bootstrap/cluster-roles.ts'
import { labelObject } from '../bootstrap/label-object.ts'
import { ServerLease } from '../bootstrap/server-lease.ts'
import { startBootstrap } from '../bootstrap/start-bootstrap.ts'
import { createConversionMetrics } from '../custom/conversion-metrics.ts'
import { CustomResources } from '../custom/custom-resources.ts'
import { DefinitionController, definitionHooks } from '../custom/definition-controller.ts'
import { Discovery } from '../discovery/discovery.ts'
import { OpenApi } from '../discovery/open-api.ts'
import { auditEnd, auditStart } from '../filters/audit.ts'
import { authentication } from '../filters/authentication.ts'
import { authorization } from '../filters/authorization.ts'
import { browserHeaders } from '../filters/browser-headers.ts'
import { deadline } from '../filters/deadline.ts'
import { errorAnswers } from '../filters/error-answers.ts'
import { chainFilters } from '../filters/filter.ts'
import { impersonation } from '../filters/impersonation.ts'
import { maxInFlight } from '../filters/max-in-flight.ts'
import { priorityAndFairness } from '../filters/priority-and-fairness.ts'
import { requestFaults } from '../filters/request-faults.ts'
import { RequestRecords } from '../filters/request-records.ts'
import { stageMark } from '../filters/stage-mark.ts'
import { standardHeaders } from '../filters/standard-headers.ts'
import { startFlowControl } from '../flow/start-flow-control.ts'
import { certificateExpiries } from '../inspection/certificate-expiries.ts'
import { informerSync } from '../inspection/informer-sync.ts'
import { createRouter } from '../http/router.ts'
import { listenApi } from '../http/server.ts'
import type { ApiListener } from '../http/server.ts'
import { ServingCertificates } from '../http/serving-certificates.ts'
import { ApiError } from '../http/api-error.ts'
import type { GroupResource } from '../http/api-error.ts'
import { streamHandlers } from '../proxy/stream-handlers.ts'
import type { NodeDialer } from '../proxy/node-dialer.ts'
import { certificateRequestHooks } from '../registry/certificate-requests.ts'
import { ObjectWriter } from '../registry/object-writer.ts'
import type { WriteHooks } from '../registry/object-writer.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import { Reads } from '../registry/reads.ts'
import { ResourceTable } from '../registry/resource-table.ts'
import { createServedForms } from '../registry/served-forms.ts'
import { watchEventCounts } from '../registry/watch-events.ts'
import { liveWatches } from '../registry/watches.ts'
import type { Storage } from '../storage/storage.ts'
import { exposeCaches } from '../watch-cache/cache-metrics.ts'
import { WatchCache } from '../watch-cache/watch-cache.ts'
import { createServiceDialer } from '../webhooks/service-dialer.ts'
import { WebhookClients } from '../webhooks/webhook-client.ts'
import { readWebhookCredentials } from '../webhooks/webhook-credentials.ts'
import { createPathHandlers } from './path-handlers.ts'
import type { ServingOptions } from './serving-flags.ts'

export interface ApiServerOptions {
  readonly access: AccessOptions
  readonly serving: ServingOptions
  readonly enableAdmission: readonly string[]
  readonly disableAdmission: readonly string[]
  readonly admissionConfiguration: AdmissionConfiguration
  readonly tolerationSeconds: DefaultSeconds
  readonly serviceRange: string
  readonly nodePorts: { readonly first: number; readonly size: number }
  readonly advertiseAddress: string
  readonly hostname: string
  readonly startedMs: number
  readonly flagTexts: Readonly<Record<string, string>>
  readonly requestTimeoutMs: number
  readonly maxReads: number
  readonly maxChanges: number
  readonly priorityAndFairness: boolean
  /** Also objects that cannot be read may be deleted (gate AllowUnsafeMalformedObjectDeletion). */
  readonly allowsUnsafeDeletion: boolean
  readonly audit?: AuditOptions
  /** Files of what is shown to extension servers; empty names for none. */
  readonly proxyClient: { readonly cert: string; readonly key: string }
  readonly eventLifeSeconds: number
  readonly dialer: NodeDialer
  /** Where the egress configuration names a way to what stands beside the control plane. */
  readonly controlPlaneDialer?: NodeDialer
  readonly version: string
  readonly descriptionsFile: string
}

export interface ApiServerDeps {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly lifetime: Lifetime
  readonly health: HealthChecks
  readonly metrics: Metrics & { text(): Promise<string>; readonly registry: { readonly contentType: string } }
  /** Only where faults may be injected. */
  readonly faults?: FaultApi | undefined
  readonly verbosity: Verbosity
  readonly inspect: (subject: string, read: () => unknown) => Disposable
  readInspection(path: string | undefined): Promise<{ readonly value: unknown } | undefined>
}

export async function createApiServer(options: ApiServerOptions, deps: ApiServerDeps): Promise<ApiListener> {
  const { storage, clock, random, log, lifetime, faults } = deps
  const hinder = (stage: Parameters<typeof requestFaults>[0]) => (faults === undefined ? [] : [requestFaults(stage)]) // CS4
  const cache = new WatchCache({ storage, clock, log })
  const table = new ResourceTable(cache, storage, { eventLifeSeconds: options.eventLifeSeconds })
  const rbac = new RbacAuthorizer(table)
  const graph = new NodeGraph()
  const nodes = new NodeAuthorizer(graph, clusterRoles.find(role => role.name === 'system:node')!.rules)
  followAccess(cache, table, rbac, graph)
  const allocations = new ServiceAllocations(new ClusterAddresses(options.serviceRange, { table, writer: () => writer, random, signal: lifetime.signal }), new NodePorts(options.nodePorts, storage, random), log)
  const services = createServiceDialer({ reader: table, random, dialer: options.dialer })
  const webhooks = new WebhookClients({ services, clock })
  lifetime.own(webhooks)
  const outside = { webhooks, clock, random, log, metrics: deps.metrics, signal: lifetime.signal }
  const authorizer = createAuthorization(options.access, { ...outside, rbac, nodes })
  const admissionMetrics = createAdmissionMetrics(deps.metrics)
  const monotonic = () => clock.monotonic()
  const forms = createServedForms(table)
  const clientsOf = (plugin: string): WebhookClients => {
    const credentialsFor = readWebhookCredentials(plugin, options.admissionConfiguration.of(plugin), options.admissionConfiguration.folder)
    return credentialsFor === undefined ? webhooks : lifetime.own(new WebhookClients({ services, clock, credentialsFor }))
  }
  const createNamespace = (name: string, signal: AbortSignal) => makeNamespace(name, table, writer, signal)
  const dynamic = createDynamicAdmission({ reader: table, forms, clientsOf, authorizer, metrics: admissionMetrics, monotonic, follow: (of, onChange) => { follow(cache, table, of, onChange) } })
  const admissionChain = createAdmissionChain(enabledPlugins({ reader: table, dynamic, forms: () => forms, webhooks, configuration: options.admissionConfiguration, tolerationSeconds: options.tolerationSeconds, createNamespace, random, authorizer, rbac, clock, quotaStore: () => ({ writer, quotas: table.stored({ group: '', resource: 'resourcequotas' })! }) }, options.enableAdmission, options.disableAdmission), { metrics: admissionMetrics, monotonic })
  const admission = faults === undefined ? admissionChain : faultyAdmission(admissionChain)
  const reads = new Reads(cache, storage)
  const writer: ObjectWriter = new ObjectWriter({ storage, clock, random, admission, hooks: hooksOf(allocations), ownWrites: cache })
  const customResources = new CustomResources({ cache, table, webhooks, metrics: createConversionMetrics(deps.metrics), clock, log, signal: lifetime.signal })
  const definitionController = new DefinitionController({ resources: customResources, table, writer, clock, log, signal: lifetime.signal })
  const aggregation = createAggregation(options.proxyClient, { table, writer, clock, log, cache, services, inspect: deps.inspect, signal: lifetime.signal })
  const certificates = new ServingCertificates(options.serving.certificates)
  let renewed = () => {}
  const trust = ({ clientCa, frontProxyCa }: AuthorityTexts) => {
    certificates.trustClients([clientCa, frontProxyCa])
    renewed()
  }
  const access = createAuthentication(options.access, {
    ...outside, reader: table, dialer: options.dialer, controlPlaneDialer: options.controlPlaneDialer, onAuthorities: trust,
    labelSecret: (secret, label, value) => labelObject({ table, writer, clock, log }, { group: '', resource: 'secrets' }, secret, label, value, lifetime.signal),
  })
  const { serviceAccounts: tokens } = access

  const flow = options.priorityAndFairness ? startFlowControl(options.maxReads + options.maxChanges, { table, cache, writer, clock, log, random, metrics: deps.metrics, inspect: deps.inspect }, lifetime.signal) : undefined
  await cache.start(lifetime.signal)
  await customResources.caughtUp()
  log.info('store read', { revision: cache.revision })
  const synced = informerSync(table)
  synced()

  const audit = createAudit(options.audit, { clock, log, metrics: deps.metrics, webhooks, signal: lifetime.signal })
  if (audit !== undefined) lifetime.own(audit)
  const records = new RequestRecords(clock, deps.metrics, asked => table.knows(asked))
  const inFlight = { reads: 0, changes: 0 }
  const discovery = new Discovery(table, () => aggregation.documents.versions(), () => `${options.advertiseAddress}:${listener.port}`)
  exposeCaches(cache, deps.metrics)
  const subresources = { cache, reads, watchEvents: watchEventCounts(deps.metrics), clock, random, writer, table, reader: table, admission, authorizer, tokens, allowsUnsafeDeletion: options.allowsUnsafeDeletion }
  const paths = createPathHandlers({ health: deps.health, metrics: deps.metrics, version: options.version, tokens, openApi: new OpenApi(table, options.descriptionsFile, () => customResources.published(), aggregation.documents), inspect: deps.readInspection, verbosity: deps.verbosity, flowDump: flow?.dump, startedMs: options.startedMs, flags: options.flagTexts, externalAddress: () => `${options.advertiseAddress}:${listener.port}`, groupPaths: () => discovery.paths() })
  const router = createRouter({ table, discovery, subresources, reviews: { authorizer, clock, tokens: access.tokens, audiences: access.audiences }, streams: streamHandlers(options.dialer, clock), paths })
  const serve = chainFilters( // CS2
    [
      records.filter,
      standardHeaders(lifetime.signal),
      ...browserHeaders(options.serving, random),
      ...(audit === undefined ? [] : [auditEnd(audit)]),
      errorAnswers(log),
      deadline(clock, options.requestTimeoutMs),
      ...hinder('received'),
      authentication({ ...access, log, metrics: deps.metrics }),
      stageMark('authenticated', clock),
      ...hinder('authenticated'),
      ...(audit === undefined ? [] : [auditStart(audit)]),
      impersonation(authorizer),
      flow === undefined ? maxInFlight({ reads: options.maxReads, changes: options.maxChanges }, inFlight) : priorityAndFairness({ ...flow, clock, requestTimeoutMs: options.requestTimeoutMs }),
      authorization(authorizer),
      stageMark('authorized', clock),
      ...hinder('authorized'),
    ],
    exchange => (aggregation.handlerOf(exchange) ?? router)(exchange),
  )
  const { address } = options.serving
  const listener = await listenApi({ address, port: options.serving.port, certificates, clock, serve: faults === undefined ? serve : exchange => (faults.owns(exchange.path) ? faults.answer(exchange.request, exchange.response as ServerResponse) : serve(exchange)) })
  renewed = () => { listener.renewCertificates() }
  watchFiles(certificates.files, () => {
    certificates.reload()
    renewed()
  }, { clock, log, signal: lifetime.signal })
  lifetime.own(listener)
  log.info('serving', { address, port: listener.port })
  const bootstrap = startBootstrap({ table, writer, clock, log }, { keepAllocations: onFirst => keepAllocations(options.nodePorts, { table, writer, clock, log, cache, storage, metrics: deps.metrics }, onFirst, lifetime.signal), lease: lifetime.own(new ServerLease(storage, options.advertiseAddress)), identity: { hostname: options.hostname, address: `${options.advertiseAddress}:${listener.port}` }, serviceRange: options.serviceRange, advertiseAddress: options.advertiseAddress, port: listener.port, authorities: access.authorities, keepsFlowObjects: flow !== undefined, ...(options.access.frontProxy === undefined ? {} : { frontProxy: options.access.frontProxy.names }) }, lifetime.signal)
  definitionController.start()
  let areServicesRegistered = false
  void aggregation.start(lifetime.signal).then(() => { areServicesRegistered = true }).catch((error: unknown) => {
    if (!lifetime.signal.aborted) log.error('api services could not be registered', { error: errorText(error) })
  })
  deps.health.add('autoregister-completion', () => (areServicesRegistered ? undefined : 'not finished'))
  for (const name of ['start-apiextensions-informers', 'start-apiextensions-controllers', 'crd-informer-synced']) deps.health.add(`poststarthook/${name}`, () => undefined) // done before the port opens
  for (const [name, isDone] of bootstrap) deps.health.add(`poststarthook/${name}`, () => (isDone() ? undefined : 'not finished'))
  deps.health.add('informer-sync', synced, ['readyz'])
  deps.health.add('etcd', async () => {
    await storage.ready()
    return undefined
  })
  deps.inspect('requests', () => records.live())
  deps.inspect('recent-requests', () => records.recent())
  deps.inspect('watchers', () => [...liveWatches].map(watch => ({ resource: watch.resource, namespace: watch.namespace, user: watch.user, startedMs: watch.startedMs, revision: watch.revision, behind: cache.revision - watch.revision, sentEvents: watch.sentEvents, waitingBytes: watch.waitingBytes })))
  deps.inspect('caches', () => ({ revision: cache.revision, resources: [...cache.resources].filter(resource => resource.size > 0 || resource.watchers.size > 0).map(resource => ({ prefix: resource.spec.prefix, objects: resource.size, window: resource.windowSize, oldestRevision: resource.oldestRevision, watchers: resource.watchers.size })) }))
  deps.inspect('in-flight', () => ({ ...(flow === undefined ? inFlight : { requests: records.live().length, seats: [...flow.control.levels].reduce((sum, level) => sum + level.queues.seatsInUse, 0) }), connections: listener.connections }))
  deps.inspect('certificates', () => {
    const { clientCa, frontProxyCa } = access.authorities()
    return certificateExpiries({ ...Object.fromEntries(certificates.files.map(file => [file, { file }])), 'proxy client': { file: options.proxyClient.cert }, 'client CA': { text: clientCa }, 'front proxy CA': { text: frontProxyCa } }, clock.now())
  })
  deps.inspect('custom-resources', () => customResources.inspect())
  deps.inspect('access', () => ({ audiences: access.audiences, anonymous: access.anonymous(), issuerProblem: access.problem() }))
  deps.inspect('admission', () => ({ plugins: admission.names }))
  startCompaction(storage, cache, clock, log, lifetime.signal)
  return listener
}

/** For NamespaceAutoProvision. */
async function makeNamespace(name: string, table: ResourceTable, writer: ObjectWriter, signal: AbortSignal): Promise<void> {
  const namespaces = table.stored({ group: '', resource: 'namespaces' })!
  try {
    await writer.create(namespaces, '', { kind: 'Namespace', apiVersion: 'v1', metadata: { name } }, { user: serverItself, dryRun: false, manager: 'kube-apiserver', signal, warn() {}, mark() {} })
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
  }
}

function follow(cache: WatchCache, table: ResourceTable, of: GroupResource, onChange: () => void): void {
  const followed = table.stored(of)!.cache
  cache.onChange(followed, onChange)
  cache.onLoad(followed, onChange)
}

/** What resources do besides their kind's rules. */
function hooksOf(allocations: ServiceAllocations): (resource: ServedResource) => WriteHooks | undefined {
  const hooks: Readonly<Record<string, WriteHooks>> = { '/services': allocations, 'apiextensions.k8s.io/customresourcedefinitions': definitionHooks, 'certificates.k8s.io/certificatesigningrequests': certificateRequestHooks }
  return resource => hooks[`${resource.group}/${resource.resource}`]
}

const compactEveryMs = 300_000

/** History older than five minutes is given back, as upstream does. */
function startCompaction(storage: Storage, cache: WatchCache, clock: Clock, log: Log, signal: AbortSignal): void {
  let before = cache.revision
  const again = () => {
    const timer = clock.after(compactEveryMs, () => {
      const target = before
      before = cache.revision
      if (target > 0) storage.compact(target).catch((error: unknown) => {
        log.debug('compaction refused', { revision: target, error: String(error) })
      })
      if (!signal.aborted) again()
    })
    signal.addEventListener('abort', () => { timer[Symbol.dispose]() }, { once: true })
  }
  again()
}
