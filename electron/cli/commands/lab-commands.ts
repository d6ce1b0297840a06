/** up, status, list, down, delete, compare, kubeconfig */
import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import type { LabSpec, LabState, NodeSpec, Provider } from '../../contract/labs.ts'
import { canInstall } from '../../labhost/doctor/install-packages.ts'
import { readLabFile } from '../../labhost/lab/lab-file.ts'
import { pathText } from '../../labhost/documents/document-reading.ts'
import { defaultNodes, documentOf, labDefaults, readLab } from '../../labhost/lab/lab-spec.ts'
import type { UsualCpus } from '../../labhost/lab/usual-cpus.ts'
import { comparisonText } from '../comparison-text.ts'
import { followAction, labIfAny, withHost } from '../host-session.ts'
import { UsageError, cpuText, memoryText, print, renderTable } from '../output.ts'
import { usualMachine } from '../usual-machine.ts'
import { type LabOptions, aboutLab, withOutput } from './command-parts.ts'
import { defaultProvider } from './fallback-provider.ts'

interface UpOptions extends LabOptions {
  readonly file?: string
  readonly nodes?: string
  readonly provider?: Provider
  readonly overlay?: string
  readonly proxyMode?: string
  readonly apiservers?: string
  readonly etcd?: string
}

export function addLabCommands(program: Command): void {
  aboutLab(program.command('up'))
    .description('make and start a lab; returns when every node is Ready. Does nothing twice, resumes what was half done')
    .option('-f, --file <lab.yaml>', 'a Lab file; with it, of the other options only --name counts')
    .option('--nodes <count>', 'number of workers')
    .addOption(new Option('--provider <provider>', 'what new workers run on').choices(['qemu', 'multipass', 'ssh', 'namespace', 'simulated']))
    .addOption(new Option('--overlay <overlay>', 'pod network').choices(['vxlan', 'ipip', 'wireguard', 'host-gw']))
    .addOption(new Option('--proxy-mode <mode>', 'how Services work on nodes').choices(['iptables', 'ipvs', 'nftables']))
    .addOption(new Option('--apiservers <count>', 'number of API servers').choices(['1', '3']))
    .addOption(new Option('--etcd <store>', 'the store behind the API server').choices(['embedded', '1', '3', '5']))
    .action(async (options: UpOptions, command: Command) => {
      const fromFile = options.file === undefined ? undefined : readFile(options.file, command.getOptionValueSource('name') === 'cli' ? options.name : undefined, (await usualMachine()).cpus)
      await withHost(async host => {
        const existing = fromFile === undefined ? await labIfAny(host, options.name) : undefined
        const usual = fromFile === undefined && existing === undefined && options.provider === undefined ? defaultProvider(await host.call('host/doctor', { fix: false }), canInstall(process.getuid?.() === 0)) : undefined
        if (usual !== undefined && usual.notice !== null) process.stderr.write(`${usual.notice}\n\n`)
        const spec = fromFile ?? specFrom(usual === undefined ? options : { ...options, provider: usual.provider }, existing?.spec, (await usualMachine()).cpus)
        const { action } = await host.call('labs/up', { spec })
        await followAction(host, action)
        const state = await host.call('labs/status', { lab: spec.name })
        print(options.output, state, () => `The API server is ${state.apiServerUrl}. Use it with: kubarium kubectl${spec.name === labDefaults.name ? '' : ` --name ${spec.name}`} -- get nodes\nor with any client: export KUBECONFIG=${state.kubeconfigPath}`)
      })
    })

  aboutLab(program.command('status'))
    .description('show a lab: its components and nodes')
    .action((options: LabOptions) =>
      withHost(async host => {
        const state = await host.call('labs/status', { lab: options.name })
        print(options.output, state, () => statusText(state))
      }),
    )

  withOutput(program.command('list'))
    .description('list all labs')
    .action((options: LabOptions) =>
      withHost(async host => {
        const labs = await host.call('labs/list', {})
        print(options.output, labs, () =>
          labs.length === 0
            ? 'There are no labs yet. Make one with: kubarium up'
            : renderTable(['NAME', 'PHASE', 'NODES', 'API SERVER'], labs.map(lab => [lab.spec.name, lab.phase, `${lab.nodes.filter(node => node.ready === 'True').length}/${lab.nodes.length}`, lab.apiServerUrl ?? '-'])),
        )
      }),
    )

  for (const [verb, description] of [['down', 'stop a lab and keep its data'], ['delete', 'stop a lab and remove everything of it']] as const) {
    aboutLab(program.command(verb))
      .description(description)
      .action((options: LabOptions) =>
        withHost(async host => {
          const { action } = await host.call(`labs/${verb}`, { lab: options.name })
          await followAction(host, action)
          print(options.output, { lab: options.name, [verb === 'down' ? 'stopped' : 'deleted']: true }, () => '')
        }),
      )
  }

  aboutLab(program.command('compare <lab>'))
    .description('in what another lab differs from this one, such as a branch of the same checkpoint: objects, events, metrics')
    .action((other: string, options: LabOptions) =>
      withHost(async host => {
        const comparison = await host.call('labs/compare', { lab: options.name, with: other })
        print(options.output, comparison, () => comparisonText(comparison, options.name, other))
      }),
    )

  aboutLab(program.command('kubeconfig'))
    .description("print the administrator's kubeconfig")
    .action((options: LabOptions) =>
      withHost(async host => {
        const kubeconfig = await host.call('labs/kubeconfig', { lab: options.name })
        print(options.output, kubeconfig, () => kubeconfig.text)
      }),
    )
}

