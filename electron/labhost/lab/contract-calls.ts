/** The contract, answered: each call and feed reads its arguments and asks the lab host. */
import { askAccess } from '../cluster/ask-access.ts'
import { followObject } from '../cluster/follow-object.ts'
import { followPodLogs } from '../cluster/follow-pod-logs.ts'
import { followTable } from '../cluster/follow-table.ts'
import { readKinds } from '../cluster/read-kinds.ts'
import { readRelations } from '../cluster/read-relations.ts'
import { readSchema } from '../cluster/read-schema.ts'
import { resourcePath } from '../cluster/resource-path.ts'
import type { ComponentProgram, DoctorFinding, HostInfo, LabSpec, LabState, NodeSpec, SshTarget } from '../../contract/labs.ts'
import type { PlainObject } from '../../contract/resources.ts'
import type { CallTable, ContractService, FeedTable } from '../gateway/contract-service.ts'
import { ApiError, type ApiClient } from '../cluster/api-client.ts'
import { watchMachine } from '../provision/machine-watch.ts'
import { DocumentReading, pathText } from '../documents/document-reading.ts'
import type { TerminalProgram } from '../terminals/terminals.ts'
import type { Action } from './action.ts'
import { anything, flag, list, nullable, object, oneOf, readArguments, text, whole } from './arguments.ts'
import { actOnComponent, becomeVerbose, inspect, metricsOf, placeOf, tell } from './component-actions.ts'
import { followInspection } from './follow-inspection.ts'
import { followMachine } from './follow-machine.ts'
import { readComponents, requireSwappable } from './component-swaps.ts'
import { checkProgram } from './swap-checks.ts'
import { compareLabs } from '../cluster/compare-labs.ts'
import { pictureLab } from './picture-lab.ts'
import { findInstallation } from '../files/installation.ts'
import { checkpointCalls } from './checkpoint-calls.ts'
import { drillCalls } from './drill-calls.ts'
import { followMetrics } from './follow-metrics.ts'
import { followTraffic, trafficOf } from './follow-traffic.ts'
import { faultCalls } from './fault-calls.ts'
import { followLogFile, linesOf } from './follow-log.ts'
import type { Lab } from './lab.ts'
import { LabError, contractErrorOf } from './lab-error.ts'
import type { LabHost } from './lab-host.ts'
import { readLabText } from './lab-file.ts'
import { documentOf, labFileChoices, readLab } from './lab-spec.ts'
import { linkReader, readCapture, readImpairmentChange } from './read-links.ts'
import { tracePath } from './trace-path.ts'
import { readTerminalTarget, startTerminal } from './start-terminal.ts'
import type { UsualCpus } from './usual-cpus.ts'

export interface HostSide {
  readonly info: () => HostInfo
  readonly stop: () => void
  readonly openingAddress: () => string
  readonly doctor: (fix: boolean) => Promise<readonly DoctorFinding[]>
  readonly hostLog: string
  /** Of machines that a Lab file says nothing of. */
  readonly usualCpus: () => Promise<UsualCpus>
}

const port = whole(1, 65_535)
const size = whole(1, 1_000)
const machineReportSeconds = 3
const terminalLogTail = 500
/** The API server's audit log, beside its own. */
const auditSource = 'kube-apiserver-audit'
const labShape = { lab: text }
const nodeShape = { lab: text, node: text }
const componentShape = { lab: text, component: text }
const addressShape = object({ group: text, version: text, resource: text })
const objectShape = { lab: text, of: addressShape, namespace: nullable(text), name: text }
/** Field manager of what is edited on the page. */
const pageManager = 'kubarium'

