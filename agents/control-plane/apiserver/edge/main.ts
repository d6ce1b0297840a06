/** kube-apiserver, the process. */
import { existsSync, readFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectEtcd } from '../../../runtime/grpc/connect-etcd.ts'
import { readFeatureGates, runComponent, tellFeatureGates, UsageError } from '../../../runtime/index.ts'
import type { ComponentContext } from '../../../runtime/index.ts'
import { componentVersion, LoopMeter } from '../../../runtime/index.ts'
import { noConfiguration, readAdmissionConfiguration } from '../admission/admission-configuration.ts'
import { encryptedStorage } from '../encryption/create-encryption.ts'
import { flagTexts } from '../inspection/zpages.ts'
import { createNodeDialer, directEgress, readEgressSelections } from '../proxy/node-dialer.ts'
import { faultyStorage } from '../storage/faulty-storage.ts'
import { EtcdStorage } from '../storage/etcd-storage.ts'
import { measuredStorage } from '../storage/measured-storage.ts'
import { readAccessOptions } from './access-flags.ts'
import { readAuditOptions } from './audit-flags.ts'
import { createApiServer } from './create-api-server.ts'
import type { ApiServerOptions } from './create-api-server.ts'
import { apiServerFlags } from './flags.ts'
import { readServingOptions } from './serving-flags.ts'

type Context = ComponentContext<typeof apiServerFlags>

/** The one gate that changes what this server does. */
const unsafeDeletion = 'AllowUnsafeMalformedObjectDeletion'

await runComponent({
  name: 'kube-apiserver',
  flags: apiServerFlags,
  async start(context) {
    const { flags, clock, lifetime } = context
    const client = connectEtcd({
      endpoints: flags['etcd-servers'],
      ...(flags['etcd-cafile'] === undefined ? {} : { tls: { ca: read(flags['etcd-cafile']), cert: read(flags['etcd-certfile'] ?? ''), key: read(flags['etcd-keyfile'] ?? '') } }),
    } as never)
    lifetime.own(client)
    const meter = new LoopMeter()
    context.inspect('event-loop', () => meter.read())
    const store = new EtcdStorage(client, clock)
    await createApiServer(readOptions(context), {
      faults: context.faults,
      storage: encryptedStorage(measuredStorage(context.faults === undefined ? store : faultyStorage(store), clock, context.metrics), { configFile: flags['encryption-provider-config'], reloads: flags['encryption-provider-config-automatic-reload'] }, { clock, log: context.log, metrics: context.metrics, signal: lifetime.signal }),
      clock,
      random: context.random,
      log: context.log,
      lifetime,
      health: context.health,
      metrics: context.metrics,
      inspect: (subject, readSubject) => context.inspect(subject, readSubject),
      verbosity: context.verbosity,
      readInspection: path => context.inspections.read(path),
    })
  },
})

function readOptions({ flags, clock, metrics }: Context): ApiServerOptions {
  if (!flags['allow-privileged']) throw new UsageError('--allow-privileged=false is not supported: privileged containers are always allowed; Pod Security Admission refuses them by namespace')
  const egressFile = flags['egress-selector-config-file']
  const egress = egressFile === '' ? directEgress : readEgressSelections(egressFile)
  const kubeletCa = flags['kubelet-certificate-authority']
  const gates = readFeatureGates(flags['feature-gates'], [unsafeDeletion])
  tellFeatureGates(metrics, gates)
  return {
    access: readAccessOptions(flags),
    serving: readServingOptions(flags),
    enableAdmission: flags['enable-admission-plugins'],
    disableAdmission: flags['disable-admission-plugins'],
    tolerationSeconds: { notReady: flags['default-not-ready-toleration-seconds'], unreachable: flags['default-unreachable-toleration-seconds'] },
    admissionConfiguration: flags['admission-control-config-file'] === '' ? noConfiguration : readAdmissionConfiguration(flags['admission-control-config-file']),
    serviceRange: flags['service-cluster-ip-range'],
    nodePorts: readPortRange(flags['service-node-port-range']),
    advertiseAddress: flags['advertise-address'] === '' ? ownAddress() : flags['advertise-address'],
    hostname: hostname(),
    startedMs: clock.now(),
    flagTexts: flagTexts(apiServerFlags, flags),
    requestTimeoutMs: flags['request-timeout'],
    maxReads: flags['max-requests-inflight'],
    maxChanges: flags['max-mutating-requests-inflight'],
    priorityAndFairness: flags['enable-priority-and-fairness'],
    allowsUnsafeDeletion: gates.get(unsafeDeletion)!,
    ...optional('audit', readAuditOptions(flags)),
    proxyClient: { cert: flags['proxy-client-cert-file'], key: flags['proxy-client-key-file'] },
    eventLifeSeconds: Math.round(flags['event-ttl'] / 1000),
    dialer: createNodeDialer({
      egress: egress.cluster,
      ...(flags['kubelet-client-certificate'] === '' ? {} : { kubelet: { cert: read(flags['kubelet-client-certificate']), key: read(flags['kubelet-client-key']), ...(kubeletCa === '' ? {} : { ca: read(kubeletCa) }) } }),
    }),
    ...optional('controlPlaneDialer', egress.controlPlane === undefined ? undefined : createNodeDialer({ egress: egress.controlPlane })),
    version: componentVersion,
    descriptionsFile: flags['openapi-descriptions-file'] === '' ? findDescriptions() : flags['openapi-descriptions-file'],
  }
}

function optional<N extends string, T>(name: N, value: T | undefined): Partial<Record<N, T>> {
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<N, T>>
}

/** Beside the bundled program, or in the tree's build output when run from source. */
function findDescriptions(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const candidates = [join(here, '../api-descriptions.json'), join(here, '../../../../dist/api-descriptions.json')]
  return candidates.find(file => existsSync(file)) ?? candidates[0]!
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
}

function readPortRange(text: string): { first: number; size: number } {
  const found = /^(\d+)-(\d+)$/.exec(text) ?? /^(\d+)\+(\d+)$/.exec(text)
  if (found === null) throw new Error(`--service-node-port-range: ${JSON.stringify(text)} is not of the form first-last`)
  const first = Number(found[1])
  return { first, size: text.includes('+') ? Number(found[2]) + 1 : Number(found[2]) - first + 1 }
}

function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return all.find(address => address.family === 'IPv4' && !address.internal)?.address ?? '127.0.0.1'
}
