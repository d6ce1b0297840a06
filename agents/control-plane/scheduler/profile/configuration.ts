/**
 * KubeSchedulerConfiguration v1: what the scheduler is told by its file. Read strictly, defaulted and validated as upstream
 * does (pkg/scheduler/apis/config).
 *
 *   KC1  apiVersion and kind are demanded; fields that the version does not have are refused.
 *   KC2  Without profiles there is one, default-scheduler; names are unique, and all profiles sort the queue alike.
 *   KC3  A plugin is named by one that exists; its arguments may be given once a profile.
 *   KC4  An extender that prioritizes needs a weight; at most one binds; a managed resource belongs to one extender.
 *   KC5  What cannot be honoured is refused by name: content types other than JSON, a resource lock other than leases.
 */
import { duplicate, invalid, notSupported, required } from '../../../api/field-error.ts'
import type { PluginArgs } from '../framework/plugin-args.ts'
import { defaultPluginArgs } from '../framework/plugin-args.ts'
import type { ExtensionPoint } from '../framework/plugin-set.ts'
import { extensionPoints } from '../framework/plugin-set.ts'
import type { ExtenderOptions } from '../extender/extender.ts'
import { inRange, readPluginArgs, readTime, takesArgs } from './read-plugin-args.ts'
import type { ConfigProblem } from './strict-reader.ts'
import { StrictReader } from './strict-reader.ts'

export interface PluginChoice {
  readonly enabled: readonly { readonly name: string; readonly weight?: number }[]
  readonly disabled: readonly string[]
}

export interface ProfileConfiguration {
  readonly schedulerName: string
  readonly percentageOfNodesToScore: number | null
  readonly plugins: Readonly<Record<ExtensionPoint | 'multiPoint', PluginChoice>>
  readonly pluginArgs: PluginArgs
}

export interface ExtenderTls {
  readonly insecure: boolean
  readonly serverName: string
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
  /** Base64 of PEM. */
  readonly certData: string
  readonly keyData: string
  readonly caData: string
}

export interface ExtenderConfiguration extends ExtenderOptions {
  readonly enableHttps: boolean
  readonly tls: ExtenderTls | null
  readonly httpTimeoutMs: number
}

export interface SchedulerConfiguration {
  readonly parallelism: number
  readonly leaderElection: { readonly leaderElect: boolean; readonly leaseDurationMs: number; readonly renewDeadlineMs: number; readonly retryPeriodMs: number; readonly resourceName: string; readonly resourceNamespace: string }
  /** Null qps: no limit was asked for. */
  readonly clientConnection: { readonly kubeconfig: string; readonly qps: number | null; readonly burst: number }
  readonly enableProfiling: boolean
  readonly enableContentionProfiling: boolean
  readonly percentageOfNodesToScore: number
  readonly podInitialBackoffSeconds: number
  readonly podMaxBackoffSeconds: number
  readonly profiles: readonly ProfileConfiguration[]
  readonly extenders: readonly ExtenderConfiguration[]
  readonly delayCacheUntilActive: boolean
}

const apiVersion = 'kubescheduler.config.k8s.io/v1'
const kind = 'KubeSchedulerConfiguration'
const defaultName = 'default-scheduler'

export function readConfiguration(value: unknown, knownPlugins: readonly string[]): { readonly configuration: SchedulerConfiguration; readonly problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  const reader = new StrictReader(value, [], problems)
  const configuration = readAll(reader, knownPlugins)
  reader.end()
  return { configuration, problems }
}

/** What holds without a file. */
export function defaultConfiguration(knownPlugins: readonly string[]): SchedulerConfiguration {
  return readConfiguration({ apiVersion, kind }, knownPlugins).configuration
}

function readAll(reader: StrictReader, knownPlugins: readonly string[]): SchedulerConfiguration {
  for (const [name, wanted] of [['apiVersion', apiVersion], ['kind', kind]] as const) { // KC1
    const said = reader.text(name, '')
    if (said !== wanted) reader.wrong(name, path => (said === '' ? required(path, `must be ${wanted}`) : notSupported(path, said, [wanted])))
  }
  const parallelism = reader.number('parallelism', 16)
  inRange(reader, 'parallelism', parallelism, 1, Infinity, 'should be an integer value greater than zero')
  const percentageOfNodesToScore = reader.number('percentageOfNodesToScore', 0)
  inRange(reader, 'percentageOfNodesToScore', percentageOfNodesToScore, 0, 100, 'not in valid range [0-100]')
  const podInitialBackoffSeconds = reader.number('podInitialBackoffSeconds', 1)
  inRange(reader, 'podInitialBackoffSeconds', podInitialBackoffSeconds, 1, Infinity, 'must be greater than 0')
  const podMaxBackoffSeconds = reader.number('podMaxBackoffSeconds', 10)
  inRange(reader, 'podMaxBackoffSeconds', podMaxBackoffSeconds, podInitialBackoffSeconds, Infinity, 'must be greater than or equal to PodInitialBackoffSeconds')
  return {
    parallelism, percentageOfNodesToScore, podInitialBackoffSeconds, podMaxBackoffSeconds,
    leaderElection: reader.object('leaderElection', readElection) ?? defaultElection,
    clientConnection: reader.object('clientConnection', readConnection) ?? { kubeconfig: '', qps: null, burst: 100 },
    enableProfiling: reader.flag('enableProfiling', true),
    enableContentionProfiling: reader.flag('enableContentionProfiling', true),
    delayCacheUntilActive: reader.flag('delayCacheUntilActive', false),
    profiles: readProfiles(reader, knownPlugins),
    extenders: readExtenders(reader),
  }
}

