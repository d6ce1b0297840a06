/** What the scheduler tells about itself beside health and metrics: /debug/inspect/…, /debug/what-if and /configz. */
import type { IncomingMessage } from 'node:http'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { PodDisruptionBudget } from '../../../api/groups/policy-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import type { Informers } from '../../../machinery/informers.ts'
import type { ComponentContext, ExtraPath, FlagSpecs, SteeredLoop } from '../../../runtime/index.ts'
import { steering } from '../../../runtime/index.ts'
import { YamlSyntaxError, parseYamlDocuments } from '../../../wire/yaml/yaml.ts'
import type { AssembledScheduler } from '../assembly.ts'
import { detailsOf, podName, summaryOf } from '../decisions/decision-log.ts'
import { queueReport } from '../decisions/queue-report.ts'
import { extensionPoints } from '../framework/plugin-set.ts'
import type { SchedulerConfiguration } from '../profile/configuration.ts'
import type { Cluster } from '../snapshot/cluster.ts'
import { WhatIfError, readWhatIfPods } from '../what-if/read-pods.ts'
import { whatIf } from '../what-if/what-if.ts'

export interface InspectedScheduler {
  readonly assembled: AssembledScheduler
  readonly cluster: Cluster
  readonly informers: Informers
  readonly configuration: SchedulerConfiguration
  readonly clock: Clock
  readonly random: Random
  budgets(): readonly PodDisruptionBudget[]
}

/** The name by which its only loop is held and stepped. */
const loopName = 'scheduling'
const mostExplained = 100
const mostBodyBytes = 16 * 1024 * 1024

export function addInspections<S extends FlagSpecs>(context: Pick<ComponentContext<S>, 'inspect'>, inspected: InspectedScheduler): void {
  const { assembled, cluster, informers, configuration } = inspected
  const { scheduler, queue, profiles, waitingPods } = assembled
  context.inspect('queue', rest => queueReport({ queue, decisions: scheduler.decisions, plugins: profile => profiles.get(profile)?.plugins }, rest))
  context.inspect('decisions', rest => (rest === undefined ? scheduler.decisions.list(undefined).map(summaryOf) : scheduler.decisions.list(rest, 20).map(detailsOf)))
  context.inspect('why', rest => whyPending(inspected, rest))
  context.inspect('waiting-pods', () => waitingPods.all().map(({ pod, node, pendingPlugins }) => ({ pod: `${pod.metadata.namespace}/${pod.metadata.name}`, node, pendingPlugins })))
  context.inspect('nodes', () => cluster.nodes.map(view => ({ node: view.name, pods: view.pods.size, allocatable: Object.fromEntries(view.allocatable), requested: Object.fromEntries(view.requested), taints: view.node.spec.taints ?? [], unschedulable: view.node.spec.unschedulable === true })))
  context.inspect('plugins', () => Object.fromEntries([...profiles].map(([name, { plugins }]) => [name, Object.fromEntries(extensionPoints.map(point => [point, plugins[point].map(entry => ('plugin' in entry ? { plugin: entry.plugin.name, weight: entry.weight } : { plugin: entry.name }))]))])))
  context.inspect(loopName, () => steeredLoop(inspected).state)
  context.inspect('configuration', () => configuration)
  context.inspect('informers', () => informers.states)
}

/** Pods that wait, each with what would happen to it now and what would cure its rejections; one of them by "namespace/name". */
function whyPending(inspected: InspectedScheduler, subject: string | undefined) {
  const { queue } = inspected.assembled
  const waiting = queue.all().filter(({ pod }) => subject === undefined ? queue.place(pod.metadata.uid) !== 'in-flight' : podName(pod) === subject)
  return waiting.slice(0, mostExplained).map(({ pod, attempts }) => ({ place: queue.place(pod.metadata.uid), attempts, ...decideNow(inspected, [pod], subject !== undefined)[0] }))
}

function decideNow({ assembled, cluster, random, budgets }: InspectedScheduler, pods: readonly Pod[], details: boolean) {
  return whatIf({ cluster, profiles: assembled.profiles, nominatedOn: node => assembled.queue.nominated.on(node), random, budgets }, pods, { details })
}

function steeredLoop({ assembled: { scheduler: { gate } } }: InspectedScheduler): SteeredLoop {
  return {
    get state() { return { name: loopName, paused: gate.isPaused } },
    pause() { gate.pause() },
    resume() { gate.resume() },
    step() { gate.step() },
  }
}

/** GET /configz, POST /debug/controllers/scheduling/pause, /resume and /step, and POST /debug/what-if[?count=N][&details=false] with pods or what makes them, as JSON or YAML. */
export function answerQuestions(inspected: InspectedScheduler): ExtraPath {
  const steer = steering(new Map([[loopName, steeredLoop(inspected)]]))
  return async (request, response, url) => {
    const send = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' })
      response.end(`${JSON.stringify(value, null, 2)}\n`)
    }
    if (await steer(request, response, url)) return true
    if (url.pathname === '/configz' && request.method === 'GET') {
      send(200, { 'kubescheduler.config.k8s.io': inspected.configuration })
      return true
    }
    if (url.pathname !== '/debug/what-if' || request.method !== 'POST') return false
    try {
      send(200, answerWhatIf(inspected, await readBody(request), url.searchParams))
    } catch (error) {
      if (!(error instanceof WhatIfError || error instanceof YamlSyntaxError)) throw error
      send(400, { error: error.message })
    }
    return true
  }
}

function answerWhatIf(inspected: InspectedScheduler, body: string, query: URLSearchParams) {
  const { pods, leftOut } = readWhatIfPods(parseYamlDocuments(body).map(({ value }) => value), Number(query.get('count') ?? 1))
  const details = query.get('details') === null ? pods.length === 1 : query.get('details') !== 'false'
  const { clock } = inspected
  const startedAt = clock.monotonic()
  const answers = decideNow(inspected, pods, details)
  const durationMs = clock.monotonic() - startedAt
  return { pods: pods.length, placed: answers.filter(({ node }) => node !== null).length, durationMs: Math.round(durationMs * 1_000) / 1_000, podsPerSecond: Math.round(pods.length / (durationMs / 1_000)), ...(leftOut.length === 0 ? {} : { leftOut }), answers }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBodyBytes) throw new WhatIfError(`a question may have ${mostBodyBytes} bytes at most`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