export function contractService(host: LabHost, side: HostSide): ContractService {
  const labOf = (given: unknown): Lab => host.lab(readArguments(given, labShape).lab)
  const onNode = (given: unknown, run: (lab: Lab, node: string) => Action): { action: string } => {
    const { lab, node } = readArguments(given, nodeShape)
    return started(host.run(run(host.lab(lab), node)))
  }
  const onComponent = async (given: unknown, verb: 'kill' | 'pause' | 'resume' | 'restart'): Promise<Record<string, never>> => {
    const { lab, component } = readArguments(given, componentShape)
    await actOnComponent(host.lab(lab), component, verb)
    return {}
  }
  const terminalOf = (id: string) => {
    const terminal = host.terminals.find(id)
    if (terminal === undefined) throw new LabError('not-found', 'there is no such terminal; it may have ended')
    return terminal
  }

  const aboutFaults = faultCalls(name => host.lab(name))
  const aboutDrills = drillCalls(name => host.lab(name), findInstallation().drillsDir)
  const aboutCheckpoints = checkpointCalls(host)
  const calls: CallTable = {
    ...aboutCheckpoints.calls,
    ...aboutFaults.calls,
    ...aboutDrills.calls,
    'host/info': () => side.info(),
    'host/stop': () => { side.stop(); return {} },
    'host/page': () => ({ address: side.openingAddress() }),
    'host/doctor': given => side.doctor(readArguments(given, { fix: flag }).fix),
    'labs/list': () => host.states,
    'labs/up': given => started(host.up(readSpec(readArguments(given, { spec: anything }).spec))),
    'labs/read-file': async given => readLabText(readArguments(given, { text }).text, await side.usualCpus()),
    'labs/file-choices': () => labFileChoices,
    'labs/down': given => started(host.run(labOf(given).down())),
    'labs/delete': given => started(host.delete(readArguments(given, labShape).lab)),
    'labs/status': given => labOf(given).state,
    'labs/kubeconfig': given => labOf(given).kubeconfig(),
    'nodes/add': given => {
      const { lab, node } = readArguments(given, { lab: text, node: anything })
      return started(host.run(host.lab(lab).addNode(readNode(host.lab(lab).spec, node))))
    },
    'nodes/remove': given => onNode(given, (lab, node) => lab.removeNode(node)),
    'nodes/start': given => onNode(given, (lab, node) => lab.startNode(node)),
    'nodes/stop': given => onNode(given, (lab, node) => lab.stopNode(node)),
    'nodes/power-off': given => onNode(given, (lab, node) => lab.powerOffNode(node)),
    'nodes/reset': given => onNode(given, (lab, node) => lab.resetNode(node)),
    'nodes/ssh-target': (given): SshTarget => {
      const { lab, node } = readArguments(given, nodeShape)
      return host.lab(lab).node(node).machine().sshTarget()
    },
    'labs/compare': async given => {
      const { lab, with: other } = readArguments(given, { lab: text, with: text })
      if (lab === other) throw new LabError('invalid-argument', `lab ${lab} cannot be compared with itself`)
      const [here, there] = await Promise.all([pictureLab(host.lab(lab)), pictureLab(host.lab(other))])
      return compareLabs(here, there)
    },
    'components/kill': given => onComponent(given, 'kill'),
    'components/pause': given => onComponent(given, 'pause'),
    'components/resume': given => onComponent(given, 'resume'),
    'components/restart': given => onComponent(given, 'restart'),
    'components/swap': async given => {
      const { lab, component, program } = readArguments(given, { ...componentShape, program: anything })
      await host.lab(lab).swapComponent(component, program === null ? null : readProgramOf(component, program))
      return {}
    },
    'components/swap-check': async given => {
      const { lab, component, binary } = readArguments(given, { ...componentShape, binary: text })
      host.lab(lab)
      requireSwappable(component)
      return { checks: await checkProgram(binary) }
    },
    'components/inspect': given => {
      const { lab, component, subject } = readArguments(given, { ...componentShape, subject: nullable(text) })
      return inspect(host.lab(lab), component, subject)
    },
    'components/steer': async given => {
      const { lab, component, controller, verb } = readArguments(given, { ...componentShape, controller: text, verb: oneOf('pause', 'resume', 'step') })
      await tell(host.lab(lab), component, `/debug/controllers/${encodeURIComponent(controller)}/${verb}`, '')
      return {}
    },
    'components/log-level': async given => {
      const { lab, component, level } = readArguments(given, { ...componentShape, level: whole(0, 10) })
      await becomeVerbose(host.lab(lab), component, level)
      return {}
    },
    'scheduler/what-if': given => {
      const { lab, manifest, count } = readArguments(given, { ...labShape, manifest: text, count: whole(1, 1_000) })
      return tell(host.lab(lab), 'kube-scheduler', `/debug/what-if?count=${count}&details=true`, manifest)
    },
    'access/ask': given => {
      const { lab, question } = readArguments(given, { ...labShape, question: object({ user: text, groups: list(text), verb: text, group: text, resource: text, subresource: text, namespace: text, name: text }) })
      return asked(askAccess(clientOf(host.lab(lab)), question))
    },
    'forwards/list': given => host.forwards.list(labOf(given).name),
    'forwards/open': given => {
      const { lab, node, address, port: remote, localPort } = readArguments(given, { ...nodeShape, address: nullable(text), port, localPort: nullable(port) })
      const target = host.lab(lab).node(node)
      target.link()
      return host.forwards.open({ lab, node, address, port: remote }, localPort, signal => target.link().dial(address ?? '127.0.0.1', remote, signal))
    },
    'forwards/close': async given => {
      await host.forwards.close(readArguments(given, { id: text }).id)
      return {}
    },
    'resources/get': async given => {
      const { lab, of, namespace, name } = readArguments(given, { ...labShape, of: addressShape, namespace: nullable(text), name: text })
      return (await asked(clientOf(host.lab(lab)).get(resourcePath(of, namespace, name)))) as PlainObject
    },
    'resources/replace': async given => {
      const { lab, of, namespace, name, object: sent, dryRun } = readArguments(given, { ...objectShape, object: anything, dryRun: flag })
      const query = new URLSearchParams({ fieldManager: pageManager, fieldValidation: 'Strict', ...(dryRun ? { dryRun: 'All' } : {}) })
      return (await asked(clientOf(host.lab(lab)).put(`${resourcePath(of, namespace, name)}?${query.toString()}`, sent))) as PlainObject
    },
    'resources/scale': async given => {
      const { lab, of, namespace, name, replicas } = readArguments(given, { ...objectShape, replicas: whole(0, 100_000) })
      await asked(clientOf(host.lab(lab)).patch(`${resourcePath(of, namespace, name)}/scale?fieldManager=${pageManager}`, 'application/merge-patch+json', { spec: { replicas } }))
      return {}
    },
    'resources/restart': async given => {
      const { lab, of, namespace, name } = readArguments(given, objectShape)
      const restartedAt = new Date(host.clock.now()).toISOString()
      await asked(clientOf(host.lab(lab)).patch(`${resourcePath(of, namespace, name)}?fieldManager=kubectl-rollout`, 'application/merge-patch+json', { spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': restartedAt } } } } }))
      return {}
    },
    'resources/schema': given => {
      const { lab, group, version, kind } = readArguments(given, { ...labShape, group: text, version: text, kind: text })
      return asked(readSchema(clientOf(host.lab(lab)), group, version, kind))
    },
    'resources/relations': given => {
      const { lab, of, namespace, name } = readArguments(given, objectShape)
      return asked(readRelations(clientOf(host.lab(lab)), of, namespace, name))
    },
    'resources/delete': async given => {
      const { lab, of, namespace, name } = readArguments(given, { ...labShape, of: addressShape, namespace: nullable(text), name: text })
      await asked(clientOf(host.lab(lab)).delete(resourcePath(of, namespace, name)))
      return {}
    },
    'links/state': async given => await labOf(given).network.state(),
    'links/impair': async given => {
      const { lab, link, change } = readArguments(given, { ...labShape, link: linkReader, change: anything })
      return await host.lab(lab).network.impair(link, readImpairmentChange(change))
    },
    'links/clear': async given => {
      const { lab, link } = readArguments(given, { ...labShape, link: nullable(linkReader) })
      await host.lab(lab).network.clear(link)
      return {}
    },
    'network/path': given => {
      const { lab, question } = readArguments(given, { ...labShape, question: object({ namespace: text, pod: text, address: text, port, protocol: oneOf('TCP', 'UDP'), endpoint: nullable(text) }) })
      return asked(tracePath(host.lab(lab), question))
    },
    'stories/find': given => {
      const { lab, kind, namespace, name } = readArguments(given, { ...labShape, kind: text, namespace: nullable(text), name: text })
      return host.stories.find(host.lab(lab), kind, namespace, name)
    },
    'stories/apply': given => {
      const { lab, manifest } = readArguments(given, { ...labShape, manifest: text })
      return host.stories.apply(host.lab(lab), manifest)
    },
    'terminals/open': async given => {
      const { lab, target, columns, rows } = readArguments(given, { ...labShape, target: anything, columns: size, rows: size })
      const wanted = readTerminalTarget(target)
      const program: TerminalProgram = await startTerminal(host.lab(lab), wanted, { columns, rows, followLog: (source, signal) => followLog(host, lab, source, { follow: true, tail: terminalLogTail, signal, hostLog: side.hostLog }) })
      return host.terminals.add(lab, wanted, program)
    },
    'terminals/input': given => {
      const { id, data } = readArguments(given, { id: text, data: text })
      terminalOf(id).input(data)
      return {}
    },
    'terminals/resize': given => {
      const { id, columns, rows } = readArguments(given, { id: text, columns: size, rows: size })
      terminalOf(id).resize(columns, rows)
      return {}
    },
    'terminals/close': given => {
      host.terminals.close(readArguments(given, { id: text }).id)
      return {}
    },
    'terminals/list': given => host.terminals.list(readArguments(given, { lab: nullable(text) }).lab),
  }

  const feeds: FeedTable = {
    ...aboutCheckpoints.feeds,
    ...aboutFaults.feeds,
    ...aboutDrills.feeds,
    'labs/state': (given, signal): AsyncIterable<readonly LabState[]> => host.followStates(readArguments(given, { lab: nullable(text) }).lab, signal),
    'labs/progress': (given, signal) => host.action(readArguments(given, { action: text }).action).follow(signal),
    'components/inspection': (given, signal) => {
      const { lab, component, subject } = readArguments(given, { ...componentShape, subject: text })
      return followInspection(() => inspect(host.lab(lab), component, subject), host.clock, signal)
    },
    'network/traffic': (given, signal) => followTraffic(trafficOf(labOf(given)), host.clock, signal),
    'machines/report': (given, signal) => {
      const { lab, node } = readArguments(given, nodeShape)
      const worker = host.lab(lab).node(node)
      return followMachine(ending => watchMachine(worker.link(), machineReportSeconds, ending), host.clock, signal)
    },
    'components/metrics': (given, signal) => {
      const { lab, component, families } = readArguments(given, { ...componentShape, families: list(text) })
      return followMetrics(() => metricsOf(host.lab(lab), component), families, host.clock, signal)
    },
    'logs/follow': (given, signal) => {
      const { lab, source, follow, tail } = readArguments(given, { ...labShape, source: text, follow: flag, tail: whole(0, 100_000) })
      return followLog(host, lab, source, { follow, tail, signal, hostLog: side.hostLog })
    },
    'logs/pods': (given, signal) => {
      const { lab, ...question } = readArguments(given, { ...labShape, namespace: text, labelSelector: text, fieldSelector: text, tail: whole(0, 10_000) })
      return followPodLogs(clientOf(host.lab(lab)), question, signal)
    },
    'resources/kinds': async function* (given, signal) {
      const found = host.lab(readArguments(given, labShape).lab)
      for await (const item of followInspection(() => readKinds(clientOf(found)), host.clock, signal)) if (item.state === 'known') yield item.value as Awaited<ReturnType<typeof readKinds>>
    },
    'resources/object': (given, signal) => {
      const { lab, of, namespace, name } = readArguments(given, objectShape)
      const found = host.lab(lab)
      return followObject(() => found.client, of, namespace, name, host.clock, signal)
    },
    'resources/table': (given, signal) => {
      const { lab, ...question } = readArguments(given, { ...labShape, of: addressShape, namespace: nullable(text), labelSelector: text, fieldSelector: text })
      const found = host.lab(lab)
      return followTable(() => found.client, question, host.clock, signal)
    },
    'captures/file': (given, signal) => {
      const wanted = readCapture(given)
      return host.lab(wanted.lab).network.captureFile(wanted, signal)
    },
    'captures/packets': (given, signal) => {
      const wanted = readCapture(given)
      return host.lab(wanted.lab).network.capturePackets(wanted, signal)
    },
    'stories/follow': (given, signal) => {
      const { lab, subject } = readArguments(given, { ...labShape, subject: object({ of: addressShape, namespace: nullable(text), name: text }) })
      return host.stories.follow(host.lab(lab), subject, signal)
    },
    'terminals/output': (given, signal) => terminalOf(readArguments(given, { id: text }).id).output(signal),
  }
  return { calls, feeds, errorOf: contractErrorOf }
}

function started(action: Action): { action: string } {
  return { action: action.id }
}

function readSpec(given: unknown): LabSpec {
  const { spec, problems } = readLab(documentOf(given))
  if (spec !== null) return spec
  throw new LabError('invalid-argument', problems.map(problem => `${problem.path.length === 0 ? '' : `${pathText(problem.path)}: `}${problem.message}`).join('; '))
}

function readNode(lab: LabSpec, given: unknown): NodeSpec {
  const name = (given as { readonly name?: unknown } | null)?.name
  return readSpec({ ...lab, nodes: [...lab.nodes.filter(node => node.name !== name), given] }).nodes.at(-1)!
}

function readProgramOf(component: string, given: unknown): ComponentProgram {
  const reading = new DocumentReading('a program is a mapping with binary and flags')
  const program = readComponents({ [requireSwappable(component)]: given }, [], reading)![requireSwappable(component)]
  if (program === undefined || reading.problems.length > 0) throw new LabError('invalid-argument', reading.problems.map(({ path, message }) => `${pathText(path)}: ${message}`).join('\n'))
  return program
}

function clientOf(lab: Lab): ApiClient {
  if (lab.client === undefined) throw new LabError('unavailable', `the API server of lab ${lab.name} is not running`)
  return lab.client
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof ApiError)) throw new LabError('unavailable', `the API server cannot be reached: ${(error as Error).message}`)
    const codes: Readonly<Record<number, LabError['code']>> = { 400: 'invalid-argument', 404: 'not-found', 409: 'conflict', 422: 'invalid-argument', 503: 'unavailable' }
    throw new LabError(codes[error.code] ?? 'failed', error.message)
  }
}

interface FollowOptions {
  readonly follow: boolean
  readonly tail: number
  readonly signal: AbortSignal
  readonly hostLog: string
}

async function* followLog(host: LabHost, labName: string, source: string, options: FollowOptions): AsyncGenerator<{ readonly line: string }> {
  const file = { tail: options.tail, follow: options.follow, clock: host.clock, signal: options.signal }
  if (source === 'labhost') return yield* followLogFile(options.hostLog, file)
  const lab = host.lab(labName)
  if (lab.nodeNames.includes(source)) {
    const serial = lab.node(source).machine().console()
    if (serial === null) throw new LabError('unsupported', `${source} has no serial console; its services have logs: kubelet@${source}, containerd@${source}`)
    return yield* followLogFile(serial.logFile, file)
  }
  if (source === auditSource) return yield* followLogFile(lab.files.log(source), file)
  const place = placeOf(lab, source)
  if (place.node === null) return yield* followLogFile(lab.files.log(source), file)
  const remote = await lab.node(place.node).services().logs(place.service, { tail: options.tail, follow: options.follow })
  options.signal.addEventListener('abort', () => { remote.kill('SIGTERM') }, { once: true })
  yield* linesOf(remote.stdout as AsyncIterable<Buffer>)
}