const defaultElection: SchedulerConfiguration['leaderElection'] = { leaderElect: true, leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, resourceName: 'kube-scheduler', resourceNamespace: 'kube-system' }

function readElection(reader: StrictReader): SchedulerConfiguration['leaderElection'] {
  const election = {
    leaderElect: reader.flag('leaderElect', defaultElection.leaderElect),
    leaseDurationMs: readTime(reader, 'leaseDuration', defaultElection.leaseDurationMs),
    renewDeadlineMs: readTime(reader, 'renewDeadline', defaultElection.renewDeadlineMs),
    retryPeriodMs: readTime(reader, 'retryPeriod', defaultElection.retryPeriodMs),
    resourceName: reader.text('resourceName', defaultElection.resourceName),
    resourceNamespace: reader.text('resourceNamespace', defaultElection.resourceNamespace),
  }
  const lock = reader.text('resourceLock', 'leases')
  if (lock !== 'leases') reader.wrong('resourceLock', path => invalid(path, lock, 'resourceLock value must be "leases"')) // KC5
  if (election.leaseDurationMs <= election.renewDeadlineMs) reader.wrong('leaseDuration', path => invalid(path, `${election.renewDeadlineMs / 1_000}s`, 'must be greater than `RenewDeadline`'))
  return election
}

function readConnection(reader: StrictReader): SchedulerConfiguration['clientConnection'] {
  for (const name of ['contentType', 'acceptContentTypes']) {
    const said = reader.text(name, '')
    if (!['', 'application/json', 'application/vnd.kubernetes.protobuf'].includes(said)) reader.wrong(name, path => notSupported(path, said, ['application/json', 'application/vnd.kubernetes.protobuf'])) // KC5
  }
  const qps = reader.has('qps') ? reader.fraction('qps', 50) : null
  reader.raw('qps')
  const burst = reader.number('burst', 100)
  inRange(reader, 'burst', burst, 0, Infinity, 'must be non-negative')
  return { kubeconfig: reader.text('kubeconfig', ''), qps: qps === null || qps <= 0 ? null : qps, burst }
}

/** KC2 */
function readProfiles(reader: StrictReader, knownPlugins: readonly string[]): readonly ProfileConfiguration[] {
  const several = Array.isArray(reader.raw('profiles')) && (reader.raw('profiles') as unknown[]).length > 1
  const profiles = reader.objects('profiles', profile => readProfile(profile, several, knownPlugins))
  if (profiles.length === 0) return [{ schedulerName: defaultName, percentageOfNodesToScore: null, plugins: readPlugins(undefined, knownPlugins), pluginArgs: defaultPluginArgs }]
  for (const [index, { schedulerName, plugins }] of profiles.entries()) {
    if (profiles.findIndex(other => other.schedulerName === schedulerName) < index) reader.wrong(['profiles', index, 'schedulerName'], path => duplicate(path, schedulerName))
    if (JSON.stringify(plugins.queueSort) !== JSON.stringify(profiles[0]!.plugins.queueSort)) reader.wrong(['profiles', index, 'plugins', 'queueSort'], path => invalid(path, plugins.queueSort, 'must be the same for all profiles'))
  }
  return profiles
}