const simulatedShown = 20

function readFile(file: string, name: string | undefined, usualCpus: UsualCpus): LabSpec {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new Error(`the lab file ${file} could not be read: ${(error as Error).message}`)
  }
  const spec = readLabFile(text, file, usualCpus)
  return name === undefined ? spec : requireValid({ ...spec, name })
}

/** What a lab becomes when these options are given over what it is, or over the defaults. */
export function specFrom(options: UpOptions, existing: LabSpec | undefined, usualCpus: UsualCpus): LabSpec {
  const count = options.nodes === undefined ? (existing?.nodes.length ?? labDefaults.nodes) : Number(options.nodes)
  if (!Number.isInteger(count) || count < 0) throw new UsageError(`--nodes takes a whole number, not "${options.nodes}"`)
  const base: LabSpec = existing ?? {
    name: options.name,
    nodes: [],
    overlay: labDefaults.overlay,
    proxyMode: labDefaults.proxyMode,
    apiServers: 1,
    etcd: 'embedded',
    networks: labDefaults.networks,
  }
  return requireValid({
    ...base,
    nodes: resize(base.nodes, count, options.provider ?? base.nodes[0]?.provider ?? labDefaults.provider, usualCpus),
    ...(options.overlay === undefined ? {} : { overlay: options.overlay as LabSpec['overlay'] }),
    ...(options.proxyMode === undefined ? {} : { proxyMode: options.proxyMode as LabSpec['proxyMode'] }),
    ...(options.apiservers === undefined ? {} : { apiServers: Number(options.apiservers) as LabSpec['apiServers'] }),
    ...(options.etcd === undefined ? {} : { etcd: (options.etcd === 'embedded' ? 'embedded' : Number(options.etcd)) as LabSpec['etcd'] }),
  })
}

function resize(nodes: readonly NodeSpec[], count: number, provider: Provider, usualCpus: UsualCpus): readonly NodeSpec[] {
  const taken = new Set(nodes.map(node => node.name))
  const fresh = defaultNodes(nodes.length + count, provider, usualCpus).filter(node => !taken.has(node.name))
  return [...nodes.slice(0, count), ...fresh.slice(0, Math.max(0, count - nodes.length))]
}

function requireValid(spec: LabSpec): LabSpec {
  const { spec: read, problems } = readLab(documentOf(spec))
  if (read !== null) return read
  throw new UsageError(problems.map(problem => `${pathText(problem.path.slice(1))}: ${problem.message}`).join('; '))
}

export function statusText(state: LabState): string {
  const nodes = renderTable(
    ['NODE', 'MACHINE', 'READY', 'LINK', 'ADDRESS', 'PROVIDER', 'CPU', 'MEMORY', 'LAST ERROR'],
    shownNodes(state).map(node => [
      node.name, node.machine, node.ready ?? '-', node.controlLink, node.address ?? '-',
      node.acceleration === null ? node.provider : `${node.provider}/${node.acceleration}`, cpuText(node.cpuCores), memoryText(node.memoryBytes), node.lastError ?? '',
    ]),
  )
  return `Lab ${state.spec.name} is ${state.phase}.${state.problem === null ? '' : `\nProblem: ${state.problem}`}\n\n${componentsText(state)}\n\n${nodes}${restText(state)}`
}

/** Thousands of lines would hide the few that matter. */
function shownNodes(state: LabState): LabState['nodes'] {
  let simulated = 0
  return state.nodes.filter(node => node.provider !== 'simulated' || simulated++ < simulatedShown)
}

function restText(state: LabState): string {
  const rest = state.nodes.filter(node => node.provider === 'simulated').slice(simulatedShown)
  return rest.length === 0 ? '' : `\n… and ${rest.length} more simulated nodes, ${rest.filter(node => node.ready === 'True').length} of them Ready`
}

export function componentsText(state: LabState): string {
  return renderTable(
    ['COMPONENT', 'STATE', 'RESTARTS', 'PID', 'CPU', 'MEMORY', 'ADDRESS', 'LAST ERROR'],
    state.components.map(component => [
      component.name, component.phase, String(component.restarts), String(component.pid ?? '-'), cpuText(component.cpuCores), memoryText(component.memoryBytes), component.address ?? '-', component.lastError ?? '',
    ]),
  )
}