function readProfile(reader: StrictReader, several: boolean, knownPlugins: readonly string[]): ProfileConfiguration {
  const schedulerName = reader.text('schedulerName', several ? '' : defaultName)
  if (schedulerName === '') reader.wrong('schedulerName', path => required(path))
  const percentageOfNodesToScore = reader.has('percentageOfNodesToScore') ? reader.number('percentageOfNodesToScore', 0) : null
  inRange(reader, 'percentageOfNodesToScore', percentageOfNodesToScore ?? 0, 0, 100, 'not in valid range [0-100]')
  reader.raw('percentageOfNodesToScore')
  const plugins = reader.object('plugins', found => readPlugins(found, knownPlugins)) ?? readPlugins(undefined, knownPlugins)
  if (plugins.queueSort.enabled.length > 1) reader.wrong(['plugins', 'queueSort', 'enabled'], path => invalid(path, plugins.queueSort.enabled.length, 'only one queue sort plugin can be enabled'))
  const pluginArgs: Record<string, unknown> = { ...defaultPluginArgs }
  const seen = new Set<string>()
  reader.objects('pluginConfig', entry => { // KC3
    const name = entry.text('name', '')
    if (seen.has(name)) entry.wrong('name', path => duplicate(path, name))
    seen.add(name)
    if (takesArgs(name)) pluginArgs[name] = entry.object('args', args => readPluginArgs(name, args)) ?? defaultPluginArgs[name]
    else entry.wrong('name', path => (knownPlugins.includes(name) ? invalid(path, name, 'the plugin takes no arguments') : notSupported(path, name, knownPlugins)))
    entry.raw('args')
  })
  return { schedulerName, percentageOfNodesToScore, plugins, pluginArgs: pluginArgs as unknown as PluginArgs }
}

function readPlugins(reader: StrictReader | undefined, knownPlugins: readonly string[]): ProfileConfiguration['plugins'] {
  const choice = (point: string): PluginChoice => reader?.object(point, found => readChoice(found, knownPlugins)) ?? { enabled: [], disabled: [] }
  return Object.fromEntries([...extensionPoints, 'multiPoint'].map(point => [point, choice(point)])) as unknown as ProfileConfiguration['plugins']
}

function readChoice(reader: StrictReader, knownPlugins: readonly string[]): PluginChoice {
  const named = (entry: StrictReader, others: readonly string[]) => {
    const name = entry.text('name', '')
    if (!knownPlugins.includes(name) && !others.includes(name)) entry.wrong('name', path => notSupported(path, name, knownPlugins)) // KC3
    return name
  }
  const enabled = reader.objects('enabled', entry => {
    const name = named(entry, [])
    const weight = entry.number('weight', 0)
    return weight === 0 ? { name } : { name, weight }
  })
  const disabled = reader.objects('disabled', entry => {
    entry.number('weight', 0)
    return named(entry, ['*'])
  })
  return { enabled, disabled }
}

/** KC4 */
function readExtenders(reader: StrictReader): readonly ExtenderConfiguration[] {
  const managed = new Set<string>()
  const extenders = reader.objects('extenders', entry => {
    const extender: ExtenderConfiguration = {
      urlPrefix: entry.text('urlPrefix', ''), filterVerb: entry.text('filterVerb', ''), preemptVerb: entry.text('preemptVerb', ''), prioritizeVerb: entry.text('prioritizeVerb', ''), bindVerb: entry.text('bindVerb', ''),
      weight: entry.number('weight', 0), enableHttps: entry.flag('enableHTTPS', false), tls: entry.object('tlsConfig', readTls) ?? null, httpTimeoutMs: readTime(entry, 'httpTimeout', 5_000) || 5_000,
      nodeCacheCapable: entry.flag('nodeCacheCapable', false), ignorable: entry.flag('ignorable', false),
      managedResources: entry.objects('managedResources', resource => {
        const name = resource.text('name', '')
        if (!name.includes('/') || name.startsWith('requests.')) resource.wrong('name', path => invalid(path, name, 'is an invalid extended resource name'))
        if (managed.has(name)) resource.wrong('name', path => invalid(path, name, 'duplicate extender managed resource name'))
        managed.add(name)
        return { name, ignoredByScheduler: resource.flag('ignoredByScheduler', false) }
      }),
    }
    if (!URL.canParse(extender.urlPrefix)) entry.wrong('urlPrefix', path => invalid(path, extender.urlPrefix, 'must be a URL'))
    if (extender.prioritizeVerb !== '' && extender.weight <= 0) entry.wrong('weight', path => invalid(path, extender.weight, 'must have a positive weight applied to it'))
    return extender
  })
  const binders = extenders.filter(({ bindVerb }) => bindVerb !== '').length
  if (binders > 1) reader.wrong('extenders', path => invalid(path, `found ${binders} extenders implementing bind`, 'only one extender can implement bind'))
  return extenders
}

function readTls(reader: StrictReader): ExtenderTls {
  const text = (name: string) => reader.text(name, '')
  return { insecure: reader.flag('insecure', false), serverName: text('serverName'), certFile: text('certFile'), keyFile: text('keyFile'), caFile: text('caFile'), certData: text('certData'), keyData: text('keyData'), caData: text('caData') }
}
